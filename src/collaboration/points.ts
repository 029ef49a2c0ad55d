/**
 * Counting points: what the head sent of a flow, and what each router on the path counted of it.
 */
import type { Flow, Hop, Path } from '../core/records.ts';
import { numberOf } from './envelope-ids.ts';
import type { Counting, Reading, Readings } from './readings.ts';

export interface Point {
  /** "PE-1 out pe1-p2" */
  label: string;
  node: string;
  /** Position of the node on the path. */
  index: number;
  place: 'sent' | 'in' | 'out' | 'delivered' | 'answered';
  packets: number;
  supportedBy: string[];
}

/**
 * What one flow travelled: for each hop of its path the link that its packets took. SIDs name nodes, so of parallel links
 * a hash picks one; where no counter says which, all of them stand here.
 */
export type Route = readonly (readonly Hop[])[];

/**
 * Sent, then what each counting node saw in travel order: on the links of the route, or on all where none are given. Empty
 * when the head did not tell of its probes.
 */
export function pointsOf(
  path: Path,
  flow: Flow,
  readings: Readings,
  route: Route = path.hops.map(() => []),
): Point[] {
  const head = path.nodes[0] ?? '';
  const probes = probesOf(head, flow, readings);
  if (probes.length === 0) return [];
  const probeIds = probes.map(({ id }) => id);
  const points: Point[] = [
    {
      label: `${head} sent`,
      node: head,
      index: 0,
      place: 'sent',
      packets: total(probes, 'sent'),
      supportedBy: probeIds,
    },
  ];
  for (const [index, node] of path.nodes.entries()) {
    const counter = countedAt(readings, node, flow.flowLabel);
    if (counter === undefined || path.nodes.indexOf(node) !== path.nodes.lastIndexOf(node)) continue;
    const { id, passed, delivered } = counter;
    const [arrival, departure] = [route[index - 1], route[index]];
    const point = (place: Point['place'], suffix: string, packets: number) =>
      points.push({ label: `${node} ${suffix}`.trim(), node, index, place, packets, supportedBy: [id] });
    if (arrival !== undefined) point('in', `in ${named(arrival, 'ingress')}`, passed('in', arrival));
    if (departure !== undefined) point('out', `out ${named(departure, 'egress')}`, passed('out', departure));
    else point('delivered', 'delivered', delivered);
  }
  // A tail that does not count leaves only its echo replies, which may also be lost on their own way back.
  if (points.at(-1)?.place !== 'delivered') points.push(answeredPoint(path, flow, readings));
  return points;
}

function named(links: readonly Hop[], end: 'egress' | 'ingress'): string {
  return links.map((link) => link[end]).join(' or ');
}

/** Echo replies that the head heard of the tail. */
export function answeredPoint(path: Path, flow: Flow, readings: Readings): Point {
  const probes = probesOf(path.nodes[0] ?? '', flow, readings);
  const tail = path.nodes.at(-1) ?? '';
  const supportedBy = probes.map(({ id }) => id);
  return {
    label: `${tail} answered`,
    node: tail,
    index: path.nodes.length - 1,
    place: 'answered',
    packets: total(probes, 'received'),
    supportedBy,
  };
}

/** What the head tells of a flow: one entry for each train that it was part of. */
function probesOf(
  head: string,
  { flowLabel }: Flow,
  readings: Readings,
): Reading<{ sent: number; received: number }>[] {
  return (readings.get(head)?.probes ?? []).flatMap(({ id, value }) => {
    const told = value['Flow-Labels'].find(({ label }) => label === flowLabel);
    return told === undefined ? [] : [{ id, value: told }];
  });
}

function total(probes: ReturnType<typeof probesOf>, pick: 'sent' | 'received'): number {
  return probes.reduce((sum, { value }) => sum + value[pick], 0);
}

/** What a node counted of all probes; undefined when it has not been read since the last of them. */
export function countedAt(readings: Readings, node: string, flowLabel: number) {
  const latest = latestCounting(readings, node, [flowLabel]);
  const flow = latest?.value.flow.find((one) => one['flow-label'] === flowLabel);
  if (latest === undefined || flow === undefined || numberOf(latest.id) < lastProbe(readings, flowLabel))
    return undefined;
  // What goes out elsewhere, or comes in from there, is not on the path; where no name tells, it is all that is known.
  const passed = (side: 'in' | 'out', links: readonly Hop[]) => {
    const names = links.map((link) => (side === 'in' ? link.ingress : link.egress));
    const theirs = flow.interface.filter(({ name }) => names.includes(name));
    const counted = theirs.length > 0 ? theirs : flow.interface;
    return counted.reduce((sum, one) => sum + Number(one[side]), 0);
  };
  return {
    id: latest.id,
    passed,
    delivered: Number(flow.delivered),
    interfaces: flow.interface,
  };
}

/** What a node told last of the counting session in which any of these flows is counted. */
export function latestCounting(
  readings: Readings,
  node: string,
  flowLabels: readonly number[],
): Reading<Counting> | undefined {
  return readings
    .get(node)
    ?.counting.findLast(({ value }) => value.flow.some((flow) => flowLabels.includes(flow['flow-label'])));
}

/** Counters that were read before the last probes of a flow would show the missing ones as lost. */
function lastProbe(readings: Readings, flowLabel: number): number {
  const known = lastProbes.get(readings) ?? new Map<number, number>();
  if (!lastProbes.has(readings))
    for (const { probes } of readings.values())
      for (const { id, value } of probes)
        for (const { label } of value['Flow-Labels'])
          known.set(label, Math.max(numberOf(id), known.get(label) ?? 0));
  lastProbes.set(readings, known);
  return known.get(flowLabel) ?? 0;
}

/** By flow label; asked for with every counter of every flow. */
const lastProbes = new WeakMap<Readings, Map<number, number>>();
