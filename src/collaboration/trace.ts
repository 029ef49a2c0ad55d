/**
 * Which nodes and links the intent's packets should use: follows the routes that the routers themselves report, hop by
 * hop, from the head over each SID to the tail, with every equal-cost branch; and the same from tail to head.
 *
 *   the router's own routes      where they do not end in a loop
 *   else the way back            over which neighbour the next SID's node comes to this router by everybody's routes
 *   else announced adjacencies   every neighbour that lies nearer; before the way back where the router is silent
 *
 * What lies behind a router that has no route, or a wrong one, is on the path all the same: packets should get there.
 */
import { limits } from '../core/limits.ts';
import type { Direction, Hop, Path } from '../core/records.ts';
import { contains, isLinkLocal, sameAddress } from './addresses.ts';
import type { Directory } from './domain.ts';
import type { NodeReadings } from './readings.ts';
import { longestMatch } from './route-tables.ts';
import { turned } from './sections.ts';

export interface TraceSource {
  directory: Directory;
  /** Device, interfaces and routes of a node; undefined when it gives no usable answer. */
  state(node: string): Promise<NodeReadings | undefined>;
}

interface Lookups extends TraceSource {
  nextHops: Map<string, Promise<Hop[] | undefined>>;
}

interface Waypoint {
  node: string;
  sid: string;
}

interface Step {
  hop: Hop;
  /** The node has several next hops, or does not tell: the SID of the next node pins the branch. */
  branched: boolean;
  /** The node told its routes, and they do not lead here: packets get no further by what it does with the waypoint's SID. */
  astray: boolean;
  /** Index of the waypoint that this step travels to. */
  waypoint: number;
}

/** Equal-cost combinations looked at; far fewer paths are enough to use each of their links once. */
const pathsExploredMax = 512;

/** Paths that together use every directed link that traffic over `nodes` may take, at most `limits.pathsMax`; named from f1 or r1 on, or that number. */
export async function tracePaths(
  nodes: readonly string[],
  direction: Direction,
  source: TraceSource,
  firstNumber = 1,
): Promise<Path[]> {
  const [head = '', ...rest] = nodes;
  const waypoints = await Promise.all(
    rest.map(async (node, index) => ({ node, sid: await sidOf(node, index === rest.length - 1, source) })),
  );
  const found: Found = { complete: [], deadEnds: [] };
  const lookups = { ...source, nextHops: new Map() };
  await follow({ node: head, waypoint: 0, steps: [] }, waypoints, lookups, found);
  const { complete, deadEnds } = found;
  const usable = complete.length > 0 ? complete : [await announced(nodes, deadEnds[0] ?? [], source)];
  const chosen = cover(usable);
  return Promise.all(
    chosen.map(async (steps, index) => ({
      id: `${direction === 'forward' ? 'f' : 'r'}${firstNumber + index}`,
      direction,
      nodes: [head, ...steps.map((step) => step.hop.to)],
      hops: steps.map((step) => step.hop),
      segments: await segmentsOf(steps, waypoints, source),
    })),
  );
}

interface Found {
  complete: Step[][];
  /** Where nobody knows a way on. */
  deadEnds: Step[][];
}

