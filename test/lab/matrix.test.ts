/**
 * The short form of `npm run lab:matrix` in the modelled world: kinds of faults, drawn from a printed seed, by real processes
 * over real mutual TLS.
 *
 * Input: a fault at a drawn place, in a drawn direction, at a drawn rate. Output: right kind, element and direction.
 */
import { after, describe, it } from 'node:test';
import { faultKindsOf } from '../../src/core/fault-kinds.ts';
import { Playground, playsRight, seedOfMatrix } from '../support/matrix.ts';

/** The kernel world plays every kind that it has; here each takes seconds for little more. */
const everyNth = 3;

const playground = new Playground();
after(() => playground[Symbol.asyncDispose]());

describe(`lab matrix, modelled, seed ${seedOfMatrix} [T17] [T19] [T20] [T24] [T26]`, () => {
  for (const kind of faultKindsOf('modelled').filter((_, index) => index % everyNth === 0))
    it(`pe1-p2-pe3 ${kind}`, { timeout: 400_000 }, () =>
      playsRight(playground, {
        world: 'modelled',
        topology: 'pe1-p2-pe3',
        kind,
        management: 'out-of-band',
      }),
    );
});
