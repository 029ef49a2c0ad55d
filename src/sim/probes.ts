/** Probes of a modelled router. Packets move at once; a probe train still takes its real time on the clock. */
import { distributionOf } from '../core/distribution.ts';
import { checkProbe, probeBytesMin } from '../core/driver-arguments.ts';
import { ConferError } from '../core/errors.ts';
import type {
  CallOptions,
  Clock,
  PingProbe,
  Probe,
  ProbeResult,
  Srv6PingProbe,
  TracerouteProbe,
} from '../core/ports.ts';
import { canonicalAddress } from '../core/topology-nodes.ts';
import { type Fate, type ForwardingWorld, sendPacket } from './forwarding.ts';
import { Journey, type Lane, type Lanes, type RoundTrip } from './journeys.ts';
import { encapsulate, icmpHeaderBytes, icmpTypes, ipv6HeaderBytes, type Packet } from './packet.ts';
import { lookUp, ownsAddress, type Router } from './router.ts';

export interface ProbeWorld extends ForwardingWorld {
  clock: Clock;
  lanes: Lanes;
}

/** Probes are sent in batches of what has become due in this time. */
const batchMs = 50;
/** Where so many of a train were forwarded and nothing came back, the journeys of the others are not written down. */
const unansweredMax = 16;
/** After the last probe: replies that are still on their way. */
const lingerMs = 20;
/** 56 octets of data, as ping sends. */
const pingSizeBytes = 104;
/** What an error message quotes keeps within the least IPv6 MTU (RFC 4443 section 2.4). */
const errorBytesMax = 1_280;

/** Rejects with ConferError `bad-input`, or with the signal's reason when cancelled. */
export async function runProbe(
  world: ProbeWorld,
  router: Router,
  probe: Probe,
  options: CallOptions,
): Promise<ProbeResult> {
  options.signal.throwIfAborted();
  checkProbe(probe);
  switch (probe.kind) {
    case 'srv6-ping':
      return runTrain(world, router, probe, srv6Echo(router, probe), probe.flowLabels, options);
    case 'ping':
      return runTrain(world, router, probe, plainEcho(router, probe), [probe.flowLabel ?? 0], options);
    case 'traceroute':
      return runTraceroute(world, router, probe, options);
  }
}

function srv6Echo(router: Router, probe: Srv6PingProbe): Packet {
  const segments = probe.segments.map(canonicalAddress);
  const smallest = probeBytesMin(segments.length);
  const inner = echoRequest(router, probe.destination, {
    flowLabel: probe.flowLabels[0] ?? 0,
    dscp: probe.dscp,
    sizeBytes: probe.sizeBytes - smallest + ipv6HeaderBytes + icmpHeaderBytes,
  });
  return encapsulate(inner, segments);
}

function plainEcho(router: Router, probe: PingProbe): Packet {
  if (probe.source !== undefined && !ownsAddress(router, canonicalAddress(probe.source))) {
    throw new ConferError(
      'bad-input',
      `${probe.source} is no address of ${router.node.name}: use one of its own.`,
    );
  }
  const packet = echoRequest(router, probe.destination, {
    flowLabel: probe.flowLabel ?? 0,
    dscp: 0,
    sizeBytes: probe.sizeBytes ?? pingSizeBytes,
  });
  return probe.source === undefined ? packet : { ...packet, source: canonicalAddress(probe.source) };
}

function echoRequest(
  router: Router,
  destination: string,
  fields: Pick<Packet, 'flowLabel' | 'dscp' | 'sizeBytes'>,
): Packet {
  return {
    source: router.node.address,
    destination: canonicalAddress(destination),
    hopLimit: 64,
    ...fields,
    icmp: { type: icmpTypes.echoRequest, identifier: fields.flowLabel & 0xffff, sequence: 0 },
  };
}

