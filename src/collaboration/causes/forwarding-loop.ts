/**
 * forwarding-loop: a router's route for the next SID leads to a neighbour from which every way leads back. Of the routers
 * in the loop the one is accused whose route leaves the path.
 */
import type { Finding, Path } from '../../core/records.ts';
import type { Readings } from '../readings.ts';
import { aimAt, controlMatch, leadsOn, neighbourAt } from '../route-tables.ts';
import { uncertainProbabilityMax } from './evidence.ts';
import type { NodeCause } from './stops.ts';

/** Of the probes: each ends in the loop, with an error that the router counts where its hop limit is spent. */
const expiredShareMin = 0.5;

const contestedProbability = 0.5;

export const forwardingLoop: NodeCause = (node, path, { paths, sections, readings }, index) => {
  const aim = aimAt(index, path, readings);
  const control = aim && controlMatch(node, aim.sid, readings);
  const routes = control?.nextHops.filter(leadsOn) ?? [];
  const [route] = routes;
  if (aim === undefined || control?.prefix === undefined || route === undefined) return undefined;
  const neighbours = routes.map((one) => neighbourAt(node, one, paths, readings));
  const [peer] = neighbours;
  const members = new Map<string, boolean>();
  const isLoop = neighbours.every(
    (next) =>
      next !== undefined &&
      next !== path.nodes[index + 1] &&
      returnsTo(node, next, aim.sid, { paths, readings, members }),
  );
  if (!isLoop || peer === undefined) return undefined;
  const sent = sections.find((one) => one.path === path.id && one.purpose === 'loss')?.entered ?? 0;
  const expired = [node, ...members.keys()].map((member) => expiredAt(member, readings));
  const isSeen = expired.some(({ packets }) => packets > 0 && packets >= expiredShareMin * sent);
  return {
    kind: 'forwarding-loop',
    element: { node, interface: route['outgoing-interface'] ?? '', peer, object: control.prefix },
    direction: path.direction,
    supportedBy: [
      control.id,
      ...[...members.keys()].flatMap((member) => readings.get(member)?.routes?.id ?? []),
      ...expired.flatMap(({ packets, ids }) => (packets > 0 ? ids : [])),
    ],
    multiplies: true,
    ...(!isSeen && { probabilityMax: uncertainProbabilityMax }),
  };
};

/** Two routers that accuse each other of one loop: one of them is right, and nobody knows which. */
export function withoutContest(findings: readonly Finding[]): Finding[] {
  const isOpposite = (one: Finding, other: Finding) =>
    other.kind === 'forwarding-loop' &&
    other.element.object === one.element.object &&
    other.element.node === one.element.peer &&
    other.element.peer === one.element.node;
  return findings.map((one) =>
    one.kind === 'forwarding-loop' && findings.some((other) => isOpposite(one, other))
      ? { ...one, probability: Math.min(one.probability, contestedProbability) }
      : one,
  );
}

interface Search {
  paths: readonly Path[];
  readings: Readings;
  /** Who was found on the way, and whether all routes lead back from there; not yet, while that is being found out. */
  members: Map<string, boolean>;
}

/** Whether all routes from `at` lead to `node`; false where somebody does not tell, or another loop begins. */
function returnsTo(node: string, at: string, address: string, search: Search): boolean {
  const { paths, readings, members } = search;
  const known = members.get(at);
  if (known !== undefined) return known;
  members.set(at, false);
  const routes = controlMatch(at, address, readings)?.nextHops.filter(leadsOn) ?? [];
  const returns =
    routes.length > 0 &&
    routes.every((route) => {
      const next = neighbourAt(at, route, paths, readings);
      return next !== undefined && (next === node || returnsTo(node, next, address, search));
    });
  members.set(at, returns);
  return returns;
}

/** Packets whose hop limit was spent there since the first reading (RFC 4293's ipIfStatsInHdrErrors). */
function expiredAt(node: string, readings: Readings): { packets: number; ids: string[] } {
  const told = readings.get(node)?.forwarding ?? [];
  const [first, last] = [told[0], told.at(-1)];
  if (first === undefined || last === undefined) return { packets: 0, ids: [] };
  const errors = ({ value }: typeof first) => Number(value.ipv6['in-header-errors']);
  return { packets: errors(last) - errors(first), ids: [first.id, last.id] };
}
