/** bgp-as-mismatch: one end expects another AS than its neighbour has (RFC 4271 section 6.2: Bad Peer AS). */
import { uncertainProbabilityMax } from '../evidence.ts';
import { bothWays, type End, type RoutingExplanation, type SessionEvidence, shownBy } from './evidence.ts';

export function bgpAsMismatch(evidence: SessionEvidence): RoutingExplanation[] {
  return bothWays(evidence).flatMap(([own, peer]) => {
    const as = peer.bgp?.value.global?.as;
    const { session } = own;
    const isUp = session?.['session-state'] === 'established';
    if (session === undefined || as === undefined || isUp || session['peer-as'] === as) return [];
    return {
      kind: 'bgp-as-mismatch' as const,
      element: { node: own.node, object: peer.node },
      direction: 'both' as const,
      supportedBy: shownBy(own, peer),
      ...(!isRefused(own, peer) && { probabilityMax: uncertainProbabilityMax }),
    };
  });
}

/** Either end keeps only its last NOTIFICATION. */
function isRefused(own: End, peer: End): boolean {
  const told = [own.session?.errors, peer.session?.errors].flatMap((errors) => [
    errors?.sent,
    errors?.received,
  ]);
  return told.some((one) => one?.code === 2 && one.subcode === 2);
}
