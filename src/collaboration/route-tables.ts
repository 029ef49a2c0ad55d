/** Longest-prefix match in what routers tell of their routes (RFC 8349), and whom a next hop is. */
import type { Hop, Path } from '../core/records.ts';
import { contains, isLinkLocal, sameAddress } from './addresses.ts';
import type { Lookup, Readings, Route } from './readings.ts';

export type NextHop = Route['next-hop'];

/** Every route of the longest prefix that holds the address: one a next hop. */
export function longestMatch(routes: readonly Route[], address: string): Route[] {
  const matching = routes.filter((route) => contains(route['destination-prefix'], address));
  const longest = Math.max(...matching.map(lengthOf));
  return matching.filter((route) => lengthOf(route) === longest);
}

function lengthOf(route: Route): number {
  return Number(route['destination-prefix'].split('/')[1] ?? 128);
}

/** What a router makes of an address; no next hop: nothing matches. */
export interface Match {
  /** The answer that tells. */
  id: string;
  prefix?: string;
  nextHops: readonly NextHop[];
}

/** By its routes; undefined when it did not tell them. */
export function controlMatch(node: string, address: string, readings: Readings): Match | undefined {
  const told = readings.get(node)?.routes;
  if (told === undefined) return undefined;
  const routes = longestMatch(told.value, address);
  const prefix = routes[0]?.['destination-prefix'];
  return {
    id: told.id,
    ...(prefix !== undefined && { prefix }),
    nextHops: routes.map((route) => route['next-hop']),
  };
}

/** By its forwarding, the last time that it was asked; undefined when it was not, or did not tell. */
export function forwardingMatch(node: string, address: string, readings: Readings): Match | undefined {
  const isAbout = ({ value }: { value: Lookup }) => sameAddress(value.address, address);
  const told = readings.get(node)?.lookups.findLast(isAbout);
  if (told === undefined) return undefined;
  const prefix = told.value['destination-prefix'];
  return { id: told.id, ...(prefix !== undefined && { prefix }), nextHops: told.value['next-hop'] };
}

/** Whether a packet goes on to another router by it. */
export function leadsOn(nextHop: NextHop): boolean {
  return nextHop['special-next-hop'] === undefined && nextHop['outgoing-interface'] !== undefined;
}

/** Who holds the next hop's address; by its interface where the address says nothing. */
export function neighbourAt(
  node: string,
  nextHop: NextHop,
  paths: readonly Path[],
  readings: Readings,
): string | undefined {
  const { 'next-hop-address': address, 'outgoing-interface': name } = nextHop;
  if (address !== undefined && !isLinkLocal(address))
    for (const [holder, { interfaces }] of readings)
      for (const one of interfaces.at(-1)?.value ?? [])
        if (one['ietf-ip:ipv6'].address.some(({ ip }) => sameAddress(ip, address))) return holder;
  const leaves = ({ from, egress }: Hop) => from === node && egress === name;
  const arrives = ({ to, ingress }: Hop) => to === node && ingress === name;
  const hops = paths.flatMap((path) => path.hops);
  return hops.find(leaves)?.to ?? hops.find(arrives)?.from;
}

/** The SID that packets of a path are routed by when they leave the node at a position, and whose it is. */
export interface Aim {
  sid: string;
  node: string;
}

/** Undefined behind the last SID, and where a SID on the way, or whose it is, is not known. */
export function aimAt(index: number, path: Path, readings: Readings): Aim | undefined {
  let reached = 0;
  for (const [number, sid] of path.segments.entries()) {
    if (sid === '') return undefined;
    const isLast = number === path.segments.length - 1;
    const position = isLast
      ? path.nodes.length - 1
      : path.nodes.findIndex((node, at) => at > reached && owns(node, sid, readings));
    if (position < 0) return undefined;
    if (position > index) return { sid, node: path.nodes[position] ?? '' };
    reached = position;
  }
  return undefined;
}

function owns(node: string, sid: string, readings: Readings): boolean {
  const sids = readings.get(node)?.device?.value.sids;
  return sids !== undefined && Object.values(sids).some((own) => sameAddress(own, sid));
}