/** Depth first over equal-cost next hops. Returns whether any of them got to the end. */
async function follow(
  at: { node: string; waypoint: number; steps: Step[] },
  waypoints: readonly Waypoint[],
  source: Lookups,
  found: Found,
): Promise<boolean> {
  let { waypoint } = at;
  while (waypoint < waypoints.length && waypoints[waypoint]?.node === at.node) waypoint++;
  const target = waypoints[waypoint];
  if (target === undefined) {
    found.complete.push(at.steps);
    return true;
  }
  const explored = found.complete.length + found.deadEnds.length;
  if (explored >= pathsExploredMax || at.steps.length >= limits.pathNodesMax - 1) return false;
  const told = await nextHopsOf(at.node, target.sid, source);
  const goOn = async (hops: readonly Hop[], kind: Pick<Step, 'branched' | 'astray'>): Promise<boolean> => {
    let arrived = false;
    for (const hop of hops) {
      const steps = [...at.steps, { hop, waypoint, ...kind }];
      if (await follow({ node: hop.to, waypoint, steps }, waypoints, source, found)) arrived = true;
    }
    return arrived;
  };
  // On the way to one waypoint a node that comes again is a loop; the way to the next may well lead back through it.
  const leg = at.steps.filter((step) => step.waypoint === waypoint);
  const isUnvisited = ({ to }: Hop) => leg.every(({ hop }) => hop.from !== to);
  const onwards = (told ?? []).filter(isUnvisited);
  if (await goOn(onwards, { branched: (told?.length ?? 0) > 1, astray: false })) return true;
  // Silent, without a route, or in a loop: packets that get here must be watched, not left out.
  const isNew = ({ to }: Hop) => at.steps.every(({ hop }) => hop.from !== to);
  const back = () => hopsOfTheWayBack(at.node, target.node, source);
  const nearer = async () => (await announcedHops(at.node, target.node, source)).filter(isNew);
  // A silent node may send over any neighbour that lies nearer; others tell which of them carry the way back.
  const [first, second] = told === undefined ? [nearer, back] : [back, nearer];
  const likely = await first();
  // Where the way back is the one that led here, this node is astray itself: nothing goes on from it.
  const others = (likely.length > 0 ? likely : await second()).filter(isUnvisited);
  const untried = others.filter(({ to }) => onwards.every((hop) => hop.to !== to));
  if (await goOn(untried, { branched: told === undefined, astray: told !== undefined })) return true;
  if (onwards.length + untried.length === 0) found.deadEnds.push(at.steps);
  return false;
}

/** The node's own next hops; undefined when it does not tell them. Many paths pass the same node: looked up once. */
function nextHopsOf(node: string, address: string, source: Lookups): Promise<Hop[] | undefined> {
  const key = `${node} ${address}`;
  const known = source.nextHops.get(key) ?? lookUp(node, address, source);
  source.nextHops.set(key, known);
  return known;
}

async function lookUp(node: string, address: string, source: TraceSource): Promise<Hop[] | undefined> {
  const told = (await source.state(node))?.routes?.value;
  if (told === undefined) return undefined;
  const hops: Hop[] = [];
  for (const route of longestMatch(told, address)) {
    const { 'outgoing-interface': egress, 'next-hop-address': via } = route['next-hop'];
    if (egress === undefined || via === undefined) continue;
    const to = source.directory.ownerOf(via);
    if (to !== undefined) hops.push({ from: node, egress, to, ingress: await interfaceOf(to, via, source) });
  }
  return hops;
}

/**
 * The links by which packets of the target come to the node, the other way around: routing costs are the same in both
 * directions, so that is where packets to the target belong.
 */
async function hopsOfTheWayBack(node: string, target: string, source: Lookups): Promise<Hop[]> {
  const sid = await sidOf(node, false, source);
  const back = new Map<string, Hop>();
  const passed = new Set([target]);
  for (const at of passed) {
    if (passed.size > limits.pathNodesMax) return [];
    for (const hop of (await nextHopsOf(at, sid, source)) ?? []) {
      if (hop.to !== node) passed.add(hop.to);
      else back.set(`${hop.ingress} ${hop.egress}`, turned(hop));
    }
  }
  return [...back.values()];
}

