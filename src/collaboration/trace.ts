/**
 * Which nodes and links the intent's packets use: follows the forwarding tables that the routers themselves report,
 * hop by hop, from the head over each SID to the tail, with every equal-cost branch; and the same from tail to head.
 * Where a node is silent, the path is completed from the other side, and last from the announced adjacencies.
 */
import { limits } from '../core/limits.ts';
import type { Direction, Hop, Path } from '../core/records.ts';
import { contains, sameAddress } from './addresses.ts';
import type { Directory } from './domain.ts';
import type { NodeReadings } from './readings.ts';

export interface TraceSource {
  directory: Directory;
  /** Device, interfaces and routes of a node; undefined when it gives no usable answer. */
  state(node: string): Promise<NodeReadings | undefined>;
}

interface Waypoint {
  node: string;
  sid: string;
}

interface Step {
  hop: Hop;
  /** The node had several next hops: the SID of the next node pins the branch. */
  branched: boolean;
  /** Index of the waypoint that this step travels to. */
  waypoint: number;
}

/** Paths that together use every directed link that traffic over `nodes` may take, at most `limits.pathsMax`. */
export async function tracePaths(
  nodes: readonly string[],
  direction: Direction,
  source: TraceSource,
): Promise<Path[]> {
  const [head = '', ...rest] = nodes;
  const waypoints = await Promise.all(
    rest.map(async (node, index) => ({ node, sid: await sidOf(node, index === rest.length - 1, source) })),
  );
  const found: Step[][] = [];
  await follow({ node: head, waypoint: 0, steps: [] }, waypoints, source, found);
  const complete = found.filter((steps) => steps.at(-1)?.hop.to === rest.at(-1));
  const usable = complete.length > 0 ? complete : [await announced(nodes, found[0] ?? [], source)];
  const chosen = cover(usable);
  return Promise.all(
    chosen.map(async (steps, index) => ({
      id: `${direction === 'forward' ? 'f' : 'r'}${index + 1}`,
      direction,
      nodes: [head, ...steps.map((step) => step.hop.to)],
      hops: steps.map((step) => step.hop),
      segments: await segmentsOf(steps, waypoints, source),
    })),
  );
}

/** Depth first over equal-cost next hops; a loop or a dead end leaves an incomplete path. */
async function follow(
  at: { node: string; waypoint: number; steps: Step[] },
  waypoints: readonly Waypoint[],
  source: TraceSource,
  found: Step[][],
): Promise<void> {
  let { waypoint } = at;
  while (waypoint < waypoints.length && waypoints[waypoint]?.node === at.node) waypoint++;
  const target = waypoints[waypoint];
  if (target === undefined) {
    found.push(at.steps);
    return;
  }
  if (found.length >= limits.pathsMax || at.steps.length >= limits.pathNodesMax) return;
  const nextHops = await nextHopsOf(at.node, target.sid, source);
  const unvisited = nextHops.filter((hop) => at.steps.every((step) => step.hop.from !== hop.to));
  if (unvisited.length === 0) found.push(at.steps);
  for (const hop of unvisited) {
    const step = { hop, branched: nextHops.length > 1, waypoint };
    await follow({ node: hop.to, waypoint, steps: [...at.steps, step] }, waypoints, source, found);
  }
}

/** Longest-prefix match in the node's own routes. */
async function nextHopsOf(node: string, address: string, source: TraceSource): Promise<Hop[]> {
  const state = await source.state(node);
  const routes = (state?.routes?.value ?? []).filter((route) =>
    contains(route['destination-prefix'], address),
  );
  const longest = Math.max(
    ...routes.map((route) => Number(route['destination-prefix'].split('/')[1] ?? 128)),
  );
  const hops: Hop[] = [];
  for (const route of routes) {
    if (Number(route['destination-prefix'].split('/')[1] ?? 128) !== longest) continue;
    const { 'outgoing-interface': egress, 'next-hop-address': via } = route['next-hop'];
    if (egress === undefined || via === undefined) continue;
    const to = source.directory.ownerOf(via);
    if (to !== undefined) hops.push({ from: node, egress, to, ingress: await interfaceOf(to, via, source) });
  }
  return hops;
}

