/** policy-drop: the session is up, and a policy keeps a prefix back: not exported at one end, or not taken at the other. */
import {
  bothWays,
  type End,
  isEstablished,
  type RoutingExplanation,
  type SessionEvidence,
  shownBy,
} from './evidence.ts';

export function policyDrop(evidence: SessionEvidence): RoutingExplanation[] {
  if (!isEstablished(evidence)) return [];
  return bothWays(evidence).flatMap(([own, peer]) => [
    ...keptBack(own).map((prefix) => found(own, peer, prefix, own)),
    ...notTaken(own, peer).map((prefix) => found(own, peer, prefix, peer)),
  ]);
}

function found(own: End, peer: End, prefix: string, sender: End): RoutingExplanation {
  return {
    kind: 'policy-drop',
    element: { node: own.node, peer: peer.node, object: prefix },
    direction: sender.direction,
    supportedBy: shownBy(own, peer),
  };
}

/** Originated here, and not sent. */
function keptBack({ session, bgp }: End): string[] {
  const sent = session?.['adj-rib-out-post'];
  if (session?.['export-policy'] === undefined || sent === undefined) return [];
  return (bgp?.value['loc-rib'] ?? [])
    .filter(({ from, prefix }) => from === undefined && sent.every((route) => route.prefix !== prefix))
    .map(({ prefix }) => prefix);
}

/**
 * Received and taken out, and no route to it was chosen. Who keeps no copy of what was received (RFC 2918 makes it needless)
 * has what the other end sent. What passed and was not chosen is another matter, as where nobody
 * knows the way to its next hop; a path through this AS is refused by everybody (RFC 4271 section 9).
 */
function notTaken({ session, bgp }: End, peer: End): string[] {
  const table = bgp?.value['loc-rib'];
  const taken = session?.['adj-rib-in-post'];
  if (session?.['import-policy'] === undefined || table === undefined || taken === undefined) return [];
  const as = bgp?.value.global?.as ?? 0;
  return (session['adj-rib-in-pre'] ?? peer.session?.['adj-rib-out-post'] ?? [])
    .filter((route) => !route['as-path'].includes(as))
    .map(({ prefix }) => prefix)
    .filter((prefix) => [...taken, ...table].every((route) => route.prefix !== prefix));
}
