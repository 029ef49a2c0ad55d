import type { Random } from '../core/ports.ts';

/** Reproducible, not secret: sfc32 (Doty-Humphrey's PractRand) seeded with one number. */
export function createSeededRandom(seed: number): Random {
  let [a, b, c, counter] = [seed | 0, (seed / 2 ** 32) | 0, 0x9e3779b9 | 0, 1];
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return sum >>> 0;
  };
  for (let round = 0; round < 15; round++) next();
  return {
    fraction: () => (next() * 2 ** 21 + (next() >>> 11)) / 2 ** 53,
    bytes: (length) => Uint8Array.from({ length }, () => next() & 0xff),
  };
}
