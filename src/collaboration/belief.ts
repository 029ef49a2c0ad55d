/**
 * How likely it is that each place of the paths loses more than it may, given what entered and left all of them.
 *
 *   good: a loss anywhere from 0 to the background's ceiling, which is one for the whole domain and is not known
 *   bad:  a loss from `lossMin` to 1, every order of magnitude alike; some times the ceiling at least
 *
 * A domain that loses a little everywhere shows in all places at once: then the ceiling is high, and what would be a fault
 * in a quieter one is not. Between the two ranges nothing is claimed.
 */

/** Between these a place is undecided: more probes would tell. */
export const clean = 0.01;
export const decided = 0.99;
/** From here on a place rather loses than not. */
export const suspectFrom = 0.5;

export interface Passage {
  /** Packets. */
  entered: number;
  left: number;
  /** Whether they crossed a link in it: only links share the background. */
  overLink: boolean;
}

export interface Prior {
  /** That a place is bad, 0..1. */
  bad: number;
  /** The least loss that is a fault, share 0..1. */
  lossMin: number;
}

/** What healthy links may lose at most, shares, and how usual that is. */
const ceilings = [
  { share: 1e-4, weight: 0.94 },
  { share: 3e-4, weight: 0.04 },
  { share: 1e-3, weight: 0.02 },
];
/** The ceiling where packets cross no wire. */
const insideRouter = 1e-4;
/** A fault stands out so many times from the background. */
const faultFactorMin = 5;
const goodPoints = 32;
const badPoints = 128;
/** No finite number of probes proves a rate. */
const probabilityMax = 0.9999;

/** Posterior probabilities that each of these places is bad, 0..0.9999, in the same order. */
export function faultProbabilities(passages: readonly Passage[], { bad, lossMin }: Prior): number[] {
  const worlds = ceilings.map(({ share, weight }) => {
    const evidenceOf = remembered((passage) => {
      const ceiling = passage.overLink ? share : insideRouter;
      return {
        good: Math.log1p(-bad) + logEvidence(passage, goodRates(ceiling)),
        bad: Math.log(bad) + logEvidence(passage, badRates(Math.max(lossMin, faultFactorMin * ceiling))),
      };
    });
    const evidence = passages.map(evidenceOf);
    const logWeight = evidence.reduce((sum, one) => sum + logSum([one.good, one.bad]), Math.log(weight));
    return { evidence, logWeight };
  });
  const total = logSum(worlds.map(({ logWeight }) => logWeight));
  return passages.map(({ entered }, index) => {
    if (entered === 0) return 0;
    const probability = worlds.reduce((sum, { evidence, logWeight }) => {
      const { good, bad: faulty } = evidence[index] ?? { good: 0, bad: -Infinity };
      return sum + Math.exp(logWeight - total) / (1 + Math.exp(good - faulty));
    }, 0);
    return Math.min(probabilityMax, probability);
  });
}

/** Most places carried the same packets. */
function remembered<T>(evidenceOf: (passage: Passage) => T): (passage: Passage) => T {
  const known = new Map<string, T>();
  return (passage) => {
    const key = `${passage.entered} ${passage.left} ${passage.overLink}`;
    const found = known.get(key) ?? evidenceOf(passage);
    known.set(key, found);
    return found;
  };
}

/** log of the mean over these rates of rate^lost * (1 - rate)^passed. */
function logEvidence({ entered, left }: Passage, rates: readonly number[]): number {
  const passed = Math.min(entered, left);
  const terms = rates.map((rate) => (entered - passed) * Math.log(rate) + passed * Math.log1p(-rate));
  return logSum(terms) - Math.log(rates.length);
}

function goodRates(ceiling: number): number[] {
  return Array.from({ length: goodPoints }, (_, point) => (ceiling * (point + 0.5)) / goodPoints);
}

function badRates(min: number): number[] {
  return Array.from({ length: badPoints }, (_, point) => min ** (1 - (point + 0.5) / badPoints));
}

function logSum(logs: readonly number[]): number {
  const largest = Math.max(...logs);
  return largest + Math.log(logs.reduce((sum, one) => sum + Math.exp(one - largest), 0));
}
