/** Probabilities and intervals are claims about frequencies: here they are held to simulated binomials. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { faultProbability, lossIntervalPercent, lossPercent } from '../../../src/collaboration/statistics.ts';
import { createSeededRandom } from '../../../src/sim/seeded-random.ts';

const random = createSeededRandom(20);

function binomial(count: number, rate: number): number {
  let hits = 0;
  for (let one = 0; one < count; one += 1) if (random.fraction() < rate) hits += 1;
  return hits;
}

describe('the probability of a fault', () => {
  it('is calibrated: of what it calls p, a share of p is a fault', () => {
    // Worlds as the prior says: half are faulty, rates log-uniform in their range.
    const bins = new Map<number, { claimed: number; faults: number; count: number }>();
    for (let world = 0; world < 6_000; world += 1) {
      const isFault = random.fraction() < 0.5;
      const [low, high] = isFault ? [5e-3, 1] : [1e-6, 5e-4];
      const rate = low * (high / low) ** random.fraction();
      const entered = 300;
      const claimed = faultProbability(entered, entered - binomial(entered, rate), 0.5);
      const bin = Math.min(4, Math.floor(claimed * 5));
      const held = bins.get(bin) ?? { claimed: 0, faults: 0, count: 0 };
      held.claimed += claimed;
      held.faults += Number(isFault);
      held.count += 1;
      bins.set(bin, held);
    }
    assert.ok(bins.size >= 3);
    for (const { claimed, faults, count } of bins.values()) {
      const margin = 0.02 + 3 * Math.sqrt(0.25 / count);
      assert.ok(Math.abs(claimed / count - faults / count) < margin, `${claimed / count}, ${faults / count}`);
    }
  });

  it('grows with every packet lost and shrinks with every packet that passes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 7_000 }),
        fc.nat(),
        fc.double({ min: 0.01, max: 0.9, noNaN: true }),
        (n, k, prior) => {
          const left = 1 + (k % (n - 1));
          assert.ok(faultProbability(n, left, prior) <= faultProbability(n, left - 1, prior) + 1e-9);
          assert.ok(faultProbability(n + 1, left + 1, prior) <= faultProbability(n, left, prior) + 1e-9);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('is sure after a thousand clean probes, and when a tenth is gone', () => {
    assert.ok(faultProbability(1_000, 1_000, 0.25) < 0.1);
    assert.ok(faultProbability(7_000, 7_000, 0.25) < 0.01);
    assert.ok(faultProbability(1_000, 900, 0.02) > 0.999);
    assert.ok(faultProbability(1_000, 999, 0.02) < 0.5, 'one packet accuses nobody');
  });

  it('claims nothing without probes, and is never certain', () => {
    assert.equal(faultProbability(0, 0, 0.5), 0);
    assert.equal(faultProbability(100_000, 0, 0.5), 0.9999);
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 100_000 }),
        fc.integer({ min: 0, max: 200_000 }),
        (entered, left) => {
          const probability = faultProbability(entered, left, 0.01);
          assert.ok(probability >= 0 && probability <= 0.9999);
        },
      ),
    );
  });
});

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
