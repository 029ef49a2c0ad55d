/** From claims to scores, with numbers that a person can check. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aheadOfConfer } from '../../../src/arena/ahead.ts';
import type { Claim } from '../../../src/arena/claims.ts';
import { mergedClaims } from '../../../src/arena/claims.ts';
import { bootstrap, calibrationError, quantile, reliability, wilson } from '../../../src/arena/intervals.ts';
import { hitsOf, holdsTruth, wrongClaims } from '../../../src/arena/judge.ts';
import type { CaseOutcome, MethodOutcome } from '../../../src/arena/run-case.ts';
import { scoreOf } from '../../../src/arena/score.ts';
import { streamOf } from '../../../src/arena/streams.ts';
import type { Truth } from '../../../src/sim/drawn-faults.ts';

const onLink: Truth = {
  kind: 'ingress-acl',
  elements: [{ node: 'B', interface: 'eth1', peer: 'A', object: '2001' }],
  direction: 'forward',
};
const atNode: Truth = { kind: 'node-crash', elements: [{ node: 'B' }], direction: 'both' };
const exact: Claim = {
  element: onLink.elements[0] ?? { node: '' },
  kind: 'ingress-acl',
  direction: 'forward',
};
const link = (node: string, peer: string, direction: Claim['direction']): Claim => ({
  element: { node, interface: 'x', peer },
  direction,
});

describe('claims', () => {
  it('are fully right with kind, element and direction', () => {
    assert.deepEqual(hitsOf([exact], [onLink], 'full'), { right: 1, wrong: 0, missed: 0 });
    for (const other of [
      { ...exact, kind: 'egress-acl' as const },
      { ...exact, direction: 'reverse' as const },
      { ...exact, element: { ...exact.element, object: '2002' } },
    ])
      assert.deepEqual(hitsOf([other], [onLink], 'full'), { right: 0, wrong: 1, missed: 1 });
  });

  it('have the place right from either end of the link, in the right direction only', () => {
    assert.equal(hitsOf([link('A', 'B', 'forward')], [onLink], 'where').right, 1);
    assert.equal(hitsOf([link('B', 'A', 'forward')], [onLink], 'where').right, 1);
    assert.equal(hitsOf([link('A', 'B', 'both')], [onLink], 'where').right, 0);
    assert.equal(hitsOf([link('B', 'C', 'forward')], [onLink], 'where').right, 0);
  });

  it('of a link are right where its node is at fault, but of a node not where its link is', () => {
    assert.equal(hitsOf([link('B', 'C', 'both')], [atNode], 'where').right, 1);
    assert.equal(hitsOf([{ element: { node: 'B' }, direction: 'forward' }], [onLink], 'where').right, 0);
  });

  it('find each fault once', () => {
    const twice = [link('A', 'B', 'both'), link('B', 'C', 'both')];
    assert.deepEqual(hitsOf(twice, [atNode], 'where'), { right: 1, wrong: 1, missed: 0 });
  });

  it('of the two directions of a link are one', () => {
    const [one, ...more] = mergedClaims([link('A', 'B', 'forward'), link('B', 'A', 'reverse')]);
    assert.equal(one?.direction, 'both');
    assert.equal(more.length, 0);
  });
});

describe('suspects', () => {
  it('are right when they hold every fault', () => {
    const suspects = [{ node: 'C' }, { node: 'A', peer: 'B' }];
    assert.equal(holdsTruth({ suspects }, [onLink]), true);
    assert.equal(holdsTruth({ suspects }, [onLink, { ...atNode, elements: [{ node: 'D' }] }]), false);
  });
});

describe('intervals', () => {
  it('of shares are those of Wilson', () => {
    const rounded = (pair: readonly number[]) => pair.map((one) => one.toFixed(4));
    assert.deepEqual(rounded(wilson(5, 10)), ['0.2366', '0.7634']);
    assert.deepEqual(rounded(wilson(0, 10)), ['0.0000', '0.2775']);
    assert.deepEqual(wilson(0, 0), [0, 1]);
  });

  it('of a mean hold it, are the same for the same stream, and have the width of theory', () => {
    const values = Array.from({ length: 400 }, (_, index) => index % 2);
    const mean = (sample: readonly number[]) => sample.reduce((sum, one) => sum + one, 0) / sample.length;
    const [low = 0, high = 0] = bootstrap(values, mean, streamOf(1, 'a')) ?? [];
    assert.deepEqual(bootstrap(values, mean, streamOf(1, 'a')), [low, high]);
    assert.ok(low < 0.5 && high > 0.5);
    assert.ok(Math.abs(high - low - 2 * 1.96 * (0.5 / 20)) < 0.02);
    assert.equal(bootstrap([], mean, streamOf(1, 'a')), undefined);
  });

  it('quantiles lie between the nearest values', () => {
    assert.equal(quantile([3, 1, 2], 0.5), 2);
    assert.equal(quantile([1, 2], 0.9), 1.9);
    assert.equal(quantile([], 0.5), undefined);
  });
});

describe('calibration', () => {
  it('is the mean distance of what was said from what was', () => {
    const forecasts = [
      ...Array.from({ length: 10 }, (_, index) => ({ probability: 0.95, isRight: index < 9 })),
      ...Array.from({ length: 10 }, (_, index) => ({ probability: 0.35, isRight: index < 6 })),
    ];
    assert.ok(Math.abs((calibrationError(forecasts) ?? 0) - (0.5 * 0.05 + 0.5 * 0.25)) < 1e-12);
    assert.deepEqual(
      reliability(forecasts).flatMap(({ count, from }) => (count > 0 ? [[from, count]] : [])),
      [
        [0.3, 10],
        [0.9, 10],
      ],
    );
    assert.equal(calibrationError([]), undefined);
  });
});

describe('a table of outcomes', () => {
  const run = (claims: readonly Claim[], forward = 100, isInconclusive = false): MethodOutcome => ({
    claims,
    suspects: isInconclusive ? [{ node: 'A', peer: 'B' }] : [],
    isInconclusive,
    verdict: '',
    probes: { forward, reverse: 100 },
    tookMs: 1_000,
    cpuMs: 1,
  });
  const outcome = (
    index: number,
    truths: readonly Truth[],
    confer: MethodOutcome,
    other: MethodOutcome,
  ): CaseOutcome => ({
    index,
    tier: 'standard',
    shape: 'chain',
    hops: 3,
    rates: 'uniform',
    truths,
    missing: [],
    ...(truths.length === 1 && { floors: { M1: 100, M2: 50 } }),
    methods: { confer, 'every-hop': other },
  });
  const sure = { ...exact, probability: 0.9 };
  const outcomes = [
    outcome(0, [onLink], run([sure]), run([link('A', 'B', 'forward')], 300)),
    outcome(1, [onLink], run([], 100, true), run([link('A', 'B', 'forward')], 300)),
    outcome(2, [], run([{ ...sure, probability: 0.6 }]), run([])),
    outcome(3, [], run([]), run([])),
  ];
  const score = scoreOf(outcomes, 1);

  it('has the scores of each method', () => {
    const { confer, 'every-hop': other } = score.methods;
    assert.equal(score.cases, 4);
    assert.deepEqual(
      [confer?.where.precision, confer?.where.recall, confer?.where.f1, confer?.full.f1],
      [0.5, 0.5, 0.5, 0.5],
    );
    assert.deepEqual([confer?.healthy, confer?.falseAccusations], [2, 1]);
    assert.deepEqual([confer?.inconclusive, confer?.inconclusiveRight], [1, 1]);
    assert.equal(confer?.probesOverFloor.median, 4);
    assert.ok(Math.abs((confer?.calibrationError ?? 0) - (0.5 * 0.1 + 0.5 * 0.6)) < 1e-12);
    assert.deepEqual([other?.where.f1, other?.full.f1, other?.falseAccusations], [1, 0, 0]);
    assert.deepEqual([other?.probesOverFloor.median, other?.calibrationError], [4, null]);
  });

  it('says where another method is ahead', () => {
    const ahead = aheadOfConfer(score).filter(({ cell }) => cell === 'tier standard');
    assert.deepEqual(
      ahead.map(({ method, measure }) => `${method}: ${measure}`),
      ['every-hop: where F1', 'every-hop: false accusations'],
    );
  });

  it('counts how many faults of a kind are found, beside another one too', () => {
    const both = outcome(4, [atNode, onLink], run([exact]), run([link('A', 'B', 'forward')]));
    const { found } = scoreOf([...outcomes, both], 1);
    const counts = (kind: string, method: string) => {
      const { faults, where, full } = found[kind]?.[method] ?? {};
      return [faults, where, full];
    };
    assert.deepEqual(counts('ingress-acl', 'confer'), [3, 2, 2]);
    assert.deepEqual(counts('ingress-acl', 'every-hop'), [3, 3, 0]);
    assert.deepEqual(counts('node-crash', 'confer'), [1, 0, 0]);
    assert.deepEqual(found['ingress-acl']?.confer?.intervals.where, wilson(2, 3));
  });

  it('knows which accusations are wrong', () => {
    assert.deepEqual(
      outcomes.map((one) => wrongClaims(one, 'confer').length),
      [0, 0, 1, 0],
    );
  });
});
