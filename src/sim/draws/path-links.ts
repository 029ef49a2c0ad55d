/**
 * The links of a topology's intent. The walk over the topology here is its own, so that a mistake in the agents' trace does
 * not hide behind the same mistake in what checks it.
 */
import type { LinkEnd, Topology } from '../../core/topology.ts';

export interface Route {
  head: string;
  tail: string;
  via: readonly string[];
}

/** A link of the intent's path, in the intent's direction. */
export interface PathLink {
  from: LinkEnd;
  to: LinkEnd;
}

/** "Verify ... from A to B via C and D" as the shipped topologies write it. */
export function routeOf(topology: Topology): Route {
  const [, head = '', tail = '', via = ''] =
    /from (\S+) to (\S+)(?: via (.+))?$/.exec(topology.intent ?? '') ?? [];
  return { head, tail, via: via === '' ? [] : via.split(/ and |, /) };
}

/** Every link on a shortest way from the head over the via nodes to the tail. */
export function pathLinks(topology: Topology, { head, via, tail }: Route): PathLink[] {
  const waypoints = [head, ...via, tail];
  const links = new Map<string, PathLink>();
  for (const [index, to] of waypoints.entries()) {
    const from = waypoints[index - 1];
    if (from === undefined) continue;
    for (const link of shortestLinks(topology, from, to))
      links.set(`${link.from.node} ${link.from.interface}`, link);
  }
  return [...links.values()];
}

function shortestLinks(topology: Topology, from: string, to: string): PathLink[] {
  const directed = topology.links.flatMap(({ a, b, metric }) => [
    { from: a, to: b, metric },
    { from: b, to: a, metric },
  ]);
  /** Bellman-Ford. */
  const distances = (source: string, step: (link: (typeof directed)[number]) => [string, string]) => {
    const known = new Map([[source, 0]]);
    for (let round = 0; round < topology.nodes.length; round++)
      for (const link of directed) {
        const [near, far] = step(link);
        const reached = (known.get(near) ?? Number.POSITIVE_INFINITY) + link.metric;
        if (reached < (known.get(far) ?? Number.POSITIVE_INFINITY)) known.set(far, reached);
      }
    return known;
  };
  const fromHead = distances(from, (link) => [link.from.node, link.to.node]);
  const toTail = distances(to, (link) => [link.to.node, link.from.node]);
  const whole = fromHead.get(to);
  return directed.filter(
    (link) =>
      (fromHead.get(link.from.node) ?? Number.NaN) +
        link.metric +
        (toTail.get(link.to.node) ?? Number.NaN) ===
      whole,
  );
}

export function nodesOf(links: readonly PathLink[]): string[] {
  return [...new Set(links.flatMap(({ from, to }) => [from.node, to.node]))];
}

/** The SIDs that the intent's policy names in either direction: End of each via node, decapsulation at both ends. */
export function policySids({ head, via, tail }: Route): { node: string; sid: 'end' | 'decapsulate' }[] {
  return [
    ...via.map((node) => ({ node, sid: 'end' as const })),
    { node: tail, sid: 'decapsulate' as const },
    { node: head, sid: 'decapsulate' as const },
  ];
}
