/** Faults of routes: at a node of the path, for the locator that its packets are routed by there. */
import type { Direction } from '../../core/records.ts';
import { type LinkEnd, routesOf, type Topology } from '../../core/topology.ts';
import type { Draw, Drawing } from './drawing.ts';
import type { Route } from './path-links.ts';

export const locatorUnreachable: Draw = (draw) => {
  const { node, destination, where } = draw.pick(routedPlaces(draw));
  const object = locatorOf(draw.topology, destination);
  return draw.drawn({ ...draw.in(node), destination }, { node, object }, where);
};

export const staticBlackhole: Draw = (draw) => {
  const { node, destination, where } = draw.pick(routedPlaces(draw));
  if (draw.fraction() < 0.5) {
    const object = locatorOf(draw.topology, destination);
    return draw.drawn({ ...draw.in(node), destination }, { node, object }, where);
  }
  // A tail's packets are routed by its decapsulating SID, those of the nodes in between by End.
  const sid = draw.route.via.includes(destination) ? 'end' : 'decapsulate';
  const address = draw.topology.nodes.find(({ name }) => name === destination)?.sids[sid];
  return draw.drawn({ ...draw.in(node), destination, sid }, { node, object: `${address}/128` }, where);
};

/** Forwarding sends packets back where their route would not, or nowhere. */
export const ribFibMismatch: Draw = (draw) => {
  const { node, destination, where } = draw.pick(routedPlaces(draw));
  const object = locatorOf(draw.topology, destination);
  const back = backwards(draw.topology, node, destination);
  const fault = { ...draw.in(node), destination };
  if (back.length === 0 || draw.fraction() < 0.5) return draw.drawn(fault, { node, object }, where);
  return draw.drawn({ ...fault, interface: draw.pick(back).own.interface }, { node, object }, where);
};

/** On the one link by which packets to the destination leave the node. */
export const grayPrefix: Draw = (draw) => {
  const { node, destination, where } = draw.pick(routedPlaces(draw));
  const [next] = onlyWay(draw.topology, node, destination) ?? [];
  if (next === undefined) throw new Error(`no way leads from ${node} to ${destination}`);
  const object = locatorOf(draw.topology, destination);
  return draw.drawn(
    { ...draw.at(next.own), destination },
    { node, interface: next.own.interface, peer: next.peer.node, object },
    where,
  );
};

/** Where packets of the drawn direction arrive; they come from where that begins. */
export const urpfDrop: Draw = ({ far, inward, direction, route: { head, tail }, ...draw }) => {
  const destination = direction === 'forward' ? head : tail;
  return draw.drawn({ ...draw.at(far), destination }, inward, direction);
};

/** The policy of where the drawn direction begins: two nodes of the way in the wrong order, or the last before the only one. */
export const wrongSegmentOrder: Draw = (draw) => {
  const { topology, route, direction } = draw;
  const way = oneOfTheWays(topology, legsOf(route, direction));
  const between = way.slice(1, -1);
  const [node = '', destination = ''] = [way[0], way.at(-1)];
  const first = Math.floor(draw.fraction() * (between.length - 1));
  const segments =
    between.length > 1 ? between.slice(first, first + 2).toReversed() : [destination, ...between];
  const object = `${topology.nodes.find(({ name }) => name === destination)?.address}/128`;
  return draw.drawn({ ...draw.in(node), destination, segments }, { node, object }, direction);
};

/** Where routers have a choice, the first. */
function oneOfTheWays(topology: Topology, legs: readonly [from: string, to: string][]): string[] {
  const nodes = [legs[0]?.[0] ?? ''];
  for (const [from, to] of legs)
    for (let node = from; node !== to; ) {
      const [next] = nextHopsOf(topology, node, to);
      if (next === undefined) return nodes;
      node = next.peer.node;
      nodes.push(node);
    }
  return nodes;
}

