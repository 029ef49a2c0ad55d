/**
 * What a Collaboration Agent says about itself: the one payload that LLDP, IS-IS and relays all carry.
 *
 *   version(1)  type length value ...  signature type, 64, signature
 *   |<------- the body: signed ------->|
 *
 * Source: draft-zeng-mcp-troubleshooting, section 5.3 step 1: `mcp-d2d-port`, `supported-capabilities`,
 * `cert-thumbprint`. Sequence, lifetime and signature are ours: without them an old frame is as good as a new one.
 *
 * A payload is a hint. Its signature can be checked only once the certificate behind the thumbprint is known, that is
 * at TLS time; until then nothing in here may be trusted for more than an attempt to connect.
 */
import { addressBytes, addressText } from './address.ts';
import {
  concat,
  type DecodeError,
  decoding,
  equalBytes,
  Malformed,
  Reader,
  text,
  uint16,
  uint32,
} from './bytes.ts';

export interface Advertisement {
  /** The device's name: also the name in its certificate. */
  readonly node: string;
  /** Management address literal, IPv4 or IPv6, without a zone. */
  readonly host: string;
  /** mcp-d2d-port: TCP port of the agent. */
  readonly port: number;
  /** supported-capabilities, in the order in which the device prefers to tell them. */
  readonly capabilities: readonly string[];
  /** cert-thumbprint: SHA-256 of the DER certificate, 32 bytes. */
  readonly thumbprint: Uint8Array;
  /** uint32; of two advertisements of one node, the higher one is the newer one. */
  readonly sequence: number;
  /** uint16, seconds after hearing it for which the advertisement may be believed; 0 withdraws it. */
  readonly lifetimeS: number;
}

export interface SignedAdvertisement {
  readonly advertisement: Advertisement;
  /** ed25519, 64 bytes. */
  readonly signature: Uint8Array;
  /** The exact bytes that are signed: type, length and body, so that the signature means nothing else anywhere. */
  readonly bytes: Uint8Array;
}

/** The most information that one LLDP organisation TLV carries: 511 bytes less OUI and subtype (IEEE 802.1AB 8.6). */
export const payloadBytesMax = 507;
/** Bounds of the texts: with these, what a sane device says fits `payloadBytesMax`. */
const nameLengthMax = 63;
export const capabilitiesMax = 32;

const version = 1;
const thumbprintBytes = 32;
const signatureBytes = 64;
const payloadType = 'application/vnd.confer.advertisement';
const field = {
  node: 1,
  host: 2,
  port: 3,
  capability: 4,
  thumbprint: 5,
  sequence: 6,
  lifetime: 7,
  signature: 8,
};
/** Names travel into logs, file names and prompts: nothing but what host names and YANG identifiers need. */
const namePattern = /^[A-Za-z0-9][A-Za-z0-9._:-]*$/;

export const nameRule = `1 to ${nameLengthMax} letters, digits, "-", "_", "." or ":", the first a letter or digit`;
export const hostRule = 'an IPv4 or IPv6 address literal without a zone';

/** Whether a node or capability of this name can be advertised. */
export function isAdvertisedName(name: string): boolean {
  return name.length <= nameLengthMax && namePattern.test(name);
}

/** Whether this management address can be advertised. */
export function isAdvertisedHost(host: string): boolean {
  return addressBytes(host) !== undefined;
}

/** An advertisement that cannot be sent, and why. */
export class AdvertisementError extends Error {
  readonly code: 'invalid-advertisement' | 'advertisement-too-large';

  constructor(code: AdvertisementError['code'], message: string) {
    super(message);
    this.name = 'AdvertisementError';
    this.code = code;
  }
}

/** The body of the payload, canonical: one advertisement has one encoding. Throws `AdvertisementError`. */
export function encodeAdvertisement(advertisement: Advertisement): Uint8Array {
  const invalid = invalidity(advertisement);
  if (invalid)
    throw new AdvertisementError('invalid-advertisement', `Correct the advertisement: ${invalid}.`);
  const encoder = new TextEncoder();
  const body = concat(
    version,
    tlv(field.node, encoder.encode(advertisement.node)),
    tlv(field.host, addressBytes(advertisement.host) ?? new Uint8Array()),
    tlv(field.port, uint16(advertisement.port)),
    ...advertisement.capabilities.map((name) => tlv(field.capability, encoder.encode(name))),
    tlv(field.thumbprint, advertisement.thumbprint),
    tlv(field.sequence, uint32(advertisement.sequence)),
    tlv(field.lifetime, uint16(advertisement.lifetimeS)),
  );
  const length = body.length + 2 + signatureBytes;
  if (length > payloadBytesMax) {
    throw new AdvertisementError(
      'advertisement-too-large',
      `Advertise fewer or shorter capabilities: ${length} bytes do not fit the ${payloadBytesMax} of one LLDP TLV.`,
    );
  }
  return body;
}

