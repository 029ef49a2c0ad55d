/**
 * Integrals over the loss of one link: the points at which its likelihood is looked at, and what follows from the values
 * there. Good losses are spread evenly, bad ones evenly in every order of magnitude, as the prior is.
 */
import { gaussLegendre } from './quadrature.ts';

/** An integral over what the loss of a link may be. */
export interface Evidence {
  /** ln of the mean likelihood, up to a constant that is the same for the good and the bad range of a link. */
  readonly logLikelihood: number;
  /** The mean loss, weighted by likelihood and prior, and the square root of its variance. */
  readonly meanLoss: number;
  readonly lossDeviation: number;
}

const { points, weights } = gaussLegendre(24);
export const pointCount = points.length;
/** What lies this far below the peak, in ln, does not count: e^-18 is 1.5e-8. */
export const dropMax = 18;

/** Nothing is ever sure to be lost: the logarithm of what passes stays finite. */
const lossMax = 1 - 1e-15;

/** An interval of the variable that the prior is flat in: the loss, or its logarithm. */
export interface Interval {
  readonly from: number;
  readonly to: number;
}

export interface Range extends Interval {
  readonly isLogarithmic: boolean;
  /** At the points of the whole range. */
  readonly losses: Float64Array;
  readonly logPassed: Float64Array;
}

export function rangeOf(from: number, to: number, isLogarithmic: boolean): Range {
  const losses = new Float64Array(pointCount);
  const logPassed = new Float64Array(pointCount);
  fillPoints({ from, to }, isLogarithmic, losses, logPassed);
  return { from, to, isLogarithmic, losses, logPassed };
}

/** The losses at the points of an interval, and ln of what passes there. */
export function fillPoints(
  { from, to }: Interval,
  isLogarithmic: boolean,
  losses: Float64Array,
  logPassed: Float64Array,
): void {
  const [half, middle] = [(to - from) / 2, (to + from) / 2];
  for (let at = 0; at < pointCount; at++) {
    const place = middle + half * (points[at] as number);
    const loss = Math.min(isLogarithmic ? Math.exp(place) : place, lossMax);
    losses[at] = loss;
    logPassed[at] = Math.log1p(-loss);
  }
}

/** The part of an interval in which the likelihood, of these logarithms at its points, counts. */
export function whereItCounts({ from, to }: Interval, logLikelihoods: Float64Array): Interval {
  const least = peakOf(logLikelihoods) - dropMax;
  let first = 0;
  while ((logLikelihoods[first] as number) < least) first++;
  let last = pointCount - 1;
  while ((logLikelihoods[last] as number) < least) last--;
  const [half, middle] = [(to - from) / 2, (to + from) / 2];
  return {
    from: first === 0 ? from : middle + half * (points[first - 1] as number),
    to: last === pointCount - 1 ? to : middle + half * (points[last + 1] as number),
  };
}

/** The integral over an interval outside of which nothing counts. The logarithms are used up. */
export function integral(
  { from, to }: Interval,
  range: Interval,
  losses: Float64Array,
  logLikelihoods: Float64Array,
): Evidence {
  const peak = peakOf(logLikelihoods);
  const likelihoods = logLikelihoods;
  let [sum, lossSum] = [0, 0];
  for (let at = 0; at < pointCount; at++) {
    likelihoods[at] = (weights[at] as number) * Math.exp((logLikelihoods[at] as number) - peak);
    sum += likelihoods[at] as number;
    lossSum += (likelihoods[at] as number) * (losses[at] as number);
  }
  const meanLoss = lossSum / sum;
  let squareSum = 0;
  for (let at = 0; at < pointCount; at++)
    squareSum += (likelihoods[at] as number) * ((losses[at] as number) - meanLoss) ** 2;
  const share = (to - from) / 2 / (range.to - range.from);
  return {
    logLikelihood: peak + Math.log(sum * share),
    meanLoss,
    lossDeviation: Math.sqrt(squareSum / sum),
  };
}

function peakOf(values: Float64Array): number {
  let peak = values[0] as number;
  for (let at = 1; at < pointCount; at++) peak = Math.max(peak, values[at] as number);
  return peak;
}