export const forwardingLoop: Draw = (draw) => {
  const places = routedPlaces(draw).filter(
    ({ node, destination }) => backwards(draw.topology, node, destination).length > 0,
  );
  const { node, destination, where } = draw.pick(places);
  const object = locatorOf(draw.topology, destination);
  const { own, peer } = draw.pick(backwards(draw.topology, node, destination));
  return draw.drawn(
    { ...draw.in(node), destination, interface: own.interface },
    { node, interface: own.interface, peer: peer.node, object },
    where,
  );
};

interface RoutedPlace {
  node: string;
  /** Packets of the path are routed by its locator at the node. */
  destination: string;
  where: Direction | 'both';
}

/**
 * From here one way alone leads to the next node that the policy names. Where a router further on has several, probes
 * name the one that they take, and are routed by that.
 */
function routedPlaces({ topology, route }: Pick<Drawing, 'topology' | 'route'>): RoutedPlace[] {
  const places = new Map<string, RoutedPlace>();
  for (const direction of ['forward', 'reverse'] as const)
    for (const [from, destination] of legsOf(route, direction))
      for (const node of nodesTowards(topology, from, destination)) {
        if (onlyWay(topology, node, destination) === undefined) continue;
        const key = `${node} ${destination}`;
        const where = places.has(key) ? 'both' : direction;
        places.set(key, { node, destination, where });
      }
  return [...places.values()];
}

/** The interface by which packets of each direction leave a node that the policy names; absent where there are several. */
export function egressesOf(
  topology: Topology,
  route: Route,
  node: string,
): Partial<Record<Direction, string>> {
  const egress = (direction: Direction) => {
    const leg = legsOf(route, direction).find(([from]) => from === node);
    return leg && onlyWay(topology, node, leg[1])?.[0]?.own.interface;
  };
  const [forward, reverse] = [egress('forward'), egress('reverse')];
  return { ...(forward !== undefined && { forward }), ...(reverse !== undefined && { reverse }) };
}

function legsOf({ head, via, tail }: Route, direction: Direction): [from: string, to: string][] {
  const nodes = [head, ...via, tail];
  const inOrder = direction === 'forward' ? nodes : nodes.toReversed();
  return inOrder.slice(1).map((to, index) => [inOrder[index] ?? '', to]);
}

interface NextHop {
  own: LinkEnd;
  peer: LinkEnd;
}

/** Every node that packets may pass on the way, without the last. */
function nodesTowards(topology: Topology, from: string, to: string): string[] {
  const nodes = new Set([from]);
  for (const node of nodes)
    for (const { peer } of nextHopsOf(topology, node, to)) if (peer.node !== to) nodes.add(peer.node);
  return [...nodes];
}

/** Undefined where a router has a choice. */
function onlyWay(topology: Topology, from: string, to: string): NextHop[] | undefined {
  const way: NextHop[] = [];
  for (let node = from; node !== to; ) {
    const [next, ...others] = nextHopsOf(topology, node, to);
    if (next === undefined || others.length > 0) return undefined;
    way.push(next);
    node = next.peer.node;
  }
  return way;
}

/** Links to neighbours whose every route to the destination comes back to the node. */
function backwards(topology: Topology, node: string, destination: string): NextHop[] {
  return endsAt(topology, node).filter(({ peer }) => {
    const theirs = peer.node === destination ? [] : nextHopsOf(topology, peer.node, destination);
    return theirs.length > 0 && theirs.every((next) => next.peer.node === node);
  });
}

function nextHopsOf(topology: Topology, node: string, destination: string): NextHop[] {
  const locator = locatorOf(topology, destination);
  const hops = routesOf(topology, node).find(({ prefix }) => prefix === locator)?.nextHops ?? [];
  const ends = endsAt(topology, node);
  return hops.flatMap(({ address }) => ends.find(({ peer }) => peer.address === address) ?? []);
}

function endsAt(topology: Topology, node: string): NextHop[] {
  return topology.links.flatMap(({ a, b }) => [
    ...(a.node === node ? [{ own: a, peer: b }] : []),
    ...(b.node === node ? [{ own: b, peer: a }] : []),
  ]);
}

function locatorOf(topology: Topology, node: string): string {
  return topology.nodes.find(({ name }) => name === node)?.locator ?? '';
}
