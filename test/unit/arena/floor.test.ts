/**
 * The floors against closed forms, against every other way to probe, and against the published table.
 * Input: hops, loss rates. Output: probes, nats.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  binaryCapacity,
  binaryEntropy,
  countedCapacity,
  divergence,
  floorOf,
  segmentCapacity,
} from '../../../src/arena/floor.ts';

const near = (value: number, expected: number, within: number, what = '') =>
  assert.ok(
    Math.abs(value - expected) <= within * Math.abs(expected),
    `${what}: ${value}, expected ${expected}`,
  );

const delta = 0.01;

describe('capacities', () => {
  it('of two inputs: noiseless, useless, symmetric (Shannon), Z-shaped', () => {
    near(binaryCapacity(0, 1), Math.LN2, 1e-9);
    near(1 + binaryCapacity(0.3, 0.3), 1, 1e-12);
    near(binaryCapacity(0.11, 0.89), Math.LN2 - binaryEntropy(0.11), 1e-9);
    for (const cross of [0.1, 0.5, 0.97])
      near(binaryCapacity(0, 1 - cross), Math.log(1 + (1 - cross) * cross ** (cross / (1 - cross))), 1e-9);
  });

  it('of counted probes: all that the outcomes can tell when nothing is noisy', () => {
    for (const hops of [1, 3, 8]) near(countedCapacity(hops, 1, 0), Math.log(hops + 1), 1e-3);
    near(segmentCapacity(8, 1, 0), Math.LN2, 1e-9);
  });

  it('on a single link both models are one', () => {
    near(countedCapacity(1, 0.03, 1e-4), binaryCapacity(0.03, 1e-4), 1e-3);
    near(segmentCapacity(1, 0.03, 1e-4), binaryCapacity(0.03, 1e-4), 1e-9);
  });

  it('no way of guessing where it is gets more through than the bound of Blahut and Arimoto', () => {
    const hops = 5;
    const [bad, background] = [0.05, 1e-3];
    const bound = countedCapacity(hops, bad, background);
    const weights = fc.array(fc.double({ min: 0.001, max: 1, noNaN: true }), {
      minLength: hops + 1,
      maxLength: hops + 1,
    });
    fc.assert(
      fc.property(weights, (raw) => {
        const total = raw.reduce((sum, one) => sum + one, 0);
        assert.ok(
          information(
            raw.map((one) => one / total),
            hops,
            bad,
            background,
          ) <=
            bound + 1e-12,
        );
      }),
    );
  });
});

describe('floors', () => {
  it('no mixture of segment probes verifies faster than probes over the bad link', () => {
    const hops = 4;
    const [bad, background, culprit] = [0.03, 1e-3, 2];
    const segments = Array.from({ length: hops }, (_, from) =>
      Array.from({ length: hops - from }, (_, more) => [from, from + more + 1] as const),
    ).flat();
    const loss = ([from, to]: readonly [number, number], at: number) =>
      1 - (1 - (at >= from && at < to ? bad : background)) * (1 - background) ** (to - from - 1);
    const others = [-1, ...Array.from({ length: hops }, (_, link) => link)].filter(
      (link) => link !== culprit,
    );
    const mixture = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
      minLength: segments.length,
      maxLength: segments.length,
    });
    fc.assert(
      fc.property(mixture, (raw) => {
        const total = raw.reduce((sum, one) => sum + one, 0);
        fc.pre(total > 0);
        const rate = Math.min(
          ...others.map((other) =>
            segments.reduce(
              (sum, segment, index) =>
                sum + ((raw[index] ?? 0) / total) * divergence(loss(segment, culprit), loss(segment, other)),
              0,
            ),
          ),
        );
        assert.ok(rate <= divergence(bad, background) + 1e-12);
      }),
    );
    const { verify } = floorOf('M1', { hops, bad, background, delta });
    near(verify, divergence(delta, 1 - delta) / divergence(bad, background), 1e-12);
  });

  /** hops, bad, background, M1, M2 as published. M1 is met exactly; our M2 capacity is certified, and its floor lower. */
  const published = [
    [2, 0.03, 1e-4, 143, 86],
    [8, 0.03, 1e-4, 255, 48],
    [8, 0.01, 1e-4, 808, 173],
    [32, 0.03, 1e-4, 378, 43],
    [32, 0.01, 1e-3, 1851, 341],
  ] as const;
  for (const [hops, bad, background, segments, counted] of published)
    it(`are those of the table for ${hops} hops, ${bad} over ${background}`, () => {
      const question = { hops, bad, background, delta };
      near(floorOf('M1', question).probes, segments, 0.005, 'M1');
      near(floorOf('M2', question).probes, counted, 0.17, 'M2');
    });

  it('fall with the loss, and rise with the background', () => {
    const floor = (bad: number, background: number) =>
      floorOf('M1', { hops: 8, bad, background, delta }).probes;
    assert.ok(floor(0.1, 1e-4) < floor(0.03, 1e-4));
    assert.ok(floor(0.03, 1e-4) < floor(0.03, 1e-3));
  });

  it('of one link and one packet that is always lost: certainty at once', () => {
    assert.ok(floorOf('M1', { hops: 1, bad: 1, background: 0, delta }).probes < 2);
  });
});

/** Mutual information of where the bad link is (0: nowhere) and where a probe dies, nats. */
function information(inputs: readonly number[], hops: number, bad: number, background: number): number {
  const rows = inputs.map((_, culprit) => {
    let reach = 1;
    const row = Array.from({ length: hops }, (_, link) => {
      const died = reach * (link + 1 === culprit ? bad : background);
      reach -= died;
      return died;
    });
    return [...row, reach];
  });
  const outputs = Array.from({ length: hops + 1 }, (_, at) =>
    rows.reduce((sum, row, input) => sum + (inputs[input] ?? 0) * (row[at] ?? 0), 0),
  );
  return rows.reduce(
    (sum, row, input) =>
      sum +
      (inputs[input] ?? 0) *
        row.reduce((inner, one, at) => inner + (one > 0 ? one * Math.log(one / (outputs[at] ?? 1)) : 0), 0),
    0,
  );
}
