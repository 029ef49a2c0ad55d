/**
 * Keeps the first packets of some flows, as a pcap file: a packet socket whose kernel filter lets only their flow
 * labels pass. The kernel queues what passes, so nothing runs here until somebody reads.
 *
 * Why not the tcpdump program: it starts in about 150 ms, need not be installed, and outlives an agent that crashes.
 */
import {
  AF_PACKET,
  nativeInteger,
  nativeUint16,
  nativeUint32,
  RawSocket,
  readNativeUint16,
  readNativeUint32,
  SOCK_DGRAM,
  SOL_SOCKET,
  socketAddressLinkLayer,
} from './raw-sockets.ts';

const ETH_P_IPV6 = 0x86dd;
const ETH_P_ALL = 3;
const SO_RCVBUF = 8;
/** Bounds what the kernel holds for us, its own overhead included. */
const queueBytesMax = 512 * 1024;
/** The largest probe (limits.ts) with room to spare. */
const packetBytesMax = 16 * 1024;
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
  /** From the IPv6 header on. */
  data: Buffer;
}

export class PacketCapture implements Disposable {
  readonly #socket: RawSocket;
  readonly #packetsMax: number;
  /** So that the first flow does not fill the file. */
  readonly #packetsOfFlowMax: number;
  readonly #packetsOfFlow = new Map<number, number>();
  readonly #interfaces: ReadonlySet<number>;
  readonly #packets: CapturedPacket[] = [];
  readonly #buffer = Buffer.alloc(packetBytesMax);
  readonly #from = Buffer.alloc(20);

  private constructor(socket: RawSocket, flows: number, packetsMax: number, interfaces: ReadonlySet<number>) {
    this.#socket = socket;
    this.#packetsMax = packetsMax;
    this.#packetsOfFlowMax = Math.max(packetsOfFlowMin, Math.floor(packetsMax / flows));
    this.#interfaces = interfaces;
  }

  /** Listens from now on. `interfaces` = kernel indices. Throws ConferError `device-failure`. */
  static async start(
    flowLabels: readonly number[],
    packetsMax: number,
    interfaces: readonly number[],
  ): Promise<PacketCapture> {
    // Protocol 0 receives nothing: the filter is in force before the first packet can come.
    const socket = await RawSocket.open(AF_PACKET, SOCK_DGRAM, 0);
    socket.setOption(SOL_SOCKET, SO_RCVBUF, nativeInteger(queueBytesMax / 2));
    socket.attachFilter(flowLabelFilter(flowLabels));
    socket.receivedAt();
    // ETH_P_ALL, for sockets of a single protocol do not see what the router itself sends.
    socket.bind(socketAddressLinkLayer(ETH_P_ALL, 0));
    return new PacketCapture(socket, flowLabels.length, packetsMax, new Set(interfaces));
  }

  /** The packets so far. */
  pcap(): Buffer {
    while (this.#packets.length < this.#packetsMax) {
      const length = this.#socket.receive(this.#buffer, this.#from);
      if (length === undefined) break;
      const interfaceIndex = readNativeUint32(this.#from, 4);
      if (!this.#interfaces.has(interfaceIndex) || !this.#hasRoom(this.#buffer.readUInt32BE(0) & 0xfffff))
        continue;
      this.#packets.push({
        time: this.#socket.receivedAt() ?? 0n,
        interfaceIndex,
        hardwareType: readNativeUint16(this.#from, 8),
        packetType: this.#from.readUInt8(10),
        hardwareAddress: Buffer.from(this.#from.subarray(12, 12 + Math.min(8, this.#from.readUInt8(11)))),
        data: Buffer.from(this.#buffer.subarray(0, length)),
      });
    }
    return encodePcap(this.#packets);
  }

  #hasRoom(flowLabel: number): boolean {
    const packets = (this.#packetsOfFlow.get(flowLabel) ?? 0) + 1;
    this.#packetsOfFlow.set(flowLabel, packets);
    return packets <= this.#packetsOfFlowMax;
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]();
  }
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
  record.writeUInt32LE(cooked.length + packet.data.length, 12);
  return [record, cooked, packet.data];
}
