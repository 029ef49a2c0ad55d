import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { distributionOf } from '../../../src/core/distribution.ts';

it('is made of the values themselves, in order', () => {
  assert.deepEqual(distributionOf([3]), { min: 3, average: 3, max: 3, median: 3, p99: 3 });
  assert.deepEqual(distributionOf([4, 1, 3, 2]), { min: 1, average: 2.5, max: 4, median: 2, p99: 4 });
  const hundred = Array.from({ length: 200 }, (_, index) => 200 - index);
  const { median, p99 } = distributionOf(hundred);
  assert.deepEqual([median, p99], [100, 198]);
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1 }), (values) => {
      const { min, median, p99, max } = distributionOf(values);
      assert.ok(min <= median && median <= p99 && p99 <= max);
      for (const one of [min, median, p99, max]) assert.ok(values.includes(one));
    }),
  );
});
