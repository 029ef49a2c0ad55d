/** Numbers as words: coarse, so that they say the same in every network. */
import type { Amount, Certainty } from '../../../models/evidence/words.ts';

/** Of packets, which share is lost. */
export function shareLost(entered: number, left: number): Amount {
  const lost = entered - left;
  if (lost <= 0) return 'none';
  const share = lost / entered;
  if (left === 0) return 'all';
  return share >= 0.8 ? 'most' : share >= 0.2 ? 'many' : share >= 0.02 ? 'some' : 'few';
}

/** Of what a counter grew by, beside the packets that are missing at its place. */
export function amountBeside(grown: number, missing: number): Amount {
  if (grown <= 0) return 'none';
  if (missing <= 0) return grown < 10 ? 'few' : 'some';
  const share = grown / missing;
  return share >= 0.9 ? 'all' : share >= 0.5 ? 'most' : share >= 0.1 ? 'some' : 'few';
}

const sureBelow = 1e-9;
const likelyBelow = 1e-4;
const maybeBelow = 0.05;

/** How improbable so many losses are where the rest of the network loses that share; undefined where they are nothing special. */
export function certaintyOf(lost: number, entered: number, shareElsewhere: number): Certainty | undefined {
  if (lost <= 0) return undefined;
  const chance = poissonTail(lost, entered * shareElsewhere);
  return chance < sureBelow
    ? 'sure'
    : chance < likelyBelow
      ? 'likely'
      : chance < maybeBelow
        ? 'maybe'
        : undefined;
}

/** Probability of at least `count` events where `mean` are expected. */
export function poissonTail(count: number, mean: number): number {
  if (mean <= 0) return 0;
  if (count <= mean) return 1;
  // From `count` on each term is smaller than the last by at least count / mean.
  let logTerm = -mean + count * Math.log(mean);
  for (let factor = 2; factor <= count; factor++) logTerm -= Math.log(factor);
  let [term, sum, at] = [1, 0, count];
  while (term > 1e-12) {
    sum += term;
    at += 1;
    term *= mean / at;
  }
  return Math.min(1, Math.exp(logTerm) * sum);
}
