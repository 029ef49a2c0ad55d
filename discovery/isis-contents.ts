/**
 * What our link state PDUs say: TLVs from a link state and a signed advertisement, cut into fragments, and back.
 *
 * The advertisement is split over GENINFO TLVs (251, RFC 6823), all of them in fragment 0, so that its pieces always
 * belong to one sequence number:
 *
 *   251 length | flags 0 | application id (2) | sub-TLV 1, length | index, count, piece
 *
 * Every fragment carries at least an empty GENINFO TLV with our application id: by it we know our own flooding from
 * that of a routing daemon on the same wire, which we leave alone.
 */
import { addressBytes, addressText } from './address.ts';
import { concat, type DecodeError, decoding, Malformed, Reader, text, uint16, uint32 } from './bytes.ts';
import { type Codepoints, privateCodepoints } from './codepoints.ts';
import { type Lsp, lspBytesMax, lspHeaderBytes } from './isis.ts';
import { type LinkState, systemIdBytes, systemIdText } from './link-state.ts';

/** The contents of one fragment; `joinContents` makes a link state of all fragments of a system. */
export interface Contents {
  /** Whether our GENINFO application id is present. */
  readonly ours: boolean;
  readonly hostname?: string;
  readonly addresses: string[];
  readonly neighbours: string[];
  readonly locator?: string;
  readonly sids: { sid: string; behavior: string }[];
  /** The encoded signed advertisement, once all its pieces are there. */
  readonly payload?: Uint8Array;
}

/** More would be 23 kB of hints from one node: room for some 2,000 neighbours. */
const fragmentsMax = 16;

const type = {
  areas: 1,
  reachability: 22,
  locator: 27,
  protocols: 129,
  ipv4: 132,
  hostname: 137,
  ipv6: 232,
  geninfo: 251,
};
const valueBytesMax = 255;
const piecesMax = 4;
const subTlv = { endSid: 5, advertisementPiece: 1 };
/** RFC 1195 network layer protocol identifiers: IPv4, IPv6. */
const protocols = Uint8Array.of(0xcc, 0x8e);
const reachabilityBytes = 11;
const endSidBytes = 22;
const defaultMetric = 10;
/** RFC 8986 section 10.2 code points that a SID of a locator may have; the rest reads `behavior-<code point>`. */
const behaviorByCode = new Map([
  [1, 'End'],
  [5, 'End.X'],
  [9, 'End.T'],
  [16, 'End.DX6'],
  [17, 'End.DX4'],
  [18, 'End.DT6'],
  [19, 'End.DT4'],
  [20, 'End.DT46'],
]);

/** The TLVs of every fragment. Throws `RangeError` for what no TLV can say or `fragmentsMax` cannot hold. */
export function encodeContents(
  linkState: LinkState,
  payload: Uint8Array,
  codepoints: Codepoints = privateCodepoints,
): Uint8Array[] {
  const bytesMax = lspBytesMax - lspHeaderBytes;
  const first = concat(
    tlv(type.areas, concat(codepoints.isisArea.length, codepoints.isisArea)),
    tlv(type.protocols, protocols),
    tlv(type.hostname, new TextEncoder().encode(linkState.hostname)),
    ...geninfo(payload, codepoints),
  );
  const marker = tlv(type.geninfo, geninfoHeader(codepoints));
  const fragments = [first];
  for (const item of hints(linkState)) {
    const last = fragments[fragments.length - 1] ?? first;
    if (last.length + item.length <= bytesMax) fragments[fragments.length - 1] = concat(last, item);
    else fragments.push(concat(marker, item));
  }
  if (fragments.length > fragmentsMax) {
    throw new RangeError(
      `a link state of ${fragments.length} fragments is more than the ${fragmentsMax} allowed`,
    );
  }
  return fragments;
}

/** Reads the TLVs of one fragment; unknown ones are skipped, as IS-IS asks. */
export function decodeContents(lsp: Lsp, codepoints: Codepoints = privateCodepoints): Contents | DecodeError {
  return decoding(`isis ${lsp.id}`, () => {
    const found: Draft = {
      ours: false,
      addresses: [],
      neighbours: [],
      sids: [],
      pieces: [],
      piecesExpected: 0,
    };
    const reader = new Reader(lsp.tlvs);
    while (reader.left > 0) {
      const tlvType = reader.uint8();
      readTlv(found, tlvType, new Reader(reader.take(reader.uint8())), codepoints);
    }
    return finished(found);
  });
}

