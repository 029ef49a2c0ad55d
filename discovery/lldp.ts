/**
 * LLDP frames (IEEE 802.1AB) that carry a signed advertisement in an organisation-specific TLV.
 *
 *   destination source 88cc | chassis | port | time to live | system name | management address | ours | end
 */
import { addressBytes, addressText } from './address.ts';
import {
  concat,
  type DecodeError,
  decoding,
  equalBytes,
  hex,
  Malformed,
  Reader,
  text,
  uint16,
  uint32,
} from './bytes.ts';
import { type Codepoints, privateCodepoints } from './codepoints.ts';
import { ethertypeLldp, frameBytesMax, groupLldp } from './ethernet.ts';

export interface LldpFrame {
  /** 6 bytes. */
  readonly source: Uint8Array;
  /** Our frames use the locally assigned subtype with the node's name; other subtypes read as their text or hex. */
  readonly chassisId: string;
  /** Our frames use the interface name. */
  readonly portId: string;
  /** Seconds; 0 announces that the sender shuts down. */
  readonly ttlS: number;
  readonly systemName?: string;
  /** Address literal. */
  readonly managementAddress?: string;
  /** The information of our organisation TLV: a signed advertisement, still encoded. */
  readonly payload?: Uint8Array;
}

const type = { end: 0, chassis: 1, port: 2, ttl: 3, systemName: 5, managementAddress: 8, organisation: 127 };
const subtype = { chassisMac: 4, chassisLocal: 7, portMac: 3, portInterfaceName: 5, interfaceUnknown: 1 };
const addressFamily = { ipv4: 1, ipv6: 2 };
/** Far above what devices send; a frame of 1,500 bytes could otherwise hold 750 empty TLVs. */
const tlvsMax = 128;

/** The Ethernet frame, without its check sequence. Throws `RangeError` for a value that no TLV can hold. */
export function encodeLldp(frame: LldpFrame, codepoints: Codepoints = privateCodepoints): Uint8Array {
  const utf8 = new TextEncoder();
  const pieces = [
    concat(groupLldp, frame.source, uint16(ethertypeLldp)),
    tlv(type.chassis, concat(subtype.chassisLocal, utf8.encode(frame.chassisId))),
    tlv(type.port, concat(subtype.portInterfaceName, utf8.encode(frame.portId))),
    tlv(type.ttl, uint16(frame.ttlS)),
  ];
  if (frame.systemName !== undefined) pieces.push(tlv(type.systemName, utf8.encode(frame.systemName)));
  if (frame.managementAddress !== undefined) {
    pieces.push(tlv(type.managementAddress, managementAddress(frame.managementAddress)));
  }
  if (frame.payload !== undefined) {
    pieces.push(tlv(type.organisation, concat(codepoints.lldpOui, codepoints.lldpSubtype, frame.payload)));
  }
  const encoded = concat(...pieces, tlv(type.end, new Uint8Array()));
  if (encoded.length > frameBytesMax)
    throw new RangeError(`an LLDP frame of ${encoded.length} bytes fits no link`);
  return encoded;
}

/**
 * Reads an Ethernet frame. Mandatory TLVs come first and in order (802.1AB 9.2.7.7); unknown ones and padding behind
 * the end TLV are skipped.
 */
export function decodeLldp(
  bytes: Uint8Array,
  codepoints: Codepoints = privateCodepoints,
): LldpFrame | DecodeError {
  return decoding('lldp', () => {
    const reader = new Reader(bytes);
    reader.take(6);
    const source = Uint8Array.from(reader.take(6));
    if (reader.uint16() !== ethertypeLldp) throw new Malformed('unsupported', 'not an LLDP frame');
    const chassisId = identifier(readTlv(reader, type.chassis), subtype.chassisMac);
    const portId = identifier(readTlv(reader, type.port), subtype.portMac);
    const ttlS = new Reader(readTlv(reader, type.ttl)).uint16();
    return { source, chassisId, portId, ttlS, ...optionalTlvs(reader, codepoints) };
  });
}

type OptionalTlvs = Pick<LldpFrame, 'systemName' | 'managementAddress' | 'payload'>;

function optionalTlvs(reader: Reader, codepoints: Codepoints): OptionalTlvs {
  const found: { -readonly [Key in keyof OptionalTlvs]: OptionalTlvs[Key] } = {};
  for (let count = 0; count < tlvsMax; count++) {
    // The end TLV may be missing where the frame ends exactly: some switches leave it out.
    if (reader.left === 0) return found;
    const { type: tlvType, value } = nextTlv(reader);
    if (tlvType === type.end) return found;
    if (tlvType === type.systemName) found.systemName = text(value);
    else if (tlvType === type.managementAddress) {
      const address = readManagementAddress(value);
      if (address !== undefined) found.managementAddress ??= address;
    } else if (tlvType === type.organisation && isOurs(value, codepoints)) {
      if (found.payload) throw new Malformed('malformed', 'two advertisements in one frame');
      found.payload = Uint8Array.from(value.subarray(4));
    }
  }
  throw new Malformed('malformed', `more than ${tlvsMax} TLVs`);
}

function isOurs(value: Uint8Array, codepoints: Codepoints): boolean {
  return equalBytes(value.subarray(0, 3), codepoints.lldpOui) && value[3] === codepoints.lldpSubtype;
}

/** 802.1AB 8.5.9: address string, then interface numbering (unknown here), then an empty object identifier. */
function managementAddress(literal: string): Uint8Array {
  const address = addressBytes(literal);
  if (!address) throw new RangeError(`${literal} is no address literal`);
  const family = address.length === 4 ? addressFamily.ipv4 : addressFamily.ipv6;
  return concat(address.length + 1, family, address, subtype.interfaceUnknown, uint32(0), 0);
}

function readManagementAddress(value: Uint8Array): string | undefined {
  const reader = new Reader(value);
  const length = reader.uint8();
  if (length < 2) throw new Malformed('malformed', 'an empty management address');
  const family = reader.uint8();
  const address = reader.take(length - 1);
  if (family === addressFamily.ipv4 && address.length === 4) return addressText(address);
  if (family === addressFamily.ipv6 && address.length === 16) return addressText(address);
  return undefined;
}

/** Chassis and port identifiers: a MAC address reads as hex, a name as text, anything else as hex. */
function identifier(value: Uint8Array, subtypeMac: number): string {
  const reader = new Reader(value);
  const found = reader.uint8();
  if (reader.left === 0) throw new Malformed('malformed', 'an empty identifier');
  const bytes = reader.take(reader.left);
  if (found === subtypeMac) return hex(bytes);
  return bytes.every((octet) => octet >= 0x20 && octet < 0x7f) ? text(bytes) : hex(bytes);
}

function tlv(tlvType: number, value: Uint8Array): Uint8Array {
  if (value.length > 511) throw new RangeError(`an LLDP TLV holds 511 bytes, not ${value.length}`);
  return concat(uint16((tlvType << 9) | value.length), value);
}

function nextTlv(reader: Reader): { type: number; value: Uint8Array } {
  const header = reader.uint16();
  return { type: header >>> 9, value: reader.take(header & 0x1ff) };
}

function readTlv(reader: Reader, wanted: number): Uint8Array {
  const found = nextTlv(reader);
  if (found.type !== wanted) throw new Malformed('malformed', `TLV ${found.type} where ${wanted} belongs`);
  return found.value;
}
