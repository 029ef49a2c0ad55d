/** Everybody whom Confer is compared with. */
import { binarySearch } from './binary-search.ts';
import { draftRule } from './draft-rule.ts';
import { everyHop } from './every-hop.ts';
import type { Opponent } from './opponent.ts';
import { regression } from './regression.ts';
import { voting } from './voting.ts';

export const opponents: readonly Opponent[] = [draftRule, everyHop(), binarySearch(), voting(), regression()];

export const methodNames: readonly string[] = ['confer', ...opponents.map(({ name }) => name)];
