/** The statistics that the opponents decide with. */

/** Probability that `sent` packets lose `lost` or more when each is lost with `rate`. */
export function tailProbability(sent: number, lost: number, rate: number): number {
  if (lost <= 0) return 1;
  let term = Math.exp(sent * Math.log1p(-rate));
  let below = term;
  for (let count = 1; count < lost; count++) {
    term *= ((sent - count + 1) / count) * (rate / (1 - rate));
    below += term;
  }
  return Math.max(0, 1 - below);
}

/** Loss of a row of so many links, one of them perhaps a bad one. Shares. */
export function rowLoss(links: number, background: number, bad = background): number {
  return 1 - (1 - bad) * (1 - background) ** (links - 1);
}

export interface Hypotheses {
  healthy: number;
  lossy: number;
}

/** Wald's sequential test (1945): the log-likelihood ratio, and the two lines between which it goes on. */
export function logRatio(
  { sent, lost }: { sent: number; lost: number },
  { healthy, lossy }: Hypotheses,
): number {
  return lost * Math.log(lossy / healthy) + (sent - lost) * (Math.log1p(-lossy) - Math.log1p(-healthy));
}

export function sprtBounds({ falseAlarm, miss }: { falseAlarm: number; miss: number }): {
  healthy: number;
  lossy: number;
} {
  return { healthy: Math.log(miss / (1 - falseAlarm)), lossy: Math.log((1 - miss) / falseAlarm) };
}
