/** IPv6 addresses and prefixes in whatever spelling (RFC 5952 or not). */
import { BlockList, isIPv6 } from 'node:net';

/** False for whatever is no prefix or no address: both may come from the network. */
export function contains(prefix: string, address: string): boolean {
  const [network = '', length = '128'] = prefix.split('/');
  const bits = /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN;
  if (!isIPv6(network) || !isIPv6(address) || !(bits <= 128)) return false;
  const block = new BlockList();
  block.addSubnet(network, bits, 'ipv6');
  return block.check(address, 'ipv6');
}

export function sameAddress(a: string, b: string): boolean {
  return contains(`${a}/128`, b);
}

/** Every interface has one, and all of them share one prefix (RFC 4291 section 2.5.6). */
export function isLinkLocal(address: string): boolean {
  return contains('fe80::/10', address);
}
