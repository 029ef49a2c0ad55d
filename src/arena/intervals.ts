/** How sure a score is: 95 % intervals, and what is needed for them. */
import type { Random } from '../core/ports.ts';

export type Interval = readonly [number, number];

const z = 1.959964;

/** Score interval of a share (Wilson 1927); [0, 1] of nothing. */
export function wilson(hits: number, of: number): Interval {
  if (of === 0) return [0, 1];
  const share = hits / of;
  const scale = 1 + (z * z) / of;
  const centre = (share + (z * z) / (2 * of)) / scale;
  const half = (z / scale) * Math.sqrt((share * (1 - share)) / of + (z * z) / (4 * of * of));
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}

/** Percentile interval of a statistic over resampled cases (Efron 1979). Undefined statistics are left out. */
export function bootstrap<T>(
  cases: readonly T[],
  statistic: (sample: readonly T[]) => number | undefined,
  random: Random,
  resamples = 500,
): Interval | undefined {
  const values: number[] = [];
  for (let round = 0; round < resamples && cases.length > 0; round++) {
    const sample = cases.map(() => cases[Math.floor(random.fraction() * cases.length)] as T);
    const value = statistic(sample);
    if (value !== undefined) values.push(value);
  }
  const low = quantile(values, 0.025);
  const high = quantile(values, 0.975);
  return low === undefined || high === undefined ? undefined : [low, high];
}

/** Linear between the two nearest; undefined of nothing. */
export function quantile(values: readonly number[], share: number): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  if (below === undefined || above === undefined) return undefined;
  return below + (above - below) * (at - Math.floor(at));
}

/** What was said to be so likely, and whether it was so. */
export interface Forecast {
  probability: number;
  isRight: boolean;
}

export interface ReliabilityBin {
  from: number;
  to: number;
  count: number;
  /** Mean of what was said, and share of what was so. */
  said: number;
  was: number;
}

const bins = 10;

export function reliability(forecasts: readonly Forecast[]): ReliabilityBin[] {
  return Array.from({ length: bins }, (_, bin) => {
    const within = forecasts.filter(
      ({ probability }) => Math.min(bins - 1, Math.floor(probability * bins)) === bin,
    );
    const share = (value: (one: Forecast) => number) =>
      within.length === 0 ? 0 : within.reduce((sum, one) => sum + value(one), 0) / within.length;
    return {
      from: bin / bins,
      to: (bin + 1) / bins,
      count: within.length,
      said: share(({ probability }) => probability),
      was: share(({ isRight }) => (isRight ? 1 : 0)),
    };
  });
}

/** Expected calibration error (Naeini and others, AAAI 2015): mean distance of said and was, weighted by count. */
export function calibrationError(forecasts: readonly Forecast[]): number | undefined {
  if (forecasts.length === 0) return undefined;
  return reliability(forecasts).reduce(
    (sum, { count, said, was }) => sum + (count / forecasts.length) * Math.abs(said - was),
    0,
  );
}