async function runTrain(
  world: ProbeWorld,
  router: Router,
  { count, intervalMs }: { count: number; intervalMs: number },
  template: Packet,
  flowLabels: readonly number[],
  { signal, onProgress }: CallOptions,
): Promise<ProbeResult> {
  const started = world.clock.elapsed();
  const receivedByLabel = flowLabels.map(() => 0);
  const roundTripsMs: number[] = [];
  const request = requestOf(template);
  const train = `${router.node.name} ${JSON.stringify(template)}`;
  let packetTooBigMtuBytes: number | undefined;
  let unanswered = 0;
  for (let sent = 0; sent < count; ) {
    signal.throwIfAborted();
    if (router.crashed) throw new ConferError('device-failure', `${router.node.name} is dead.`);
    const due = Math.min(count, Math.floor((world.clock.elapsed() - started) / intervalMs) + 1);
    const lane = world.lanes.of(train);
    for (; sent < due; sent++) {
      const turn = sent % flowLabels.length;
      const flowLabel = flowLabels[turn] ?? 0;
      const trip = lane.get(flowLabel);
      if (trip !== undefined) {
        const afterMs = repeated(world, trip);
        if (afterMs === undefined) continue;
        roundTripsMs.push(afterMs);
        receivedByLabel[turn] = (receivedByLabel[turn] ?? 0) + 1;
        continue;
      }
      renumber(request, sent + 1, flowLabel);
      const isWorthNoting = !lane.has(flowLabel) && unanswered < unansweredMax;
      const answer = exchange(world, router, request, isWorthNoting ? lane : undefined);
      if (answer.kind !== 'reply') unanswered += 1;
      if (answer.kind === 'reply') {
        roundTripsMs.push(answer.afterMs);
        receivedByLabel[turn] = (receivedByLabel[turn] ?? 0) + 1;
      }
      if (answer.kind === 'too-big') {
        packetTooBigMtuBytes = Math.min(packetTooBigMtuBytes ?? Number.POSITIVE_INFINITY, answer.mtuBytes);
      }
    }
    onProgress?.({ fraction: sent / count, message: `${sent} of ${count} probes sent` });
    const remainingMs = (count - 1) * intervalMs - (world.clock.elapsed() - started);
    await world.clock.sleep(sent < count ? Math.max(1, Math.min(batchMs, remainingMs)) : lingerMs, signal);
  }
  return {
    sent: count,
    received: roundTripsMs.length,
    ...(template.inner !== undefined && { receivedByLabel }),
    ...(packetTooBigMtuBytes === undefined ? {} : { packetTooBigMtuBytes }),
    ...(roundTripsMs.length === 0 ? {} : { rttMs: summary(roundTripsMs) }),
  };
}

/** To be sent many times, each time renumbered: whoever forwards it changes nothing in it, and keeps nothing of it. */
function requestOf(template: Packet): Packet {
  const icmp = { ...template.icmp };
  return template.inner === undefined
    ? { ...template, icmp }
    : { ...template, icmp, inner: { ...template.inner, icmp } };
}

/** The label of the inner header is that of the outer one. */
function renumber(request: Packet, sequence: number, flowLabel: number): void {
  request.icmp.sequence = sequence & 0xffff;
  request.flowLabel = flowLabel;
  if (request.inner !== undefined) request.inner.flowLabel = flowLabel;
}

function summary(values: readonly number[]): NonNullable<ProbeResult['rttMs']> {
  const { min, average, max, median, p99 } = distributionOf(values);
  const rounded = (value: number) => Math.round(value * 1_000) / 1_000;
  return {
    min: rounded(min),
    average: rounded(average),
    max: rounded(max),
    median: rounded(median),
    p99: rounded(p99),
  };
}

type Answer =
  | { kind: 'reply'; from: string; afterMs: number }
  | { kind: 'too-big'; mtuBytes: number }
  | { kind: 'hop-limit-exceeded'; from: string }
  | { kind: 'silence' };

/** Milliseconds until the reply comes to a request that goes the same way as one before; undefined: none does. */
function repeated(world: ProbeWorld, { there, back, delayMs }: RoundTrip): number | undefined {
  return there.repeat(world) && back.repeat(world) ? delayMs + processingMs(world) : undefined;
}

/** Up to a tenth of a millisecond for the two routers' processors. */
function processingMs(world: ProbeWorld): number {
  return 0.1 * world.fraction();
}

