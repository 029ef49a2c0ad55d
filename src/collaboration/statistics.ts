/** How likely it is that a place loses more than the background, given what entered and what left. */

/** Loss that every healthy link may show. */
const background = { min: 1e-6, max: 5e-4 };
/** Loss that is a fault. Between the two nothing is claimed. */
const faulty = { min: 5e-3, max: 1 };
const gridPoints = 256;
/** No finite number of probes proves a rate. */
const probabilityMax = 0.9999;

/**
 * Posterior probability of a fault, 0..probabilityMax. Both hypotheses give the loss rate a log-uniform prior in their
 * range; the binomial likelihood is integrated over it (a Bayes factor), with `prior` as the prior probability.
 */
export function faultProbability(entered: number, left: number, prior: number): number {
  const lost = Math.max(0, entered - left);
  if (entered === 0) return 0;
  const logFactor =
    logEvidence(entered, lost, faulty.min, faulty.max) -
    logEvidence(entered, lost, background.min, background.max);
  const logOdds = logFactor + Math.log(prior / (1 - prior));
  return Math.min(probabilityMax, 1 / (1 + Math.exp(-logOdds)));
}

/** log of the average over a log-uniform rate of rate^lost * (1 - rate)^(entered - lost). */
function logEvidence(entered: number, lost: number, rateMin: number, rateMax: number): number {
  const terms: number[] = [];
  for (let point = 0; point < gridPoints; point++) {
    const rate = rateMin * (rateMax / rateMin) ** ((point + 0.5) / gridPoints);
    terms.push(lost * Math.log(rate) + (entered - lost) * Math.log1p(-Math.min(rate, 1 - 1e-12)));
  }
  const largest = Math.max(...terms);
  return largest + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - largest), 0) / gridPoints);
}

/** 95 % score interval of a share (Wilson 1927), in percent with two decimals. */
export function lossIntervalPercent(entered: number, left: number): [number, number] {
  if (entered === 0) return [0, 100];
  const z = 1.96;
  const share = Math.max(0, entered - left) / entered;
  const scale = 1 + (z * z) / entered;
  const centre = (share + (z * z) / (2 * entered)) / scale;
  const half = (z / scale) * Math.sqrt((share * (1 - share)) / entered + (z * z) / (4 * entered * entered));
  return [roundPercent(Math.max(0, centre - half)), roundPercent(Math.min(1, centre + half))];
}

export function lossPercent(entered: number, left: number): number {
  return entered === 0 ? 0 : roundPercent(Math.max(0, entered - left) / entered);
}

export function roundPercent(share: number): number {
  return Math.round(share * 10_000) / 100;
}