/** Signs an advertisement with the device's key, which stays with the caller. */
export function signAdvertisement(
  advertisement: Advertisement,
  sign: (bytes: Uint8Array) => Uint8Array,
): SignedAdvertisement {
  const bytes = signedBytes(encodeAdvertisement(advertisement));
  const signature = Uint8Array.from(sign(bytes));
  if (signature.length !== signatureBytes)
    throw new RangeError(`a signature has 64 bytes, not ${signature.length}`);
  return { advertisement, signature, bytes };
}

/** The payload that travels: body and signature. */
export function encodeSigned(signed: SignedAdvertisement): Uint8Array {
  return concat(encodeAdvertisement(signed.advertisement), tlv(field.signature, signed.signature));
}

/**
 * Reads a payload. The signature is not checked here: see `verifyAdvertisement`. One advertisement has one encoding:
 * the order and the lengths of the fields are fixed, so that what is accepted encodes to the same bytes again.
 */
export function decodeSigned(payload: Uint8Array): SignedAdvertisement | DecodeError {
  return decoding('advertisement', () => readSigned(payload));
}

/** Checks the signature, once the certificate behind the thumbprint is known. */
export function verifyAdvertisement(
  signed: SignedAdvertisement,
  verify: (bytes: Uint8Array, signature: Uint8Array) => boolean,
): boolean {
  return (
    equalBytes(signed.bytes, signedBytes(encodeAdvertisement(signed.advertisement))) &&
    verify(signed.bytes, signed.signature)
  );
}

/** The pre-authentication encoding of DSSE: type and length come before the body. */
function signedBytes(body: Uint8Array): Uint8Array {
  return concat(Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${body.length} `, 'latin1'), body);
}

function readSigned(payload: Uint8Array): SignedAdvertisement {
  if (payload.length > payloadBytesMax)
    throw new Malformed('malformed', `longer than ${payloadBytesMax} bytes`);
  const reader = new Reader(payload);
  const found = reader.uint8();
  if (found !== version) throw new Malformed('unsupported', `version ${found}`);
  const node = text(readField(reader, field.node));
  const address = readField(reader, field.host);
  if (address.length !== 4 && address.length !== 16) throw new Malformed('malformed', 'address length');
  const port = number(readField(reader, field.port), 2);
  const capabilities: string[] = [];
  let next = readAny(reader);
  while (next.type === field.capability) {
    capabilities.push(text(next.value));
    next = readAny(reader);
  }
  const advertisement: Advertisement = {
    node,
    host: addressText(address),
    port,
    capabilities,
    thumbprint: Uint8Array.from(exactly(next, field.thumbprint)),
    sequence: number(readField(reader, field.sequence), 4),
    lifetimeS: number(readField(reader, field.lifetime), 2),
  };
  const body = payload.subarray(0, reader.offset);
  const signature = Uint8Array.from(readField(reader, field.signature));
  if (signature.length !== signatureBytes) throw new Malformed('malformed', 'signature length');
  if (reader.left > 0) throw new Malformed('malformed', `${reader.left} bytes after the signature`);
  const invalid = invalidity(advertisement);
  if (invalid) throw new Malformed('malformed', invalid);
  return { advertisement, signature, bytes: signedBytes(body) };
}

/** What is wrong with an advertisement, or undefined: the same rule for what we send and for what we believe. */
function invalidity(advertisement: Advertisement): string | undefined {
  const { node, host, port, capabilities, thumbprint, sequence, lifetimeS } = advertisement;
  if (!isAdvertisedName(node)) return `the node's name has ${nameRule}`;
  if (!isAdvertisedHost(host)) return `the host is ${hostRule}`;
  if (!isUint(port, 16) || port === 0) return 'the port is from 1 to 65535';
  if (capabilities.length > capabilitiesMax) return `there are at most ${capabilitiesMax} capabilities`;
  if (!capabilities.every(isAdvertisedName)) return `a capability has ${nameRule}`;
  if (new Set(capabilities).size !== capabilities.length) return 'a capability is named once';
  if (thumbprint.length !== thumbprintBytes) return `the thumbprint has ${thumbprintBytes} bytes`;
  if (!isUint(sequence, 32)) return 'the sequence is an unsigned 32-bit number';
  if (!isUint(lifetimeS, 16)) return 'the lifetime is an unsigned 16-bit number of seconds';
  return undefined;
}

function isUint(value: number, bits: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < 2 ** bits;
}

function tlv(type: number, value: Uint8Array): Uint8Array {
  return concat(type, value.length, value);
}

function readAny(reader: Reader): { type: number; value: Uint8Array } {
  const type = reader.uint8();
  return { type, value: reader.take(reader.uint8()) };
}

function readField(reader: Reader, type: number): Uint8Array {
  return exactly(readAny(reader), type);
}

function exactly(found: { type: number; value: Uint8Array }, type: number): Uint8Array {
  if (found.type !== type) throw new Malformed('malformed', `field ${found.type} where ${type} belongs`);
  return found.value;
}

function number(bytes: Uint8Array, length: number): number {
  if (bytes.length !== length)
    throw new Malformed('malformed', `a number of ${bytes.length} bytes, not ${length}`);
  return bytes.reduce((value, octet) => value * 256 + octet, 0);
}
