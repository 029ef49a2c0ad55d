/**
 * The ways of an intent's packets, node by node, and the SIDs that hold a probe to a part of one. Costs are the same in
 * both directions, so the ways back are the same ones turned round.
 */
import type { Direction } from '../core/records.ts';
import type { LinkEnd, Topology } from '../core/topology.ts';
import { pathLinks, type Route } from '../sim/drawn-faults.ts';

/** One directed link. */
export interface WayLink {
  from: LinkEnd;
  to: LinkEnd;
}

export interface Way {
  direction: Direction;
  nodes: readonly string[];
  /** One less than nodes. */
  links: readonly WayLink[];
  /** By node: whether a probe has to name it, for the intent does or because there was a choice before it. */
  pinned: readonly boolean[];
}

/** Ways that together use every directed link that the intent's packets may take; at most so many of each direction. */
const waysMax = 16;
const waysExploredMax = 512;

export function waysOf(topology: Topology, route: Route): Way[] {
  const waypoints = [route.head, ...route.via, route.tail];
  let found: WayLink[][] = [[]];
  /** Where packets of a direction have a choice. */
  const branched = { forward: new Set<string>(), reverse: new Set<string>() };
  for (const [index, to] of waypoints.entries()) {
    const from = waypoints[index - 1];
    if (from === undefined) continue;
    const links = pathLinks(topology, { head: from, tail: to, via: [] });
    const behind = Map.groupBy(links, (link) => link.from.node);
    const before = Map.groupBy(links, (link) => link.to.node);
    for (const [node, choices] of behind) if (choices.length > 1) branched.forward.add(node);
    for (const [node, choices] of before) if (choices.length > 1) branched.reverse.add(node);
    const legs = legsFrom(from, to, behind);
    found = found.flatMap((way) => legs.map((leg) => [...way, ...leg])).slice(0, waysExploredMax);
  }
  const chosen = cover(found);
  return [
    ...chosen.map((links) => wayOf('forward', links, route, branched.forward)),
    ...chosen.map((links) =>
      wayOf(
        'reverse',
        links.map(({ from, to }) => ({ from: to, to: from })).reverse(),
        route,
        branched.reverse,
      ),
    ),
  ];
}

/** SIDs of a probe from the node at one index of a way to that at another. */
export function segmentsOf(topology: Topology, way: Way, from: number, to: number): string[] {
  const node = (index: number) => topology.nodes.find(({ name }) => name === way.nodes[index]);
  const ends = way.pinned.flatMap((isPinned, index) =>
    isPinned && index > from && index < to ? (node(index)?.sids.end ?? []) : [],
  );
  return [...ends, node(to)?.sids.decapsulate ?? ''];
}

function legsFrom(from: string, to: string, behind: ReadonlyMap<string, WayLink[]>): WayLink[][] {
  const legs: WayLink[][] = [];
  const walk = (node: string, links: WayLink[]) => {
    if (legs.length >= waysExploredMax) return;
    if (node === to) legs.push(links);
    else for (const link of behind.get(node) ?? []) walk(link.to.node, [...links, link]);
  };
  walk(from, []);
  return legs;
}

/** Greedy: the way with the most links that no chosen one uses. */
function cover(ways: readonly WayLink[][]): WayLink[][] {
  const covered = new Set<string>();
  const key = ({ from }: WayLink) => `${from.node} ${from.interface}`;
  const fresh = (way: WayLink[]) => way.filter((link) => !covered.has(key(link))).length;
  const chosen: WayLink[][] = [];
  while (chosen.length < waysMax) {
    const best = ways.reduce((one, other) => (fresh(other) > fresh(one) ? other : one), ways[0] ?? []);
    if (fresh(best) === 0) break;
    for (const link of best) covered.add(key(link));
    chosen.push(best);
  }
  return chosen;
}

function wayOf(
  direction: Direction,
  links: readonly WayLink[],
  route: Route,
  branched: ReadonlySet<string>,
): Way {
  const nodes = [...links.slice(0, 1).map(({ from }) => from.node), ...links.map(({ to }) => to.node)];
  const pinned = nodes.map((node, index) => {
    const before = nodes[index - 1];
    return route.via.includes(node) || (before !== undefined && branched.has(before));
  });
  return { direction, nodes, links, pinned };
}
