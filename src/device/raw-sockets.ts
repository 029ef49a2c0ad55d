/**
 * Raw sockets without a native addon: libc through Node's own `node:ffi` (experimental, hence only here).
 *
 * Why raw sockets and not the `ping` program with a private routing table: a probe then needs CAP_NET_RAW alone and
 * leaves no state in the router. `ping` would need the kernel's seg6 encapsulation (routes, rules and marks, hence
 * CAP_NET_ADMIN, and a sysctl for the outer flow label); Debian's /usr/bin/ping carries file capabilities, and execve
 * clears the ambient ones of a service that runs it (capabilities(7)), so its `-m MARK` fails when not root; it
 * refuses intervals below 2 ms to other users than root; and it stops sending large packets once a router
 * has said "packet too big", which is what we want to measure.
 */
import { endianness } from 'node:os';
import { ConferError } from '../core/errors.ts';

export const AF_INET6 = 10;
export const AF_PACKET = 17;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const IPPROTO_ICMPV6 = 58;
export const IPPROTO_RAW = 255;
export const SOL_SOCKET = 1;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;
const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
const MAP_FAILED = 2n ** 64n - 1n;
const littleEndian = endianness() === 'LE';

export const errorNumbers = {
  EPERM: 1,
  EINTR: 4,
  EAGAIN: 11,
  EACCES: 13,
  EINVAL: 22,
  EMSGSIZE: 90,
  ENOBUFS: 105,
} as const;

type LibC = Awaited<ReturnType<typeof openLibC>>;
let libC: Promise<LibC> | undefined;

async function openLibC() {
  if (process.platform !== 'linux') {
    throw new ConferError('device-failure', 'The linux driver needs Linux; use the modelled lab here.');
  }
  try {
    const ffi = await import('node:ffi');
    // `null` = what the process itself is linked with, so this also works where libc is not glibc.
    const { functions } = ffi.dlopen(null, {
      socket: { arguments: ['i32', 'i32', 'i32'], return: 'i32' },
      close: { arguments: ['i32'], return: 'i32' },
      bind: { arguments: ['i32', 'buffer', 'u32'], return: 'i32' },
      setsockopt: { arguments: ['i32', 'i32', 'i32', 'buffer', 'u32'], return: 'i32' },
      sendto: { arguments: ['i32', 'buffer', 'u64', 'i32', 'buffer', 'u32'], return: 'i64' },
      recvfrom: { arguments: ['i32', 'buffer', 'u64', 'i32', 'buffer', 'buffer'], return: 'i64' },
      mmap: { arguments: ['pointer', 'u64', 'i32', 'i32', 'i32', 'i64'], return: 'pointer' },
      munmap: { arguments: ['pointer', 'u64'], return: 'i32' },
      __errno_location: { arguments: [], return: 'pointer' },
    });
    return {
      ...functions,
      errno: () => ffi.getInt32(functions.__errno_location()),
      pointer: ffi.getRawPointer,
      copyOf: (pointer: bigint, length: number) => ffi.toBuffer(pointer, length, true),
    };
  } catch (error) {
    throw new ConferError('device-failure', 'Probes need Node 26 or newer with its built-in node:ffi.', {
      cause: error,
    });
  }
}

/** A non-blocking raw socket. Closing it is all the cleaning that a probe needs; the kernel does it after a crash. */
export class RawSocket implements Disposable {
  readonly #c: LibC;
  readonly #descriptor: number;
  #open = true;
  #mapped: { address: bigint; length: number } | undefined;

  private constructor(c: LibC, descriptor: number) {
    this.#c = c;
    this.#descriptor = descriptor;
  }

  /** Throws ConferError `device-failure` without CAP_NET_RAW. */
  static async open(family: number, type: number, protocol: number): Promise<RawSocket> {
    libC ??= openLibC();
    const c = await libC;
    const descriptor = c.socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
    if (descriptor >= 0) return new RawSocket(c, descriptor);
    const errno = c.errno();
    throw new ConferError(
      'device-failure',
      errno === errorNumbers.EPERM || errno === errorNumbers.EACCES
        ? 'Probes need CAP_NET_RAW; run the agent with it (see the systemd unit).'
        : `A raw socket could not be opened (errno ${errno}).`,
    );
  }

