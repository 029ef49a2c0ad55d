/**
 * Losses drawn anew over the traffic of a trace: some links bad, every other a little lossy, and of each flow as many
 * packets lost as its links take.
 */
import type { Random } from '../../src/core/ports.ts';
import type { Observation } from '../../src/inference/observation.ts';

/** Fractions of packets, each uniform in its range: the generator of the traces has these. */
export interface LossRanges {
  good: readonly [from: number, to: number];
  bad: readonly [from: number, to: number];
}

export const silentDrops: LossRanges = { good: [0, 1e-4], bad: [2e-3, 2e-2] };

export interface DrawnLosses {
  observations: Observation[];
  /** The loss of each bad link by its number. */
  bad: Map<number, number>;
}

/** Bad links are among those that carried traffic: nobody could tell of another. */
export function drawLosses(
  linkCount: number,
  traffic: readonly Observation[],
  { badCount, ranges, random }: { badCount: number; ranges: LossRanges; random: Random },
): DrawnLosses {
  const uniform = ([from, to]: readonly [number, number]) => from + (to - from) * random.fraction();
  const used = [...new Set(traffic.flatMap(({ links }) => links))].sort((a, b) => a - b);
  const losses = Float64Array.from({ length: linkCount }, () => uniform(ranges.good));
  const bad = new Map<number, number>();
  while (bad.size < Math.min(badCount, used.length)) {
    const link = used[Math.floor(random.fraction() * used.length)] as number;
    if (bad.has(link)) continue;
    bad.set(link, uniform(ranges.bad));
    losses[link] = bad.get(link) as number;
  }
  const observations = traffic.map(({ links, sent }) => {
    const passes = links.reduce((product, link) => product * (1 - (losses[link] as number)), 1);
    return { links, sent, lost: binomial(sent, 1 - passes, random) };
  });
  return { observations, bad };
}

/** Successes among `trials`: jumps from one to the next, whose distance is geometric. */
function binomial(trials: number, probability: number, random: Random): number {
  if (probability <= 0) return 0;
  const logFailure = Math.log1p(-probability);
  let successes = -1;
  for (let at = 0; at <= trials; successes++)
    at += 1 + Math.floor(Math.log(1 - random.fraction()) / logFailure);
  return successes;
}