/** Every neighbour that lies nearer to the target: for a silent node, packets may take any of them. */
async function announcedHops(node: string, target: string, source: TraceSource): Promise<Hop[]> {
  const distance = source.directory.distancesTo(target);
  const here = distance.get(node) ?? Number.POSITIVE_INFINITY;
  const nearer = source.directory
    .neighboursOf(node)
    .filter((next) => (distance.get(next) ?? Number.POSITIVE_INFINITY) < here);
  const hops = await Promise.all(nearer.map((next) => linkBetween(node, next, source)));
  const tellsAddresses = async (one: string) => (await source.state(one))?.interfaces[0] !== undefined;
  const isBelied = async ({ from, egress, to }: Hop) =>
    egress === '' && (await tellsAddresses(from)) && (await tellsAddresses(to));
  // Whoever plays back what was announced elsewhere makes neighbours of routers that share no link.
  const belied = await Promise.all(hops.map(isBelied));
  return hops.filter((_, index) => !belied[index]);
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

/**
 * The waypoint SIDs, and before them the SID of each node behind an equal-cost branch. Behind a router whose routes do not
 * lead there, packets are not pinned: it shows what it does with the waypoint's SID only when that is the one it sees.
 */
async function segmentsOf(
  steps: readonly Step[],
  waypoints: readonly Waypoint[],
  source: TraceSource,
): Promise<string[]> {
  const segments: string[] = [];
  for (const { hop, branched, waypoint } of steps) {
    const target = waypoints[waypoint];
    const arrives = target?.node === hop.to;
    const lost = steps.findIndex((step) => step.waypoint === waypoint && step.astray);
    const isBehind = lost >= 0 && steps.findIndex((step) => step.hop === hop) >= lost;
    if (arrives && target !== undefined) segments.push(target.sid);
    else if (branched && !isBehind) segments.push(await sidOf(hop.to, false, source));
  }
  return segments;
}

/** Greedy: the path with the most links that no chosen path uses yet. */
function cover(paths: readonly Step[][]): Step[][] {
  const covered = new Set<string>();
  const key = ({ hop }: Step) => `${hop.from} ${hop.egress} ${hop.to}`;
  const fresh = (steps: Step[]) => steps.filter((step) => !covered.has(key(step))).length;
  const chosen: Step[][] = [];
  while (chosen.length < limits.pathsMax) {
    const best = paths.reduce((a, b) => (fresh(b) > fresh(a) ? b : a), paths[0] ?? []);
    if (fresh(best) === 0) break;
    chosen.push(best);
    for (const step of best) covered.add(key(step));
  }
  return chosen;
}

/** Where forwarding tables end, goes on by the announced adjacencies: shortest, first by name. */
async function announced(nodes: readonly string[], known: Step[], source: TraceSource): Promise<Step[]> {
  const steps = [...known];
  const [head = '', ...rest] = nodes;
  let waypoint = steps.at(-1)?.waypoint ?? 0;
  let at = steps.at(-1)?.hop.to ?? head;
  while (waypoint < rest.length && rest[waypoint] === at) waypoint++;
  for (; waypoint < rest.length; waypoint++) {
    const visited = [head, ...steps.map(({ hop }) => hop.to)];
    for (const to of shortest(at, rest[waypoint] ?? '', visited, source.directory)) {
      steps.push({ hop: await linkBetween(at, to, source), branched: false, astray: false, waypoint });
      at = to;
    }
  }
  return steps.length < limits.pathNodesMax ? steps : direct(nodes, source);
}

/** In place of a way that is too long to be measured: one step from each named node to the next. */
function direct(nodes: readonly string[], source: TraceSource): Promise<Step[]> {
  const [head = '', ...rest] = nodes;
  return Promise.all(
    rest.map(async (to, waypoint) => {
      const hop = await linkBetween(rest[waypoint - 1] ?? head, to, source);
      return { hop, branched: false, astray: false, waypoint };
    }),
  );
}

/** Nodes after `from` up to and including `to`; a direct step when no way past new nodes is known. */
function shortest(from: string, to: string, visited: readonly string[], directory: Directory): string[] {
  const before = new Map<string, string>(visited.map((node) => [node, '']));
  before.delete(to);
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
  const addresses = async (node: string) => {
    const told = (await source.state(node))?.interfaces[0]?.value.flatMap((one) =>
      one['ietf-ip:ipv6'].address.map((address) => ({ name: one.name, ...address })),
    );
    const announced = source.directory.addressesOf(node);
    return (told ?? announced.map((ip) => ({ name: '', ip, 'prefix-length': 64 }))).filter(
      ({ ip }) => !isLinkLocal(ip),
    );
  };
  const theirs = await addresses(to);
  for (const mine of await addresses(from))
    for (const other of theirs)
      if (
        Math.max(mine['prefix-length'], other['prefix-length']) < 128 &&
        contains(`${other.ip}/${mine['prefix-length']}`, mine.ip)
      )
        return { from, egress: mine.name, to, ingress: other.name };
  return { from, egress: '', to, ingress: '' };
}
