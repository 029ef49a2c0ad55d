/** IPv6 addresses and prefixes in whatever spelling (RFC 5952 or not). */
import { isIPv6 } from 'node:net';
import { addressBytes } from '../../discovery/address.ts';

/** False for whatever is no prefix or no address: both may come from the network. */
export function contains(prefix: string, address: string): boolean {
  const [network = '', length = '128'] = prefix.split('/');
  const bits = /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN;
  if (!(bits <= 128)) return false;
  const [base, bytes] = [octetsOf(network), octetsOf(address)];
  return base !== undefined && bytes !== undefined && isSameUpTo(base, bytes, bits);
}

export function sameAddress(a: string, b: string): boolean {
  const [one, other] = [octetsOf(a), octetsOf(b)];
  return one !== undefined && other !== undefined && isSameUpTo(one, other, 128);
}

/** Every interface has one, and all of them share one prefix (RFC 4291 section 2.5.6). */
export function isLinkLocal(address: string): boolean {
  const [first = 0, second = 0] = octetsOf(address) ?? [];
  return first === 0xfe && (second & 0xc0) === 0x80;
}

/** The same few addresses are compared again and again; those that somebody made up push the others out. */
const known = new Map<string, Uint8Array | undefined>();
const knownMax = 4_096;

/** The 16 octets, whatever its zone; undefined for what is no IPv6 address. */
function octetsOf(address: string): Uint8Array | undefined {
  const found = known.get(address);
  if (found !== undefined || known.has(address)) return found;
  const [literal = ''] = address.split('%');
  const octets = isIPv6(address) ? addressBytes(literal) : undefined;
  if (known.size >= knownMax) known.clear();
  known.set(address, octets);
  return octets;
}

function isSameUpTo(one: Uint8Array, other: Uint8Array, bits: number): boolean {
  const whole = bits >> 3;
  for (let at = 0; at < whole; at++) if (one[at] !== other[at]) return false;
  const mask = (0xff00 >> (bits & 7)) & 0xff;
  return mask === 0 || (((one[whole] ?? 0) ^ (other[whole] ?? 0)) & mask) === 0;
}
