/**
 * IS-IS level-2 link state PDUs (ISO 10589 9.9) in IEEE 802.3 frames with LLC fe fe 03.
 *
 *   destination source length | fe fe 03 | common header | PDU header from "length" to "type" | TLVs
 *                                          0              8                                     27
 *
 * The checksum (ISO 8473, Fletcher) covers the PDU from the LSP identifier on: not the remaining lifetime, which
 * every hop lowers.
 */
import { concat, type DecodeError, decoding, Malformed, Reader, uint16, uint32 } from './bytes.ts';
import { ethernetHeaderBytes, groupIsis, llcIsis } from './ethernet.ts';
import { systemIdBytes, systemIdText } from './link-state.ts';

export interface Lsp {
  /** `0123.4567.89ab.00-00`: system, pseudonode (always 0 with us), fragment. */
  readonly id: string;
  readonly systemId: string;
  readonly fragment: number;
  /** uint32, from 1. */
  readonly sequence: number;
  /** Seconds, when sent or received; 0 makes it a purge. */
  readonly remainingLifetimeS: number;
  readonly checksum: number;
  /** Everything behind the header. */
  readonly tlvs: Uint8Array;
}

/** ISO 10589 originatingLSPBufferSize, default: what every link of a network is sure to carry. */
export const lspBytesMax = 1492;
export const lspHeaderBytes = 27;

const common = Uint8Array.of(0x83, lspHeaderBytes, 1, 0, 20, 1, 0, 0);
const identifierOffset = 12;
const checksumOffset = 24;
/** No partition repair, nothing attached, no overload, level 2. */
const typeBlock = 0x03;

/** Makes an LSP of one fragment. Throws `RangeError` where the TLVs do not fit `lspBytesMax`. */
export function makeLsp(
  systemId: string,
  fragment: number,
  sequence: number,
  remainingLifetimeS: number,
  tlvs: Uint8Array,
): Lsp {
  if (tlvs.length > lspBytesMax - lspHeaderBytes)
    throw new RangeError(`${tlvs.length} bytes of TLVs fit no LSP`);
  const unsummed: Lsp = {
    id: lspId(systemId, fragment),
    systemId,
    fragment,
    sequence,
    remainingLifetimeS,
    checksum: 0,
    tlvs,
  };
  // ISO 10589 7.3.16.4: a purge is the header alone; its checksum is not looked at.
  if (remainingLifetimeS === 0) return { ...unsummed, tlvs: new Uint8Array() };
  const summed = encodePdu(unsummed).subarray(identifierOffset);
  return { ...unsummed, checksum: fletcherChecksum(summed, checksumOffset - identifierOffset) };
}

/** The same LSP as it is when nothing but its header is left (ISO 10589 7.3.16.4). */
export function purgeOf(lsp: Lsp): Lsp {
  return makeLsp(lsp.systemId, lsp.fragment, lsp.sequence, 0, new Uint8Array());
}

/** The same LSP with another remaining lifetime, which the checksum does not cover: what every hop lowers. */
export function withRemainingLifetime(lsp: Lsp, remainingLifetimeS: number): Lsp {
  return { ...lsp, remainingLifetimeS };
}

/** The Ethernet frame, without its check sequence. */
export function encodeLspFrame(lsp: Lsp, source: Uint8Array): Uint8Array {
  const pdu = encodePdu(lsp);
  return concat(groupIsis, source, uint16(llcIsis.length + pdu.length), llcIsis, pdu);
}

/** Reads a frame: header fields within their bounds and a right checksum; the TLVs are read by `decodeContents`. */
export function decodeLspFrame(frame: Uint8Array): Lsp | DecodeError {
  return decoding('isis', () => {
    const ethernet = new Reader(frame);
    ethernet.take(ethernetHeaderBytes - 2);
    // The length field tells the PDU from the padding of a short frame.
    const payload = new Reader(ethernet.take(readLength(ethernet)));
    const llc = payload.take(llcIsis.length);
    if (!llcIsis.every((octet, at) => llc[at] === octet))
      throw new Malformed('unsupported', 'not ISO over LLC');
    return decodePdu(payload.take(payload.left));
  });
}

