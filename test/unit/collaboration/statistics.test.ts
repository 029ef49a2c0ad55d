/** Intervals are claims about frequencies: here they are held to simulated binomials. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { lossIntervalPercent, lossPercent } from '../../../src/collaboration/statistics.ts';
import { createSeededRandom } from '../../../src/sim/seeded-random.ts';

const random = createSeededRandom(20);

function binomial(count: number, rate: number): number {
  let hits = 0;
  for (let one = 0; one < count; one += 1) if (random.fraction() < rate) hits += 1;
  return hits;
}

describe('the interval of a loss', () => {
  it('covers the true rate in about 95 of 100 cases', () => {
    for (const rate of [0.005, 0.032, 0.2, 0.5, 0.97]) {
      let covered = 0;
      const runs = 600;
      for (let run = 0; run < runs; run += 1) {
        const [low, high] = lossIntervalPercent(1_000, 1_000 - binomial(1_000, rate));
        if (low <= rate * 100 && rate * 100 <= high) covered += 1;
      }
      assert.ok(covered / runs > 0.92 && covered / runs < 0.985, `${rate}: ${covered / runs}`);
    }
  });

  it('holds the measured loss and stays within 0 and 100', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), fc.nat(), (entered, k) => {
        const left = k % (entered + 1);
        const [low, high] = lossIntervalPercent(entered, left);
        const loss = lossPercent(entered, left);
        assert.ok(0 <= low && low <= loss + 0.01 && loss <= high + 0.01 && high <= 100);
      }),
    );
  });

  it('knows nothing without probes, and more than all cannot arrive', () => {
    assert.deepEqual(lossIntervalPercent(0, 0), [0, 100]);
    assert.equal(lossPercent(0, 0), 0);
    assert.equal(lossPercent(10, 12), 0);
  });
});
