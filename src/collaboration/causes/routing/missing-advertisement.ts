/** missing-advertisement: the session is up, and a prefix that one end is configured to originate is in no table of it. */
import {
  bothWays,
  isEstablished,
  type RoutingExplanation,
  type SessionEvidence,
  shownBy,
} from './evidence.ts';

export function missingAdvertisement(evidence: SessionEvidence): RoutingExplanation[] {
  if (!isEstablished(evidence)) return [];
  return bothWays(evidence).flatMap(([own, peer]) => {
    const table = own.bgp?.value['loc-rib'];
    const sent = own.session?.['adj-rib-out-post'];
    if (table === undefined || sent === undefined) return [];
    const isThere = (prefix: string) =>
      table.some((route) => route.prefix === prefix && route.from === undefined) ||
      sent.some((route) => route.prefix === prefix);
    return (own.bgp?.value['confer-device:network'] ?? [])
      .filter((prefix) => !isThere(prefix))
      .map((prefix) => ({
        kind: 'missing-advertisement' as const,
        element: { node: own.node, object: prefix },
        direction: own.direction,
        supportedBy: shownBy(own, peer),
      }));
  });
}
