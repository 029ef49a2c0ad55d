/**
 * Two ends must agree (threat: a lying measurement). A router can lose packets and cannot make them: whoever counted
 * fewer probes of a flow than somebody behind it is contradicted. Which of the two is wrong, the counters do not say, so
 * neither can carry an accusation.
 */
import type { Element, Flow, Path } from '../core/records.ts';
import { answeredPoint, type Point, pointsOf } from './points.ts';
import type { Readings } from './readings.ts';

export interface Contradiction {
  path: string;
  /** The two nodes, one of which is wrong. */
  elements: Element[];
}

/** Packets that a link may duplicate: a share of those sent, and one besides. */
const duplicatedShareMax = 0.001;

export function contradictions(
  paths: readonly Path[],
  flows: readonly Flow[],
  readings: Readings,
): Contradiction[] {
  return paths.flatMap((path) => {
    const told = flows.filter((flow) => flow.path === path.id).map((flow) => witnesses(path, flow, readings));
    // What each flow alone may put down to a duplicate, all of them together may not.
    return [...told, together(told)].flatMap((points) => {
      const elements = contradiction(points);
      return elements === undefined ? [] : [{ path: path.id, elements }];
    });
  });
}

type Witness = Pick<Point, 'node' | 'index' | 'place' | 'packets'>;

/** Everybody who counted the flow, in the direction of travel. That replies came back is the head's word. */
function witnesses(path: Path, flow: Flow, readings: Readings): Witness[] {
  const points = pointsOf(path, flow, readings);
  const [sent] = points;
  return sent === undefined ? [] : [...points, { ...answeredPoint(path, flow, readings), node: sent.node }];
}

function together(flows: readonly (readonly Witness[])[]): Witness[] {
  const sums = new Map<string, Witness>();
  for (const one of flows.flat()) {
    const key = JSON.stringify([one.index, one.node, one.place]);
    sums.set(key, { ...one, packets: one.packets + (sums.get(key)?.packets ?? 0) });
  }
  return [...sums.values()];
}

function contradiction(points: readonly Witness[]): Element[] | undefined {
  const surplusMax = 1 + duplicatedShareMax * (points[0]?.packets ?? 0);
  for (const [index, later] of points.entries()) {
    const fewer = points
      .slice(0, index)
      .find((one) => one.node !== later.node && later.packets > one.packets + surplusMax);
    if (fewer !== undefined) return [{ node: fewer.node }, { node: later.node }];
  }
  return undefined;
}
