/**
 * Real Ethernet frames through AF_PACKET sockets, by Node's built-in `node:ffi`: a FramePort without a native addon.
 *
 * Needs Linux and CAP_NET_RAW. Node 26 has `node:ffi` without a flag and prints one ExperimentalWarning; under
 * `--permission` it also wants `--allow-ffi`. FFI may change: nothing outside this file knows of it.
 *
 * Two sockets for each interface, one for the LLDP ethertype and one for IEEE 802.2 (IS-IS), rather than one for
 * everything: the probes and the traffic of a router never reach us, and cannot push out what we listen for.
 */
import type { FramePort } from '../../discovery/speaker.ts';

export interface RawFramesOptions {
  /** Interfaces to speak on, by name, in the network namespace of this process. */
  readonly interfaces: readonly string[];
  /** Time between looks at the sockets, milliseconds. */
  readonly pollIntervalMs?: number;
  /** Frames taken from one socket in one look: what a flood can cost us; the rest waits in the kernel or is lost. */
  readonly framesPerPollMax?: number;
}

export interface RawFrames extends FramePort {
  /** What the port has seen since it was opened. */
  statistics(): { readonly sent: number; readonly sendFailures: number; readonly received: number };
  close(): void;
}

/** Why raw frames cannot be had here. */
export class RawFramesError extends Error {
  readonly code: 'unsupported-platform' | 'permission-denied' | 'no-such-interface' | 'socket-failed';

  constructor(code: RawFramesError['code'], message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.name = 'RawFramesError';
    this.code = code;
  }
}

const protocols = { ieee8022: 0x0004, lldp: 0x88cc };
const family = { packet: 17 };
const socketType = { raw: 3, nonBlocking: 0o4000, closeOnExec: 0o2000000 };
const solPacket = 263;
const packetAddMembership = 1;
const messageDontWait = 0x40;
/** AllL2ISs and the nearest bridge: the groups that a real network card must let through. */
const groups = ['0180c2000015', '0180c200000e'];
const packetOutgoing = 4;
/** struct sockaddr_ll. */
const linkAddressBytes = 20;
const frameBufferBytes = 2048;
/** Neighbours announce themselves every half second in a lab, every half minute elsewhere; an idle agent should sleep. */
const pollIntervalMsUsual = 100;

/** Opens the sockets. Throws `RawFramesError`. */
export async function openRawFrames(options: RawFramesOptions): Promise<RawFrames> {
  const libc = await loadLibc();
  const sockets: Socket[] = [];
  try {
    for (const name of options.interfaces) {
      const index = libc.if_nametoindex(name);
      if (index === 0) {
        throw new RawFramesError(
          'no-such-interface',
          `Name an interface that exists: there is no ${name} here.`,
        );
      }
      for (const protocol of [protocols.lldp, protocols.ieee8022])
        sockets.push(openSocket(libc, name, index, protocol));
    }
  } catch (error) {
    for (const socket of sockets) libc.close(socket.descriptor);
    throw error;
  }
  return startPort(libc, sockets, options);
}

interface Socket {
  readonly interfaceName: string;
  readonly descriptor: number;
}

interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  if_nametoindex(name: string): number;
  bind(descriptor: number, address: Uint8Array, length: number): number;
  setsockopt(descriptor: number, level: number, option: number, value: Uint8Array, length: number): number;
  send(descriptor: number, frame: Uint8Array, length: bigint, flags: number): bigint;
  recvfrom(
    descriptor: number,
    buffer: Uint8Array,
    length: bigint,
    flags: number,
    address: Uint8Array,
    addressLength: Uint8Array,
  ): bigint;
  close(descriptor: number): number;
}

async function loadLibc(): Promise<Libc> {
  if (process.platform !== 'linux') {
    throw new RawFramesError(
      'unsupported-platform',
      'Raw frames need Linux: use the modelled links elsewhere.',
    );
  }
  try {
    const ffi = await import('node:ffi');
    const { functions } = ffi.dlopen('libc.so.6', {
      socket: { arguments: ['i32', 'i32', 'i32'], return: 'i32' },
      if_nametoindex: { arguments: ['string'], return: 'u32' },
      bind: { arguments: ['i32', 'buffer', 'u32'], return: 'i32' },
      setsockopt: { arguments: ['i32', 'i32', 'i32', 'buffer', 'u32'], return: 'i32' },
      send: { arguments: ['i32', 'buffer', 'u64', 'i32'], return: 'i64' },
      recvfrom: { arguments: ['i32', 'buffer', 'u64', 'i32', 'buffer', 'buffer'], return: 'i64' },
      close: { arguments: ['i32'], return: 'i32' },
    });
    return functions as unknown as Libc;
  } catch (cause) {
    throw new RawFramesError(
      'unsupported-platform',
      'Raw frames need Node 26 with node:ffi and a GNU libc: update Node, or let lldpd speak LLDP.',
      cause,
    );
  }
}

