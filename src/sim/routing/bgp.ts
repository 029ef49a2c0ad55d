/** BGP in the modelled network: which sessions are up, why others are not, and which routes each router has. */
import { limits } from '../../core/limits.ts';
import type { BgpData, BgpRoute, Notification } from '../../core/routing-data.ts';
import type { Router } from '../router.ts';
import { carriesBgp } from './reach.ts';
import type { BgpNeighbor, BgpState } from './state.ts';

type Routers = ReadonlyMap<string, Router>;

/** RFC 4271 section 6.2 and RFC 4486. */
const badPeerAs: Notification = { code: 2, subcode: 2 };
const tooManyPrefixes: Notification = { code: 6, subcode: 1 };

interface Route extends BgpRoute {
  /** The neighbour that it is from; absent for the router's own. */
  from?: BgpNeighbor;
}

/** One direction of a session that is up. */
interface Stream {
  sender: string;
  receiver: string;
  /** The sender's neighbour, and the receiver's. */
  at: BgpNeighbor;
  back: BgpNeighbor;
}

interface Table {
  /** Chosen routes by node and prefix. */
  chosen: Map<string, Map<string, Route>>;
  sent(stream: Stream): Route[];
}

export function bgpReading(routers: Routers, router: Router): BgpData {
  const { node, routing } = router;
  const state = routing?.bgp;
  if (routing === undefined || state === undefined || !routing.running)
    return { 'ietf-bgp:bgp': { 'confer-device:running': false } };
  const streams = streamsOf(routers);
  const closed = overflowing(routers, streams);
  const open = streams.filter((stream) => !closed.some((one) => isSameSession(one, stream)));
  const table = tableOf(routers, open);
  const neighbors = state.neighbors.map((neighbor) => {
    const out = open.find((stream) => stream.at === neighbor);
    const back = open.find((stream) => stream.back === neighbor);
    const limit = neighbor.prefixesMax;
    return {
      'remote-address': neighbor.address,
      'local-address': neighbor.localAddress,
      'peer-as': neighbor.peerAs,
      ...closure(routers, node.name, neighbor, closed),
      ...(limit !== undefined && { 'prefix-limit': limit }),
      ...policyOf(neighbor, 'import'),
      ...policyOf(neighbor, 'export'),
      ...(out !== undefined && { 'session-state': 'established' as const }),
      ...(back !== undefined && receivedOf(table.sent(back), neighbor, state)),
      ...(out !== undefined && { 'adj-rib-out-post': table.sent(out).map(told) }),
    };
  });
  const chosen = [...(table.chosen.get(node.name)?.values() ?? [])];
  return {
    'ietf-bgp:bgp': {
      'confer-device:running': true,
      global: { as: state.as },
      neighbors: { neighbor: neighbors },
      'confer-device:network': [...state.networks],
      'loc-rib': chosen
        .slice(0, limits.bgpRoutesMax)
        .map((route) => ({ ...told(route), ...(route.from !== undefined && { from: route.from.address }) })),
    },
  };
}

function told({ prefix, origin, 'as-path': path }: Route): BgpRoute {
  return { prefix, origin, 'as-path': path };
}

/** Before the import policy, and after it. */
function receivedOf(sent: readonly Route[], from: BgpNeighbor, receiver: BgpState) {
  return {
    'adj-rib-in-pre': sent.map(told),
    'adj-rib-in-post': sent.filter((route) => isTaken({ ...route, from }, receiver)).map(told),
  };
}

function policyOf(neighbor: BgpNeighbor, policy: 'import' | 'export') {
  return neighbor.dropped.some((one) => one.policy === policy)
    ? { [`${policy}-policy` as const]: `${policy}-filter` }
    : {};
}

/** What a router says of a session that is not up. */
function closure(routers: Routers, node: string, neighbor: BgpNeighbor, closed: readonly Stream[]) {
  const [own, peer] = [bgpOf(routers, node), bgpOf(routers, neighbor.node)];
  const back = peer?.neighbors.find((one) => one.node === node);
  const canTalk =
    peer !== undefined &&
    back !== undefined &&
    carries(routers, node, neighbor) &&
    carries(routers, neighbor.node, back);
  if (!canTalk) return { 'session-state': 'connect' as const };
  if (neighbor.peerAs !== peer.as) return { 'session-state': 'active' as const, errors: { sent: badPeerAs } };
  if (back.peerAs !== own?.as) return { 'session-state': 'active' as const, errors: { received: badPeerAs } };
  if (closed.some((stream) => stream.back === neighbor))
    return { 'session-state': 'idle' as const, errors: { sent: tooManyPrefixes } };
  if (closed.some((stream) => stream.at === neighbor))
    return { 'session-state': 'active' as const, errors: { received: tooManyPrefixes } };
  return { 'session-state': 'active' as const };
}

