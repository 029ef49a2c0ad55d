/** Everybody whom Confer is compared with. */

import type { ModelName } from '../floor.ts';
import { binarySearch } from './binary-search.ts';
import { draftRule } from './draft-rule.ts';
import { everyHop } from './every-hop.ts';
import type { Opponent } from './opponent.ts';
import { regression } from './regression.ts';
import { voting } from './voting.ts';

export const opponents: readonly Opponent[] = [draftRule, everyHop(), binarySearch(), voting(), regression()];

export const methodNames: readonly string[] = [
  'confer',
  'confer-first',
  ...opponents.map(({ name }) => name),
];

/** What a method can see, and the floor that its probes are held against. Confer's agents count on the way. */
export function modelOf(name: string): ModelName {
  return opponents.find((one) => one.name === name)?.model ?? 'M2';
}
