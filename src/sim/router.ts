/** The state of a modelled router: ports, access lists, SIDs, counters, routes. Forwarding is in forwarding.ts. */
import { type LinkEnd, routesOf, type Topology, type TopologyNode } from '../core/topology.ts';
import { canonicalAddress } from '../core/topology-nodes.ts';
import type { BundleMember } from './bundle.ts';
import type { CountingSession } from './counting.ts';
import type { OutputQueue } from './output-queue.ts';
import { addressBytes, type Packet } from './packet.ts';
import { type RoutingState, routingStateOf } from './routing/state.ts';

export interface Statistics {
  octets: number;
  packets: number;
  discards: number;
  errors: number;
}

/** An access list bound to an interface in one direction, with one dropping entry. */
export interface BoundAccessList {
  name: string;
  /** Share of packets that the entry matches; 0 = it is bound but matches nothing in this direction. */
  lossPercent: number;
  hits: number;
  /** It matches only TCP to and from this port, which no probe is: lossPercent is 0. */
  tcpPort?: number;
}

export interface Link {
  /** Each says whether it keeps the link down now. */
  cuts: (() => boolean)[];
  /** Of the carrier, by cuts that begin and end; and by those that are in force and change it themselves. */
  changes: number;
  changing: (() => number)[];
}

/** One end of a link. */
export interface Port extends LinkEnd {
  router: Router;
  peer: Port;
  link: Link;
  in: Statistics;
  out: Statistics;
  ingress: BoundAccessList[];
  egress: BoundAccessList[];
  /** Admin-down. */
  shut: boolean;
  /** Whether SIDs take packets that arrive here, and only with an HMAC. */
  segmentRouting: { enabled: boolean; hmacRequired: boolean };
  /** Whether this end has found out the link-layer address of the other. */
  isResolved: boolean;
  /** It drops what it would not send back by this port (RFC 3704). */
  reversePathFilter?: { dropped: number };
  duplex: 'full' | 'half';
  lateCollisions: number;
  /** From this end to the peer: what becomes of a packet besides being lost; the percentage is its share. */
  damage: { kind: 'corrupted' | 'collided'; percent: number }[];
  /** What leaves by this port gets this DSCP. */
  dscp?: number;
  /** Of a bundle, and which of them carries nothing to the peer. */
  members?: BundleMember[];
  deadMember?: number;
  /** It translates what leaves, and has no port left for flows that it does not know. */
  translation?: { ports: number; dropped: number };
  queue?: OutputQueue;
  /** From this end to the peer: packets that the link does not carry. */
  filters: ((packet: Packet) => boolean)[];
  /** From this end to the peer: losses besides the background, percent; 100 = it carries nothing. */
  lossPercents: number[];
}

export interface LocalSid {
  sid: string;
  behavior: 'End' | 'End.X' | 'End.DT6';
  /** Of End.X: where packets go whatever their next SID. */
  port?: Port;
  /** Of End.DT6: it looks decapsulated packets up where the router's own addresses are not. */
  inWrongTable?: boolean;
  installed: boolean;
  packets: number;
  errors: number;
}

export interface CompiledRoute {
  prefix: string;
  /** Without an address: whoever is on the link. */
  nextHops: { port: Port; address?: string }[];
  /** SIDs in travel order, with which it encapsulates (H.Encaps, RFC 8986 section 5.1). */
  segments?: readonly string[];
  /** It discards: without a trace, or with an ICMPv6 error and a count (RFC 8349's special next hops). */
  special?: 'blackhole' | 'unreachable';
}

/** How busy it is, and was; times are those of the world's clock. */
export interface Processor {
  busyShare: number;
  sinceMs: number;
  /** Until then. */
  busyMs: number;
}

/** A router that forwards in hardware has little to do. */
const busyShareUsual = 0.05;

export function busyMsOf({ busyShare, sinceMs, busyMs }: Processor, nowMs: number): number {
  return busyMs + busyShare * Math.max(0, nowMs - sinceMs);
}