/** A request and what comes back for it by normal routing; the way back may lose it. Its way is kept in the lane. */
function exchange(world: ProbeWorld, router: Router, request: Packet, lane?: Lane): Answer {
  const [there, onward] = lane === undefined ? [] : [new Journey(), new Journey()];
  const fate = sendPacket(world, router, request, there);
  if (fate.kind === 'dropped') return { kind: 'silence' };
  if (fate.kind === 'too-big' && fate.router === router) return { kind: 'too-big', mtuBytes: fate.mtuBytes };
  if (fate.kind === 'too-big' && fate.router.tooBigFiltered) return { kind: 'silence' };
  const response = responseTo(request, fate);
  const back = response === undefined ? undefined : sendPacket(world, fate.router, response, onward);
  if (response === undefined || back?.kind !== 'delivered' || back.router !== router)
    return { kind: 'silence' };
  switch (fate.kind) {
    case 'delivered': {
      const delayMs = fate.delayMs + back.delayMs;
      if (lane !== undefined && there !== undefined && onward !== undefined)
        keep(lane, request.flowLabel, { there, back: onward, delayMs });
      return { kind: 'reply', from: response.source, afterMs: delayMs + processingMs(world) };
    }
    case 'too-big':
      return { kind: 'too-big', mtuBytes: fate.mtuBytes };
    case 'hop-limit-exceeded':
      return { kind: 'hop-limit-exceeded', from: response.source };
  }
}

/** What a session still keeps packets of is asked for again; what depends on more than chance is not. */
function keep(lane: Lane, flowLabel: number, trip: RoundTrip): void {
  const both = [trip.there, trip.back];
  if (both.some(({ isPlain }) => !isPlain)) lane.set(flowLabel, undefined);
  else if (both.every(({ isKept }) => !isKept)) lane.set(flowLabel, trip);
}

/** Replies carry flow label 0, as Linux sends them: counting by flow label counts requests only. */
function responseTo(request: Packet, fate: Exclude<Fate, { kind: 'dropped' }>): Packet | undefined {
  const common = { hopLimit: 64, flowLabel: 0, dscp: request.dscp };
  if (fate.kind === 'delivered') {
    const { packet } = fate;
    if (packet.icmp.type !== icmpTypes.echoRequest) return undefined;
    const icmp = { ...packet.icmp, type: icmpTypes.echoReply };
    return {
      ...common,
      source: packet.destination,
      destination: packet.source,
      sizeBytes: packet.sizeBytes,
      icmp,
    };
  }
  const sizeBytes = Math.min(errorBytesMax, request.sizeBytes + ipv6HeaderBytes + icmpHeaderBytes);
  const icmp =
    fate.kind === 'too-big'
      ? { type: icmpTypes.packetTooBig, identifier: 0, sequence: 0, mtuBytes: fate.mtuBytes }
      : { type: icmpTypes.timeExceeded, identifier: 0, sequence: 0 };
  return {
    ...common,
    source: errorSource(fate.router, request.source),
    destination: request.source,
    sizeBytes,
    icmp,
  };
}

/** The address of the interface by which the error leaves (RFC 6724 rule 5), as Linux chooses it. */
function errorSource(router: Router, destination: string): string {
  return lookUp(router, destination)?.nextHops[0]?.port.address ?? router.node.address;
}

/** A silent hop is asked this often, this long. */
const tracerouteTries = 3;
const tracerouteWaitMs = 50;

async function runTraceroute(
  world: ProbeWorld,
  router: Router,
  probe: TracerouteProbe,
  { signal, onProgress }: CallOptions,
): Promise<ProbeResult> {
  const destination = canonicalAddress(probe.destination);
  const hops: (string | null)[] = [];
  let [sent, received] = [0, 0];
  for (let hopLimit = 1; hopLimit <= probe.hopsMax; hopLimit++) {
    let answer: Answer = { kind: 'silence' };
    for (let attempt = 0; attempt < tracerouteTries && answer.kind === 'silence'; attempt++) {
      const fields = { flowLabel: 0, dscp: 0, sizeBytes: pingSizeBytes };
      // The first hop limit is spent by the first router behind this one.
      const request = { ...echoRequest(router, destination, fields), hopLimit };
      renumber(request, ++sent, 0);
      answer = exchange(world, router, request);
      await world.clock.sleep(answer.kind === 'silence' ? tracerouteWaitMs : 1, signal);
    }
    if (answer.kind !== 'silence') received++;
    hops.push('from' in answer ? answer.from : null);
    const isLast = answer.kind === 'reply' || hopLimit === probe.hopsMax;
    onProgress?.({ fraction: isLast ? 1 : hopLimit / probe.hopsMax });
    if (isLast) break;
  }
  return { sent, received, hops };
}
