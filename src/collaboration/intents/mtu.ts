/**
 * From counted probes of several sizes to how large packets may be. A pure function of what the report carries.
 *
 *   NO_FAULT       the limit of every path is known to the octet, and is what the routers tell of their links
 *   CONFIRMED      a cause explains why large packets are lost: the ends of a link differ, senders are not told, or the SRv6
 *   LIKELY         header takes the room that hosts need; LIKELY where the evidence fits other causes too
 *   INCONCLUSIVE   the limit is not known, is below what is told, or the ends of a link differ and nothing shows which is wrong
 *
 * A size that was asked for and does not pass is told as `required`; where no cause shows, it accuses nobody: links may be as
 * small as they are told to be.
 */
import { limits } from '../../core/limits.ts';
import type {
  Conclusion,
  Element,
  Finding,
  Hop,
  Path,
  PathMtu,
  PathMtuIntent,
  PathReach,
  Verdict,
} from '../../core/records.ts';
import { touchedHops } from '../causes/evidence.ts';
import { type CorrelationInput, confirmedFrom, correlate } from '../correlation.ts';
import { contradictions } from '../corroboration.ts';
import { hypothesisOf, nameOf, recommendationFor } from '../hypothesis.ts';
import { encapsulationBytes, interfaceOf } from '../plan.ts';
import type { Readings } from '../readings.ts';
import {
  linkElement,
  type Point,
  parallelLinks,
  parallelPaths,
  pointsOf,
  type Section,
  sectionsOf,
} from '../sections.ts';
import { distinctElements } from './elements.ts';
import type { Measured } from './kind.ts';
import { asLoss } from './path-fields.ts';
import { directionsOf, everyWay, inOrder, reachOf, totalLosses } from './reach.ts';

export type MeasuredMtu = Measured<PathMtuIntent>;

/** What became of the probes of one size over a path. */
export interface Trial {
  bytes: number;
  state: 'passed' | 'stopped' | 'unknown';
  /** Where they stopped. */
  at: Element[];
  supportedBy: string[];
}

/** That probes which fit are all lost by chance must be less probable. */
const chanceMax = 0.001;
/** And that all labels of a size are led where nothing passes. */
const deadChanceMax = 0.01;
/** Of one size, as few as what is lost anyway allows: a size that does not fit is lost always. */
export const probesOfSize = [8, 16, 32] as const;
/** Of findings, those that small probes do not show. */
const sizeKinds: readonly Finding['kind'][] = ['mtu-mismatch', 'pmtud-blackhole', 'srv6-encap-mtu'];

export function concludeMtu(measured: MeasuredMtu): Conclusion {
  const { paths, untrusted } = measured;
  const losses = correlate(engineInput(measured));
  const reaches = paths.map((path) => reachOfPath(path, measured));
  const mtu = paths.map((path) => mtuOf(path, measured));
  const dead = directionsOf(reaches, 'unreachable');
  const findings = losses.findings.filter(
    (one) => sizeKinds.includes(one.kind) || totalLosses([one], dead).length > 0,
  );
  const suspects = findings.length > 0 ? [] : suspectsOf(mtu, measured);
  const [best] = findings;
  const verdict: Verdict =
    best !== undefined
      ? best.probability >= confirmedFrom
        ? 'CONFIRMED'
        : 'LIKELY'
      : suspects.length === 0 && everyWay(paths)
        ? 'NO_FAULT'
        : 'INCONCLUSIVE';
  const undecorated = { verdict, findings, suspects, measurements: losses.measurements, mtu };
  return {
    ...undecorated,
    hypothesis: hypothesisOf(undecorated),
    recommendation: adviceFor(mtu, findings, reaches) ?? recommendationFor(undecorated, untrusted),
  };
}

/** What the causes of losses are asked about: small probes, and those as large as each path should carry. */
export function engineInput(measured: MeasuredMtu): CorrelationInput {
  const { intent, paths, flows } = measured;
  const carried = new Map(
    paths.map(({ id }) => [id, flows.find(({ path, purpose }) => path === id && purpose === 'size')]),
  );
  return {
    ...measured,
    intent: asLoss(intent),
    flows: flows.filter(
      ({ path, purpose, sizeBytes }) => purpose === 'loss' || sizeBytes === carried.get(path)?.sizeBytes,
    ),
  };
}