/** From now on; as usual when no share is given. */
export function makeBusy(router: Router, nowMs: number, busyShare = busyShareUsual): void {
  router.processor = { busyShare, sinceMs: nowMs, busyMs: busyMsOf(router.processor, nowMs) };
}

export type RouteChange = (routes: readonly CompiledRoute[]) => readonly CompiledRoute[];

export interface Router {
  node: TopologyNode;
  ports: Map<string, Port>;
  /** Its own: the loopback's and those of its ports. */
  addresses: ReadonlySet<string>;
  sids: Map<string, LocalSid>;
  /** As configured; as the control plane has them now; and as forwarding has them, which should be the same. */
  configuredRoutes: readonly CompiledRoute[];
  routes: readonly CompiledRoute[];
  forwardingRoutes: readonly CompiledRoute[];
  /** What faults have made of the configured routes, and of those of forwarding alone, in order. */
  routeChanges: RouteChange[];
  forwardingChanges: RouteChange[];
  /** Longest match in forwarding by destination; bounded. */
  lookups: Map<string, CompiledRoute | undefined>;
  /** IPv6 drops (RFC 4293 names). */
  inNoRoutes: number;
  outNoRoutes: number;
  inTooBigErrors: number;
  inHeaderErrors: number;
  /** Nobody gets the "packet too big" that this router sends. */
  tooBigFiltered: boolean;
  /** Its processor gets more than it takes: of the requests to the router itself, this share is dropped. */
  controlPlane?: { lossPercent: number; dropped: number; ofOthers(): number };
  countings: Map<string, CountingSession>;
  processor: Processor;
  memory: { totalKilobytes: number; availableKilobytes: number };
  crashed: boolean;
  /** Absent where no routing protocol runs. */
  routing?: RoutingState;
}

const lookupsMax = 4_096;

/** All routers of a topology with their links, routes and SIDs; no fault in force. */
export function buildRouters(topology: Topology): Map<string, Router> {
  const routers = new Map(topology.nodes.map((node) => [node.name, emptyRouter(node)]));
  for (const { a, b } of topology.links) {
    const link: Link = { cuts: [], changes: 0, changing: [] };
    const one = emptyPort(a, routerOf(routers, a.node), link);
    const other = emptyPort(b, routerOf(routers, b.node), link);
    one.peer = other;
    other.peer = one;
    one.router.ports.set(a.interface, one);
    other.router.ports.set(b.interface, other);
  }
  for (const router of routers.values()) {
    const ports = [...router.ports.values()];
    router.addresses = new Set([router.node.address, ...ports.map(({ address }) => address)]);
    const remote = routesOf(topology, router.node.name).map(({ prefix, nextHops }) => ({
      prefix,
      nextHops: nextHops.map((nextHop) => ({
        port: portOf(router, nextHop.interface),
        address: nextHop.address,
      })),
    }));
    const connected = ports.map((port) => ({
      prefix: networkOf(port),
      nextHops: [{ port }],
    }));
    router.configuredRoutes = [...connected, ...remote];
    applyRouteChanges(router);
    const routing = routingStateOf(topology, router.node.name);
    if (routing !== undefined) router.routing = routing;
  }
  return routers;
}

export function routerOf(routers: ReadonlyMap<string, Router>, node: string): Router {
  const router = routers.get(node);
  if (router === undefined) throw new Error(`there is no modelled router ${node}`);
  return router;
}

function portOf(router: Router, name: string): Port {
  const port = router.ports.get(name);
  if (port === undefined) throw new Error(`${router.node.name} has no interface ${name}`);
  return port;
}

/** Carrier: as long as both ends live and the link is up. A one-way loss is invisible here. */
export function isOperational(port: Port): boolean {
  const { cuts } = port.link;
  return (cuts.length === 0 || !cuts.some((isCut) => isCut())) && !isOff(port) && !isOff(port.peer);
}

function isOff({ shut, router }: Port): boolean {
  return shut || router.crashed;
}

