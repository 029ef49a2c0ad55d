/**
 * Cuts each path into sections between counting points (RFC 9341's principle on our own probes):
 *
 *   head sent -> head out -> next in -> next out -> ... -> tail in -> tail delivered
 *
 * Between "in" and "out" of a node lies the node, between "out" and the next "in" lies the link. A node that does not
 * count has no points: the section then spans the links around it and the node itself. Nor has one that the path visits
 * twice, for its counters add up both visits.
 *
 * A path is probed under many flow labels, so that whatever hashes them is met. Their counts add up to one section, and
 * stay beside it as its strands.
 */
import type { Element, Flow, Hop, Path, SectionMeasurement } from '../core/records.ts';
import { faultProbabilities } from './belief.ts';
import { countedAt, type Point, pointsOf, type Route } from './points.ts';
import type { Readings } from './readings.ts';
import { lossIntervalPercent, lossPercent } from './statistics.ts';

export interface Section extends SectionMeasurement {
  /** Of each probe, octets on the wire. */
  sizeBytes: number;
  /** Packets are the sum over the strands. */
  fromPoint: Point;
  toPoint: Point;
  /** The links that lie in it. */
  hops: Hop[];
  /** Of all strands. */
  route: Route;
  /** By flow. */
  strands: Strand[];
}

/** What a single flow says of a section. */
export interface Strand {
  flowLabel: number;
  entered: number;
  left: number;
  fromPoint: Point;
  toPoint: Point;
  route: Route;
}

/** Prior probability that the intent's path has a fault at all, shared by its sections. */
const priorOfFault = 0.5;

/** `lossMin`: the least loss that is told, share. */
export function sectionsOf(
  paths: readonly Path[],
  flows: readonly Flow[],
  readings: Readings,
  lossMin: number,
): Section[] {
  const pooled = countedSections(paths, flows, readings);
  const prior = { bad: priorOfFault / Math.max(2, pooled.length), lossMin };
  // What large packets lose says nothing of what a link loses of small ones.
  return [...Map.groupBy(pooled, ({ purpose }) => purpose).values()].flatMap((alike) => {
    const passages = alike.map(({ entered, left, hops }) => ({ entered, left, overLink: hops.length > 0 }));
    const probabilities = faultProbabilities(passages, prior);
    return alike.map((section, index) => ({
      ...section,
      probability: roundProbability(probabilities[index] ?? 0),
    }));
  });
}

/** What was counted alone: nothing is weighed, and every probability is 0. */
export function countedSections(
  paths: readonly Path[],
  flows: readonly Flow[],
  readings: Readings,
): Section[] {
  const parallel = parallelLinks(paths);
  const linksOf = new Map(paths.map((path) => [path, path.hops.map(parallel)]));
  const cuts = flows.flatMap((flow) => {
    const path = paths.find(({ id }) => id === flow.path);
    if (path === undefined) return [];
    return cut(path, flow, routeOf(path, linksOf.get(path) ?? [], flow, readings), readings);
  });
  const same = ({ path, flow, fromPoint, toPoint }: Cut) =>
    JSON.stringify([path.id, flow.purpose, fromPoint.label, toPoint.label]);
  return [...Map.groupBy(cuts, same).values()].map(pool);
}

/** The part of a section that the report shows. */
export function measurementOf({
  fromPoint: _f,
  toPoint: _t,
  hops: _h,
  route: _r,
  sizeBytes: _s,
  strands: _w,
  ...shown
}: Section): SectionMeasurement {
  return shown;
}

/** For a hop of these paths, the links of all of them that join the same two nodes in the same direction. */
export function parallelLinks(paths: readonly Path[]): (hop: Hop) => Hop[] {
  const ends = ({ from, to }: Hop) => JSON.stringify([from, to]);
  const all = paths.flatMap(({ hops }) => hops);
  const links = new Map([...Map.groupBy(all, ends)].map(([key, same]) => [key, distinctLinks(same)]));
  return (hop) => links.get(ends(hop)) ?? [];
}

function distinctLinks(links: readonly Hop[]): Hop[] {
  return [...new Map(links.map((link) => [`${link.egress} ${link.ingress}`, link])).values()];
}

/** Whether a path leads over links that have others beside them. */
export function parallelPaths(paths: readonly Path[]): (path: Path) => boolean {
  const linksOf = parallelLinks(paths);
  return ({ hops }) => hops.some((hop) => linksOf(hop).length > 1);
}

