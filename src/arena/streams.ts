/** Independent streams of random numbers, each from a seed and a name: what one case draws moves no other. */
import { createHash } from 'node:crypto';
import type { Random } from '../core/ports.ts';
import { createSeededRandom } from '../sim/seeded-random.ts';

export function streamOf(seed: number, name: string): Random {
  return createSeededRandom(numberOf(seed, name));
}

/** 48 bits of a digest: a seed of its own for each name. */
export function numberOf(seed: number, name: string): number {
  return createHash('sha256').update(`${seed} ${name}`).digest().readUIntBE(0, 6);
}

/** What is drawn from a stream. */
export interface Dice {
  /** Uniform in [0, 1). */
  fraction(): number;
  between(from: number, to: number): number;
  /** Both included. */
  whole(from: number, to: number): number;
  /** Log-uniform. */
  decade(from: number, to: number): number;
  happens(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
}

export function diceOf({ fraction }: Random): Dice {
  const between = (from: number, to: number) => from + (to - from) * fraction();
  return {
    fraction: () => fraction(),
    between,
    whole: (from, to) => Math.floor(between(from, to + 1)),
    decade: (from, to) => Math.exp(between(Math.log(from), Math.log(to))),
    happens: (probability) => fraction() < probability,
    pick(items) {
      const item = items[Math.floor(fraction() * items.length)];
      if (item === undefined) throw new Error('there is nothing to pick from');
      return item;
    },
  };
}
