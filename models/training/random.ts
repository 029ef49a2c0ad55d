/** Reproducible randomness (sfc32, seeded by splitmix-like mixing): the same seed makes the same data on every machine. */

export interface Random {
  /** In [0, 1). */
  fraction: () => number;
  /** In 0..count-1. */
  below: (count: number) => number;
  chance: (probability: number) => boolean;
  pick: <T>(all: readonly T[]) => T;
  shuffled: <T>(all: readonly T[]) => T[];
}

export function createRandom(seed: number): Random {
  let a = 0x9e3779b9 ^ seed;
  let b = 0x243f6a88;
  let c = 0xb7e15162;
  let counter = 1;
  const next = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 4_294_967_296;
  };
  for (let round = 0; round < 16; round++) next();
  const below = (count: number) => Math.floor(next() * count);
  return {
    fraction: next,
    below,
    chance: (probability) => next() < probability,
    pick: (all) => {
      const one = all[below(all.length)];
      if (one === undefined) throw new Error('There is nothing to pick from.');
      return one;
    },
    shuffled: (all) => {
      const copy = [...all];
      for (let index = copy.length - 1; index > 0; index--) {
        const other = below(index + 1);
        const kept = copy[index] as (typeof copy)[number];
        copy[index] = copy[other] as (typeof copy)[number];
        copy[other] = kept;
      }
      return copy;
    },
  };
}
