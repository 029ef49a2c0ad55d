/** isis-mismatch: hellos both ways and no adjacency, for the ends differ in level, authentication or area (ISO 10589). */
import { hopsOf, type RoutingExplanation, type SessionEvidence } from './evidence.ts';
import { type IsisEnd, isisEnds } from './isis-interfaces.ts';

export function isisMismatch(evidence: SessionEvidence): RoutingExplanation[] {
  return hopsOf(evidence).flatMap((hop) => {
    const ends = isisEnds(evidence.readings, hop);
    if (ends === undefined) return [];
    const { near, far } = ends;
    // One end may take the other for its neighbour until its next hello, and for longer where only the other refuses.
    const areNeighbours = near.isUp && far.isUp;
    if (areNeighbours || near.hellos === 0 || far.hellos === 0 || !differ(near, far)) return [];
    return {
      kind: 'isis-mismatch' as const,
      element: { node: hop.from, interface: hop.egress, peer: hop.to },
      direction: 'both' as const,
      supportedBy: [...near.ids, ...far.ids],
    };
  });
}

/** Routers of one area alone become neighbours at level 1. */
function differ(near: IsisEnd, far: IsisEnd): boolean {
  const [one, other] = [near.settings, far.settings];
  const levels = [one['level-type'], other['level-type']];
  const isLevelShared = levels.includes('level-all') || levels[0] === levels[1];
  const isFirst = levels.includes('level-1');
  const isAreaShared = near.areas.some((area) => far.areas.includes(area));
  return (
    !isLevelShared ||
    one['confer-device:authentication'] !== other['confer-device:authentication'] ||
    (isFirst && !isAreaShared)
  );
}