function lspId(systemId: string, fragment: number): string {
  return `${systemId}.00-${fragment.toString(16).padStart(2, '0')}`;
}

function readLength(ethernet: Reader): number {
  const length = ethernet.uint16();
  if (length > 1500) throw new Malformed('unsupported', 'not an IEEE 802.3 frame');
  return length;
}

function encodePdu(lsp: Lsp): Uint8Array {
  return concat(
    common,
    uint16(lspHeaderBytes + lsp.tlvs.length),
    uint16(lsp.remainingLifetimeS),
    systemIdBytes(lsp.systemId),
    0,
    lsp.fragment,
    uint32(lsp.sequence),
    uint16(lsp.checksum),
    typeBlock,
    lsp.tlvs,
  );
}

function decodePdu(pdu: Uint8Array): Lsp {
  const reader = new Reader(pdu);
  const header = reader.take(common.length);
  if (header[0] !== 0x83) throw new Malformed('unsupported', 'not IS-IS');
  if (((header[4] ?? 0) & 0x1f) !== common[4]) throw new Malformed('unsupported', 'not a level-2 LSP');
  const { 1: length, 2: version, 3: idLength, 5: versionAgain, 7: areasMax } = header;
  if (length !== lspHeaderBytes || version !== 1 || versionAgain !== 1)
    throw new Malformed('malformed', 'header');
  if ((idLength !== 0 && idLength !== 6) || (areasMax !== 0 && areasMax !== 3)) {
    throw new Malformed('unsupported', 'identifier length or number of areas');
  }
  const pduLength = reader.uint16();
  if (pduLength < lspHeaderBytes || pduLength > pdu.length || pduLength > lspBytesMax) {
    throw new Malformed('truncated', `PDU length ${pduLength} of ${pdu.length} bytes`);
  }
  const remainingLifetimeS = reader.uint16();
  const systemId = systemIdText(reader.take(6));
  if (reader.uint8() !== 0) throw new Malformed('unsupported', 'a pseudonode');
  const fragment = reader.uint8();
  const sequence = reader.uint32();
  if (sequence === 0) throw new Malformed('malformed', 'sequence number 0');
  const checksum = reader.uint16();
  if ((reader.uint8() & 0x03) !== typeBlock) throw new Malformed('unsupported', 'not a level-2 system');
  if (remainingLifetimeS > 0 && !fletcherHolds(pdu.subarray(identifierOffset, pduLength))) {
    throw new Malformed('checksum', `of LSP ${lspId(systemId, fragment)}`);
  }
  const tlvs =
    remainingLifetimeS === 0 ? new Uint8Array() : Uint8Array.from(pdu.subarray(lspHeaderBytes, pduLength));
  return { id: lspId(systemId, fragment), systemId, fragment, sequence, remainingLifetimeS, checksum, tlvs };
}

/** ISO 8473 6.11: the two octets that make both sums zero. `at` is their place, whose octets count as zero. */
function fletcherChecksum(bytes: Uint8Array, at: number): number {
  const { low, high } = fletcherSums(bytes);
  const modulo = (value: number) => ((value % 255) + 255) % 255;
  const x = modulo((bytes.length - at - 1) * low - high);
  const y = modulo(-low - x);
  return ((x === 0 ? 255 : x) << 8) | (y === 0 ? 255 : y);
}

/** Whether the checksum inside the bytes is right. A zero checksum means "none", which ISO 10589 does not allow. */
export function fletcherHolds(bytes: Uint8Array): boolean {
  const at = checksumOffset - identifierOffset;
  if (bytes[at] === 0 && bytes[at + 1] === 0) return false;
  const { low, high } = fletcherSums(bytes);
  return low === 0 && high === 0;
}

/** So few that the sums stay small integers. */
const summedAtOnce = 1_024;

function fletcherSums(bytes: Uint8Array): { low: number; high: number } {
  let low = 0;
  let high = 0;
  for (let from = 0; from < bytes.length; from += summedAtOnce) {
    const to = Math.min(bytes.length, from + summedAtOnce);
    for (let at = from; at < to; at++) {
      low += bytes[at] ?? 0;
      high += low;
    }
    low %= 255;
    high %= 255;
  }
  return { low, high };
}
