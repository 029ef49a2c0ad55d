/**
 * Faults that stop everything and show in a router's own state: a link that is down, a router that is gone, a SID that is
 * not installed. They count only where no probe got past.
 */
import type { Element, Hop, Path } from '../../core/records.ts';
import { isSameLink, type Section } from '../sections.ts';
import { adminShutdown, linkDown } from './dead-link.ts';
import type { Evidence, Explanation } from './evidence.ts';
import { nodeCrash } from './node-crash.ts';
import { sidMissing } from './sid-missing.ts';

/** Where a fault stops everything, so that the loss behind it is not explained a second time. */
export interface Stop extends Explanation {
  path: Path;
  stopsAt: { node: string } | { hop: Hop };
}

/** A place that may be down, when the state does not tell a dead link from a dead router. */
export interface Ambiguity {
  elements: Element[];
  path: Path;
  hop: Hop;
}

/** Why a node lets nothing of a path through. */
export type NodeCause = (node: string, path: Path, evidence: Evidence) => Explanation | undefined;

/** Why nothing takes a hop of a path; an ambiguity leaves it open. */
export type HopCause = (hop: Hop, path: Path, evidence: Evidence) => Stop | Ambiguity | undefined;

const nodeCauses: readonly NodeCause[] = [sidMissing];

/** The first that shows is it: a silent router that another neighbour still sees lives, so that its link is down. */
const hopCauses: readonly HopCause[] = [nodeCrash, adminShutdown, linkDown];

export function stopsOf(evidence: Evidence): { stops: Stop[]; ambiguities: Ambiguity[] } {
  const found = evidence.paths.flatMap((path) => [
    ...path.nodes.flatMap((node, index) =>
      sentOn(path, index, evidence.sections) ? [] : stoppedBy(node, path, evidence),
    ),
    ...path.hops.flatMap((hop) => (passed(hop, evidence.sections) ? [] : brokenBy(hop, path, evidence))),
  ]);
  return {
    stops: found.flatMap((one) => ('kind' in one ? one : [])),
    ambiguities: found.flatMap((one) => ('kind' in one ? [] : one)),
  };
}

function stoppedBy(node: string, path: Path, evidence: Evidence): Stop[] {
  for (const cause of nodeCauses) {
    const found = cause(node, path, evidence);
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
function passed(hop: Hop, sections: readonly Section[]): boolean {
  const strands = sections.flatMap(({ purpose, strands }) => (purpose === 'loss' ? strands : []));
  return strands.some(
    ({ toPoint, route }) =>
      toPoint.packets > 0 &&
      route
        .slice(0, toPoint.index)
        .some((links) => links.length === 1 && links.some((link) => isSameLink(link, hop))),
  );
}

/** Whether the node at this position let any small probe of this path through. */
function sentOn(path: Path, index: number, sections: readonly Section[]): boolean {
  return seen(path, sections).some(
    ({ toPoint }) => toPoint.index > index || (toPoint.index === index && toPoint.place !== 'in'),
  );
}

function seen(path: Path, sections: readonly Section[]): Section[] {
  return sections.filter((one) => one.path === path.id && one.purpose === 'loss' && one.toPoint.packets > 0);
}