/** One link state from the fragments of a system; undefined until the fragment with the hostname is there. */
export function joinContents(fragments: readonly Contents[]): LinkState | undefined {
  const hostname = fragments.find((fragment) => fragment.hostname !== undefined)?.hostname;
  if (hostname === undefined) return undefined;
  const locator = fragments.find((fragment) => fragment.locator !== undefined)?.locator;
  return {
    hostname,
    addresses: fragments.flatMap((fragment) => fragment.addresses),
    neighbours: fragments.flatMap((fragment) => fragment.neighbours.map((systemId) => ({ systemId }))),
    ...(locator === undefined ? {} : { locator }),
    sids: fragments.flatMap((fragment) => fragment.sids),
  };
}

interface Draft {
  ours: boolean;
  hostname?: string;
  addresses: string[];
  neighbours: string[];
  locator?: string;
  sids: { sid: string; behavior: string }[];
  pieces: (Uint8Array | undefined)[];
  piecesExpected: number;
}

function finished(found: Draft): Contents {
  const { pieces, piecesExpected, ...contents } = found;
  if (piecesExpected === 0) return contents;
  const complete = pieces.filter((piece) => piece !== undefined);
  if (complete.length !== piecesExpected)
    throw new Malformed('malformed', 'a piece of the advertisement is missing');
  return { ...contents, payload: concat(...complete) };
}

function* hints(linkState: LinkState): Generator<Uint8Array> {
  const addresses = linkState.addresses.map((literal) => {
    const bytes = addressBytes(literal);
    if (!bytes) throw new RangeError(`${literal} is no address literal`);
    return bytes;
  });
  const neighbours = linkState.neighbours.map(({ systemId }) =>
    concat(systemIdBytes(systemId), 0, uint32(defaultMetric).subarray(1), 0),
  );
  yield* grouped(
    type.ipv4,
    addresses.filter((bytes) => bytes.length === 4),
    4,
  );
  yield* grouped(
    type.ipv6,
    addresses.filter((bytes) => bytes.length === 16),
    16,
  );
  yield* grouped(type.reachability, neighbours, reachabilityBytes);
  yield* locatorTlvs(linkState);
}

function* grouped(tlvType: number, items: readonly Uint8Array[], itemBytes: number): Generator<Uint8Array> {
  const count = Math.floor(valueBytesMax / itemBytes);
  for (let at = 0; at < items.length; at += count) yield tlv(tlvType, concat(...items.slice(at, at + count)));
}

/** RFC 9352 section 7.1: one locator; where its SIDs outgrow a TLV, the locator is repeated with the rest. */
function* locatorTlvs(linkState: LinkState): Generator<Uint8Array> {
  if (linkState.locator === undefined) {
    if (linkState.sids.length > 0) throw new RangeError('SIDs need a locator');
    return;
  }
  const [literal = '', lengthText = ''] = linkState.locator.split('/');
  const address = addressBytes(literal);
  const length = Number(lengthText);
  if (address?.length !== 16 || !/^\d+$/.test(lengthText) || length < 1 || length > 128) {
    throw new RangeError(`a locator reads fc00:2::/64, not ${linkState.locator}`);
  }
  const prefix = address.subarray(0, Math.ceil(length / 8));
  const topology = uint16(0);
  const header = concat(topology, uint32(0), 0, 0, length, prefix);
  const count = Math.floor((valueBytesMax - header.length - 1) / endSidBytes);
  const sids = linkState.sids.map(({ sid, behavior }) => endSid(sid, behavior));
  for (let at = 0; at === 0 || at < sids.length; at += count) {
    const subTlvs = concat(...sids.slice(at, at + count));
    yield tlv(type.locator, concat(header, subTlvs.length, subTlvs));
  }
}

/** RFC 9352 section 7.2: flags, endpoint behaviour, SID, no sub-sub-TLVs. */
function endSid(sid: string, behavior: string): Uint8Array {
  const address = addressBytes(sid);
  if (address?.length !== 16) throw new RangeError(`${sid} is no SID`);
  return concat(subTlv.endSid, endSidBytes - 2, 0, uint16(behaviorCode(behavior)), address, 0);
}

