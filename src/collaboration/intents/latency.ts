/**
 * From time stamps and round trips to delays. A pure function of what the report carries.
 *
 *   A out --- link ---> B in --- router ---> B out --- link ---> C in
 *   by A's clock        by B's clock, both                       by C's clock
 *
 * NO_FAULT: the delay of every path and link is measured, one way or bounded. INCONCLUSIVE: some of it is not. Nothing is accused:
 * what a link should take nobody has said, and clocks and time stamps are their routers' word.
 */
import { type Distribution, distributionOf } from '../../core/distribution.ts';
import { limits } from '../../core/limits.ts';
import type {
  Conclusion,
  Delay,
  Element,
  Flow,
  Hop,
  Path,
  PathLatencyIntent,
  Verdict,
} from '../../core/records.ts';
import { sameAddress } from '../addresses.ts';
import { distinctElements } from '../elements.ts';
import { inOrder } from '../envelope-ids.ts';
import { linkAddress } from '../follow-ups.ts';
import { hypothesisOf, recommendationFor } from '../hypothesis.ts';
import type { Readings } from '../readings.ts';
import { linkElement } from '../sections.ts';
import type { Measured } from './kind.ts';
import { everyWay } from './reach.ts';

export type MeasuredLatency = Measured<PathLatencyIntent>;

/** What a report can say, with room for what clocks differ by. */
const delayMsMax = limits.intentTimeoutMs;
/** Time stamps are of microseconds at best. */
const resolutionMs = 0.001;

/** A place where probes were stamped. */
interface Stamped {
  node: string;
  interface: string;
  direction: 'in' | 'out';
}

interface Figures extends Pick<Distribution, 'min' | 'median' | 'p99' | 'max'> {
  probes: number;
  supportedBy: string[];
}

export function concludeLatency(measured: MeasuredLatency): Conclusion {
  const { paths, untrusted } = measured;
  const latency = paths.flatMap((path) => delaysOf(path, measured));
  const unmeasured = paths.flatMap((path) =>
    path.hops.filter((hop) => !latency.some((delay) => isOf(delay, path, hop))).map(linkElement),
  );
  const untimed = paths.filter(
    ({ id }) => !latency.some(({ path, place }) => path === id && place === 'path'),
  );
  const suspects = distinctElements(
    unmeasured.length > 0 ? unmeasured : untimed.flatMap(({ hops }) => hops.map(linkElement)),
  );
  const verdict: Verdict = suspects.length === 0 && everyWay(paths) ? 'NO_FAULT' : 'INCONCLUSIVE';
  const undecorated = { verdict, findings: [], suspects, measurements: [], latency };
  return {
    ...undecorated,
    hypothesis:
      verdict === 'NO_FAULT' ? 'every link measured' : hypothesisOf({ ...undecorated, suspects: [] }),
    recommendation: adviceFor(undecorated, unmeasured, untimed) ?? recommendationFor(undecorated, untrusted),
  };
}

function isOf({ path: id, place, from, to, interface: name }: Delay, path: Path, hop: Hop): boolean {
  return (
    id === path.id && place === 'link' && from === hop.from && to === hop.to && (name ?? '') === hop.egress
  );
}

function adviceFor(
  { verdict }: Pick<Conclusion, 'verdict'>,
  unmeasured: readonly Element[],
  untimed: readonly Path[],
): string | undefined {
  if (verdict === 'NO_FAULT')
    return 'Compare the figures with what these links should take: nobody has told that.';
  if (unmeasured.length > 0 || untimed.length === 0) return undefined;
  return `No probe came over ${untimed.map(({ id }) => id).join(', ')}: ask whether its end is reachable.`;
}

