/**
 * Two ends must agree (threat: a lying measurement). A router can lose packets and cannot make them: whoever counted
 * fewer probes of a flow than somebody behind it is contradicted. Which of the two is wrong, the counters do not say, so
 * neither can carry an accusation.
 */
import type { Element, Flow, Path } from '../core/records.ts';
import type { Readings } from './readings.ts';
import { answeredPoint, pointsOf } from './sections.ts';

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
  return flows.flatMap((flow) => {
    const path = paths.find(({ id }) => id === flow.path);
    const elements = path && contradiction(path, flow, readings);
    return elements === undefined ? [] : [{ path: flow.path, elements }];
  });
}

function contradiction(path: Path, flow: Flow, readings: Readings): Element[] | undefined {
  const points = pointsOf(path, flow, readings);
  const [sent] = points;
  if (sent === undefined) return undefined;
  // That replies came back is the head's word.
  const witnesses = [...points, { ...answeredPoint(path, flow, readings), node: sent.node }];
  const surplusMax = 1 + duplicatedShareMax * sent.packets;
  for (const [index, later] of witnesses.entries()) {
    const fewer = points
      .slice(0, index)
      .find((one) => one.node !== later.node && later.packets > one.packets + surplusMax);
    if (fewer !== undefined) return [{ node: fewer.node }, { node: later.node }];
  }
  return undefined;
}
