/**
 * The integrals over the loss of one link, against closed forms. Alone on its path, a link that lost m of n has
 *
 *     good    1/g         * integral from 0 to g of t^m (1 - t)^(n - m) dt
 *     bad     1/ln(1/b)   * integral from b to 1 of t^(m - 1) (1 - t)^(n - m) dt
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LinkLosses } from '../../../src/inference/link-losses.ts';
import { usualPrior } from '../../../src/inference/observation.ts';

const { goodLossMax, badLossMin } = usualPrior;
const badRange = Math.log(1 / badLossMin);

function near(actual: number, exact: number, within = 1e-6): void {
  assert.ok(
    Math.abs(actual - exact) <= within * Math.max(1, Math.abs(exact)),
    `${actual} is not near ${exact}`,
  );
}

function alone(sent: number, lost: number): LinkLosses {
  return new LinkLosses(1, [{ links: [0], sent, lost }]);
}

/** ln of the gamma function, by Stirling's series. */
function logGamma(x: number): number {
  if (x < 20) return logGamma(x + 1) - Math.log(x);
  return (x - 0.5) * Math.log(x) - x + Math.log(2 * Math.PI) / 2 + 1 / (12 * x) - 1 / (360 * x ** 3);
}

describe('the evidence on one link', () => {
  for (const sent of [0, 1, 100, 10_000, 1_000_000, 10_000_000_000])
    it(`of ${sent} packets without loss`, () => {
      const losses = alone(sent, 0);
      const good = -Math.expm1((sent + 1) * Math.log1p(-goodLossMax)) / ((sent + 1) * goodLossMax);
      near(losses.ifGood(0).logLikelihood, Math.log(good));
    });

  for (const sent of [1, 100, 10_000, 1_000_000])
    it(`of 1 packet lost among ${sent}`, () => {
      const losses = alone(sent, 1);
      near(
        losses.ifBad(0).logLikelihood,
        sent * Math.log1p(-badLossMin) - Math.log(sent) - Math.log(badRange),
      );
      // t (1 - t)^(n - 1) is (1 - t)^(n - 1) - (1 - t)^n.
      const part = (power: number) => -Math.expm1(power * Math.log1p(-goodLossMax)) / power;
      if (sent < 1_000_000)
        near(losses.ifGood(0).logLikelihood, Math.log((part(sent) - part(sent + 1)) / goodLossMax), 1e-4);
    });

  for (const [sent, lost] of [
    [1_000, 100],
    [100_000, 3_000],
    [1_000_000_000, 50_000_000],
    [1_000_000_000_000, 500_000_000_000],
  ] as const)
    it(`of ${lost} packets lost among ${sent}: a Beta integral, however narrow`, () => {
      const { logLikelihood, meanLoss } = alone(sent, lost).ifBad(0);
      const logBeta = logGamma(lost) + logGamma(sent - lost + 1) - logGamma(sent + 1);
      near(logLikelihood, logBeta - Math.log(badRange), 1e-9);
      near(meanLoss * (sent + 1), lost, 1e-7);
    });

  for (const sent of [1, 50, 1_000_000])
    it(`of all ${sent} packets lost`, () => {
      const { logLikelihood, meanLoss } = alone(sent, sent).ifBad(0);
      near(logLikelihood, Math.log1p(-(badLossMin ** sent)) - Math.log(sent) - Math.log(badRange));
      near(
        1 - meanLoss,
        1 - (sent / (sent + 1)) * ((1 - badLossMin ** (sent + 1)) / (1 - badLossMin ** sent)),
      );
    });

  it('counts what the other links of a path lose', () => {
    const losses = new LinkLosses(2, [{ links: [0, 1], sent: 1, lost: 1 }]);
    losses.hold(1, 0.25);
    // Lost with 1/4 + 3/4 t; t is uniform in [0, g], or has the density 1 / (t ln(1/b)) from b to 1.
    near(losses.ifGood(0).logLikelihood, Math.log(0.25 + (0.75 * goodLossMax) / 2));
    near(losses.ifBad(0).logLikelihood, Math.log(0.25 + (0.75 * (1 - badLossMin)) / badRange));
    losses.hold(1, 1 - 1e-12);
    near(losses.ifBad(0).logLikelihood, 0);
  });

  it('holds a loss and takes it back', () => {
    const losses = new LinkLosses(2, [{ links: [0, 1], sent: 1000, lost: 7 }]);
    const before = losses.ifBad(0);
    const loss = losses.lossOf(1);
    near(loss, goodLossMax / 2);
    losses.hold(1, 0.5);
    assert.notEqual(losses.ifBad(0).logLikelihood, before.logLikelihood);
    losses.hold(1, loss);
    near(losses.ifBad(0).logLikelihood, before.logLikelihood, 1e-9);
  });

  it('finds its lossy observations and their links', () => {
    const losses = new LinkLosses(4, [
      { links: [3, 1], sent: 5, lost: 1 },
      { links: [0, 1, 2], sent: 5, lost: 0 },
      { links: [1, 2], sent: 5, lost: 2 },
    ]);
    assert.deepEqual([...losses.lossyPathsOf(1)], [0, 1]);
    assert.deepEqual([...losses.lossyPathsOf(0)], []);
    assert.deepEqual([...losses.linksOfLossyPath(0)], [3, 1]);
    assert.deepEqual([...losses.linksOfLossyPath(1)], [1, 2]);
  });
});
