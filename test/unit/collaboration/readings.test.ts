/** Input: envelopes of one session. Output: what each node measured, in the order in which it signed it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readingsOf } from '../../../src/collaboration/readings.ts';
import type { Envelope } from '../../../src/core/records.ts';
import { Answers } from './world.ts';

const counted = (out: number) => ({ out });

describe('readings', () => {
  it('of a node are in the order of its nonces, whatever order they come in', () => {
    const { envelopes } = new Answers()
      .counting('A', 7, counted(1))
      .counting('B', 7, counted(10))
      .counting('A', 7, counted(2));
    const readings = readingsOf(envelopes.toReversed());
    assert.deepEqual(
      readings.get('A')?.counting.map(({ id }) => id),
      ['e1', 'e3'],
    );
    assert.deepEqual([...readings.keys()], ['A', 'B']);
  });

  it('leave out errors, whatever their data look like', () => {
    const [honest] = new Answers().counting('A', 7, counted(1)).envelopes;
    assert.ok(honest);
    const { signed } = honest;
    const failed = { ...honest, signed: { ...signed, answer: { ...signed.answer, isError: true } } };
    assert.deepEqual(readingsOf([failed]).get('A')?.counting, []);
    assert.equal(readingsOf([honest]).get('A')?.counting.length, 1);
  });

  it('leave out the result of another train than was asked for', () => {
    const [honest] = new Answers().probes('A', 7, 100).envelopes;
    assert.ok(honest);
    const asked = (args: Envelope['arguments']) =>
      readingsOf([{ ...honest, arguments: args }]).get('A')?.probes.length;
    assert.equal(
      asked({ Head: 'A', Tail: 'Z', 'SID-List': [], Count: 100, Size: 128, 'Flow-Labels': [7] }),
      1,
    );
    for (const args of [
      { 'Flow-Labels': [8] },
      { 'Flow-Labels': [7, 8] },
      { Count: 1_000 },
      { 'SID-List': ['fc00::1'] },
      { Tail: 'Y' },
    ])
      assert.equal(asked(args), 0, JSON.stringify(args));
  });
});
