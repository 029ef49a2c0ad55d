/**
 * The short form of `npm run lab:matrix` in the kernel world: every kind of fault, drawn from a printed seed, with real
 * packets between real processes.
 *
 * Input: a fault at a drawn place, in a drawn direction, at a drawn rate. Output: right kind, element and direction.
 */
import { after, describe, it } from 'node:test';
import { faultKindsOf } from '../../src/core/fault-kinds.ts';
import { skipWithoutLab } from '../support/lab.ts';
import { Playground, playsRight, seedOfMatrix } from '../support/matrix.ts';

const playground = new Playground();
after(() => playground[Symbol.asyncDispose]());

/** All on the small one; on the larger one some, for each run takes seconds. */
const shapes = [
  { topology: 'pe1-p2-pe3', everyNth: 1 },
  { topology: 'ring-6', everyNth: 4 },
];

describe(`lab matrix, kernel, seed ${seedOfMatrix} [T17] [T24]`, {
  skip: skipWithoutLab({ tools: ['ip', 'nft'] }),
}, () => {
  for (const { topology, everyNth } of shapes)
    for (const kind of faultKindsOf('kernel').filter((_, index) => index % everyNth === 0))
      it(`${topology} ${kind}`, { timeout: 400_000 }, () =>
        playsRight(playground, { world: 'kernel', topology, kind, management: 'out-of-band' }),
      );
});
