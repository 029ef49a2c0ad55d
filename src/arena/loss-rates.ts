/** Loss rates of bad links, as published measurements of networks have them. Shares, 0..1. */
import type { Dice } from './streams.ts';

export const rateNames = ['uniform', 'log-uniform', 'data-centre'] as const;
export type RateName = (typeof rateNames)[number];

/**
 *   uniform       0.2 % to 2 % (Harsh and others, "Flock", CoNEXT 2023)
 *   log-uniform   0.1 % to 100 %
 *   data-centre   the two upper buckets of Zhuo and others, "Understanding and mitigating packet corruption in data center
 *                 networks" (CorrOpt), SIGCOMM 2017: 1e-4..1e-3 and 1e-3..1e-2, renormalised to 63 % and 37 %
 */
export function drawLossRate(name: RateName, dice: Dice): number {
  switch (name) {
    case 'uniform':
      return dice.between(0.002, 0.02);
    case 'log-uniform':
      return dice.decade(0.001, 1);
    case 'data-centre':
      return dice.happens(0.63) ? dice.decade(1e-4, 1e-3) : dice.decade(1e-3, 1e-2);
  }
}
