/**
 * Step 1: the collaboration domain. Announces this device, waits until the nodes that the intent names are heard
 * (LLDP, IS-IS or relayed), and keeps what was heard as hints: who owns which address, who neighbours whom.
 */
import type { Beacon, Heard, HeardNode } from '../../discovery/beacon.ts';
import { ConferError } from '../core/errors.ts';
import type { Clock } from '../core/ports.ts';
import type { ServedIntent } from '../core/records.ts';
import { kindOf } from './intents/index.ts';

/** What discovery says, for look-ups by name and by address. Hints only: mutual TLS decides who somebody is. */
export interface Directory {
  /** The spelling that the network uses, for a name in any case; undefined when nobody announced it. */
  resolve(name: string): string | undefined;
  names(): string[];
  ownerOf(address: string): string | undefined;
  sids(node: string): { end?: string; decapsulate?: string };
  addressesOf(node: string): readonly string[];
  /** The first announced address: agents announce their loopback first. */
  loopbackOf(node: string): string | undefined;
  /** Where its agent says it listens. */
  hostOf(node: string): string | undefined;
  neighboursOf(node: string): string[];
  /** Links from every node to this one, over the announced adjacencies. */
  distancesTo(node: string): Map<string, number>;
}

/** How long named nodes may take to answer our announcement. */
const patienceMs = 4_000;
const pollMs = 50;

export interface DomainPorts {
  clock: Clock;
  beacon: Beacon;
  /** This device: a beacon hears only others. */
  self: { node: string; addresses(): Promise<readonly string[]>; announce(): Promise<void> };
}

/**
 * Returns the intent in the network's spelling, and the directory.
 * Throws ConferError `unknown-node` with the nearest known names.
 */
export async function discover<I extends ServedIntent>(
  intent: I,
  ports: DomainPorts,
  signal: AbortSignal,
): Promise<{ intent: I; directory: Directory }> {
  await ports.self.announce();
  const kind = kindOf(intent);
  const wanted = kind.names(intent);
  const startedAt = ports.clock.elapsed();
  const own = { name: ports.self.node, addresses: await ports.self.addresses() };
  let directory = directoryOf(ports.beacon.heard(), own);
  while (wanted.some((name) => directory.resolve(name) === undefined)) {
    if (ports.clock.elapsed() - startedAt > patienceMs) throw unknownNode(wanted, directory);
    await ports.clock.sleep(pollMs, signal);
    directory = directoryOf(ports.beacon.heard(), own);
  }
  const spelled = (name: string) => directory.resolve(name) ?? name;
  return {
    intent: kind.spelled(intent, spelled, ports.self.node),
    directory,
  };
}

export function directoryOf(heard: Heard, self: { name: string; addresses: readonly string[] }): Directory {
  // Authenticated ones come first: what is heard besides of the same name or address may be forged.
  const nodes = new Map<string, HeardNode>();
  for (const node of heard.nodes) if (!nodes.has(node.node)) nodes.set(node.node, node);
  const owners = new Map(self.addresses.map((address) => [address, self.name]));
  for (const node of nodes.values())
    for (const address of node.linkState?.addresses ?? [])
      if (!owners.has(address)) owners.set(address, node.node);
  const names = [...new Set([self.name, ...nodes.keys()])].sort();
  const spelling = new Map(names.map((name) => [name.toLowerCase(), name]));
  const neighbours = adjacency([...nodes.values()], names);
  return {
    names: () => names,
    resolve: (name) => spelling.get(name.toLowerCase()),
    ownerOf: (address) => owners.get(address),
    addressesOf: (node) =>
      node === self.name ? self.addresses : (nodes.get(node)?.linkState?.addresses ?? []),
    neighboursOf: (node) => [...(neighbours.get(node) ?? [])].sort(),
    distancesTo: (node) => distances(node, neighbours),
    loopbackOf: (node) => nodes.get(node)?.linkState?.addresses[0],
    hostOf: (node) => nodes.get(node)?.advertisement.advertisement.host,
    sids: (node) => {
      const announced = nodes.get(node)?.linkState?.sids ?? [];
      const end = announced.find((sid) => sid.behavior === 'End')?.sid;
      const decapsulate = announced.find((sid) => sid.behavior === 'End.DT6')?.sid;
      return { ...(end !== undefined && { end }), ...(decapsulate !== undefined && { decapsulate }) };
    },
  };
}

/** Both ways: one end that still announces a link is enough to remember that it exists. */
function adjacency(nodes: readonly HeardNode[], names: readonly string[]): Map<string, Set<string>> {
  const known = new Set(names);
  const result = new Map<string, Set<string>>();
  const link = (a: string, b: string) => {
    const peers = result.get(a) ?? new Set();
    result.set(a, peers.add(b));
  };
  for (const node of nodes)
    for (const { hostname } of node.linkState?.neighbours ?? [])
      if (hostname !== undefined && known.has(hostname)) {
        link(node.node, hostname);
        link(hostname, node.node);
      }
  return result;
}

/** Breadth first. */
function distances(from: string, neighbours: ReadonlyMap<string, ReadonlySet<string>>): Map<string, number> {
  const known = new Map([[from, 0]]);
  for (const [node, distance] of known)
    for (const next of neighbours.get(node) ?? []) if (!known.has(next)) known.set(next, distance + 1);
  return known;
}

/** Every other node that the announced links join to this one, the nearest first. */
export function nearestTo(node: string, directory: Directory): string[] {
  const distances = [...directory.distancesTo(node)].filter(([name]) => name !== node);
  return distances.sort(([a, near], [b, far]) => near - far || (a < b ? -1 : 1)).map(([name]) => name);
}

function unknownNode(wanted: readonly string[], directory: Directory): ConferError {
  const missing = wanted.filter((name) => directory.resolve(name) === undefined);
  const near = missing.flatMap((name) => nearest(name, directory.names()));
  const known =
    near.length > 0 ? `nearest known names: ${[...new Set(near)].join(', ')}` : 'no other node was heard';
  return new ConferError(
    'unknown-node',
    `Nobody announced ${missing.join(', ')}; ${known}. Check the spelling, or that its agent runs.`,
  );
}

/** Those of `names` that `name` may have been meant to be, the likeliest first. */
export function nearest(name: string, names: readonly string[]): string[] {
  return names
    .map((known) => ({ known, distance: editDistance(name.toLowerCase(), known.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance || (a.known < b.known ? -1 : 1))
    .slice(0, 3)
    .map(({ known }) => known);
}

/** Levenshtein distance. Names are at most 253 characters. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(
        Math.min(
          (row[j] ?? 0) + 1,
          (next[j - 1] ?? 0) + 1,
          (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1),
        ),
      );
    row = next;
  }
  return row[b.length] ?? a.length;
}
