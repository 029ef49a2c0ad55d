/**
 * The packets of the modelled network, and their real bytes: IPv6 (RFC 8200), segment routing header (RFC 8754),
 * ICMPv6 (RFC 4443). The model moves the object; the bytes are made only for packet files.
 *
 *   plain:  IPv6 | ICMPv6
 *   SRv6:   IPv6 | SRH | IPv6 | ICMPv6        (H.Encaps, RFC 8986 section 5.1)
 */
import { canonicalAddress } from '../core/topology-nodes.ts';

export const ipv6HeaderBytes = 40;
export const icmpHeaderBytes = 8;
export const ethernetHeaderBytes = 14;

export const icmpTypes = { packetTooBig: 2, timeExceeded: 3, echoRequest: 128, echoReply: 129 } as const;

export interface Icmp {
  type: (typeof icmpTypes)[keyof typeof icmpTypes];
  identifier: number;
  sequence: number;
  /** Packet too big: the MTU, octets. */
  mtuBytes?: number;
}

export interface Packet {
  source: string;
  /** The active segment while a segment routing header is present. */
  destination: string;
  hopLimit: number;
  /** 20 bits. */
  flowLabel: number;
  /** 6 bits. */
  dscp: number;
  /** Octets from the IPv6 header on. */
  sizeBytes: number;
  /** In travel order. */
  segments?: readonly string[];
  segmentsLeft?: number;
  /** Present together with the segments. */
  inner?: Packet;
  /** Of the innermost packet. */
  icmp: Icmp;
}

/** Octets of a segment routing header without TLVs (RFC 8754 section 2). */
function routingHeaderBytes(segmentCount: number): number {
  return 8 + 16 * segmentCount;
}

/** H.Encaps: the outer header copies flow label and DSCP, and starts with the first segment. */
export function encapsulate(inner: Packet, segments: readonly string[]): Packet {
  return {
    source: inner.source,
    destination: segments[0] ?? inner.destination,
    hopLimit: 64,
    flowLabel: inner.flowLabel,
    dscp: inner.dscp,
    sizeBytes: inner.sizeBytes + ipv6HeaderBytes + routingHeaderBytes(segments.length),
    segments,
    segmentsLeft: segments.length - 1,
    inner,
    icmp: inner.icmp,
  };
}

/** The packet as it stands on the wire, from the IPv6 header on. */
function packetBytes(packet: Packet): Uint8Array {
  if (packet.inner === undefined || packet.segments === undefined) {
    return concatenate(ipv6Header(packet, 58), icmpBytes(packet));
  }
  const inner = packetBytes(packet.inner);
  return concatenate(ipv6Header(packet, 43), routingHeader(packet.segments, packet.segmentsLeft ?? 0), inner);
}

export function ethernetFrame(sourceMac: string, destinationMac: string, packet: Packet): Uint8Array {
  return concatenate(
    macBytes(destinationMac),
    macBytes(sourceMac),
    Uint8Array.of(0x86, 0xdd),
    packetBytes(packet),
  );
}

function ipv6Header(packet: Packet, nextHeader: number): Uint8Array {
  const bytes = new Uint8Array(ipv6HeaderBytes);
  const view = new DataView(bytes.buffer);
  // Version 6, traffic class (DSCP and two ECN bits), flow label.
  view.setUint32(0, ((6 << 28) | (packet.dscp << 22) | packet.flowLabel) >>> 0);
  view.setUint16(4, packet.sizeBytes - ipv6HeaderBytes);
  view.setUint8(6, nextHeader);
  view.setUint8(7, packet.hopLimit);
  bytes.set(addressBytes(packet.source), 8);
  bytes.set(addressBytes(packet.destination), 24);
  return bytes;
}

/** Routing type 4; the segment list is stored last segment first (RFC 8754 section 2). */
function routingHeader(segments: readonly string[], segmentsLeft: number): Uint8Array {
  const bytes = new Uint8Array(routingHeaderBytes(segments.length));
  // Next header 41 = IPv6; length in units of 8 octets without the first 8.
  bytes.set([41, segments.length * 2, 4, segmentsLeft, segments.length - 1, 0, 0, 0]);
  segments.toReversed().forEach((segment, index) => {
    bytes.set(addressBytes(segment), 8 + 16 * index);
  });
  return bytes;
}

function icmpBytes(packet: Packet): Uint8Array {
  const { icmp } = packet;
  const bytes = new Uint8Array(packet.sizeBytes - ipv6HeaderBytes);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, icmp.type);
  if (icmp.mtuBytes === undefined) {
    view.setUint16(4, icmp.identifier);
    view.setUint16(6, icmp.sequence);
  } else {
    view.setUint32(4, icmp.mtuBytes);
  }
  for (let index = icmpHeaderBytes; index < bytes.length; index++) bytes[index] = index & 0xff;
  view.setUint16(2, icmpChecksum(packet, bytes));
  return bytes;
}

/** One's complement sum over the pseudo-header and the message (RFC 8200 section 8.1). */
function icmpChecksum(packet: Packet, message: Uint8Array): number {
  const pseudo = new Uint8Array(40);
  pseudo.set(addressBytes(packet.source), 0);
  pseudo.set(addressBytes(packet.destination), 16);
  new DataView(pseudo.buffer).setUint32(32, message.length);
  pseudo[39] = 58;
  let sum = 0;
  for (const part of [pseudo, message]) {
    for (let index = 0; index < part.length; index += 2)
      sum += ((part[index] ?? 0) << 8) | (part[index + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

const addressCache = new Map<string, Uint8Array>();
const addressCacheMax = 4_096;

/** The 16 octets of an IPv6 address in any spelling. */
export function addressBytes(address: string): Uint8Array {
  const known = addressCache.get(address);
  if (known !== undefined) return known;
  const [head = '', tail] = canonicalAddress(address).split('::');
  const groups = (part: string) =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const first = groups(head);
  const last = groups(tail ?? '');
  const all = [...first, ...new Array<number>(Math.max(0, 8 - first.length - last.length)).fill(0), ...last];
  const bytes = Uint8Array.from(all.flatMap((group) => [group >> 8, group & 0xff]));
  if (addressCache.size >= addressCacheMax) addressCache.clear();
  addressCache.set(address, bytes);
  return bytes;
}

function macBytes(mac: string): Uint8Array {
  return Uint8Array.from(mac.split(':').map((octet) => Number.parseInt(octet, 16)));
}

function concatenate(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}