  /** 0, or the errno. */
  bind(address: Buffer): number {
    return this.#c.bind(this.#descriptor, address, address.length) === 0 ? 0 : this.#c.errno();
  }

  /** 0, or the errno. */
  setOption(level: number, option: number, value: Buffer): number {
    const result = this.#c.setsockopt(this.#descriptor, level, option, value, value.length);
    return result === 0 ? 0 : this.#c.errno();
  }

  /** A struct sock_fprog over `program`: the kernel copies it. 0, or the errno. */
  attachFilter(program: Buffer): number {
    const pointerAt = 8; // after an unsigned short and its padding, on every 64-bit Linux
    const header = Buffer.alloc(16);
    nativeUint16(header, program.length / 8, 0);
    const address = this.#c.pointer(program);
    if (littleEndian) header.writeBigUInt64LE(address, pointerAt);
    else header.writeBigUInt64BE(address, pointerAt);
    const SO_ATTACH_FILTER = 26;
    return this.setOption(SOL_SOCKET, SO_ATTACH_FILTER, header);
  }

  /** 0, or the errno. */
  send(packet: Buffer, to: Buffer): number {
    const sent = this.#c.sendto(this.#descriptor, packet, BigInt(packet.length), 0, to, to.length);
    return sent >= 0n ? 0 : this.#c.errno();
  }

  /** The length of the next packet, written into `into`; undefined when there is none now. */
  receive(into: Buffer, from: Buffer): number | undefined {
    const fromLength = Buffer.alloc(4);
    nativeUint32(fromLength, from.length, 0);
    const length = this.#c.recvfrom(this.#descriptor, into, BigInt(into.length), 0, from, fromLength);
    return length >= 0n ? Number(length) : undefined;
  }

  /** Maps the ring that a PACKET_RX_RING option has made (packet(7)); returns a copy of it each time it is called. */
  mapRing(length: number): () => Buffer {
    const address = this.#c.mmap(0n, BigInt(length), PROT_READ_WRITE, MAP_SHARED, this.#descriptor, 0n);
    if (address === MAP_FAILED) {
      throw new ConferError('device-failure', `No memory for a packet capture (errno ${this.#c.errno()}).`);
    }
    this.#mapped = { address, length };
    return () => {
      if (this.#mapped === undefined) throw new Error('a capture was read after it had ended');
      return this.#c.copyOf(address, length);
    };
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    const mapped = this.#mapped;
    this.#mapped = undefined;
    if (mapped !== undefined) this.#c.munmap(mapped.address, BigInt(mapped.length));
    this.#c.close(this.#descriptor);
  }
}

/** struct sockaddr_in6 (RFC 3493 section 3.3). `flowInformation` = traffic class and flow label, 28 bits. */
export function socketAddress6(address: Buffer, flowInformation = 0, scope = 0): Buffer {
  const result = Buffer.alloc(28);
  nativeUint16(result, AF_INET6, 0);
  result.writeUInt32BE(flowInformation, 4);
  address.copy(result, 8);
  nativeUint32(result, scope, 24);
  return result;
}

/** struct sockaddr_ll (packet(7)); `interfaceIndex` 0 = all interfaces. */
export function socketAddressLinkLayer(protocol: number, interfaceIndex: number): Buffer {
  const result = Buffer.alloc(20);
  nativeUint16(result, AF_PACKET, 0);
  result.writeUInt16BE(protocol, 2);
  nativeUint32(result, interfaceIndex, 4);
  return result;
}

export function nativeInteger(value: number): Buffer {
  const result = Buffer.alloc(4);
  nativeUint32(result, value, 0);
  return result;
}

export function nativeUint16(buffer: Buffer, value: number, offset: number): void {
  if (littleEndian) buffer.writeUInt16LE(value, offset);
  else buffer.writeUInt16BE(value, offset);
}

export function nativeUint32(buffer: Buffer, value: number, offset: number): void {
  if (littleEndian) buffer.writeUInt32LE(value, offset);
  else buffer.writeUInt32BE(value, offset);
}

export function readNativeUint16(buffer: Buffer, offset: number): number {
  return littleEndian ? buffer.readUInt16LE(offset) : buffer.readUInt16BE(offset);
}

export function readNativeUint32(buffer: Buffer, offset: number): number {
  return littleEndian ? buffer.readUInt32LE(offset) : buffer.readUInt32BE(offset);
}
