/**
 * Keeps the first packets of some flows, as a pcap file: a packet socket whose kernel filter lets only their flow
 * labels pass, into a ring of memory. Nothing runs here until somebody reads.
 *
 * Why a ring and not recv(): recv() would hand out the packet as it is by then, and Linux's SRv6 endpoints (6.18)
 * rewrite a received packet in place; the ring holds a copy made when the packet came. Why not the tcpdump program:
 * it needs time to start, need not be installed, and outlives an agent that crashes.
 */
import { ConferError } from '../core/errors.ts';
import {
  AF_PACKET,
  nativeInteger,
  nativeUint16,
  nativeUint32,
  RawSocket,
  readNativeUint16,
  readNativeUint32,
  SOCK_DGRAM,
  socketAddressLinkLayer,
} from './raw-sockets.ts';

const ETH_P_IPV6 = 0x86dd;
const ETH_P_ALL = 3;
const SOL_PACKET = 263;
const PACKET_RX_RING = 5;
const PACKET_VERSION = 10;
const TPACKET_V2 = 1;
const TP_STATUS_USER = 1;
/** Room for the headers of a path as long as limits.ts allows; longer packets are cut, which pcap can say. */
const frameBytes = 2_048;
/** More than are kept, so that the flow which comes first does not take all the room. */
const framesMax = 256;
const ringBytes = frameBytes * framesMax;
/** A multiple of every page size that Linux has. */
const blockBytes = 64 * 1024;
/** struct tpacket2_hdr, after which comes the sockaddr_ll. */
const linkLayerAddressAt = 32;
/** A packet's type, as the kernel says it (packet(7)). */
export const sentByUs = 4;
/** A packet that comes in and goes out again is there twice. */
const packetsOfFlowMin = 2;

export interface CapturedPacket {
  /** Nanoseconds since the epoch. */
  time: bigint;
  interfaceIndex: number;
  /** As the kernel says it: 0 to us, 3 to somebody else, 4 sent by us (packet(7)). */
  packetType: number;
  hardwareType: number;
  hardwareAddress: Buffer;
  /** From the IPv6 header on, perhaps cut. */
  data: Buffer;
  /** Octets of the whole packet. */
  lengthBytes: number;
}

export class PacketCapture implements Disposable {
  readonly #socket: RawSocket;
  readonly #ring: () => Buffer;
  readonly #flows: number;
  readonly #packetsMax: number;
  readonly #interfaces: ReadonlySet<number>;

  private constructor(
    socket: RawSocket,
    ring: () => Buffer,
    flows: number,
    packetsMax: number,
    interfaces: ReadonlySet<number>,
  ) {
    this.#socket = socket;
    this.#ring = ring;
    this.#flows = flows;
    this.#packetsMax = packetsMax;
    this.#interfaces = interfaces;
  }

  /** Listens from now on. `interfaces` = kernel indices. Throws ConferError `device-failure`. */
  static async start(
    flowLabels: readonly number[],
    packetsMax: number,
    interfaces: readonly number[],
  ): Promise<PacketCapture> {
    // Protocol 0 receives nothing: filter and ring are in force before the first packet can come.
    const socket = await RawSocket.open(AF_PACKET, SOCK_DGRAM, 0);
    try {
      const errnos = [
        socket.attachFilter(flowLabelFilter(flowLabels)),
        socket.setOption(SOL_PACKET, PACKET_VERSION, nativeInteger(TPACKET_V2)),
        // struct tpacket_req: block size and number, frame size and number.
        socket.setOption(
          SOL_PACKET,
          PACKET_RX_RING,
          Buffer.concat([blockBytes, ringBytes / blockBytes, frameBytes, framesMax].map(nativeInteger)),
        ),
      ];
      const failed = errnos.find((errno) => errno !== 0);
      if (failed !== undefined) {
        throw new ConferError('device-failure', `Packets cannot be captured here (errno ${failed}).`);
      }
      const ring = socket.mapRing(ringBytes);
      // ETH_P_ALL, for sockets of a single protocol do not see what the router itself sends.
      socket.bind(socketAddressLinkLayer(ETH_P_ALL, 0));
      return new PacketCapture(socket, ring, flowLabels.length, packetsMax, new Set(interfaces));
    } catch (error) {
      socket[Symbol.dispose]();
      throw error;
    }
  }

  /** All packets of the ring so far, whose headers are whole. */
  packets(): CapturedPacket[] {
    return readRing(this.#ring()).filter(
      ({ interfaceIndex, data }) => this.#interfaces.has(interfaceIndex) && data.length >= 40,
    );
  }

