/** What `Beacon.heard` tells, from the neighbour table and the link state database. Pure. */
import type { HeardNode, Neighbour } from './beacon.ts';
import { hex } from './bytes.ts';
import { type Contents, joinContents } from './isis-contents.ts';
import { type LinkState, systemIdOf } from './link-state.ts';
import type { Entry } from './neighbours.ts';

/** Those heard directly, in the order given. */
export function heardNeighbours(entries: readonly Entry[], nowMs: number, ttlIntervals: number): Neighbour[] {
  return entries.flatMap((entry) => {
    if (entry.interface === undefined || (entry.source !== 'lldp' && entry.source !== 'lldpd')) return [];
    return [
      {
        node: entry.node,
        interface: entry.interface,
        advertisement: entry.advertisement,
        source: entry.source,
        ageMs: Math.max(0, nowMs - entry.lastHeardMs),
        intervalMs: (entry.freshUntilMs - entry.lastHeardMs) / ttlIntervals,
        fresh: entry.freshUntilMs > nowMs,
        authenticated: entry.authenticated,
      },
    ];
  });
}

/** One for each pair of node and thumbprint: the newest sequence of all sources, with what its system flooded. */
export function heardNodes(
  entries: readonly Entry[],
  contents: Map<string, Contents[]>,
  ourselves: string,
  adjacent: readonly string[],
  nowMs: number,
): HeardNode[] {
  const linkStates = joinedLinkStates(contents, ourselves);
  const hopsBySystem = hopsFrom(systemIdOf(ourselves), adjacent.map(systemIdOf), linkStates);
  const best = new Map<string, Entry>();
  for (const entry of entries) {
    const key = pairOf(entry);
    const held = best.get(key);
    if (held === undefined || isBetter(entry, held)) best.set(key, entry);
  }
  return [...best.values()].sort(byTrustAndAge).map((entry) => {
    const systemId = systemIdOf(entry.node);
    const linkState = linkStates.get(systemId);
    const hops = hopsBySystem.get(systemId) ?? entry.hops;
    return {
      node: entry.node,
      advertisement: entry.advertisement,
      ...(linkState === undefined ? {} : { linkState }),
      source: entry.source,
      ...(hops === undefined ? {} : { hops }),
      ageMs: Math.max(0, nowMs - entry.lastHeardMs),
      authenticated: entry.authenticated,
    };
  });
}

/** Node and thumbprint. */
const pairs = new WeakMap<Entry['advertisement'], string>();

function pairOf({ node, advertisement }: Entry): string {
  const known = pairs.get(advertisement);
  if (known !== undefined) return known;
  const pair = `${node} ${hex(advertisement.advertisement.thumbprint)}`;
  pairs.set(advertisement, pair);
  return pair;
}

function isBetter(entry: Entry, than: Entry): boolean {
  if (entry.authenticated !== than.authenticated) return entry.authenticated;
  return entry.advertisement.advertisement.sequence > than.advertisement.advertisement.sequence;
}

function byTrustAndAge(a: Entry, b: Entry): number {
  return Number(b.authenticated) - Number(a.authenticated) || b.lastHeardMs - a.lastHeardMs;
}

/** By their only fragment: nearly every system has but one, and what was heard is asked for often. */
const joinedByOnly = new WeakMap<Contents, LinkState>();

function joinedOnce(fragments: readonly Contents[]): LinkState | undefined {
  const [only, second] = fragments;
  if (only === undefined || second !== undefined) return joinContents(fragments);
  const linkState = joinedByOnly.get(only) ?? joinContents(fragments);
  if (linkState !== undefined) joinedByOnly.set(only, linkState);
  return linkState;
}

function joinedLinkStates(contents: Map<string, Contents[]>, ourselves: string): Map<string, LinkState> {
  const joined = new Map<string, LinkState>();
  for (const [systemId, fragments] of contents) {
    const linkState = joinedOnce(fragments);
    if (linkState) joined.set(systemId, linkState);
  }
  const hostnames = new Map([...joined].map(([systemId, { hostname }]) => [systemId, hostname]));
  hostnames.set(systemIdOf(ourselves), ourselves);
  for (const [systemId, linkState] of joined) {
    const neighbours = linkState.neighbours.map((neighbour) => {
      const hostname = hostnames.get(neighbour.systemId);
      return hostname === undefined ? neighbour : { ...neighbour, hostname };
    });
    joined.set(systemId, { ...linkState, neighbours });
  }
  return joined;
}

/** Links from us to every system, breadth first over the flooded adjacencies. */
function hopsFrom(
  ourselves: string,
  adjacent: readonly string[],
  linkStates: Map<string, LinkState>,
): Map<string, number> {
  const hops = new Map([[ourselves, 0]]);
  let frontier = [...adjacent];
  for (let distance = 1; frontier.length > 0; distance++) {
    const reached = frontier.filter((systemId) => !hops.has(systemId));
    for (const systemId of reached) hops.set(systemId, distance);
    frontier = [...new Set(reached)].flatMap((systemId) =>
      (linkStates.get(systemId)?.neighbours ?? []).map((neighbour) => neighbour.systemId),
    );
  }
  return hops;
}
