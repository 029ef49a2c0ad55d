/**
 * Faults drawn at random on the path of a topology's intent, and what a diagnosis has to say of them. The walk over the
 * topology here is its own, so that a mistake in the agents' trace does not hide behind the same mistake in what checks it.
 */
import type { Direction, Element, Finding, FindingKind } from '../core/records.ts';
import type { Fault, FaultKind, LinkEnd, Topology } from '../core/topology.ts';

export interface Route {
  head: string;
  tail: string;
  via: readonly string[];
}

/** What a finding has to be; several elements are right where two names mean the same link. */
export interface Truth {
  kind: FindingKind;
  elements: readonly Element[];
  direction: Direction | 'both';
}

export interface DrawnFault {
  fault: Fault;
  truth: Truth;
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

/** A fault of this kind at a random place that the intent's packets use. `fraction` is uniform in [0, 1). */
export function drawFault(
  topology: Topology,
  kind: Exclude<FaultKind, 'healthy'>,
  fraction: () => number,
): DrawnFault {
  const route = routeOf(topology);
  const links = pathLinks(topology, route);
  const pick = <T>(items: readonly T[]): T => {
    const item = items[Math.floor(fraction() * items.length)];
    if (item === undefined) throw new Error(`nothing to draw from for ${kind} on ${topology.name}`);
    return item;
  };
  const link = pick(links);
  const forward = fraction() < 0.5;
  /** Packets of the drawn direction go from `near` to `far`. */
  const [near, far] = forward ? [link.from, link.to] : [link.to, link.from];
  const direction: Direction = forward ? 'forward' : 'reverse';
  // Log-uniform from 1 to 100 %, in hundredths.
  const lossPercent = Math.round(100 ** (1 + fraction())) / 100;
  const object = String(2000 + Math.floor(fraction() * 1000));
  const at = (end: LinkEnd) => ({ id: kind, kind, node: end.node, interface: end.interface, active: false });
  const outward = { node: near.node, interface: near.interface, peer: far.node };
  const inward = { node: far.node, interface: far.interface, peer: near.node };
  const drawn = (fault: Fault, element: Element | readonly Element[], where: Truth['direction']) => ({
    fault,
    truth: { kind, elements: [element].flat(), direction: where },
  });
  switch (kind) {
    case 'egress-acl':
      return drawn({ ...at(near), object, lossPercent }, { ...outward, object }, direction);
    case 'ingress-acl':
      return drawn({ ...at(far), object, lossPercent }, { ...inward, object }, direction);
    case 'one-way-acl': {
      const hits = fraction() < 0.5 ? 'egress' : 'ingress';
      const [end, element] = hits === 'egress' ? [near, outward] : [far, inward];
      return drawn({ ...at(end), object, hits, lossPercent }, { ...element, object }, direction);
    }
    case 'unidirectional-link':
      return drawn(at(near), outward, direction);
    case 'silent-loss':
      return drawn({ ...at(near), lossPercent: Math.min(lossPercent, 99.9) }, outward, direction);
    case 'mtu-mismatch': {
      // A veth also takes in frames that are up to 4 octets too long.
      const mtuBytes = 1_280 + Math.floor(fraction() * 200);
      return drawn({ ...at(near), mtuBytes }, outward, 'both');
    }
    case 'sid-missing': {
      const { node, sid } = pick(policySids(route));
      const object = topology.nodes.find(({ name }) => name === node)?.sids[sid] ?? '';
      const where = sid === 'end' ? 'both' : node === route.tail ? 'forward' : 'reverse';
      return drawn({ id: kind, kind, node, sid, active: false }, { node, object }, where);
    }
    case 'link-down':
      return drawn(at(near), [outward, inward], 'both');
    case 'node-crash': {
      const node = pick(nodesOf(links).filter((name) => name !== route.head));
      return drawn({ id: kind, kind, node, active: false }, { node }, 'both');
    }
  }
}

export function isRight(finding: Finding, truth: Truth): boolean {
  return (
    finding.kind === truth.kind &&
    finding.direction === truth.direction &&
    truth.elements.some((element) => sameElement(finding.element, element))
  );
}

function sameElement(one: Element, other: Element): boolean {
  const fields = ['node', 'interface', 'peer', 'object'] as const;
  return fields.every((field) => one[field] === other[field]);
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

function nodesOf(links: readonly PathLink[]): string[] {
  return [...new Set(links.flatMap(({ from, to }) => [from.node, to.node]))];
}

/** The SIDs that the intent's policy names in either direction: End of each via node, decapsulation at both ends. */
function policySids({ head, via, tail }: Route): { node: string; sid: 'end' | 'decapsulate' }[] {
  return [
    ...via.map((node) => ({ node, sid: 'end' as const })),
    { node: tail, sid: 'decapsulate' as const },
    { node: head, sid: 'decapsulate' as const },
  ];
}