/** Sizes in ascending order, small probes among them. Empty where nobody knows whether anything passes. */
export function trialsOf(path: Path, measured: MeasuredMtu): Trial[] {
  const { paths, flows, readings } = measured;
  const alike = alikeWith(path, paths);
  const own = flows.filter((flow) => alike.some(({ id }) => id === flow.path));
  if (probesFor(path, measured) === undefined) return [];
  if (contradictions(alike, own, readings).length > 0) return [];
  const reach = reachOfPath(path, measured);
  const small = own
    .filter(({ purpose }) => purpose === 'loss')
    .slice(0, 1)
    .map(({ sizeBytes }): Trial => {
      const { supportedBy } = reach;
      return { bytes: sizeBytes, state: 'passed', at: [], supportedBy };
    });
  const large = own.filter(({ purpose }) => purpose === 'size');
  const chances = { lostShare: lostShareOf(reach), deadShare: deadShareOf(alike, measured) };
  const judge = parallelPaths(paths)(path) ? judgeEach : judgeTogether;
  const tried = [...Map.groupBy(large, ({ sizeBytes }) => sizeBytes)].flatMap(([bytes, sized]) => {
    const ends = endsOfLabels(sectionsOf(paths, sized, readings, chanceMax));
    return ends.length === 0 ? [] : [trialOf(bytes, ends, judge(ends, chances))];
  });
  return [...small, ...tried].sort((a, b) => a.bytes - b.bytes);
}

/** Paths that differ in parallel links alone are one to whoever sends: SIDs name nodes, and a hash chooses the links. */
function alikeWith(path: Path, paths: readonly Path[]): Path[] {
  const nodes = JSON.stringify(path.nodes);
  return paths.filter((one) => one.direction === path.direction && JSON.stringify(one.nodes) === nodes);
}

/** How many probes of one size tell whether it fits; undefined where nothing arrives, or so many could not tell. */
export function probesFor(path: Path, measured: MeasuredMtu): number | undefined {
  const reach = reachOfPath(path, measured);
  if (reach.state !== 'reachable') return undefined;
  return probesOfSize.find((probes) => lostShareOf(reach) ** probes <= chanceMax);
}

function lostShareOf({ sent, arrived }: PathReach): number {
  return sent === 0 ? 1 : 1 - arrived / sent;
}

/** Of small probes' flow labels the share of which none arrived: a hash leads them where nothing passes, whatever their size. */
function deadShareOf(alike: readonly Path[], { flows, readings }: MeasuredMtu): number {
  const ends = alike
    .flatMap((path) =>
      flows
        .filter((flow) => flow.path === path.id && flow.purpose === 'loss')
        .map((flow) => pointsOf(path, flow, readings)),
    )
    .filter((points) => points.length > 0);
  const dead = ends.filter((points) => points.at(-1)?.packets === 0);
  return ends.length === 0 ? 0 : dead.length / ends.length;
}

/** What became of the probes of one size under one label. */
interface LabelEnd {
  probes: number;
  hasArrived: boolean;
  /** Where they were counted no more. */
  stopped?: Section;
  supportedBy: string[];
}

interface Chances {
  lostShare: number;
  deadShare: number;
}

function endsOfLabels(sections: readonly Section[]): LabelEnd[] {
  const strands = sections
    .flatMap((section) => section.strands.map((strand) => ({ section, strand })))
    .sort((a, b) => orderOf(a.strand.fromPoint) - orderOf(b.strand.fromPoint));
  return [...Map.groupBy(strands, ({ strand }) => strand.flowLabel).values()].flatMap((own): LabelEnd[] => {
    const [first, last] = [own[0]?.strand, own.at(-1)?.strand];
    if (first?.fromPoint.place !== 'sent' || first.entered === 0 || last === undefined) return [];
    const stopped = own.find(
      ({ strand }) => strand.entered > 0 && strand.left === 0 && strand.toPoint.place !== 'answered',
    );
    const shown = stopped?.strand ?? last;
    return [
      {
        probes: first.entered,
        hasArrived: last.toPoint.packets > 0,
        ...(stopped !== undefined && { stopped: stopped.section }),
        supportedBy: [...first.fromPoint.supportedBy, ...shown.toPoint.supportedBy],
      },
    ];
  });
}

