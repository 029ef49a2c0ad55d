/** What a device floods about its place in the network, besides its signed advertisement. All of it is a hint. */
import { hash } from 'node:crypto';

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
  const known = systemIds.get(node);
  if (known !== undefined) return known;
  const systemId = systemIdText(hash('sha256', node, 'buffer'));
  // Names that somebody made up push the others out, and cost no more than they would without it.
  if (systemIds.size >= systemIdsMax) systemIds.clear();
  systemIds.set(node, systemId);
  return systemId;
}

/** The same names are asked for again with every frame. */
const systemIds = new Map<string, string>();
const systemIdsMax = 4_096;

/** Of the first six bytes. */
export function systemIdText(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < 6; at++)
    text += (at === 2 || at === 4 ? '.' : '') + (octetTexts[bytes[at] ?? 0] ?? '');
  return text;
}

const octetTexts = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, '0'));

/** The six bytes of a system identifier; throws `RangeError` where the text is none. */
export function systemIdBytes(systemId: string): Uint8Array {
  if (!/^[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}$/.test(systemId)) {
    throw new RangeError(`a system identifier reads 0123.4567.89ab, not ${systemId}`);
  }
  return Uint8Array.from(Buffer.from(systemId.replaceAll('.', ''), 'hex'));
}
