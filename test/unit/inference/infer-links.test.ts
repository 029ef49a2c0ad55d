/**
 * Beliefs about links: against closed forms, against the exact posterior of small networks by brute force, and what must
 * change nothing.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { inferLinks } from '../../../src/inference/infer-links.ts';
import { type LinkBelief, type Observation, usualPrior } from '../../../src/inference/observation.ts';
import { gaussLegendre } from '../../../src/inference/quadrature.ts';

const { badProbability, goodLossMax, badLossMin } = usualPrior;
const badRange = Math.log(1 / badLossMin);
const priorOdds = badProbability / (1 - badProbability);

function probabilities(linkCount: number, observations: Observation[]): number[] {
  return inferLinks(linkCount, observations).map(({ probability }) => probability);
}

function near(actual: number, exact: number, within: number): void {
  assert.ok(Math.abs(actual - exact) <= within, `${actual} is not within ${within} of ${exact}`);
}

describe('beliefs in closed form', () => {
  it('are the prior where nothing was sent', () => {
    assert.deepEqual(inferLinks(0, []), []);
    for (const probability of probabilities(3, [])) near(probability, badProbability, 1e-12);
    near(probabilities(1, [{ links: [0], sent: 0, lost: 0 }])[0] ?? 0, badProbability, 1e-12);
  });

  for (const sent of [10, 1_000, 100_000])
    it(`on one link that lost 1 of ${sent}`, () => {
      const bad = Math.exp(sent * Math.log1p(-badLossMin)) / sent / badRange;
      const part = (power: number) => -Math.expm1(power * Math.log1p(-goodLossMax)) / power;
      const good = (part(sent) - part(sent + 1)) / goodLossMax;
      const odds = (priorOdds * bad) / good;
      near(probabilities(1, [{ links: [0], sent, lost: 1 }])[0] ?? 0, odds / (1 + odds), 1e-5);
    });

  it('on links that nothing tells apart share one bad link between them', () => {
    for (const count of [2, 3, 7]) {
      const links = [...Array(count).keys()];
      for (const probability of probabilities(count, [{ links, sent: 10_000, lost: 300 }]))
        near(probability, 1 / count, 2e-3);
    }
  });

  it('on a link that dropped everything', () => {
    const [belief] = inferLinks(1, [{ links: [0], sent: 1_000, lost: 1_000 }]);
    near(belief?.probability ?? 0, 1, 1e-9);
    near(belief?.lossIfBad ?? 0, 1_000 / 1_001, 1e-6);
  });

  it('on a link that is far worse than another beside it', () => {
    const [dead, lossy, good] = inferLinks(3, [
      { links: [0, 2], sent: 5_000, lost: 5_000 },
      { links: [1, 2], sent: 50_000, lost: 250 },
      { links: [0, 1], sent: 5_000, lost: 5_000 },
      { links: [2], sent: 5_000, lost: 0 },
    ]) as [LinkBelief, LinkBelief, LinkBelief];
    near(dead.probability, 1, 1e-6);
    near(lossy.probability, 1, 1e-2);
    near(lossy.lossIfBad, 0.005, 5e-4);
    near(good.probability, 0, 1e-2);
  });
});

describe('beliefs against the exact posterior', () => {
  const networks: [string, number, Observation[]][] = [
    [
      'two links, one of which is also seen alone',
      2,
      [
        { links: [0, 1], sent: 2_000, lost: 6 },
        { links: [0], sent: 1_000, lost: 0 },
      ],
    ],
    [
      'a chain of three with overlapping stretches',
      3,
      [
        { links: [0, 1], sent: 600, lost: 4 },
        { links: [1, 2], sent: 600, lost: 3 },
        { links: [0], sent: 250, lost: 0 },
      ],
    ],
    [
      'two bad links of three',
      3,
      [
        { links: [0], sent: 400, lost: 4 },
        { links: [0, 1], sent: 400, lost: 9 },
        { links: [1, 2], sent: 400, lost: 5 },
      ],
    ],
    [
      'one lost packet, and doubt about everything',
      3,
      [
        { links: [0, 1, 2], sent: 20, lost: 1 },
        { links: [1], sent: 300, lost: 0 },
        { links: [2], sent: 3_000, lost: 1 },
      ],
    ],
    [
      'loss that is too small to be sure',
      3,
      [
        { links: [0, 1], sent: 2_000, lost: 3 },
        { links: [0, 2], sent: 1_000, lost: 2 },
      ],
    ],
  ];
  for (const [what, linkCount, observations] of networks)
    it(what, () => {
      const exact = exactPosterior(linkCount, observations);
      probabilities(linkCount, observations).forEach((probability, link) => {
        near(probability, exact[link] ?? 0, 0.03);
      });
    });
});

/** Sums over good and bad, and integrates over every loss at once. */
function exactPosterior(linkCount: number, observations: readonly Observation[]): number[] {
  const { points, weights } = gaussLegendre(40);
  const states = [...points].flatMap((point, at) => {
    const weight = (weights[at] as number) / 2;
    return [
      { isBad: false, loss: ((point + 1) / 2) * goodLossMax, weight: weight * (1 - badProbability) },
      { isBad: true, loss: Math.exp(((point - 1) / 2) * badRange), weight: weight * badProbability },
    ];
  });
  const bad = new Array<number>(linkCount).fill(0);
  let total = 0;
  const chosen: (typeof states)[number][] = [];
  const visit = () => {
    if (chosen.length < linkCount) {
      for (const state of states) {
        chosen.push(state);
        visit();
        chosen.pop();
      }
      return;
    }
    let value = chosen.reduce((product, { weight }) => product * weight, 1);
    for (const { links, sent, lost } of observations) {
      const passes = links.reduce((product, link) => product * (1 - (chosen[link]?.loss ?? 0)), 1);
      value *= (1 - passes) ** lost * passes ** (sent - lost);
    }
    total += value;
    chosen.forEach(({ isBad }, link) => {
      if (isBad) bad[link] = (bad[link] ?? 0) + value;
    });
  };
  visit();
  return bad.map((value) => value / total);
}