/** Along the way. */
function orderOf({ index, place }: Point): number {
  return 3 * index + (place === 'sent' ? 0 : place === 'in' ? 1 : 2);
}

/** All labels take the same links: one that arrives is enough. */
function judgeTogether(ends: readonly LabelEnd[], { lostShare, deadShare }: Chances): Trial['state'] {
  if (ends.some(({ hasArrived }) => hasArrived)) return 'passed';
  const probes = ends.reduce((sum, one) => sum + one.probes, 0);
  const isChance = lostShare ** probes > chanceMax || deadShare ** ends.length > deadChanceMax;
  return ends.every(({ stopped }) => stopped !== undefined) && !isChance ? 'stopped' : 'unknown';
}

/** A hash chooses among parallel links, which may differ: every label must arrive. */
function judgeEach(ends: readonly LabelEnd[], { lostShare, deadShare }: Chances): Trial['state'] {
  if (ends.every(({ hasArrived }) => hasArrived)) return 'passed';
  const isStopped = ends.some(
    ({ probes, stopped }) => stopped !== undefined && lostShare ** probes <= chanceMax,
  );
  return isStopped && deadShare === 0 ? 'stopped' : 'unknown';
}

function trialOf(bytes: number, ends: readonly LabelEnd[], state: Trial['state']): Trial {
  const stopped = ends.flatMap((one) => (one.stopped === undefined ? [] : [one.stopped]));
  return {
    bytes,
    state,
    at: state === 'stopped' ? distinctElements(stopped.flatMap(placesOf)) : [],
    supportedBy: inOrder(ends.flatMap(({ supportedBy }) => supportedBy)),
  };
}

/** A router that cannot send a packet on drops it before the link that is too small. */
function placesOf(section: Section): Element[] {
  const hops = touchedHops(section);
  return hops.length > 0 ? hops.map(linkElement) : section.elements;
}

interface Bracket {
  passed?: Trial;
  stopped?: Trial;
  /** There is a size below the limit of which nobody knows. */
  isOpen: boolean;
}

function bracketOf(trials: readonly Trial[]): Bracket {
  const stopped = trials.find(({ state }) => state === 'stopped');
  const below = trials.filter(({ bytes }) => bytes < (stopped?.bytes ?? Number.POSITIVE_INFINITY));
  const passed = below.findLast(({ state }) => state === 'passed');
  return {
    ...(passed !== undefined && { passed }),
    ...(stopped !== undefined && { stopped }),
    isOpen: below.some(({ state }) => state === 'unknown'),
  };
}

/** What to try next over a path; nothing once the limit is known, or when nobody would tell. */
export function nextSizes(path: Path, trials: readonly Trial[], measured: MeasuredMtu): number[] {
  const { passed, stopped, isOpen } = bracketOf(trials);
  if (passed === undefined || isOpen) return [];
  const tried = new Set(trials.map(({ bytes }) => bytes));
  const told = toldBytes(path, measured);
  const likely = [told, told === undefined ? undefined : told + 1, measured.intent.sizeBytes]
    .filter((bytes) => bytes !== undefined)
    .filter((bytes) => bytes > passed.bytes && bytes < (stopped?.bytes ?? limits.probeSizeBytesMax + 1))
    .filter((bytes) => !tried.has(bytes));
  if (likely.length > 0) return [...new Set(likely)];
  if (stopped === undefined)
    return passed.bytes >= limits.probeSizeBytesMax ? [] : [limits.probeSizeBytesMax];
  return stopped.bytes - passed.bytes > 1 ? [Math.floor((passed.bytes + stopped.bytes) / 2)] : [];
}

