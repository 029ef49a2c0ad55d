/**
 * route-leak: two originate one prefix, one because it is configured to (ORIGIN IGP), the other because it took the route
 * over from elsewhere (ORIGIN INCOMPLETE, RFC 4271 section 5.1.1).
 */
import type { BgpRoute } from '../../../core/routing-data.ts';
import {
  bothWays,
  type End,
  isEstablished,
  type RoutingExplanation,
  type SessionEvidence,
  shownBy,
} from './evidence.ts';

export function routeLeak(evidence: SessionEvidence): RoutingExplanation[] {
  if (!isEstablished(evidence)) return [];
  return bothWays(evidence).flatMap(([own, peer]) =>
    (own.bgp?.value['loc-rib'] ?? [])
      .filter((route) => route.from === undefined && route.origin === 'incomplete')
      .filter(({ prefix }) =>
        othersRoutes(own, peer).some((route) => route.prefix === prefix && route.origin === 'igp'),
      )
      .map(({ prefix }) => ({
        kind: 'route-leak' as const,
        element: { node: own.node, object: prefix },
        direction: own.direction,
        supportedBy: shownBy(own, peer),
      })),
  );
}

/** What the peer originates itself, and what anybody sent to either end. */
function othersRoutes(own: End, peer: End): BgpRoute[] {
  const received = [own, peer].flatMap(({ bgp }) => bgp?.value.neighbors?.neighbor ?? []);
  return [
    ...(peer.bgp?.value['loc-rib'] ?? []).filter(({ from }) => from === undefined),
    ...received.flatMap((one) => one['adj-rib-in-pre'] ?? one['adj-rib-in-post'] ?? []),
  ];
}
