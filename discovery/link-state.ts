/** What a device floods about its place in the network, besides its signed advertisement. All of it is a hint. */
import { createHash } from 'node:crypto';

export interface LinkState {
  /** RFC 5301 dynamic hostname: the node's name. */
  readonly hostname: string;
  /** Interface and loopback address literals (RFC 5308 TLV 232; IPv4 in RFC 1195 TLV 132). */
  readonly addresses: string[];
  /** RFC 5305 TLV 22. Hostnames are resolved from the neighbours' own link states where those were heard. */
  readonly neighbours: { readonly systemId: string; readonly hostname?: string }[];
  /** SRv6 locator prefix, such as `fc00:2::/64` (RFC 9352 TLV 27). */
  readonly locator?: string;
  /** SIDs in the locator with their endpoint behaviours (RFC 8986); an unnamed one reads `behavior-<code point>`. */
  readonly sids: { readonly sid: string; readonly behavior: 'End' | 'End.DT6' | (string & {}) }[];
}

/**
 * The IS-IS system identifier of a node, as `0123.4567.89ab`: the first six bytes of the SHA-256 of its name.
 * Derived, not configured, so that a node can be told from its name alone; 48 bits do not collide in a network.
 */
export function systemIdOf(node: string): string {
  return systemIdText(createHash('sha256').update(node, 'utf8').digest().subarray(0, 6));
}

export function systemIdText(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('hex')
    .replace(/(....)(?=.)/g, '$1.');
}

/** The six bytes of a system identifier; throws `RangeError` where the text is none. */
export function systemIdBytes(systemId: string): Uint8Array {
  if (!/^[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}$/.test(systemId)) {
    throw new RangeError(`a system identifier reads 0123.4567.89ab, not ${systemId}`);
  }
  return Uint8Array.from(Buffer.from(systemId.replaceAll('.', ''), 'hex'));
}
