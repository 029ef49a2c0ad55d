/**
 * What the signed answers of a report show, sign by sign, before anybody weighs it: where packets get lost, what was counted
 * there, how interfaces, SIDs and routes are, who did not answer. Neither findings nor probabilities of the correlation are
 * in it, so that a model that ranks causes by it is a second opinion.
 */
import {
  type Amount,
  amounts,
  type Certainty,
  certainties,
  type ShownPath,
  type SignName,
} from '../../../models/evidence/words.ts';
import type { Direction, Element } from '../../core/records.ts';
import { countedSections, type Section } from '../sections.ts';
import type { CorrelationInput } from '../weighing.ts';
import { interfaceSigns } from './interface-signs.ts';
import { lossSigns, pathsShown } from './loss-signs.ts';
import { routerSigns } from './router-signs.ts';

export interface Sign {
  sign: SignName;
  /** Of a section without counters inside: all of it. */
  elements: readonly [Element, ...Element[]];
  direction?: Direction;
  amount?: Amount;
  certainty?: Certainty;
  /** By how much the counter of the place grew; of signs that are counters. */
  grown?: number;
}

export interface Signs {
  paths: ShownPath[];
  /** What tells most comes first. */
  signs: Sign[];
}

/** What every reader of signs looks at. */
export interface Seen extends CorrelationInput {
  sections: readonly Section[];
}

export function signsOf(input: CorrelationInput): Signs {
  const { paths, flows, readings } = input;
  const sections = countedSections(paths, flows, readings);
  const seen: Seen = { ...input, sections };
  const found = [...lossSigns(seen), ...routerSigns(seen), ...interfaceSigns(seen)];
  return { paths: pathsShown(seen), signs: distinct(found) };
}

/** What several paths show at the same place is one sign, where the first of them stood: the strongest. */
function distinct(signs: readonly Sign[]): Sign[] {
  const strongest = new Map<string, Sign>();
  for (const one of signs) {
    const key = JSON.stringify([one.sign, one.elements, one.direction]);
    const before = strongest.get(key);
    if (before === undefined || isStronger(one, before)) strongest.set(key, one);
  }
  return [...strongest.values()];
}

/** Surer, or as sure and of more. */
function isStronger(one: Sign, other: Sign): boolean {
  const weights = ({ certainty, amount, grown = 0 }: Sign) => [
    certainty === undefined ? -1 : certainties.indexOf(certainty),
    amount === undefined ? -1 : amounts.indexOf(amount),
    grown,
  ];
  const [mine, theirs] = [weights(one), weights(other)];
  const at = mine.findIndex((weight, index) => weight !== theirs[index]);
  return at >= 0 && (mine[at] ?? 0) > (theirs[at] ?? 0);
}
