/** One flow of echo requests: its two raw sockets, its identifier, and what comes back. */
import { randomInt } from 'node:crypto';
import { distributionOf } from '../core/distribution.ts';
import { ConferError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { ProbeResult } from '../core/ports.ts';
import {
  addressBytes,
  addressText,
  buildProbe,
  flowInformation,
  type ProbeAnswer,
  readAnswer,
  setFlow,
  setSequence,
} from './probe-packets.ts';
import {
  AF_INET6,
  IPPROTO_ICMPV6,
  IPPROTO_RAW,
  nativeInteger,
  nativeUint16,
  RawSocket,
  SOCK_RAW,
  SOL_SOCKET,
  socketAddress6,
} from './raw-sockets.ts';

const IPPROTO_IPV6 = 41;
const IPV6_MTU_DISCOVER = 23;
const IPV6_PMTUDISC_PROBE = 3;
const IPV6_FLOWLABEL_MGR = 32;
const IPV6_FLOWINFO_SEND = 33;
const ICMP6_FILTER = 1;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
/** Ours alone: not more than this waits for us between two looks, at 40 octets and the kernel's overhead each. */
const receiveBufferBytes = 1024 * 1024;
/**
 * More than the kernel keeps for a neighbour that does not answer (net.ipv6.neigh.*.unres_qlen_bytes, 208 KiB): a full
 * queue then drops its oldest probe, as for any traffic, and does not stop us.
 */
const sendBufferBytes = 1024 * 1024;
/** Time for the last probe to cross the network: with answers so far, some multiples of their round trip. */
const settleMsMin = 150;
const settleMsMax = 1_000;

export interface Flow {
  source: string;
  /** Whoever asked for the probe chose the source; otherwise the configuration did. */
  isSourceAsked: boolean;
  destination: string;
  segments: readonly string[];
  /** Where the packet goes first. */
  nextAddress: string;
  /** Taken in turn. */
  flowLabels: readonly number[];
  dscp: number;
  sizeBytes: number;
}

export class Prober implements Disposable {
  received = 0;
  /** In the order of the flow's labels. */
  readonly receivedByLabel: number[];
  tooBigMtuBytes: number | undefined;
  readonly #flow: Flow;
  readonly #sender: RawSocket;
  readonly #receiver: RawSocket;
  readonly #packet: Buffer;
  /** By flow label: the socket's address carries it too, so that routing sees the same flow as on the wire. */
  readonly #to: readonly Buffer[];
  readonly #identifier: number;
  /** By sequence number, of which there are 65,536: longer runs use them again. */
  readonly #sentAt = new Float64Array(0x10000).fill(Number.NaN);
  /** By sequence number: whose turn it was. */
  readonly #turns = new Uint8Array(0x10000);
  readonly #message = Buffer.alloc(limits.probeSizeBytesMax);
  readonly #from = Buffer.alloc(28);
  /** One for each reply, so at most `limits.probeCountMax`. */
  readonly #roundTripsMs: number[] = [];
  #longestMs = 0;

  private constructor(flow: Flow, sender: RawSocket, receiver: RawSocket) {
    this.#flow = flow;
    this.#sender = sender;
    this.#receiver = receiver;
    this.#identifier = randomInt(0x10000);
    this.receivedByLabel = flow.flowLabels.map(() => 0);
    const { flowLabels, nextAddress, dscp } = flow;
    const [flowLabel = 0] = flowLabels;
    this.#packet = buildProbe({
      ...flow,
      flowLabel,
      hopLimit: 64,
      identifier: this.#identifier,
      sequence: 0,
    });
    const address = addressBytes(nextAddress);
    this.#to = flowLabels.map((label) => socketAddress6(address, flowInformation(dscp, label)));
  }

  static async open(flow: Flow): Promise<Prober> {
    // IPPROTO_RAW means that we write the IPv6 header ourselves (IPV6_HDRINCL, raw(7)).
    const sender = await RawSocket.open(AF_INET6, SOCK_RAW, IPPROTO_RAW);
    try {
      const receiver = await RawSocket.open(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
      receiver.setOption(IPPROTO_ICMPV6, ICMP6_FILTER, answersOnly());
      receiver.setOption(SOL_SOCKET, SO_RCVBUF, nativeInteger(receiveBufferBytes));
      // Routing by source address, and the hash that chooses among equal paths, see the same flow as on the wire.
      if (sender.bind(socketAddress6(addressBytes(flow.source))) !== 0) {
        receiver[Symbol.dispose]();
        throw strangeSource(flow);
      }
      // Every large probe goes out, also after a router has said "packet too big" (RFC 4821 section 7.3).
      sender.setOption(IPPROTO_IPV6, IPV6_MTU_DISCOVER, nativeInteger(IPV6_PMTUDISC_PROBE));
      sender.setOption(SOL_SOCKET, SO_SNDBUF, nativeInteger(sendBufferBytes));
      sender.setOption(IPPROTO_IPV6, IPV6_FLOWINFO_SEND, nativeInteger(1));
      // Needed only where somebody holds an exclusive label; where it fails, sending says so.
      for (const label of flow.flowLabels)
        if (label !== 0) sender.setOption(IPPROTO_IPV6, IPV6_FLOWLABEL_MGR, sharedLabel(flow, label));
      return new Prober(flow, sender, receiver);
    } catch (error) {
      sender[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * 0 or the errno. An error is mostly what we are looking for: EPERM = an output ACL dropped it, EMSGSIZE = larger
   * than the link, ENETUNREACH and EACCES = no route. The probe counts as sent, for the router was asked to forward it.
   */
  send(index: number, hopLimit?: number): number {
    const sequence = index & 0xffff;
    setSequence(this.#packet, this.#flow.segments.length, sequence);
    if (hopLimit !== undefined) this.#packet[7] = hopLimit;
    const { flowLabels, segments, dscp } = this.#flow;
    const turn = index % flowLabels.length;
    if (flowLabels.length > 1) setFlow(this.#packet, segments.length, dscp, flowLabels[turn] ?? 0);
    this.#turns[sequence] = turn;
    this.#sentAt[sequence] = performance.now();
    return this.#sender.send(this.#packet, this.#to[turn] ?? Buffer.alloc(0));
  }

  /** Takes what has arrived. */
  hear(): { answer: ProbeAnswer; from: string }[] {
    const heard: { answer: ProbeAnswer; from: string }[] = [];
    for (;;) {
      const length = this.#receiver.receive(this.#message, this.#from);
      if (length === undefined) return heard;
      const answer = readAnswer(this.#message.subarray(0, length));
      if (answer?.identifier !== this.#identifier) continue;
      if (answer.kind === 'reply') this.#takeReply(answer.sequence);
      if (answer.kind === 'too-big') {
        this.tooBigMtuBytes = Math.min(this.tooBigMtuBytes ?? Number.POSITIVE_INFINITY, answer.mtuBytes);
      }
      heard.push({ answer, from: addressText(this.#from.subarray(8, 24)) });
    }
  }

  /** A duplicate has no time left to be measured from, and is not counted. */
  #takeReply(sequence: number): void {
    const rtt = performance.now() - (this.#sentAt[sequence] ?? Number.NaN);
    if (Number.isNaN(rtt)) return;
    this.#sentAt[sequence] = Number.NaN;
    this.received++;
    const turn = this.#turns[sequence] ?? 0;
    this.receivedByLabel[turn] = (this.receivedByLabel[turn] ?? 0) + 1;
    this.#roundTripsMs.push(rtt);
    this.#longestMs = Math.max(this.#longestMs, rtt);
  }

  get rttMs(): ProbeResult['rttMs'] {
    if (this.received === 0) return undefined;
    return distributionOf(this.#roundTripsMs);
  }

  settleMs(): number {
    if (this.received === 0) return settleMsMax;
    return Math.min(settleMsMax, Math.max(settleMsMin, 4 * this.#longestMs));
  }

  [Symbol.dispose](): void {
    this.#sender[Symbol.dispose]();
    this.#receiver[Symbol.dispose]();
  }
}

function strangeSource({ source, isSourceAsked }: Flow): ConferError {
  const what = `${source} is no address of this router`;
  return isSourceAsked
    ? new ConferError('bad-input', `${what}: use one of its own.`)
    : new ConferError('device-failure', `${what}; set \`address\` in agent.yaml to its loopback.`);
}

/** struct icmp6_filter (RFC 3542 section 3.2): a set bit blocks the type. */
function answersOnly(): Buffer {
  const words = new Uint32Array(8).fill(0xffffffff);
  for (const type of [1, 2, 3, 129]) words[type >> 5] = (words[type >> 5] ?? 0) & ~(1 << (type & 31));
  return Buffer.from(words.buffer);
}

/** struct in6_flowlabel_req of linux/in6.h: get this label, create it when absent, share it with anybody. */
function sharedLabel(flow: Flow, label: number): Buffer {
  const [createFlag, shareWithAnybody] = [1, 255];
  const request = Buffer.alloc(32);
  addressBytes(flow.nextAddress).copy(request, 0);
  request.writeUInt32BE(label, 16);
  request[21] = shareWithAnybody;
  nativeUint16(request, createFlag, 22);
  return request;
}
