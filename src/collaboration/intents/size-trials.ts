/** What became of the probes of each size over a path: passed, stopped, or not known. */
import type { Element, Path, PathMtuIntent, PathReach } from '../../core/records.ts';
import { touchedHops } from '../causes/evidence.ts';
import { contradictions } from '../corroboration.ts';
import { distinctElements } from '../elements.ts';
import { inOrder } from '../envelope-ids.ts';
import { type Point, pointsOf } from '../points.ts';
import { linkElement, parallelPaths, type Section, sectionsOf } from '../sections.ts';
import type { Measured } from './kind.ts';
import { reachOf } from './reach.ts';

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

export function reachOfPath(path: Path, { flows, readings }: MeasuredMtu): PathReach {
  const small = flows.filter(({ purpose }) => purpose === 'loss');
  return reachOf(path, { flows: small, readings }, contradictions([path], small, readings).length > 0);
}