function delaysOf(path: Path, measured: MeasuredLatency): Delay[] {
  const flow = measured.flows.find((one) => one.path === path.id);
  const [first, last] = [path.hops[0], path.hops.at(-1)];
  if (flow === undefined || first === undefined || last === undefined) return [];
  const { readings } = measured;
  const about = { path: path.id, direction: path.direction };
  const whole = delayOf(
    [outOf(first), into(last)],
    stampedBetween(flow, [outOf(first), into(last)], readings),
    undefined,
    probesOver(first.from, flow, readings),
    readings,
  );
  return [
    ...(whole === undefined
      ? []
      : [{ ...about, place: 'path' as const, from: first.from, to: last.to, ...whole }]),
    ...path.hops.flatMap((hop, index): Delay[] => {
      const next = path.hops[index + 1];
      const link = linkDelay(hop, flow, measured);
      const inside = next && insideOf(hop, next, flow, readings);
      return [
        ...(link === undefined
          ? []
          : [
              {
                ...about,
                place: 'link' as const,
                from: hop.from,
                to: hop.to,
                ...(hop.egress !== '' && { interface: hop.egress }),
                ...link,
              },
            ]),
        ...(inside === undefined
          ? []
          : [{ ...about, place: 'router' as const, from: hop.to, to: hop.to, ...inside }]),
      ];
    }),
  ];
}

type DelayFigures = Omit<Delay, 'path' | 'direction' | 'place' | 'from' | 'to' | 'interface'>;

function linkDelay(
  hop: Hop,
  flow: Flow,
  { paths, flows, readings }: MeasuredLatency,
): DelayFigures | undefined {
  // The other way round over the same link: an offset of one clock adds to the one, and takes from the other.
  const back = paths.flatMap((path) =>
    path.hops
      .filter((one) => one.from === hop.to && one.egress === hop.ingress)
      .flatMap((one) => {
        const own = flows.find(({ path: id }) => id === path.id);
        return (own && stampedBetween(own, [outOf(one), into(one)], readings)) ?? [];
      }),
  )[0];
  return delayOf(
    [outOf(hop), into(hop)],
    stampedBetween(flow, [outOf(hop), into(hop)], readings),
    back,
    pingedOver(hop, readings),
    readings,
  );
}

/** One way where the clocks allow it and nothing contradicts them; else bounded by the round trip, where there is one. */
function delayOf(
  [from, to]: readonly [Stamped, Stamped],
  stamped: Figures | undefined,
  back: Figures | undefined,
  roundTrip: Figures | undefined,
  readings: Readings,
): DelayFigures | undefined {
  const clocks = clockError(from.node, to.node, readings);
  const because =
    stamped === undefined
      ? 'stamps'
      : clocks === undefined || (roundTrip !== undefined && 2 * clocks.errorMs > roundTrip.min)
        ? 'clocks'
        : isAbsurd(stamped, clocks.errorMs, roundTrip) || (back && isAbsurd(back, clocks.errorMs, roundTrip))
          ? 'contradiction'
          : undefined;
  if (because === undefined && stamped !== undefined && clocks !== undefined)
    return {
      method: 'one-way',
      ...shown(stamped),
      errorMs: rounded(clocks.errorMs),
      supportedBy: inOrder([...stamped.supportedBy, ...clocks.supportedBy]),
    };
  if (roundTrip === undefined) return undefined;
  return {
    method: 'round-trip',
    ...(because !== undefined && { because }),
    ...shown(roundTrip),
    supportedBy: inOrder(roundTrip.supportedBy),
  };
}

/** Nothing arrives before it was sent, nor takes longer one way than there and back. */
function isAbsurd({ min }: Figures, errorMs: number, roundTrip: Figures | undefined): boolean {
  const most = roundTrip === undefined ? delayMsMax : roundTrip.max;
  return min < -errorMs - resolutionMs || min > most + errorMs + resolutionMs;
}

function shown({ probes, min, median, p99 }: Figures) {
  return { probes, minMs: rounded(min), medianMs: rounded(median), p99Ms: rounded(p99) };
}

/** Both stamps are of one clock. */
function insideOf(arrival: Hop, departure: Hop, flow: Flow, readings: Readings): DelayFigures | undefined {
  const inside = stampedBetween(flow, [into(arrival), outOf(departure)], readings);
  if (inside === undefined || inside.min < 0 || inside.p99 > delayMsMax) return undefined;
  return { method: 'one-way', ...shown(inside), supportedBy: inOrder(inside.supportedBy) };
}