async function interfaceOf(node: string, address: string, source: TraceSource): Promise<string> {
  const state = await source.state(node);
  const holder = state?.interfaces[0]?.value.find((one) =>
    one['ietf-ip:ipv6'].address.some(({ ip }) => sameAddress(ip, address)),
  );
  return holder?.name ?? '';
}

/** What is configured, by the node's own signed word; what it announced, when it is silent. */
async function sidOf(node: string, isLast: boolean, source: TraceSource): Promise<string> {
  const kind = isLast ? 'decapsulate' : 'end';
  return (await source.state(node))?.device?.value.sids[kind] ?? source.directory.sids(node)[kind] ?? '';
}

/** The waypoint SIDs, and before them the SID of each node behind an equal-cost branch. */
async function segmentsOf(
  steps: readonly Step[],
  waypoints: readonly Waypoint[],
  source: TraceSource,
): Promise<string[]> {
  const segments: string[] = [];
  for (const { hop, branched, waypoint } of steps) {
    const target = waypoints[waypoint];
    const arrives = target?.node === hop.to;
    if (arrives && target !== undefined) segments.push(target.sid);
    else if (branched) segments.push(await sidOf(hop.to, false, source));
  }
  return segments;
}

/** Greedy: the path with the most links that no chosen path uses yet. */
function cover(paths: readonly Step[][]): Step[][] {
  const covered = new Set<string>();
  const key = ({ hop }: Step) => `${hop.from} ${hop.egress} ${hop.to}`;
  const fresh = (steps: Step[]) => steps.filter((step) => !covered.has(key(step))).length;
  const chosen: Step[][] = [];
  for (;;) {
    const best = paths.reduce((a, b) => (fresh(b) > fresh(a) ? b : a), paths[0] ?? []);
    if (fresh(best) === 0) return chosen;
    chosen.push(best);
    for (const step of best) covered.add(key(step));
  }
}

/** Where forwarding tables end, goes on by the announced adjacencies: shortest, first by name. */
async function announced(nodes: readonly string[], known: Step[], source: TraceSource): Promise<Step[]> {
  const steps = [...known];
  const [head = '', ...rest] = nodes;
  let waypoint = steps.at(-1)?.waypoint ?? 0;
  let at = steps.at(-1)?.hop.to ?? head;
  while (waypoint < rest.length && rest[waypoint] === at) waypoint++;
  for (; waypoint < rest.length; waypoint++) {
    for (const to of shortest(at, rest[waypoint] ?? '', source.directory)) {
      steps.push({ hop: await linkBetween(at, to, source), branched: false, waypoint });
      at = to;
    }
  }
  return steps;
}

/** Nodes after `from` up to and including `to`; a direct step when nothing better is known. */
function shortest(from: string, to: string, directory: Directory): string[] {
  const before = new Map<string, string>([[from, '']]);
  const queue = [from];
  for (let node = queue.shift(); node !== undefined && !before.has(to); node = queue.shift())
    for (const next of directory.neighboursOf(node))
      if (!before.has(next)) {
        before.set(next, node);
        queue.push(next);
      }
  if (!before.has(to)) return [to];
  const nodes: string[] = [];
  for (let node = to; node !== from; node = before.get(node) ?? from) nodes.unshift(node);
  return nodes;
}

/** Interfaces of a link from whichever end answers: both ends lie in one prefix. */
async function linkBetween(from: string, to: string, source: TraceSource): Promise<Hop> {
  const addresses = async (node: string) =>
    (await source.state(node))?.interfaces[0]?.value.flatMap((one) =>
      one['ietf-ip:ipv6'].address.map((address) => ({ name: one.name, ...address })),
    ) ?? source.directory.addressesOf(node).map((ip) => ({ name: '', ip, 'prefix-length': 64 }));
  const theirs = await addresses(to);
  for (const mine of await addresses(from))
    for (const other of theirs)
      if (mine['prefix-length'] < 128 && contains(`${other.ip}/${mine['prefix-length']}`, mine.ip))
        return { from, egress: mine.name, to, ingress: other.name };
  return { from, egress: '', to, ingress: '' };
}
