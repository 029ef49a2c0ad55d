/**
 * Sends probes and hears the answers.
 *
 *   send   every due probe, paced by elapsed time ---> kernel: routing, netfilter output, egress counters
 *   hear   echo replies and ICMPv6 errors that carry our identifier
 *   settle after the last one, so that whoever reads counters next finds every probe counted
 */
import { setTimeout as delay } from 'node:timers/promises';
import { probeBytesMin } from '../core/driver-arguments.ts';
import { limits } from '../core/limits.ts';
import type { CallOptions, PingProbe, ProbeResult, Srv6PingProbe, TracerouteProbe } from '../core/ports.ts';
import { type Flow, Prober } from './prober.ts';
import { errorNumbers } from './raw-sockets.ts';

/** A probe that the router does not take for so long is lost in the router. */
const refusedMsMax = 50;
/** Timer resolution; answers wait at most this long for their time stamp. */
const tickMsMin = 1;
const tickMsMax = 5;
/** After a stall (a busy machine) the backlog goes out in pieces of this many, lest a queue on the way drop it. */
const burstMax = 16;
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
    ...(probe.kind === 'srv6-ping' && { receivedByLabel: prober.receivedByLabel }),
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
    const isLast = !waiting() || attempt === hopTries - 1;
    onProgress?.({ fraction: isLast ? 1 : (attempt + 1) / hopTries });
    if (isLast) break;
  }
  const answered = hops.slice(0, reached);
  return { sent, received: answered.filter((hop) => hop !== null).length, hops: answered };
}

function flowOf(
  probe: Srv6PingProbe | Pick<PingProbe, 'kind' | 'destination' | 'source' | 'sizeBytes' | 'flowLabel'>,
  ownAddress: string,
): Flow {
  const segments = probe.kind === 'srv6-ping' ? probe.segments : [];
  const askedSource = probe.kind === 'srv6-ping' ? undefined : probe.source;
  const bytesMin = probeBytesMin(segments.length);
  const sizeBytes = probe.sizeBytes ?? Math.max(bytesMin, limits.probeSizeBytesMin);
  const flowLabels = probe.kind === 'srv6-ping' ? probe.flowLabels : [probe.flowLabel ?? 0];
  const dscp = probe.kind === 'srv6-ping' ? probe.dscp : 0;
  const { destination } = probe;
  return {
    source: askedSource ?? ownAddress,
    isSourceAsked: askedSource !== undefined,
    destination,
    segments,
    nextAddress: segments[0] ?? destination,
    flowLabels,
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
