/**
 * The bytes of a probe: ICMPv6 echo (RFC 4443), plain or inside IPv6 with a segment routing header, as a head-end
 * does H.Encaps (RFC 8754 section 2, RFC 8986 section 5.1):
 *
 *   outer IPv6 (source, first SID) | SRH (SIDs reversed) | inner IPv6 (source, destination) | echo request | payload
 */
import { isIPv6 } from 'node:net';
import { probeBytesMin } from '../core/driver-arguments.ts';

export interface ProbePacket {
  source: string;
  destination: string;
  /** Travel order; empty = plain IPv6. */
  segments: readonly string[];
  /** 20 bits, the same in both headers. */
  flowLabel: number;
  dscp: number;
  hopLimit: number;
  identifier: number;
  sequence: number;
  /** Octets of the whole packet. */
  sizeBytes: number;
}

const ipv6HeaderBytes = 40;
const echoHeaderBytes = 8;
const nextHeader = { ipv6: 41, routing: 43, icmpv6: 58 } as const;
/** RFC 8754 section 8.2: the routing type of the SRH. */
const segmentRoutingType = 4;
const echoRequest = 128;
const echoReply = 129;
const packetTooBig = 2;

export function buildProbe(probe: ProbePacket): Buffer {
  const packet = Buffer.alloc(probe.sizeBytes);
  const segments = probe.segments.map(addressBytes);
  const source = addressBytes(probe.source);
  const destination = addressBytes(probe.destination);
  const first = segments[0];
  let at = 0;
  if (first !== undefined) {
    writeIpv6(packet, at, probe, nextHeader.routing, source, first);
    at = writeSegmentRoutingHeader(packet, at + ipv6HeaderBytes, segments);
  }
  writeIpv6(packet, at, probe, nextHeader.icmpv6, source, destination);
  at += ipv6HeaderBytes;
  packet[at] = echoRequest;
  packet.writeUInt16BE(probe.identifier, at + 4);
  packet.writeUInt16BE(probe.sequence, at + 6);
  packet.writeUInt16BE(icmpChecksum(source, destination, packet.subarray(at)), at + 2);
  return packet;
}

/** Turns a built probe into the one with another sequence number, without summing it anew (RFC 1624 equation 3). */
export function setSequence(packet: Buffer, segments: number, sequence: number): void {
  const at = probeBytesMin(segments) - echoHeaderBytes;
  const sum = (~packet.readUInt16BE(at + 2) & 0xffff) + (~packet.readUInt16BE(at + 6) & 0xffff) + sequence;
  packet.writeUInt16BE(sequence, at + 6);
  packet.writeUInt16BE(~folded(sum) & 0xffff, at + 2);
}

/** Another flow label in the outer and the inner header; no checksum covers them. */
export function setFlow(packet: Buffer, segments: number, dscp: number, flowLabel: number): void {
  const information = 0x60000000 + flowInformation(dscp, flowLabel);
  packet.writeUInt32BE(information, 0);
  packet.writeUInt32BE(information, probeBytesMin(segments) - echoHeaderBytes - ipv6HeaderBytes);
}

function writeIpv6(
  packet: Buffer,
  at: number,
  probe: ProbePacket,
  next: number,
  source: Buffer,
  destination: Buffer,
): void {
  packet.writeUInt32BE(0x60000000 + flowInformation(probe.dscp, probe.flowLabel), at);
  packet.writeUInt16BE(packet.length - at - ipv6HeaderBytes, at + 4);
  packet[at + 6] = next;
  packet[at + 7] = probe.hopLimit;
  source.copy(packet, at + 8);
  destination.copy(packet, at + 24);
}

/** Returns where the next header begins. */
function writeSegmentRoutingHeader(packet: Buffer, at: number, segments: readonly Buffer[]): number {
  packet[at] = nextHeader.ipv6;
  packet[at + 1] = 2 * segments.length;
  packet[at + 2] = segmentRoutingType;
  packet[at + 3] = segments.length - 1; // segments left: the first is already the destination
  packet[at + 4] = segments.length - 1; // last entry
  for (const [index, segment] of segments.entries()) {
    segment.copy(packet, at + 8 + 16 * (segments.length - 1 - index));
  }
  return at + 8 + 16 * segments.length;
}