/** A network with some really bad links, and what was sent over it. */
const cases = fc
  .record({
    linkCount: fc.integer({ min: 2, max: 12 }),
    bad: fc.uniqueArray(fc.nat(11), { maxLength: 3 }),
    flows: fc.array(
      fc.record({
        links: fc.uniqueArray(fc.nat(11), { minLength: 1, maxLength: 5 }),
        sent: fc.integer({ min: 1, max: 3_000 }),
        share: fc.double({ min: 0.5, max: 1.5, noNaN: true }),
      }),
      { minLength: 1, maxLength: 40 },
    ),
  })
  .map(({ linkCount, bad, flows }) => ({
    linkCount,
    observations: flows.map(({ links, sent, share }): Observation => {
      const met = [...new Set(links.map((link) => link % linkCount))];
      const worst = met.filter((link) => bad.includes(link)).length;
      return { links: met, sent, lost: Math.min(sent, Math.round(sent * worst * 0.02 * share)) };
    }),
  }));

function alike(one: readonly LinkBelief[], other: readonly LinkBelief[]): void {
  assert.equal(one.length, other.length);
  one.forEach(({ probability, lossIfBad }, link) => {
    near(other[link]?.probability ?? -1, probability, 1e-5);
    if (probability > 1e-3) near(other[link]?.lossIfBad ?? -1, lossIfBad, 1e-5);
  });
}

describe('what changes nothing', () => {
  it('the numbers of the links', () => {
    fc.assert(
      fc.property(cases, fc.infiniteStream(fc.nat()), ({ linkCount, observations }, stream) => {
        const keys = Array.from({ length: linkCount }, () => stream.next().value as number);
        const order = [...keys.keys()].sort((a, b) => (keys[a] as number) - (keys[b] as number) || a - b);
        const renamed = observations.map(({ links, sent, lost }) => ({
          links: links.map((link) => order[link] as number),
          sent,
          lost,
        }));
        const beliefs = inferLinks(linkCount, renamed);
        alike(
          inferLinks(linkCount, observations),
          order.map((link) => beliefs[link] as LinkBelief),
        );
      }),
      { numRuns: 200, seed: 1 },
    );
  });

  it('the order of observations, and of links in one', () => {
    fc.assert(
      fc.property(cases, ({ linkCount, observations }) => {
        const turned = observations
          .map(({ links, sent, lost }) => ({ links: links.toReversed(), sent, lost }))
          .reverse();
        alike(inferLinks(linkCount, observations), inferLinks(linkCount, turned));
      }),
      { numRuns: 200, seed: 2 },
    );
  });

  it('whether packets of one path are told at once or in parts', () => {
    fc.assert(
      fc.property(cases, fc.double({ min: 0, max: 1, noNaN: true }), ({ linkCount, observations }, share) => {
        const split = observations.flatMap(({ links, sent, lost }) => {
          const lostFirst = Math.round(lost * share);
          const passedFirst = Math.round((sent - lost) * share);
          const first = { links, sent: passedFirst + lostFirst, lost: lostFirst };
          return [first, { links, sent: sent - first.sent, lost: lost - lostFirst }];
        });
        alike(inferLinks(linkCount, observations), inferLinks(linkCount, split));
      }),
      { numRuns: 200, seed: 3 },
    );
  });

  it('what is impossible is refused', () => {
    const refused = (observation: Observation) =>
      assert.throws(() => inferLinks(2, [observation]), RangeError);
    refused({ links: [2], sent: 1, lost: 0 });
    refused({ links: [-1], sent: 1, lost: 0 });
    refused({ links: [0.5], sent: 1, lost: 0 });
    refused({ links: [0, 1, 0], sent: 1, lost: 0 });
    refused({ links: [], sent: 2, lost: 1 });
    refused({ links: [0], sent: 2, lost: 3 });
    refused({ links: [0], sent: -1, lost: -1 });
    refused({ links: [0], sent: 1.5, lost: 0 });
    const prior = (change: object) =>
      assert.throws(() => inferLinks(1, [], { ...usualPrior, ...change }), RangeError);
    prior({ badProbability: 0 });
    prior({ badProbability: 1 });
    prior({ goodLossMax: 0 });
    prior({ goodLossMax: 0.01 });
    prior({ badLossMin: 1 });
    prior({ badLossMin: Number.NaN });
  });
});