function mtuOf(path: Path, measured: MeasuredMtu): PathMtu {
  const { intent } = measured;
  const { passed, stopped } = bracketOf(trialsOf(path, measured));
  const told = toldBytes(path, measured);
  const { sizeBytes } = intent;
  const required =
    sizeBytes === undefined
      ? undefined
      : passed !== undefined && sizeBytes <= passed.bytes
        ? 'kept'
        : stopped !== undefined && sizeBytes >= stopped.bytes
          ? 'broken'
          : 'unknown';
  const host = passed && passed.bytes - encapsulationBytes(path.segments.length);
  return {
    path: path.id,
    direction: path.direction,
    ...(passed !== undefined && { passesBytes: passed.bytes }),
    ...(stopped !== undefined && { failsBytes: stopped.bytes }),
    ...(host !== undefined && { hostBytes: Math.max(0, host) }),
    ...(told !== undefined && { toldBytes: told }),
    limitedBy: stopped?.at ?? [],
    ...(required !== undefined && { required }),
    supportedBy: inOrder([...(passed?.supportedBy ?? []), ...(stopped?.supportedBy ?? [])]),
  };
}

function reachOfPath(path: Path, { flows, readings }: MeasuredMtu): PathReach {
  const small = flows.filter(({ purpose }) => purpose === 'loss');
  return reachOf(path, { flows: small, readings }, contradictions([path], small, readings).length > 0);
}

/** Undefined where no router told of any link. */
function toldBytes(
  path: Path,
  { paths, readings }: Pick<MeasuredMtu, 'paths' | 'readings'>,
): number | undefined {
  // Which of parallel links a packet takes, a hash chooses.
  const linksOf = parallelLinks(paths);
  const told = path.hops.flatMap(linksOf).flatMap((hop) => endsOf(hop, readings));
  if (told.length === 0) return undefined;
  return Math.min(limits.probeSizeBytesMax, ...told);
}

function endsOf({ from, egress, to, ingress }: Hop, readings: Readings): number[] {
  return [interfaceOf(readings, from, egress), interfaceOf(readings, to, ingress)].flatMap(
    (one) => one?.['ietf-ip:ipv6'].mtu ?? [],
  );
}

/** Where something does not fit: a limit that is not known or too low, links whose ends differ. */
function suspectsOf(mtu: readonly PathMtu[], { paths, readings }: MeasuredMtu): Element[] {
  return distinctElements(
    paths.flatMap((path) => {
      const own = mtu.find((one) => one.path === path.id);
      if (own === undefined || !isExact(own)) return everythingOn(path, own);
      if ((own.passesBytes ?? 0) < (own.toldBytes ?? 0)) return own.limitedBy;
      return path.hops.filter((hop) => new Set(endsOf(hop, readings)).size > 1).map(linkElement);
    }),
  );
}

export function isExact({ passesBytes, failsBytes }: PathMtu): boolean {
  if (passesBytes === undefined) return false;
  return failsBytes === undefined ? passesBytes >= limits.probeSizeBytesMax : failsBytes - passesBytes === 1;
}

function everythingOn({ nodes, hops }: Path, mtu: PathMtu | undefined): Element[] {
  if (mtu !== undefined && mtu.limitedBy.length > 0) return mtu.limitedBy;
  return [...nodes.map((node) => ({ node })), ...hops.map(linkElement)];
}

/** Where a size that was asked for does not pass, that comes first; why it does not, findings say themselves. */
function adviceFor(
  mtu: readonly PathMtu[],
  findings: readonly Finding[],
  reaches: readonly PathReach[],
): string | undefined {
  const dead = reaches.filter(({ state }) => state === 'unreachable').map(({ path }) => path);
  if (dead.length > 0 && findings.length === 0)
    return `Nothing passes over ${dead.join(', ')}: ask why its end is not reachable.`;
  const broken = mtu.filter(({ required }) => required === 'broken');
  const least = Math.min(...mtu.map(({ passesBytes = 0 }) => passesBytes));
  if (broken.length === 0 || least === 0) return undefined;
  const links = [...new Set(broken.flatMap(({ limitedBy }) => limitedBy.map(nameOf)))];
  return `Send at most ${least} octets, SRv6 header included, or raise the MTU of ${links.join(', ')}.`;
}
