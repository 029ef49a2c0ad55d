/**
 * Static shortest paths with equal-cost next hops, the same in both worlds. Nothing reconverges: a fault stays where
 * it can be observed.
 */
import type { LinkEnd, Topology } from './topology.ts';
import { prefixContains } from './topology-nodes.ts';

export interface Route {
  /** A locator, or a loopback that lies outside its locator. */
  prefix: string;
  /** Equal cost; in the order of the links of the file. */
  nextHops: { interface: string; address: string }[];
}

/** The routes of a node to everything that is not its own. Throws when the node does not exist. */
export function routesOf(topology: Topology, node: string): Route[] {
  const adjacency = adjacencyOf(topology);
  const own = adjacency.get(node);
  if (own === undefined) throw new Error(`no node ${node} in the topology ${topology.name}`);
  // A shortest path goes through a neighbour, and the neighbours are few.
  const beyond = own.map((hop) => ({ ...hop, distance: distancesFrom(adjacency, hop.remote.node) }));
  return topology.nodes.flatMap((target) => {
    if (target.name === node) return [];
    const costs = beyond.map(
      ({ metric, distance }) => metric + (distance.get(target.name) ?? Number.POSITIVE_INFINITY),
    );
    const least = Math.min(...costs);
    if (least === Number.POSITIVE_INFINITY) return [];
    const nextHops = beyond
      .filter((_, index) => costs[index] === least)
      .map(({ local, remote }) => ({ interface: local.interface, address: remote.address }));
    return prefixesOf(target).map((prefix) => ({ prefix, nextHops }));
  });
}

function prefixesOf(node: Topology['nodes'][number]): string[] {
  return prefixContains(node.locator, node.address) ? [node.locator] : [node.locator, `${node.address}/128`];
}

interface Adjacent {
  local: LinkEnd;
  remote: LinkEnd;
  metric: number;
}

function adjacencyOf(topology: Topology): Map<string, Adjacent[]> {
  const adjacency = new Map<string, Adjacent[]>(topology.nodes.map((node) => [node.name, []]));
  for (const { a, b, metric } of topology.links) {
    adjacency.get(a.node)?.push({ local: a, remote: b, metric });
    adjacency.get(b.node)?.push({ local: b, remote: a, metric });
  }
  return adjacency;
}

/** Dijkstra. */
function distancesFrom(adjacency: ReadonlyMap<string, Adjacent[]>, source: string): Map<string, number> {
  const distance = new Map<string, number>([[source, 0]]);
  const done = new Set<string>();
  for (;;) {
    let nearest: string | undefined;
    for (const [node, cost] of distance) {
      if (
        !done.has(node) &&
        (nearest === undefined || cost < (distance.get(nearest) ?? Number.POSITIVE_INFINITY))
      ) {
        nearest = node;
      }
    }
    if (nearest === undefined) return distance;
    done.add(nearest);
    const base = distance.get(nearest) ?? 0;
    for (const { remote, metric } of adjacency.get(nearest) ?? []) {
      const known = distance.get(remote.node);
      if (known === undefined || base + metric < known) distance.set(remote.node, base + metric);
    }
  }
}
