import assert from 'node:assert/strict';
import { it } from 'node:test';
import { counted } from '../../../src/core/counted.ts';

it('one thing is not several', () => {
  assert.deepEqual(
    [0, 1, 2].map((count) => counted(count, 'finding')),
    ['0 findings', '1 finding', '2 findings'],
  );
});
