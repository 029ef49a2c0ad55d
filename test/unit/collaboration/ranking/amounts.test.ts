/** Numbers as words, against sums that are computed term by term. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { certaintyOf, poissonTail, shareLost } from '../../../../src/collaboration/ranking/amounts.ts';

describe('how improbable losses are', () => {
  it('is what the terms of the distribution add up to', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.double({ min: 0.01, max: 40, noNaN: true }),
        (count, mean) => {
          let [term, below] = [Math.exp(-mean), 0];
          for (let at = 0; at < count; at++) {
            below += term;
            term *= mean / (at + 1);
          }
          const found = poissonTail(count, mean);
          if (count > mean) assert.ok(Math.abs(found - (1 - below)) < 1e-6, `${count} ${mean}`);
          else assert.equal(found, 1);
        },
      ),
    );
  });

  it('grows with what is lost elsewhere', () => {
    assert.equal(certaintyOf(0, 1_000, 1e-4), undefined);
    assert.equal(certaintyOf(1, 1_000, 1e-3), undefined);
    assert.equal(certaintyOf(3, 1_000, 1e-4), 'maybe');
    assert.equal(certaintyOf(30, 1_000, 1e-3), 'sure');
    assert.equal(certaintyOf(1_000, 1_000, 1e-4), 'sure');
  });
});

describe('a share of packets', () => {
  it('is all where none is left, however few there were', () => {
    assert.equal(shareLost(1, 0), 'all');
    assert.equal(shareLost(5_000, 0), 'all');
    assert.equal(shareLost(5_000, 1), 'most');
    assert.equal(shareLost(5_000, 5_000), 'none');
    assert.equal(shareLost(5_000, 4_999), 'few');
  });
});