/** The same link in the same direction; interfaces whose nodes did not tell them are taken for the same. */
export function isSameLink(a: Hop, b: Hop): boolean {
  const agree = (one: string, other: string) => one === '' || other === '' || one === other;
  return a.from === b.from && a.to === b.to && agree(a.egress, b.egress) && agree(a.ingress, b.ingress);
}

/** The link in the other direction. */
export function turned({ from, egress, to, ingress }: Hop): Hop {
  return { from: to, egress: ingress, to: from, ingress: egress };
}

/** `all`: of each hop, those that it may have taken. Flows that had no choice have the same route, not only an equal one. */
function routeOf(path: Path, all: Route, flow: Flow, readings: Readings): Route {
  if (all.every(({ length }) => length === 1)) return all;
  return path.hops.map((hop, index) => {
    const links = all[index] ?? [];
    if (links.length === 1) return links;
    const counted = (node: string, side: 'in' | 'out') =>
      new Set(
        countedAt(readings, node, flow.flowLabel)
          ?.interfaces.filter((one) => Number(one[side]) > 0)
          .map(({ name }) => name),
      );
    const [left, arrived] = [counted(hop.from, 'out'), counted(hop.to, 'in')];
    const taken = links.filter(({ egress, ingress }) => left.has(egress) || arrived.has(ingress));
    return taken.length > 0 ? taken : links;
  });
}

interface Cut extends Omit<Strand, 'flowLabel'> {
  path: Path;
  flow: Flow;
}

function cut(path: Path, flow: Flow, route: Route, readings: Readings): Cut[] {
  const points = pointsOf(path, flow, readings, route);
  return points.slice(1).flatMap((toPoint, index) => {
    const fromPoint = points[index];
    if (fromPoint === undefined) return [];
    const [entered, left] = [fromPoint.packets, Math.min(fromPoint.packets, toPoint.packets)];
    return [{ path, flow, route, fromPoint, toPoint, entered, left }];
  });
}

/** Flows that crossed the same place make one section. */
function pool(cuts: readonly Cut[]): Section {
  const [first] = cuts;
  if (first === undefined) throw new Error('there is nothing to pool');
  const { path, flow } = first;
  const sum = (pick: 'entered' | 'left') => cuts.reduce((all, one) => all + one[pick], 0);
  const [entered, left] = [sum('entered'), sum('left')];
  const route = joined(cuts.map((one) => one.route));
  const fromPoint = pooledPoint(cuts.map((one) => one.fromPoint));
  const toPoint = pooledPoint(cuts.map((one) => one.toPoint));
  return {
    path: path.id,
    direction: path.direction,
    purpose: flow.purpose,
    sizeBytes: flow.sizeBytes,
    from: fromPoint.label,
    to: toPoint.label,
    entered,
    left,
    lossPercent: lossPercent(entered, left),
    lossPercentInterval: lossIntervalPercent(entered, left),
    probability: 0,
    ...between(path, route, fromPoint, toPoint),
    fromPoint,
    toPoint,
    route,
    strands: cuts.map(({ path: _, flow: { flowLabel }, ...strand }) => ({ flowLabel, ...strand })),
  };
}

function joined(routes: readonly Route[]): Route {
  const [first = [], ...others] = new Set(routes);
  if (others.length === 0) return first;
  return first.map((_, index) => distinctLinks([first, ...others].flatMap((route) => route[index] ?? [])));
}

function pooledPoint(points: readonly Point[]): Point {
  const [first] = points;
  if (first === undefined) throw new Error('there is nothing to pool');
  return {
    ...first,
    packets: points.reduce((sum, { packets }) => sum + packets, 0),
    supportedBy: [...new Set(points.flatMap(({ supportedBy }) => supportedBy))],
  };
}

/** Every element between two points, in travel order. */
function between(path: Path, route: Route, from: Point, to: Point): { elements: Element[]; hops: Hop[] } {
  const elements: Element[] = [];
  const hops: Hop[] = [];
  for (let index = from.index; index <= to.index; index++) {
    const node = path.nodes[index] ?? '';
    const leftBehind = index === from.index && from.place === 'out';
    const notEntered = index === to.index && to.place === 'in';
    if (!leftBehind && !notEntered) elements.push({ node });
    const links = index < to.index ? (route[index] ?? []) : [];
    elements.push(...links.map(linkElement));
    hops.push(...links);
  }
  return { elements, hops };
}

/** A directed link is named by its sending end. */
export function linkElement({ from, egress, to }: Hop): Element {
  return { node: from, ...(egress !== '' && { interface: egress }), peer: to };
}

function roundProbability(probability: number): number {
  return Math.round(probability * 10_000) / 10_000;
}
