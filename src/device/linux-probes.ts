/**
 * Sends probes and hears the answers.
 *
 *   send   every due probe, paced by elapsed time ---> kernel: routing, netfilter output, egress counters
 *   hear   echo replies and ICMPv6 errors that carry our identifier
 *   settle after the last one, so that whoever reads counters next finds every probe counted
 */
import { randomInt } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { ConferError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { CallOptions, PingProbe, ProbeResult, Srv6PingProbe, TracerouteProbe } from '../core/ports.ts';
import {
  addressBytes,
  addressText,
  buildProbe,
  flowInformation,
  isLinkLocal,
  type ProbeAnswer,
  probeBytesMin,
  readAnswer,
  segmentsMax,
  setSequence,
} from './probe-packets.ts';
import {
  AF_INET6,
  errorNumbers,
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
/** A probe that the router does not take for so long is lost in the router. */
const refusedMsMax = 50;
const flowLabelMax = 0xfffff;
/** Timer resolution; answers wait at most this long for their time stamp. */
const tickMsMin = 1;
const tickMsMax = 5;
/** After a stall (a busy machine) the backlog goes out in pieces of this many, lest a queue on the way drop it. */
const burstMax = 16;
/** Time for the last probe to cross the network: with answers so far, some multiples of their round trip. */
const settleMsMin = 150;
const settleMsMax = 1_000;
const hopAnswerMs = 1_200;
const hopSpacingMs = 5;
const hopTries = 2;
const progressEveryMs = 200;

/** How the driver learns the MTU at which the router itself refuses a packet (EMSGSIZE does not say it). */
export type OutgoingMtu = (destination: string, signal: AbortSignal) => Promise<number | undefined>;

export async function runEchoProbe(
  probe: Srv6PingProbe | PingProbe,
  ownAddress: string,
  outgoingMtu: OutgoingMtu,
  { signal, onProgress }: CallOptions,
): Promise<ProbeResult> {
  const flow = flowOf(probe, ownAddress);
  signal.throwIfAborted();
  using prober = await Prober.open(flow);
  const { count, intervalMs } = probe;
  const tickMs = Math.min(Math.max(intervalMs, tickMsMin), tickMsMax);
  const started = performance.now();
  let reportedAt = started;
  let refusedTooBig = 0;
  let acceptedAt = started;
  for (let sent = 0; sent < count; ) {
    const due = Math.min(count, Math.floor((performance.now() - started) / intervalMs) + 1);
    for (const burstEnd = Math.min(due, sent + burstMax); sent < burstEnd; ) {
      const errno = prober.send(sent);
      const full = errno === errorNumbers.EAGAIN || errno === errorNumbers.ENOBUFS;
      if (full && performance.now() - acceptedAt < refusedMsMax) break;
      if (!full) acceptedAt = performance.now();
      if (errno === errorNumbers.EMSGSIZE) refusedTooBig++;
      sent++;
    }
    prober.hear();
    const now = performance.now();
    if (onProgress !== undefined && now - reportedAt >= progressEveryMs) {
      reportedAt = now;
      onProgress({ fraction: sent / count, message: `${sent} of ${count} probes sent` });
    }
    if (sent < count) await sleep(tickMs, signal);
  }
  const lastSent = performance.now();
  while (prober.received < count - refusedTooBig && performance.now() - lastSent < prober.settleMs()) {
    await sleep(tickMsMax, signal);
    prober.hear();
  }
  onProgress?.({ fraction: 1 });
  const tooBigMtu =
    prober.tooBigMtuBytes ?? (refusedTooBig > 0 ? await outgoingMtu(flow.nextAddress, signal) : undefined);
  return {
    sent: count,
    received: prober.received,
    ...(tooBigMtu === undefined ? {} : { packetTooBigMtuBytes: tooBigMtu }),
    ...(prober.rttMs === undefined ? {} : { rttMs: prober.rttMs }),
  };
}

/** One echo request for each hop limit, all at once; hops that stay silent are asked once more. */
export async function runTraceroute(
  probe: TracerouteProbe,
  ownAddress: string,
  { signal, onProgress }: CallOptions,
): Promise<ProbeResult> {
  const flow = flowOf({ kind: 'ping', destination: probe.destination }, ownAddress);
  if (!(probe.hopsMax >= 1 && probe.hopsMax <= 255))
    badInput(`expected 1 to 255 hops, found ${probe.hopsMax}`);
  signal.throwIfAborted();
  using prober = await Prober.open(flow);
  const hops: (string | null)[] = Array<string | null>(probe.hopsMax).fill(null);
  let reached = probe.hopsMax;
  let sent = 0;
  const take = () => {
    for (const { answer, from } of prober.hear()) {
      const hop = answer.sequence;
      if (hop >= probe.hopsMax || (answer.kind !== 'reply' && answer.kind !== 'time-exceeded')) continue;
      hops[hop] = from;
      if (answer.kind === 'reply') reached = Math.min(reached, hop + 1);
    }
  };
  for (let attempt = 0; attempt < hopTries; attempt++) {
    const silent = hops.flatMap((hop, index) => (hop === null && index < reached ? [index] : []));
    for (const hop of silent) {
      prober.send(hop, hop + 1);
      sent++;
      await sleep(hopSpacingMs, signal);
    }
    const deadline = performance.now() + hopAnswerMs;
    const waiting = () => hops.some((hop, index) => hop === null && index < reached);
    for (take(); waiting() && performance.now() < deadline; take()) {
      await sleep(tickMsMax, signal);
    }
    onProgress?.({ fraction: (attempt + 1) / hopTries });
    if (!waiting()) break;
  }
  const answered = hops.slice(0, reached);
  return { sent, received: answered.filter((hop) => hop !== null).length, hops: answered };
}

interface Flow {
  source: string;
  destination: string;
  segments: readonly string[];
  /** Where the packet goes first. */
  nextAddress: string;
  flowLabel: number;
  dscp: number;
  sizeBytes: number;
}

function flowOf(
  probe:
    | Srv6PingProbe
    | (Pick<PingProbe, 'kind' | 'destination' | 'source' | 'sizeBytes' | 'flowLabel'> & {
        count?: number;
        intervalMs?: number;
      }),
  ownAddress: string,
): Flow {
  const segments = probe.kind === 'srv6-ping' ? probe.segments : [];
  const source = (probe.kind === 'srv6-ping' ? undefined : probe.source) ?? ownAddress;
  const bytesMin = probeBytesMin(segments.length);
  const sizeBytes = probe.sizeBytes ?? Math.max(bytesMin, limits.probeSizeBytesMin);
  const flowLabel = probe.flowLabel ?? 0;
  const dscp = probe.kind === 'srv6-ping' ? probe.dscp : 0;
  for (const address of [source, probe.destination, ...segments]) {
    if (!isIPv6(address) || address.includes('%') || isLinkLocal(address)) {
      badInput(`expected an IPv6 address that is routed, found "${address}"`);
    }
  }
  if (probe.kind === 'srv6-ping' && segments.length === 0) badInput('expected at least one SID');
  if (segments.length > segmentsMax)
    badInput(`expected at most ${segmentsMax} SIDs, found ${segments.length}`);
  if (!(sizeBytes >= bytesMin && sizeBytes <= limits.probeSizeBytesMax)) {
    badInput(
      `expected a size from ${bytesMin} octets (with ${segments.length} SIDs) to ${limits.probeSizeBytesMax}, found ${sizeBytes}`,
    );
  }
  if (!(flowLabel >= 0 && flowLabel <= flowLabelMax))
    badInput(`expected a flow label of 20 bits, found ${flowLabel}`);
  if (!(dscp >= 0 && dscp <= 63)) badInput(`expected a DSCP from 0 to 63, found ${dscp}`);
  const { count = 1, intervalMs = limits.probeIntervalMsMin } = probe;
  if (!(count >= 1 && count <= limits.probeCountMax)) {
    badInput(`expected 1 to ${limits.probeCountMax} probes, found ${count}`);
  }
  if (!(intervalMs >= limits.probeIntervalMsMin && intervalMs <= limits.probeIntervalMsMax)) {
    badInput(
      `expected an interval from ${limits.probeIntervalMsMin} to ${limits.probeIntervalMsMax} ms, found ${intervalMs}`,
    );
  }
  const { destination } = probe;
  return {
    source,
    destination,
    segments,
    nextAddress: segments[0] ?? destination,
    flowLabel,
    dscp,
    sizeBytes,
  };
}

/** Rejects with the signal's own reason, which says who stopped the probe and why. */
async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch((error) => {
    throw signal.aborted ? signal.reason : error;
  });
}

function badInput(expectation: string): never {
  throw new ConferError('bad-input', `A probe cannot be sent so: ${expectation}.`);
}

/** One flow of echo requests: its two sockets, its identifier, and what came back. */
class Prober implements Disposable {
  received = 0;
  tooBigMtuBytes: number | undefined;
  readonly #flow: Flow;
  readonly #sender: RawSocket;
  readonly #receiver: RawSocket;
  readonly #packet: Buffer;
  readonly #to: Buffer;
  readonly #identifier: number;
  /** By sequence number, of which there are 65,536: longer runs use them again. */
  readonly #sentAt = new Float64Array(0x10000).fill(Number.NaN);
  readonly #message = Buffer.alloc(limits.probeSizeBytesMax);
  readonly #from = Buffer.alloc(28);
  #rtt = { min: Number.POSITIVE_INFINITY, sum: 0, max: 0 };

  private constructor(flow: Flow, sender: RawSocket, receiver: RawSocket) {
    this.#flow = flow;
    this.#sender = sender;
    this.#receiver = receiver;
    this.#identifier = randomInt(0x10000);
    this.#packet = buildProbe({ ...flow, hopLimit: 64, identifier: this.#identifier, sequence: 0 });
    this.#to = socketAddress6(addressBytes(flow.nextAddress), flowInformation(flow.dscp, flow.flowLabel));
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
        throw new ConferError(
          'device-failure',
          `${flow.source} is no address of this router; set \`address\` in agent.yaml to its loopback.`,
        );
      }
      // Every large probe goes out, also after a router has said "packet too big" (RFC 4821 section 7.3).
      sender.setOption(IPPROTO_IPV6, IPV6_MTU_DISCOVER, nativeInteger(IPV6_PMTUDISC_PROBE));
      sender.setOption(SOL_SOCKET, SO_SNDBUF, nativeInteger(sendBufferBytes));
      sender.setOption(IPPROTO_IPV6, IPV6_FLOWINFO_SEND, nativeInteger(1));
      // Needed only where somebody holds an exclusive label; where it fails, sending says so.
      if (flow.flowLabel !== 0) sender.setOption(IPPROTO_IPV6, IPV6_FLOWLABEL_MGR, sharedLabel(flow));
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
    this.#sentAt[sequence] = performance.now();
    return this.#sender.send(this.#packet, this.#to);
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
    this.#rtt = {
      min: Math.min(this.#rtt.min, rtt),
      sum: this.#rtt.sum + rtt,
      max: Math.max(this.#rtt.max, rtt),
    };
  }

  get rttMs(): ProbeResult['rttMs'] {
    if (this.received === 0) return undefined;
    return { min: this.#rtt.min, average: this.#rtt.sum / this.received, max: this.#rtt.max };
  }

  settleMs(): number {
    if (this.received === 0) return settleMsMax;
    return Math.min(settleMsMax, Math.max(settleMsMin, 4 * this.#rtt.max));
  }

  [Symbol.dispose](): void {
    this.#sender[Symbol.dispose]();
    this.#receiver[Symbol.dispose]();
  }
}

/** struct icmp6_filter (RFC 3542 section 3.2): a set bit blocks the type. */
function answersOnly(): Buffer {
  const words = new Uint32Array(8).fill(0xffffffff);
  for (const type of [1, 2, 3, 129]) words[type >> 5] = (words[type >> 5] ?? 0) & ~(1 << (type & 31));
  return Buffer.from(words.buffer);
}

/** struct in6_flowlabel_req of linux/in6.h: get this label, create it when absent, share it with anybody. */
function sharedLabel(flow: Flow): Buffer {
  const [createFlag, shareWithAnybody] = [1, 255];
  const request = Buffer.alloc(32);
  addressBytes(flow.nextAddress).copy(request, 0);
  request.writeUInt32BE(flow.flowLabel, 16);
  request[21] = shareWithAnybody;
  nativeUint16(request, createFlag, 22);
  return request;
}
