/**
 * The short form of `npm run lab:matrix`: every kind of fault, drawn from a printed seed, in both worlds, by real
 * processes over real mutual TLS; in the kernel world by real packets.
 *
 * Input: a fault at a drawn place, in a drawn direction, at a drawn rate. Output: right kind, element and direction.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { type FaultKind, faultKindsOf } from '../../src/core/fault-kinds.ts';
import { skipWithoutLab } from '../support/lab.ts';
import { type MatrixRun, Playground } from '../support/matrix.ts';

const seed = Number(process.env.CONFER_SEED ?? 1);

const playground = new Playground();
after(() => playground[Symbol.asyncDispose]());

async function plays(run: Omit<MatrixRun, 'seed'>): Promise<void> {
  const { score, story } = await playground.play({ ...run, seed });
  assert.equal(score, 'right', [`CONFER_SEED=${seed}`, ...story].join('\n'));
}

/** Of this world; where `everyNth` is more than one, so many fewer, for each run takes seconds. */
function kindsOf(world: MatrixRun['world'], everyNth: number): FaultKind[] {
  return faultKindsOf(world).filter((_, index) => index % everyNth === 0);
}

const kernelShapes = [
  { topology: 'pe1-p2-pe3', everyNth: 1 },
  { topology: 'ring-6', everyNth: 3 },
];

describe(`lab matrix, seed ${seed}`, () => {
  describe('modelled [T17] [T19] [T20] [T24] [T26]', () => {
    for (const kind of kindsOf('modelled', 2))
      it(`pe1-p2-pe3 ${kind}`, { timeout: 120_000 }, () =>
        plays({ world: 'modelled', topology: 'pe1-p2-pe3', kind, management: 'out-of-band' }),
      );
  });
  describe('kernel [T17] [T24]', { skip: skipWithoutLab({ tools: ['ip', 'nft'] }) }, () => {
    for (const { topology, everyNth } of kernelShapes)
      for (const kind of kindsOf('kernel', everyNth))
        it(`${topology} ${kind}`, { timeout: 120_000 }, () =>
          plays({ world: 'kernel', topology, kind, management: 'out-of-band' }),
        );
  });
});