function behaviorCode(behavior: string): number {
  for (const [code, name] of behaviorByCode) if (name === behavior) return code;
  const code = Number(/^behavior-(\d{1,5})$/.exec(behavior)?.[1]);
  if (!Number.isInteger(code) || code > 0xffff) throw new RangeError(`${behavior} is no endpoint behaviour`);
  return code;
}

function geninfoHeader(codepoints: Codepoints): Uint8Array {
  return concat(0, uint16(codepoints.isisApplication));
}

function* geninfo(payload: Uint8Array, codepoints: Codepoints): Generator<Uint8Array> {
  const header = geninfoHeader(codepoints);
  const pieceBytes = valueBytesMax - header.length - 4;
  const count = Math.max(1, Math.ceil(payload.length / pieceBytes));
  if (count > piecesMax) throw new RangeError(`an advertisement of ${payload.length} bytes is too large`);
  for (let index = 0; index < count; index++) {
    const piece = payload.subarray(index * pieceBytes, (index + 1) * pieceBytes);
    yield tlv(type.geninfo, concat(header, subTlv.advertisementPiece, piece.length + 2, index, count, piece));
  }
}

function readTlv(found: Draft, tlvType: number, value: Reader, codepoints: Codepoints): void {
  switch (tlvType) {
    case type.hostname:
      found.hostname ??= text(value.take(value.left));
      return;
    case type.ipv4:
      while (value.left > 0) found.addresses.push(addressText(value.take(4)));
      return;
    case type.ipv6:
      while (value.left > 0) found.addresses.push(addressText(value.take(16)));
      return;
    case type.reachability:
      while (value.left > 0) found.neighbours.push(readNeighbour(value));
      return;
    case type.locator:
      readLocators(found, value);
      return;
    case type.geninfo:
      readGeninfo(found, value, codepoints);
      return;
    default:
  }
}

function readNeighbour(value: Reader): string {
  const systemId = systemIdText(value.take(6));
  value.take(4);
  value.take(value.uint8());
  return systemId;
}

function readLocators(found: Draft, value: Reader): void {
  value.uint16();
  while (value.left > 0) {
    value.take(6);
    const length = value.uint8();
    if (length < 1 || length > 128) throw new Malformed('malformed', `a locator of ${length} bits`);
    const prefix = new Uint8Array(16);
    prefix.set(value.take(Math.ceil(length / 8)));
    const subTlvs = new Reader(value.take(value.uint8()));
    const locator = `${addressText(prefix)}/${length}`;
    found.locator ??= locator;
    while (subTlvs.left > 0) {
      const subType = subTlvs.uint8();
      const body = new Reader(subTlvs.take(subTlvs.uint8()));
      if (subType === subTlv.endSid && locator === found.locator) found.sids.push(readEndSid(body));
    }
  }
}

function readEndSid(body: Reader): { sid: string; behavior: string } {
  body.uint8();
  const code = body.uint16();
  return { sid: addressText(body.take(16)), behavior: behaviorByCode.get(code) ?? `behavior-${code}` };
}

function readGeninfo(found: Draft, value: Reader, codepoints: Codepoints): void {
  const flags = value.uint8();
  if (value.uint16() !== codepoints.isisApplication) return;
  found.ours = true;
  // RFC 6823 section 3: I and V announce an IPv4 and an IPv6 address before the application's own information.
  if (flags & 0x04) value.take(4);
  if (flags & 0x08) value.take(16);
  while (value.left > 0) {
    const subType = value.uint8();
    const body = new Reader(value.take(value.uint8()));
    if (subType === subTlv.advertisementPiece) readPiece(found, body);
  }
}

function readPiece(found: Draft, body: Reader): void {
  const index = body.uint8();
  const count = body.uint8();
  if (count < 1 || count > piecesMax || index >= count || found.pieces[index] !== undefined) {
    throw new Malformed('malformed', `piece ${index} of ${count} of the advertisement`);
  }
  if (found.piecesExpected !== 0 && found.piecesExpected !== count)
    throw new Malformed('malformed', 'piece counts');
  found.piecesExpected = count;
  found.pieces[index] = body.take(body.left);
}

function tlv(tlvType: number, value: Uint8Array): Uint8Array {
  if (value.length > valueBytesMax) throw new RangeError(`an IS-IS TLV holds ${valueBytesMax} bytes`);
  return concat(tlvType, value.length, value);
}
