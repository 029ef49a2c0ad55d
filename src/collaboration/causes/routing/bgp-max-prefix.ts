/** bgp-max-prefix: one end has more routes than the other takes, which ceased (RFC 4486: code 6, subcode 1). */
import { bothWays, type RoutingExplanation, type SessionEvidence, shownBy } from './evidence.ts';

export function bgpMaxPrefix(evidence: SessionEvidence): RoutingExplanation[] {
  return bothWays(evidence).flatMap(([own, peer]) => {
    const { session } = own;
    const limit = session?.['prefix-limit'];
    if (session === undefined || limit === undefined || session['session-state'] === 'established') return [];
    const ceased = [session.errors?.sent, peer.session?.errors?.received];
    const isCeased = ceased.some((one) => one?.code === 6 && one.subcode === 1);
    if (!isCeased || (peer.bgp?.value['loc-rib']?.length ?? 0) <= limit) return [];
    return {
      kind: 'bgp-max-prefix' as const,
      element: { node: own.node, object: peer.node },
      direction: peer.direction,
      supportedBy: shownBy(own, peer),
    };
  });
}
