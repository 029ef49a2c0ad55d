/**
 * Faults that stop everything and show in a router's own state: a link that is down, a router that is gone, a SID that is
 * not installed, a route that leads nowhere or back. They count only where no probe got past; the one that packets survive
 * is a SID that sends them on a detour.
 */
import type { Element, Hop, Path } from '../../core/records.ts';
import type { Route } from '../points.ts';
import { isSameLink, type Section } from '../sections.ts';
import { adminShutdown, linkDown } from './dead-link.ts';
import type { Evidence, Explanation } from './evidence.ts';
import { forwardingLoop } from './forwarding-loop.ts';
import { locatorUnreachable } from './locator-unreachable.ts';
import { nodeCrash } from './node-crash.ts';
import { ribFibMismatch } from './rib-fib-mismatch.ts';
import { seg6Disabled } from './seg6-disabled.ts';
import { sidMissing } from './sid-missing.ts';
import { sidDetour, sidWrongBehaviour } from './sid-wrong-behaviour.ts';
import { staticBlackhole } from './static-blackhole.ts';

/** Where a fault stops everything, so that the loss behind it is not explained a second time. */
export interface Stop extends Explanation {
  path: Path;
  stopsAt: { node: string } | { hop: Hop };
  /** Packets pass the same counters several times. */
  multiplies?: boolean;
}

/** A place that may be down, when the state does not tell a dead link from a dead router. */
export interface Ambiguity {
  elements: Element[];
  path: Path;
  hop: Hop;
}

/** Why a node, at this position of the path, lets nothing of it through, or sends it elsewhere. */
export type NodeCause = (
  node: string,
  path: Path,
  evidence: Evidence,
  index: number,
) => (Explanation & { multiplies?: boolean }) | undefined;

/** Why nothing takes a hop of a path; an ambiguity leaves it open. */
export type HopCause = (hop: Hop, path: Path, evidence: Evidence) => Stop | Ambiguity | undefined;

/** Of a node behind whose entrance nothing is seen. */
const nodeCauses: readonly NodeCause[] = [
  seg6Disabled,
  sidMissing,
  sidWrongBehaviour,
  staticBlackhole,
  ribFibMismatch,
  locatorUnreachable,
];

/** Of a node that may well send packets, of which none gets to any node behind it. */
const strayCauses: readonly NodeCause[] = [ribFibMismatch, forwardingLoop];

/** Of any node: packets may arrive all the same. */
const detourCauses: readonly NodeCause[] = [sidDetour];

/** The first that shows is it: a silent router that another neighbour still sees lives, so that its link is down. */
const hopCauses: readonly HopCause[] = [nodeCrash, adminShutdown, linkDown];

export function stopsOf(evidence: Evidence): { stops: Stop[]; ambiguities: Ambiguity[] } {
  const links = passedLinks(evidence.sections);
  const found = evidence.paths.flatMap((path) => [
    ...path.nodes.flatMap((node, index) => stoppedBy(node, path, evidence, index)),
    ...path.hops.flatMap((hop) => (passed(hop, links) ? [] : brokenBy(hop, path, evidence))),
  ]);
  return {
    stops: found.flatMap((one) => ('kind' in one ? one : [])),
    ambiguities: found.flatMap((one) => ('kind' in one ? [] : one)),
  };
}

function stoppedBy(node: string, path: Path, evidence: Evidence, index: number): Stop[] {
  const causes = [
    ...(sentOn(path, index, evidence.sections) ? [] : nodeCauses),
    ...(diesBehind(path, index, evidence.sections) ? strayCauses : []),
    ...detourCauses,
  ];
  for (const cause of causes) {
    const found = cause(node, path, evidence, index);
    if (found !== undefined) return [{ ...found, path, stopsAt: { node } }];
  }
  return [];
}

function brokenBy(hop: Hop, path: Path, evidence: Evidence): (Stop | Ambiguity)[] {
  for (const cause of hopCauses) {
    const found = cause(hop, path, evidence);
    if (found !== undefined) return [found];
  }
  return [];
}

/** Whether any small probe that took the link was counted behind it. */
function passed(hop: Hop, links: readonly Hop[]): boolean {
  return links.some((link) => isSameLink(link, hop));
}

/** The links that small probes are known to have taken and left behind. */
function passedLinks(sections: readonly Section[]): Hop[] {
  const reached = new Map<Route, number>();
  for (const { purpose, strands } of sections)
    for (const { toPoint, route } of purpose === 'loss' ? strands : [])
      if (toPoint.packets > 0) reached.set(route, Math.max(toPoint.index, reached.get(route) ?? 0));
  const links = [...reached].flatMap(([route, index]) => route.slice(0, index));
  return links.flatMap(([only, second]) => (only === undefined || second !== undefined ? [] : only));
}

/** Whether the node at this position let any small probe of this path through. */
function sentOn(path: Path, index: number, sections: readonly Section[]): boolean {
  return seen(path, sections).some(
    ({ toPoint }) => toPoint.index > index || (toPoint.index === index && toPoint.place !== 'in'),
  );
}

/** Whether small probes of this path were sent, and none was counted at any node behind this position. */
function diesBehind(path: Path, index: number, sections: readonly Section[]): boolean {
  const own = sections.filter((one) => one.path === path.id && one.purpose === 'loss');
  return (
    index < path.nodes.length - 1 &&
    own.some(({ entered }) => entered > 0) &&
    own.every(({ toPoint }) => toPoint.index <= index || toPoint.packets === 0)
  );
}

function seen(path: Path, sections: readonly Section[]): Section[] {
  return sections.filter((one) => one.path === path.id && one.purpose === 'loss' && one.toPoint.packets > 0);
}