  /** The packets so far. Frames are never given back to the kernel, so the ring ends when it is full. */
  pcap(): Buffer {
    const packetsOfFlowMax = Math.max(packetsOfFlowMin, Math.floor(this.#packetsMax / this.#flows));
    const packetsOfFlow = new Map<number, number>();
    const packets = this.packets().filter(({ data }) => {
      const flowLabel = data.readUInt32BE(0) & 0xfffff;
      const before = packetsOfFlow.get(flowLabel) ?? 0;
      packetsOfFlow.set(flowLabel, before + 1);
      return before < packetsOfFlowMax;
    });
    return encodePcap(packets.slice(0, this.#packetsMax));
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]();
  }
}

/** struct tpacket2_hdr of linux/if_packet.h: status, length, captured, mac, net, seconds, nanoseconds, ... */
function readRing(ring: Buffer): CapturedPacket[] {
  const packets: CapturedPacket[] = [];
  for (let at = 0; at < ring.length; at += frameBytes) {
    const frame = ring.subarray(at, at + frameBytes);
    if ((readNativeUint32(frame, 0) & TP_STATUS_USER) === 0) break;
    const from = frame.subarray(linkLayerAddressAt);
    const dataAt = readNativeUint16(frame, 14);
    packets.push({
      time: BigInt(readNativeUint32(frame, 16)) * 1_000_000_000n + BigInt(readNativeUint32(frame, 20)),
      interfaceIndex: readNativeUint32(from, 4),
      hardwareType: readNativeUint16(from, 8),
      packetType: from.readUInt8(10),
      hardwareAddress: from.subarray(12, 12 + Math.min(8, from.readUInt8(11))),
      data: frame.subarray(dataAt, dataAt + readNativeUint32(frame, 8)),
      lengthBytes: readNativeUint32(frame, 4),
    });
  }
  return packets;
}

/**
 * A classic BPF program (linux/filter.h): accept IPv6 whose last 20 bits of the first word are one of the labels.
 *
 *   ld protocol; jeq IPv6 else drop; ld [0]; and 0xfffff; jeq label1 accept; ...; drop: ret 0; accept: ret all
 */
export function flowLabelFilter(flowLabels: readonly number[]): Buffer {
  const labels = flowLabels.slice(0, 250); // jumps are one octet wide
  const protocolOffset = 0xfffff000; // SKF_AD_OFF + SKF_AD_PROTOCOL
  const instructions: [code: number, onTrue: number, onFalse: number, operand: number][] = [
    [0x20, 0, 0, protocolOffset],
    [0x15, 0, labels.length + 2, ETH_P_IPV6],
    [0x20, 0, 0, 0],
    [0x54, 0, 0, 0xfffff],
    ...labels.map((label, index): [number, number, number, number] => [
      0x15,
      labels.length - index,
      0,
      label,
    ]),
    [0x06, 0, 0, 0],
    [0x06, 0, 0, 0x40000],
  ];
  const program = Buffer.alloc(8 * instructions.length);
  for (const [index, [code, onTrue, onFalse, operand]] of instructions.entries()) {
    nativeUint16(program, code, 8 * index);
    program[8 * index + 2] = onTrue;
    program[8 * index + 3] = onFalse;
    nativeUint32(program, operand, 8 * index + 4);
  }
  return program;
}

/**
 * A pcap file (draft-ietf-opsawg-pcap) with nanoseconds and LINKTYPE_LINUX_SLL2, which says for each packet through
 * which interface it came or went.
 */
export function encodePcap(packets: readonly CapturedPacket[]): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b23c4d, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(0x40000, 16);
  header.writeUInt32LE(276, 20);
  return Buffer.concat([header, ...packets.flatMap(encodePacket)]);
}

function encodePacket(packet: CapturedPacket): Buffer[] {
  const cooked = Buffer.alloc(20);
  cooked.writeUInt16BE(ETH_P_IPV6, 0);
  cooked.writeUInt32BE(packet.interfaceIndex, 4);
  cooked.writeUInt16BE(packet.hardwareType, 8);
  cooked[10] = packet.packetType;
  cooked[11] = packet.hardwareAddress.length;
  packet.hardwareAddress.copy(cooked, 12);
  const record = Buffer.alloc(16);
  record.writeUInt32LE(Number(packet.time / 1_000_000_000n), 0);
  record.writeUInt32LE(Number(packet.time % 1_000_000_000n), 4);
  record.writeUInt32LE(cooked.length + packet.data.length, 8);
  record.writeUInt32LE(cooked.length + packet.lengthBytes, 12);
  return [record, cooked, packet.data];
}
