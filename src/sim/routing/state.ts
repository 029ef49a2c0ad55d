/**
 * The routing protocols of a modelled router: what is configured, and what faults have made of it. Which sessions are up
 * and which routes go over them follows from that and from where packets get, at the moment somebody reads (bgp.ts,
 * bfd.ts, isis.ts). There are no timers: a session that can be up is up.
 */

import type { Topology } from '../../core/topology.ts';
import { protocolsOf, type RoutingProtocol, sessionsOf } from '../../core/topology-routing.ts';

export interface RoutingState {
  protocols: readonly RoutingProtocol[];
  /** Whether the daemons run; forwarding goes on without them. */
  running: boolean;
  bgp?: BgpState;
  /** By interface. */
  isis: Map<string, IsisInterface>;
  bfd: Map<string, SentPackets>;
  /** Nodes whose link state is refreshed here no more, with the time since when, milliseconds of the clock. */
  stale: Map<string, number>;
}

export interface BgpState {
  as: number;
  networks: readonly string[];
  /** Configured, and not in the routing table: BGP does not originate them. */
  withoutRoute: string[];
  /** Taken over from other protocols by mistake. */
  redistributed: string[];
  neighbors: BgpNeighbor[];
}

export interface BgpNeighbor {
  node: string;
  address: string;
  localAddress: string;
  /** As configured here. */
  peerAs: number;
  prefixesMax?: number;
  dropped: { policy: 'import' | 'export'; prefix: string }[];
}

export interface IsisInterface {
  level: 1 | 2;
  authentication: 'none' | 'md5';
  hellos: SentPackets;
}

/** Packets that go out at a steady rate, and do not arrive for some time. */
export interface SentPackets {
  /** Milliseconds of the clock; absent while they arrive. */
  lostSinceMs?: number;
  lostMs: number;
}

export function routingStateOf(topology: Topology, node: string): RoutingState | undefined {
  const protocols = protocolsOf(topology, node);
  if (protocols.length === 0) return undefined;
  const bgp = topology.nodes.find(({ name }) => name === node)?.bgp;
  const state: RoutingState = { protocols, running: true, isis: new Map(), bfd: new Map(), stale: new Map() };
  for (const { a, b, isisLevel, bfd } of topology.links)
    for (const end of [a, b].filter((one) => one.node === node)) {
      if (isisLevel !== undefined)
        state.isis.set(end.interface, { level: isisLevel, authentication: 'none', hellos: { lostMs: 0 } });
      if (bfd) state.bfd.set(end.interface, { lostMs: 0 });
    }
  if (bgp === undefined) return state;
  const neighbors = sessionsOf(topology, node).map(({ own, peer }) => ({
    node: peer.node,
    address: peer.address,
    localAddress: own.address,
    peerAs: peer.as,
    ...(bgp.prefixesMax !== undefined && { prefixesMax: bgp.prefixesMax }),
    dropped: [],
  }));
  state.bgp = { as: bgp.as, networks: bgp.prefixes, withoutRoute: [], redistributed: [], neighbors };
  return state;
}

/** How many have arrived by now, or would have. */
export function arrivedOf({ lostSinceMs, lostMs }: SentPackets, nowMs: number, intervalMs: number): number {
  const missed = lostMs + (lostSinceMs === undefined ? 0 : nowMs - lostSinceMs);
  return Math.max(0, Math.floor((nowMs - missed) / intervalMs));
}
