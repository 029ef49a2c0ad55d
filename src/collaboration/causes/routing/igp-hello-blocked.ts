/**
 * igp-hello-blocked: data passes, both ends are set alike, and one hears no hello: it knows no neighbour, and the other
 * waits for being known (three-way handshake, RFC 5303).
 */
import { turned } from '../../sections.ts';
import { directionOf, hopsOf, type RoutingExplanation, type SessionEvidence } from './evidence.ts';
import { isisEnds } from './isis-interfaces.ts';
import { isisMismatch } from './isis-mismatch.ts';
import { pingsOf } from './pings.ts';

export function igpHelloBlocked(evidence: SessionEvidence): RoutingExplanation[] {
  if (pingsOf(evidence).every(({ value }) => value.received === 0)) return [];
  const mismatched = isisMismatch(evidence).map(({ element }) => `${element.node} ${element.interface}`);
  return hopsOf(evidence)
    .filter((hop) => !mismatched.includes(`${hop.from} ${hop.egress}`))
    .flatMap((hop) => [hop, turned(hop)])
    .flatMap((hop) => {
      const ends = isisEnds(evidence.readings, hop);
      if (ends === undefined) return [];
      const { near, far } = ends;
      // It waits for being known from its next hello on; until then it takes the other for its neighbour.
      const isWaiting = near.settings.adjacency.some(({ state }) => state === 'init' || state === 'up');
      const isDeaf = far.settings.adjacency.length === 0 && (far.hellos ?? 0) === 0;
      if (!isWaiting || !isDeaf || near.hellos === 0) return [];
      return {
        kind: 'igp-hello-blocked' as const,
        element: { node: hop.from, interface: hop.egress, peer: hop.to },
        direction: directionOf(hop, evidence) ?? 'both',
        supportedBy: [...near.ids, ...far.ids],
      };
    });
}