function bgpOf(routers: Routers, node: string): BgpState | undefined {
  const router = routers.get(node);
  return router?.routing?.running && !router.crashed ? router.routing.bgp : undefined;
}

function carries(routers: Routers, from: string, to: BgpNeighbor): boolean {
  const router = routers.get(from);
  return router !== undefined && carriesBgp(router, to.address);
}

/** Both directions of every session whose ends reach each other and agree who they are. */
function streamsOf(routers: Routers): Stream[] {
  return [...routers.keys()].flatMap((sender) =>
    (bgpOf(routers, sender)?.neighbors ?? []).flatMap((at) => {
      const [own, peer] = [bgpOf(routers, sender), bgpOf(routers, at.node)];
      const back = peer?.neighbors.find((one) => one.node === sender);
      const isUp =
        back !== undefined &&
        at.peerAs === peer?.as &&
        back.peerAs === own?.as &&
        carries(routers, sender, at) &&
        carries(routers, at.node, back);
      return isUp ? [{ sender, receiver: at.node, at, back }] : [];
    }),
  );
}

function isSameSession(one: Stream, other: Stream): boolean {
  return (
    (one.sender === other.sender && one.receiver === other.receiver) ||
    (one.sender === other.receiver && one.receiver === other.sender)
  );
}

/** Streams over which more comes than the receiver takes. */
function overflowing(routers: Routers, streams: readonly Stream[]): Stream[] {
  const table = tableOf(routers, streams);
  return streams.filter(
    (stream) => table.sent(stream).length > (stream.back.prefixesMax ?? Number.POSITIVE_INFINITY),
  );
}

/** Rounds until nobody learns anything new: a route travels one session a round. */
function tableOf(routers: Routers, streams: readonly Stream[]): Table {
  const own = new Map([...routers.keys()].map((node) => [node, originated(bgpOf(routers, node))]));
  let table: Table = { chosen: own, sent: () => [] };
  for (let round = 0; round <= routers.size; round++) {
    const { chosen } = table;
    const sent = (stream: Stream) =>
      [...(chosen.get(stream.sender)?.values() ?? [])].flatMap((route) => advertised(route, stream, routers));
    const next = new Map([...own].map(([node, routes]) => [node, new Map(routes)]));
    for (const stream of streams)
      for (const route of sent(stream)) {
        const routes = next.get(stream.receiver);
        const learned = { ...route, from: stream.back };
        if (routes !== undefined && isTaken(learned, bgpOf(routers, stream.receiver)))
          if (isBetter(learned, routes.get(route.prefix))) routes.set(route.prefix, learned);
      }
    table = { chosen: next, sent };
  }
  return table;
}

function originated(bgp: BgpState | undefined): Map<string, Route> {
  const networks = bgp?.networks.filter((prefix) => !bgp.withoutRoute.includes(prefix)) ?? [];
  return new Map([
    ...(bgp?.redistributed ?? []).map((prefix) => [prefix, own(prefix, 'incomplete')] as const),
    ...networks.map((prefix) => [prefix, own(prefix, 'igp')] as const),
  ]);
}

function own(prefix: string, origin: Route['origin']): Route {
  return { prefix, origin, 'as-path': [] };
}

/** RFC 4271 section 9.2: what an iBGP neighbour said goes to no other, and nothing goes back. */
function advertised(route: Route, { sender, at }: Stream, routers: Routers): Route[] {
  const as = bgpOf(routers, sender)?.as;
  const isInternal = at.peerAs === as;
  const isLearnedInside = route.from !== undefined && route.from.peerAs === as;
  if (as === undefined || route.from === at || (isInternal && isLearnedInside)) return [];
  if (at.dropped.some(({ policy, prefix }) => policy === 'export' && prefix === route.prefix)) return [];
  const path = isInternal ? route['as-path'] : [as, ...route['as-path']];
  return path.length > limits.bgpAsPathMax ? [] : [{ ...route, 'as-path': path }];
}

function isTaken(route: Route & { from: BgpNeighbor }, receiver: BgpState | undefined): boolean {
  const isDropped = route.from.dropped.some(
    ({ policy, prefix }) => policy === 'import' && prefix === route.prefix,
  );
  return receiver !== undefined && !isDropped && !route['as-path'].includes(receiver.as);
}

/** Own ones first, then the shorter path, then the lower neighbour: RFC 4271 section 9.1.2.2 as far as it matters here. */
function isBetter(route: Route, than: Route | undefined): boolean {
  if (than === undefined) return true;
  if (than.from === undefined) return false;
  const longer = route['as-path'].length - than['as-path'].length;
  return longer < 0 || (longer === 0 && (route.from?.address ?? '') < than.from.address);
}
