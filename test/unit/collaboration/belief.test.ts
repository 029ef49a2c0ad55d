/** Probabilities are claims about frequencies: here they are held to simulated losses. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { faultProbabilities, type Passage } from '../../../src/collaboration/belief.ts';
import { createSeededRandom } from '../../../src/sim/seeded-random.ts';

const random = createSeededRandom(20);
const prior = { bad: 0.05, lossMin: 5e-3 };

function passed(entered: number, lost: number, overLink = true): Passage {
  return { entered, left: entered - lost, overLink };
}

/** Packets that each of these rates loses of as many as enter it. */
function sent(entered: number, rates: readonly number[]): Passage[] {
  return rates.map((rate) => {
    let lost = 0;
    for (let packet = 0; packet < entered; packet += 1) if (random.fraction() < rate) lost += 1;
    return passed(entered, lost);
  });
}

/** Beside links that lose nothing. */
function among(one: Passage, bad = prior.bad, quiet = 7): number {
  const others = Array.from({ length: quiet }, () => passed(one.entered, 0));
  return faultProbabilities([one, ...others], { ...prior, bad })[0] ?? Number.NaN;
}

describe('the probability of a fault', () => {
  it('is calibrated: of what it calls p, a share of p is a fault', () => {
    // Worlds as the prior says: a quiet background, one place in four faulty, rates log-uniform from the least loss on.
    const bins = new Map<number, { claimed: number; faults: number; count: number }>();
    for (let world = 0; world < 1_500; world += 1) {
      const faulty = Array.from({ length: 6 }, () => random.fraction() < 0.25);
      const rates = faulty.map((isFault) =>
        isFault ? 5e-3 * (1 / 5e-3) ** random.fraction() : 1e-4 * random.fraction(),
      );
      for (const [index, claimed] of faultProbabilities(sent(150, rates), {
        bad: 0.25,
        lossMin: 5e-3,
      }).entries()) {
        const bin = Math.min(4, Math.floor(claimed * 5));
        const held = bins.get(bin) ?? { claimed: 0, faults: 0, count: 0 };
        held.claimed += claimed;
        held.faults += Number(faulty[index]);
        held.count += 1;
        bins.set(bin, held);
      }
    }
    assert.ok(bins.size >= 3);
    for (const { claimed, faults, count } of bins.values()) {
      const margin = 0.02 + 3 * Math.sqrt(0.25 / count);
      assert.ok(Math.abs(claimed / count - faults / count) < margin, `${claimed / count}, ${faults / count}`);
    }
  });

  it('grows with every packet lost', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 7_000 }),
        fc.nat(),
        fc.double({ min: 0.01, max: 0.9, noNaN: true }),
        (n, k, bad) => {
          const lost = k % n;
          assert.ok(among(passed(n, lost), bad) <= among(passed(n, lost + 1), bad) + 1e-9);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('is small after a thousand probes that passed, and large when a tenth is gone', () => {
    assert.ok(among(passed(1_000, 0)) < 0.01);
    assert.ok(among(passed(1_000, 100)) > 0.999);
    assert.ok(among(passed(1_000, 1)) < 0.1, 'one packet accuses nobody');
  });

  it('finds a loss of one in a thousand where somebody asked for it', () => {
    const rates = [1e-3, 0, 0, 0, 0, 0, 0, 0];
    assert.ok((faultProbabilities(sent(40_000, rates), { bad: 0.05, lossMin: 5e-4 })[0] ?? 0) > 0.99);
  });

  it('is small everywhere when all links lose alike, and large for the one that loses ten times as much', () => {
    const noisy = faultProbabilities(sent(20_000, [1e-3, 1e-3, 1e-3, 1e-3, 1e-3, 1e-3]), {
      bad: 0.05,
      lossMin: 5e-4,
    });
    assert.ok(
      noisy.every((probability) => probability < 0.05),
      noisy.join(' '),
    );
    const [bad = 0, ...others] = faultProbabilities(sent(20_000, [1e-2, 1e-3, 1e-3, 1e-3, 1e-3, 1e-3]), {
      bad: 0.05,
      lossMin: 5e-4,
    });
    assert.ok(bad > 0.99 && others.every((probability) => probability < 0.05), `${bad} ${others.join(' ')}`);
  });

  it('does not learn the background of links from what crosses a router', () => {
    const routers = Array.from({ length: 6 }, () => passed(5_000, 0, false));
    const links = sent(5_000, [1e-3, 1e-3, 1e-3, 1e-3]);
    const probabilities = faultProbabilities([...routers, ...links], { bad: 0.05, lossMin: 5e-3 });
    assert.ok(
      probabilities.every((probability) => probability < 0.05),
      probabilities.join(' '),
    );
  });

  it('claims nothing without probes, and is never certain', () => {
    assert.deepEqual(faultProbabilities([], prior), []);
    assert.deepEqual(faultProbabilities([passed(0, 0)], prior), [0]);
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(fc.integer({ min: 0, max: 100_000 }), fc.integer({ min: 0, max: 200_000 }), fc.boolean()),
          { maxLength: 20 },
        ),
        (told) => {
          const passages = told.map(([entered, left, overLink]) => ({ entered, left, overLink }));
          for (const probability of faultProbabilities(passages, prior))
            assert.ok(probability >= 0 && probability <= 0.9999);
        },
      ),
    );
  });
});