function openSocket(libc: Libc, interfaceName: string, index: number, protocol: number): Socket {
  // Protocol 0 receives nothing until `bind` names interface and protocol at once: no frame of another one slips in.
  const descriptor = libc.socket(
    family.packet,
    socketType.raw | socketType.nonBlocking | socketType.closeOnExec,
    0,
  );
  if (descriptor < 0) {
    throw new RawFramesError(
      'permission-denied',
      'Give the process CAP_NET_RAW: it may not open raw sockets.',
    );
  }
  if (libc.bind(descriptor, linkAddress(index, protocol), linkAddressBytes) !== 0) {
    libc.close(descriptor);
    throw new RawFramesError(
      'socket-failed',
      `Check interface ${interfaceName}: a raw socket cannot be bound to it.`,
    );
  }
  for (const group of groups) {
    const membership = multicastMembership(index, group);
    if (libc.setsockopt(descriptor, solPacket, packetAddMembership, membership, membership.length) !== 0) {
      libc.close(descriptor);
      throw new RawFramesError(
        'socket-failed',
        `Check interface ${interfaceName}: it takes no multicast group.`,
      );
    }
  }
  return { interfaceName, descriptor };
}

function startPort(libc: Libc, sockets: readonly Socket[], options: RawFramesOptions): RawFrames {
  const count = { sent: 0, sendFailures: 0, received: 0 };
  const framesPerPollMax = options.framesPerPollMax ?? 64;
  const buffer = Buffer.alloc(frameBufferBytes);
  const address = Buffer.alloc(linkAddressBytes);
  const addressLength = new Uint8Array(4);
  let handler: (interfaceName: string, frame: Uint8Array) => void = () => {};
  let open = true;

  const drain = ({ interfaceName, descriptor }: Socket): void => {
    for (let frames = 0; open && frames < framesPerPollMax; frames++) {
      new DataView(addressLength.buffer).setUint32(0, linkAddressBytes, nativeLittleEndian);
      const size = BigInt(buffer.length);
      const length = Number(libc.recvfrom(descriptor, buffer, size, messageDontWait, address, addressLength));
      if (length <= 0) return;
      // Sockets of one protocol are not shown what this machine sends; should that change, our own voice is no news.
      if (address[10] === packetOutgoing || length >= buffer.length) continue;
      count.received++;
      handler(interfaceName, buffer.subarray(0, length));
    }
  };
  const timer = setInterval(() => sockets.forEach(drain), options.pollIntervalMs ?? pollIntervalMsUsual);
  // The agent's servers keep the process alive; listening for neighbours alone does not.
  timer.unref();
  const senders = new Map(sockets.map((socket) => [socket.interfaceName, socket.descriptor]));

  return {
    interfaces: () => options.interfaces,
    send(interfaceName, frame) {
      const descriptor = senders.get(interfaceName);
      if (!open || descriptor === undefined) return;
      if (libc.send(descriptor, frame, BigInt(frame.length), messageDontWait) === BigInt(frame.length))
        count.sent++;
      else count.sendFailures++;
    },
    onFrame(receiver) {
      handler = receiver;
    },
    statistics: () => ({ ...count }),
    close() {
      if (!open) return;
      open = false;
      clearInterval(timer);
      for (const { descriptor } of sockets) libc.close(descriptor);
    },
  };
}

const nativeLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** struct sockaddr_ll: family and index in the order of the machine, protocol in that of the network. */
function linkAddress(index: number, protocol: number): Uint8Array {
  const bytes = new Uint8Array(linkAddressBytes);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, family.packet, nativeLittleEndian);
  view.setUint16(2, protocol);
  view.setInt32(4, index, nativeLittleEndian);
  return bytes;
}

/** struct packet_mreq with type PACKET_MR_MULTICAST (0). */
function multicastMembership(index: number, group: string): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, index, nativeLittleEndian);
  view.setUint16(6, 6, nativeLittleEndian);
  bytes.set(Buffer.from(group, 'hex'), 8);
  return bytes;
}