/** Traffic class and flow label as they stand in the first 32 bits of the header and in sin6_flowinfo. */
export function flowInformation(dscp: number, flowLabel: number): number {
  return dscp * 2 ** 22 + flowLabel;
}

/** RFC 4443 section 2.3, RFC 8200 section 8.1. `message` has a zero checksum. */
function icmpChecksum(source: Buffer, destination: Buffer, message: Buffer): number {
  let sum = message.length + nextHeader.icmpv6;
  for (const part of [source, destination, message]) {
    for (let index = 0; index + 1 < part.length; index += 2) sum += part.readUInt16BE(index);
    if (part.length % 2 === 1) sum += (part.at(-1) ?? 0) << 8;
  }
  return ~folded(sum) & 0xffff;
}

function folded(sum: number): number {
  let result = sum;
  while (result > 0xffff) result = (result & 0xffff) + Math.floor(result / 0x10000);
  return result;
}

/** What an ICMPv6 message says about a probe. */
export type ProbeAnswer =
  | { kind: 'reply'; identifier: number; sequence: number }
  | { kind: 'too-big'; identifier: number; sequence: number; mtuBytes: number }
  | { kind: 'time-exceeded' | 'unreachable'; identifier: number; sequence: number };

const errorKinds: Record<number, 'unreachable' | 'time-exceeded'> = { 1: 'unreachable', 3: 'time-exceeded' };

/** Reads an ICMPv6 message; undefined when it is no answer to an echo request. */
export function readAnswer(message: Buffer): ProbeAnswer | undefined {
  if (message.length < echoHeaderBytes) return undefined;
  const type = message.readUInt8(0);
  if (type === echoReply) {
    return { kind: 'reply', identifier: message.readUInt16BE(4), sequence: message.readUInt16BE(6) };
  }
  const invoking = readProbe(message.subarray(8));
  if (invoking === undefined) return undefined;
  if (type === packetTooBig) return { kind: 'too-big', ...invoking, mtuBytes: message.readUInt32BE(4) };
  const kind = errorKinds[type];
  return kind === undefined ? undefined : { kind, ...invoking };
}

/** The echo request in a packet from its IPv6 header on, through an SRH and the outer header when there are any. */
export function readProbe(packet: Buffer): { identifier: number; sequence: number } | undefined {
  let at = 0;
  let next: number = nextHeader.ipv6;
  for (let headers = 0; headers < 4; headers++) {
    if (next === nextHeader.ipv6) {
      if (packet.length < at + ipv6HeaderBytes) return undefined;
      next = packet.readUInt8(at + 6);
      at += ipv6HeaderBytes;
    } else if (next === nextHeader.routing) {
      if (packet.length < at + 8) return undefined;
      next = packet.readUInt8(at);
      at += 8 + 8 * packet.readUInt8(at + 1);
    } else break;
  }
  if (next !== nextHeader.icmpv6 || packet.length < at + echoHeaderBytes) return undefined;
  if (packet.readUInt8(at) !== echoRequest) return undefined;
  return { identifier: packet.readUInt16BE(at + 4), sequence: packet.readUInt16BE(at + 6) };
}

/** The 16 octets of an address in RFC 4291 text form. Throws on anything else. */
export function addressBytes(text: string): Buffer {
  if (!isIPv6(text) || text.includes('%')) throw new TypeError(`not an IPv6 address: ${text}`);
  const [head = '', tail] = hexadecimal(text).split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':'));
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const all = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
  const bytes = Buffer.alloc(16);
  for (const [index, group] of all.entries()) bytes.writeUInt16BE(Number.parseInt(group, 16), 2 * index);
  return bytes;
}

/** RFC 4291 section 2.2 form 3 ("::ffff:192.0.2.1") as two groups of hexadecimal digits. */
function hexadecimal(text: string): string {
  return text.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_all, a, b, c, d) => {
    const pair = (high: string, low: string) => (Number(high) * 256 + Number(low)).toString(16);
    return `${pair(a, b)}:${pair(c, d)}`;
  });
}

/** RFC 5952 text form of 16 octets. */
export function addressText(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(2 * index).toString(16));
  return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1);
}
