/**
 * The parts of a way that probes can tell apart: from one node that takes part to the next. Usually that is a link; where
 * nodes are silent, it is several, and what is lost there is lost anywhere among them.
 */
import type { Element } from '../../core/records.ts';
import { type Claim, type Diagnosis, mergedClaims } from '../claims.ts';
import type { Prober } from '../prober.ts';
import type { Way, WayLink } from '../ways.ts';

/** From the node at one index of the way to that at another. */
export interface Cell {
  way: Way;
  from: number;
  to: number;
}

/** Whoever sends must answer, whoever receives must count; the ends of a way that do not are left out. */
export function cellsOf(prober: Prober, way: Way): Cell[] {
  const useful = way.nodes.flatMap((node, index) => (prober.counts(node) ? [index] : []));
  return useful.slice(1).map((to, index) => ({ way, from: useful[index] ?? 0, to }));
}

export function linksIn({ way, from, to }: Cell): readonly WayLink[] {
  return way.links.slice(from, to);
}

/** The directed link as both worlds name it. */
export function linkElement({ from, to }: WayLink): Element {
  return { node: from.node, interface: from.interface, peer: to.node };
}

/** A cell that was found to lose packets. */
export interface Lossy {
  cell: Cell;
  /** Of what was sent over it, 0..1. */
  lossShare: number;
}

/**
 * One link is accused. Of several, a silent node between them is where nothing gets through; else nobody can say which
 * it is.
 */
export function diagnosisOf(lossy: readonly Lossy[]): Diagnosis {
  const claims: Claim[] = [];
  const suspects: Element[] = [];
  for (const { cell, lossShare } of lossy) {
    const links = linksIn(cell);
    const [only] = links;
    const between = cell.way.nodes.slice(cell.from + 1, cell.to);
    const [silent] = between;
    if (links.length === 1 && only !== undefined)
      claims.push({ element: linkElement(only), direction: cell.way.direction });
    else if (between.length === 1 && silent !== undefined && lossShare === 1)
      claims.push({ element: { node: silent }, direction: cell.way.direction });
    else suspects.push(...links.map(linkElement), ...between.map((node) => ({ node })));
  }
  return {
    claims: mergedClaims(claims),
    suspects: claims.length > 0 ? [] : suspects,
    isInconclusive: claims.length === 0 && suspects.length > 0,
  };
}
