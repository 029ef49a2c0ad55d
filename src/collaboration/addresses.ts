/** IPv6 addresses and prefixes in whatever spelling (RFC 5952 or not). */
import { BlockList } from 'node:net';

export function contains(prefix: string, address: string): boolean {
  const [network = '', length = '128'] = prefix.split('/');
  if (!network.includes(':') || !address.includes(':')) return false;
  const block = new BlockList();
  block.addSubnet(network, Number(length), 'ipv6');
  return block.check(address, 'ipv6');
}

export function sameAddress(a: string, b: string): boolean {
  return contains(`${a}/128`, b);
}

/** Every interface has one, and all of them share one prefix (RFC 4291 section 2.5.6). */
export function isLinkLocal(address: string): boolean {
  return contains('fe80::/10', address);
}
