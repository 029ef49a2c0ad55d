/** What many measured values come to, as people read them. */

export interface Distribution {
  min: number;
  average: number;
  max: number;
  median: number;
  /** Of fewer than a hundred values, the largest. */
  p99: number;
}

/** Quantiles are of the nearest rank: each is one of the values. There is at least one. */
export function distributionOf(values: readonly number[]): Distribution {
  const inOrder = Float64Array.from(values).sort();
  const at = (share: number) => inOrder[Math.max(0, Math.ceil(share * inOrder.length) - 1)] ?? Number.NaN;
  return {
    min: at(0),
    average: inOrder.reduce((sum, value) => sum + value, 0) / inOrder.length,
    max: at(1),
    median: at(0.5),
    p99: at(0.99),
  };
}