function outOf({ from, egress }: Hop): Stamped {
  return { node: from, interface: egress, direction: 'out' };
}

function into({ to, ingress }: Hop): Stamped {
  return { node: to, interface: ingress, direction: 'in' };
}

/** Of every probe that both places stamped. Undefined where there is none, or one of them is beyond all measure. */
function stampedBetween(
  { flowLabel }: Flow,
  [from, to]: readonly [Stamped, Stamped],
  readings: Readings,
): Figures | undefined {
  const [earlier, later] = [from, to].map((place) => stampsAt(place, flowLabel, readings));
  if (earlier === undefined || later === undefined) return undefined;
  const delays = [...earlier.times].flatMap(([sequence, time]) => {
    const arrived = later.times.get(sequence);
    return arrived === undefined ? [] : [Number(arrived - time) / 1e6];
  });
  if (delays.length === 0 || delays.some((delay) => Math.abs(delay) > delayMsMax)) return undefined;
  return {
    ...distributionOf(delays),
    probes: delays.length,
    supportedBy: [earlier.id, later.id],
  };
}

function stampsAt({ node, interface: name, direction }: Stamped, flowLabel: number, readings: Readings) {
  const told = readings.get(node)?.counting.at(-1);
  if (told?.value.stamp === undefined) return undefined;
  const times = new Map<number, bigint>();
  for (const stamp of told.value.stamp)
    if (
      stamp['flow-label'] === flowLabel &&
      stamp.direction === direction &&
      stamp.interface === name &&
      !times.has(stamp.sequence)
    )
      times.set(stamp.sequence, BigInt(stamp.time));
  return { id: told.id, times };
}

/** By how much the clocks of two nodes may differ; undefined when that is not known. */
function clockError(
  a: string,
  b: string,
  readings: Readings,
): { errorMs: number; supportedBy: string[] } | undefined {
  const [one, other] = [a, b].map((node) => readings.get(node)?.system.at(-1));
  const [first, second] = [one?.value.clock, other?.value.clock];
  if (one === undefined || other === undefined || first === undefined || second === undefined)
    return undefined;
  const supportedBy = [one.id, other.id];
  if (first.id === second.id) return { errorMs: 0, supportedBy };
  const [error, otherError] = [first['maximum-error-us'], second['maximum-error-us']];
  if (!first.synchronised || !second.synchronised || error === undefined || otherError === undefined)
    return undefined;
  return { errorMs: (error + otherError) / 1_000, supportedBy };
}

/** The plain packets from the sending end of a link to the other. */
function pingedOver(hop: Hop, readings: Readings): Figures | undefined {
  const source = linkAddress(hop.from, hop.egress, readings);
  const destination = linkAddress(hop.to, hop.ingress, readings);
  if (source === undefined || destination === undefined) return undefined;
  const told = readings
    .get(hop.from)
    ?.pings.findLast(
      ({ value }) =>
        sameAddress(value.destination, destination) &&
        value.source !== undefined &&
        sameAddress(value.source, source),
    );
  return told && roundTripOf(told.value, told.id);
}

/** The probes of the path itself, whose replies come back by another way. */
function probesOver(head: string, { flowLabel }: Flow, readings: Readings): Figures | undefined {
  const told = readings
    .get(head)
    ?.probes.find(({ value }) => value['Flow-Labels'].some(({ label }) => label === flowLabel));
  return told && roundTripOf(told.value, told.id);
}

interface RoundTrips {
  received: number;
  rtt?: { min: number; max: number; median?: number | undefined; p99?: number | undefined } | undefined;
}

function roundTripOf({ received, rtt }: RoundTrips, id: string): Figures | undefined {
  if (rtt?.median === undefined || rtt.p99 === undefined) return undefined;
  const { min, median, p99, max } = rtt;
  const isOrdered = min >= 0 && min <= median && median <= p99 && p99 <= max && max <= delayMsMax;
  return isOrdered ? { min, median, p99, max, probes: Math.max(0, received), supportedBy: [id] } : undefined;
}

function rounded(ms: number): number {
  return Math.round(ms * 1_000) / 1_000 + 0;
}
