/** Ethernet addresses and the two kinds of frames that discovery speaks. */
import { createHash } from 'node:crypto';

export const ethertypeLldp = 0x88cc;
/** IEEE 802.1AB: nearest bridge; no bridge forwards it, so LLDP reaches exactly one hop. */
export const groupLldp = Uint8Array.of(0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e);
/** ISO 10589 AllL2ISs. */
export const groupIsis = Uint8Array.of(0x01, 0x80, 0xc2, 0x00, 0x00, 0x15);
/** LLC of ISO network layer protocols: DSAP, SSAP, unnumbered information. */
export const llcIsis = Uint8Array.of(0xfe, 0xfe, 0x03);
export const ethernetHeaderBytes = 14;
export const frameBytesMax = 1514;

/**
 * The source address of what a node sends on an interface: derived, unicast, locally administered. It deliberately is
 * not the interface's own: a routing daemon on the same wire then holds no adjacency with it and drops our link
 * states instead of taking them into its own database.
 */
export function sourceAddress(node: string, interfaceName: string): Uint8Array {
  const address = Uint8Array.from(
    createHash('sha256').update(`${node}\n${interfaceName}`, 'utf8').digest().subarray(0, 6),
  );
  address[0] = ((address[0] ?? 0) & 0xfc) | 0x02;
  return address;
}

/** The source address of a frame as a number of 48 bits: a key that costs no garbage. */
export function sourceOf(frame: Uint8Array): number {
  let address = 0;
  for (let at = 6; at < 12; at++) address = address * 256 + (frame[at] ?? 0);
  return address;
}

/** What a frame is to us, by its bytes alone. */
export function frameKind(frame: Uint8Array): 'lldp' | 'isis' | 'other' {
  const typeOrLength = ((frame[12] ?? 0) << 8) | (frame[13] ?? 0);
  if (typeOrLength === ethertypeLldp) return 'lldp';
  if (typeOrLength > 1500) return 'other';
  return llcIsis.every((octet, at) => frame[ethernetHeaderBytes + at] === octet) ? 'isis' : 'other';
}
