/** Where something is said to be, so that an interface, its link and its access list are the same place. */
import type { Direction, Element } from '../core/records.ts';

/** A link, whichever end names it, or a node. */
export type Place = readonly [string] | readonly [string, string];

export interface Where {
  place: Place;
  direction: Direction | 'both';
}

export function placeOf({ node, peer }: Pick<Element, 'node' | 'peer'>): Place {
  if (peer === undefined) return [node];
  return node < peer ? [node, peer] : [peer, node];
}

export function placesOf(elements: readonly Element[]): Place[] {
  return [...new Map(elements.map((one) => [placeOf(one).join(' - '), placeOf(one)])).values()];
}

/** The same place; and a link is where its node is, for whoever sends packets cannot tell them apart. */
export function isAtPlace(said: Place, truth: Place): boolean {
  const [a, b] = said;
  if (truth.length === 1) return a === truth[0] || b === truth[0];
  return a === truth[0] && b === truth[1];
}
