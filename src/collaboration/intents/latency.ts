/**
 * From time stamps and round trips to delays. A pure function of what the report carries.
 *
 *   A out --- link ---> B in --- router ---> B out --- link ---> C in
 *   by A's clock        by B's clock, both                       by C's clock
 *
 * NO_FAULT: the delay of every path and link is measured, one way or bounded. INCONCLUSIVE: some of it is not. Nothing is accused:
 * what a link should take nobody has said, and clocks and time stamps are their routers' word.
 */
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
import { distinctElements } from '../elements.ts';
import { inOrder } from '../envelope-ids.ts';
import { hypothesisOf, recommendationFor } from '../hypothesis.ts';
import type { Readings } from '../readings.ts';
import { linkElement } from '../sections.ts';
import type { Measured } from './kind.ts';
import {
  clockError,
  delayMsMax,
  type Figures,
  into,
  outOf,
  pingedOver,
  probesOver,
  type Stamped,
  stampedBetween,
} from './latency-figures.ts';
import { everyWay } from './reach.ts';

export type MeasuredLatency = Measured<PathLatencyIntent>;

/** Time stamps are of microseconds at best. */
const resolutionMs = 0.001;

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

type Place = Pick<Delay, 'path' | 'direction' | 'place' | 'from' | 'to' | 'interface'>;
type DelayFigures = Omit<Delay, keyof Place>;

/** Of the whole path, then of each link and of the router behind it, in the order of travel. */
function delaysOf(path: Path, measured: MeasuredLatency): Delay[] {
  const { flows, readings } = measured;
  const flow = flows.find((one) => one.path === path.id);
  const [first, last] = [path.hops[0], path.hops.at(-1)];
  if (flow === undefined || first === undefined || last === undefined) return [];
  const about = { path: path.id, direction: path.direction };
  const whole = { ...about, place: 'path' as const, from: first.from, to: last.to };
  const roundTrip = probesOver(first.from, flow, readings);
  return [
    ...known(whole, delayOf([outOf(first), into(last)], flow, { roundTrip }, readings)),
    ...path.hops.flatMap((hop, index) => {
      const { from, egress, to } = hop;
      const link = {
        ...about,
        place: 'link' as const,
        from,
        to,
        ...(egress !== '' && { interface: egress }),
      };
      const router = { ...about, place: 'router' as const, from: to, to };
      const next = path.hops[index + 1];
      return [
        ...known(link, linkDelay(hop, flow, measured)),
        ...known(router, next && insideOf(hop, next, flow, readings)),
      ];
    }),
  ];
}

function known(place: Place, figures: DelayFigures | undefined): Delay[] {
  return figures === undefined ? [] : [{ ...place, ...figures }];
}

function linkDelay(
  hop: Hop,
  flow: Flow,
  { paths, flows, readings }: MeasuredLatency,
): DelayFigures | undefined {
  // The other way round over the same link: an offset of one clock adds to the one, and takes from the other.
  const [back] = paths.flatMap((path) =>
    path.hops
      .filter((one) => one.from === hop.to && one.egress === hop.ingress)
      .flatMap((one) => {
        const own = flows.find(({ path: id }) => id === path.id);
        return (own && stampedBetween(own, [outOf(one), into(one)], readings)) ?? [];
      }),
  );
  const roundTrip = pingedOver(hop, readings);
  return delayOf([outOf(hop), into(hop)], flow, { back, roundTrip }, readings);
}

/** One way where the clocks allow it and nothing contradicts them; else bounded by the round trip, where there is one. */
function delayOf(
  [from, to]: readonly [Stamped, Stamped],
  flow: Flow,
  { back, roundTrip }: { back?: Figures | undefined; roundTrip: Figures | undefined },
  readings: Readings,
): DelayFigures | undefined {
  const stamped = stampedBetween(flow, [from, to], readings);
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

function rounded(ms: number): number {
  return Math.round(ms * 1_000) / 1_000 + 0;
}