/** To be called whenever `routeChanges` or `forwardingChanges` is another. */
export function applyRouteChanges(router: Router): void {
  const changed = (routes: readonly CompiledRoute[], change: RouteChange) => change(routes);
  router.routes = router.routeChanges.reduce(changed, router.configuredRoutes);
  router.forwardingRoutes = router.forwardingChanges.reduce(changed, router.routes);
  router.lookups.clear();
}

/** What forwarding finds for an address: longest-prefix match. */
export function lookUp(router: Router, address: string): CompiledRoute | undefined {
  const known = router.lookups.get(address);
  if (known !== undefined || router.lookups.has(address)) return known;
  let best: { route: CompiledRoute; length: number } | undefined;
  for (const route of router.forwardingRoutes) {
    const length = Number(route.prefix.split('/')[1] ?? 0);
    if ((best === undefined || length > best.length) && isWithin(address, route.prefix)) {
      best = { route, length };
    }
  }
  if (router.lookups.size >= lookupsMax) router.lookups.clear();
  router.lookups.set(address, best?.route);
  return best?.route;
}

export function isWithin(address: string, prefix: string): boolean {
  const [base = '', length = '0'] = prefix.split('/');
  return startsWith(addressBytes(address), addressBytes(base), Number(length));
}

function startsWith(address: Uint8Array, prefix: Uint8Array, bits: number): boolean {
  for (let bit = 0; bit < bits; bit += 8) {
    const mask = bits - bit >= 8 ? 0xff : (0xff << (8 - (bits - bit))) & 0xff;
    if ((((address[bit / 8] ?? 0) ^ (prefix[bit / 8] ?? 0)) & mask) !== 0) return false;
  }
  return true;
}

/** The prefix of a port's address, its host bits cleared. */
function networkOf(port: LinkEnd): string {
  const bytes = Uint8Array.from(addressBytes(port.address));
  for (let bit = port.prefixLength; bit < 128; bit++) {
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) & ~(0x80 >> (bit & 7));
  }
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0)).toString(16),
  );
  return `${canonicalAddress(groups.join(':'))}/${port.prefixLength}`;
}

/** Loopback or an interface address. */
export function ownsAddress(router: Router, address: string): boolean {
  return router.addresses.has(address);
}

function emptyRouter(node: TopologyNode): Router {
  const sid = (address: string, behavior: LocalSid['behavior']): [string, LocalSid] => [
    address,
    { sid: address, behavior, installed: true, packets: 0, errors: 0 },
  ];
  return {
    node,
    ports: new Map(),
    addresses: new Set([node.address]),
    sids: new Map([sid(node.sids.end, 'End'), sid(node.sids.decapsulate, 'End.DT6')]),
    configuredRoutes: [],
    routes: [],
    forwardingRoutes: [],
    routeChanges: [],
    forwardingChanges: [],
    lookups: new Map(),
    inNoRoutes: 0,
    outNoRoutes: 0,
    inTooBigErrors: 0,
    inHeaderErrors: 0,
    tooBigFiltered: false,
    countings: new Map(),
    processor: { busyShare: busyShareUsual, sinceMs: 0, busyMs: 0 },
    memory: { totalKilobytes: 8_388_608, availableKilobytes: 6_291_456 },
    crashed: false,
  };
}

function emptyPort(end: LinkEnd, router: Router, link: Link): Port {
  const statistics = (): Statistics => ({ octets: 0, packets: 0, discards: 0, errors: 0 });
  const port = {
    ...end,
    router,
    link,
    in: statistics(),
    out: statistics(),
    ingress: [],
    egress: [],
    shut: false,
    segmentRouting: { enabled: true, hmacRequired: false },
    isResolved: true,
    duplex: 'full' as const,
    lateCollisions: 0,
    damage: [],
    filters: [],
    lossPercents: [],
  };
  // Replaced as soon as the other end exists.
  return Object.assign(port, { peer: port as unknown as Port });
}
