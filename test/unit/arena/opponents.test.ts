/** Each opponent finds what it is made to find, and says nothing of a healthy network. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ArenaCase, Missing } from '../../../src/arena/cases.ts';
import { ModelledProbing } from '../../../src/arena/modelled-probing.ts';
import { opponents } from '../../../src/arena/opponents/index.ts';
import type { Opponent } from '../../../src/arena/opponents/opponent.ts';
import { regress } from '../../../src/arena/opponents/regression.ts';
import { logRatio, rowLoss, sprtBounds, tailProbability } from '../../../src/arena/opponents/tests.ts';
import { blamed } from '../../../src/arena/opponents/voting.ts';
import { runOpponent } from '../../../src/arena/run-case.ts';
import { chainOf } from '../../../src/arena/shapes.ts';
import { streamOf } from '../../../src/arena/streams.ts';
import { waysOf } from '../../../src/arena/ways.ts';
import type { Fault } from '../../../src/core/topology.ts';
import { routeOf } from '../../../src/sim/drawn-faults.ts';

function chainCase(faults: readonly Fault[], missing: readonly Missing[] = []): ArenaCase {
  const topology = chainOf(4, [2]);
  const route = routeOf(topology);
  return {
    seed: 1,
    index: 0,
    shape: 'chain',
    tier: 'standard',
    topology,
    route,
    ways: waysOf(topology, route),
    hops: 4,
    drawn: faults.map((fault) => ({
      fault,
      truth: { kind: 'silent-loss', elements: [{ node: fault.node }], direction: 'forward' },
    })),
    rates: 'uniform',
    backgroundMax: 0,
    background: [],
    missing,
  };
}

/** eth2 of a node in the middle leads on, eth1 back. */
const lossy = (node: string, name: string, lossPercent: number): Fault => ({
  id: 'x',
  kind: 'silent-loss',
  node,
  interface: name,
  lossPercent,
  active: true,
});
const ask = (opponent: Opponent, given: ArenaCase) =>
  runOpponent(opponent, given, new ModelledProbing(given, streamOf(1, 'packets')));
const measuring = opponents.filter(({ name }) => name !== 'draft-rule');

describe('opponents', () => {
  for (const opponent of opponents)
    it(`${opponent.name} says nothing of a healthy chain`, async () => {
      const { claims, isInconclusive, probes } = await ask(opponent, chainCase([]));
      assert.deepEqual([claims, isInconclusive], [[], false]);
      assert.ok(probes.forward > 0);
    });

  for (const opponent of measuring)
    it(`${opponent.name} names a link that loses 5 % on the way back`, async () => {
      const { claims } = await ask(opponent, chainCase([lossy('N3', 'eth1', 5)]));
      assert.deepEqual(claims, [
        { element: { node: 'N3', interface: 'eth1', peer: 'N2' }, direction: 'reverse' },
      ]);
    });

  for (const opponent of measuring)
    it(`${opponent.name} names no link where a silent node hides which it is`, async () => {
      const given = chainCase([lossy('N1', 'eth2', 5)], [{ node: 'N2', how: 'silent' }]);
      const { claims, suspects, isInconclusive } = await ask(opponent, given);
      assert.deepEqual([claims, isInconclusive], [[], true]);
      assert.ok(suspects.some(({ node, peer }) => node === 'N1' && peer === 'N2'));
    });

  it('draft-rule names the access list of the head when its counter rises', async () => {
    const [rule] = opponents;
    assert.ok(rule !== undefined);
    const list: Fault = { ...lossy('N0', 'eth1', 40), kind: 'egress-acl', object: '2001' };
    const { claims } = await ask(rule, chainCase([list]));
    assert.deepEqual(claims, [
      {
        element: { node: 'N0', interface: 'eth1', peer: 'N1', object: '2001' },
        direction: 'forward',
        kind: 'egress-acl',
      },
    ]);
  });

  it('draft-rule decides nothing of loss further on', async () => {
    const [rule] = opponents;
    assert.ok(rule !== undefined);
    const { claims, isInconclusive } = await ask(rule, chainCase([lossy('N2', 'eth2', 40)]));
    assert.deepEqual([claims, isInconclusive], [[], true]);
  });
});

describe('what they decide with', () => {
  it('tail of the binomial distribution', () => {
    assert.equal(tailProbability(10, 0, 0.5), 1);
    assert.ok(Math.abs(tailProbability(10, 10, 0.5) - 0.5 ** 10) < 1e-12);
    assert.ok(Math.abs(tailProbability(2, 1, 0.1) - 0.19) < 1e-12);
  });

  it('the sequential test stops where Wald says', () => {
    const bounds = sprtBounds({ falseAlarm: 0.01, miss: 0.01 });
    assert.ok(Math.abs(bounds.lossy - Math.log(99)) < 1e-12);
    assert.ok(Math.abs(bounds.healthy + Math.log(99)) < 1e-12);
    const rates = { healthy: 0.01, lossy: 0.1 };
    assert.ok(Math.abs(logRatio({ sent: 1, lost: 1 }, rates) - Math.log(10)) < 1e-12);
    assert.ok(Math.abs(logRatio({ sent: 1, lost: 0 }, rates) - Math.log(0.9 / 0.99)) < 1e-12);
    assert.ok(Math.abs(rowLoss(2, 0.1, 0.5) - 0.55) < 1e-12);
  });

  it('votes: the link that all lossy flows share, then what is left', () => {
    const settings = { shareMin: 0.1, flowsMin: 2, lossyShareMin: 0.1 };
    const flow = (cells: string[], isLossy: boolean) => ({ cells, isLossy });
    const flows = [
      flow(['a', 'b'], true),
      flow(['b', 'c'], true),
      flow(['b'], true),
      flow(['d'], true),
      flow(['d', 'e'], true),
      flow(['e'], false),
      flow(['f'], true),
    ];
    assert.deepEqual(blamed(flows, settings), ['b', 'd']);
    assert.deepEqual(blamed([], settings), []);
  });

  it('regression: exact shares come back, a penalty pulls them to the ends', () => {
    const shares = [
      { cells: ['a'], arrived: 0.9 },
      { cells: ['a', 'b'], arrived: 0.9 * 0.8 },
      { cells: ['a', 'b', 'c'], arrived: 0.9 * 0.8 },
    ];
    const plain = regress(shares, 0);
    for (const [cell, expected] of [
      ['a', 0.9],
      ['b', 0.8],
      ['c', 1],
    ] as const)
      assert.ok(Math.abs((plain.get(cell) ?? 0) - expected) < 1e-4, `${cell} ${plain.get(cell)}`);
    assert.ok((regress(shares, 0.05).get('a') ?? 0) > 0.9);
  });
});
