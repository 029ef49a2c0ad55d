/**
 * What is known of a BGP session and of what it rests on: the routing protocols of its ends and of the routers between
 * them. A cause names what the readings of both sides show; index.ts lists them.
 */
import type { Direction, Hop, Path, Untrusted } from '../../../core/records.ts';
import { sameAddress } from '../../addresses.ts';
import type { Bgp, NodeReadings, Reading, Readings } from '../../readings.ts';
import type { Explanation } from '../evidence.ts';

export type BgpNeighbor = NonNullable<Bgp['neighbors']>['neighbor'][number];

/** One end of the session. */
export interface End {
  node: string;
  peer: string;
  /** In which its routes travel. */
  direction: Direction;
  /** The last reading, of a daemon that answers. */
  bgp?: Reading<Bgp>;
  /** What it says of its session with the peer. */
  session?: BgpNeighbor;
}

export interface SessionEvidence {
  /** The head first. */
  ends: readonly [End, End];
  paths: readonly Path[];
  readings: Readings;
  untrusted: readonly Untrusted[];
}

export type RoutingExplanation = Omit<Explanation, 'loss'>;
export type RoutingCause = (evidence: SessionEvidence) => RoutingExplanation[];

export function endOf(node: string, peer: string, direction: Direction, readings: Readings): End {
  const told = readings.get(node);
  const bgp = told?.bgp.at(-1);
  const session = bgp?.value.neighbors?.neighbor.find((one) =>
    owns(readings.get(peer), one['remote-address']),
  );
  return {
    node,
    peer,
    direction,
    ...(bgp?.value['confer-device:running'] && { bgp }),
    ...(session !== undefined && { session }),
  };
}

function owns(told: NodeReadings | undefined, address: string): boolean {
  const interfaces = told?.interfaces.at(-1)?.value ?? [];
  const own = interfaces.flatMap((one) => one['ietf-ip:ipv6'].address.map(({ ip }) => ip));
  return [told?.device?.value.address ?? '', ...own].some((one) => one !== '' && sameAddress(one, address));
}

export function isEstablished({ ends }: SessionEvidence): boolean {
  return ends.every(({ session }) => session?.['session-state'] === 'established');
}

/** Each with the other end of its session. */
export function bothWays({ ends: [head, neighbor] }: SessionEvidence): [own: End, peer: End][] {
  return [
    [head, neighbor],
    [neighbor, head],
  ];
}

export function shownBy(...ends: readonly End[]): string[] {
  return ends.flatMap(({ bgp }) => bgp?.id ?? []);
}

/** Links of the paths, each once, in the direction of the intent where any path takes it so. */
export function hopsOf({ paths }: SessionEvidence): Hop[] {
  const hops = new Map<string, Hop>();
  for (const path of paths)
    for (const hop of path.hops) {
      const [from, to] = [`${hop.from} ${hop.egress}`, `${hop.to} ${hop.ingress}`];
      if (!hops.has(`${to} ${from}`)) hops.set(`${from} ${to}`, hop);
    }
  return [...hops.values()];
}

/** The direction in which packets of the intent cross a hop; both where they do either way. */
export function directionOf({ from, egress }: Hop, { paths }: SessionEvidence): Direction | undefined {
  return paths.find(({ hops }) => hops.some((hop) => hop.from === from && hop.egress === egress))?.direction;
}
