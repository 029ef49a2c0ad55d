/**
 * Sends probes and hears the answers.
 *
 *   send   every due probe, paced by elapsed time ---> kernel: routing, netfilter output, egress counters
 *   hear   echo replies and ICMPv6 errors that carry our identifier
 *   settle after the last one, so that whoever reads counters next finds every probe counted
 */
import { isIPv6 } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { ConferError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { CallOptions, PingProbe, ProbeResult, Srv6PingProbe, TracerouteProbe } from '../core/ports.ts';
import { isLinkLocal, probeBytesMin, segmentsMax } from './probe-packets.ts';
import { type Flow, Prober } from './prober.ts';
import { errorNumbers } from './raw-sockets.ts';

/** A probe that the router does not take for so long is lost in the router. */
const refusedMsMax = 50;
const flowLabelMax = 0xfffff;
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
