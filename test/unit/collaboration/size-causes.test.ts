/**
 * Input: small probes pass from A over B to C, large ones die at B, and what B and C say of their link.
 * Output: the kind that this alone explains, or none.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { correlate } from '../../../src/collaboration/correlation.ts';
import { readingsOf } from '../../../src/collaboration/readings.ts';
import { Answers, flowOf, pathOver } from './world.ts';

const path = pathOver('ABC', 'f1');
const small = flowOf(path, 11);
const large = { ...flowOf(path, 12, 'size'), sizeBytes: 1_360 };
const intent = { kind: 'path-loss' as const, head: 'A', via: ['B'], tail: 'C' };

/** 20 large probes come to B, and none goes out. */
function stuck(): Answers {
  return new Answers()
    .probes('A', small.flowLabel, 1_000)
    .probes('A', large.flowLabel, 20, 0)
    .countingAll('A', [
      { label: small.flowLabel, out: 1_000 },
      { label: large.flowLabel, out: 20 },
    ])
    .countingAll('B', [
      { label: small.flowLabel, in: 1_000, out: 1_000 },
      { label: large.flowLabel, in: 20, out: 0 },
    ])
    .countingAll('C', [
      { label: small.flowLabel, in: 1_000, delivered: 1_000 },
      { label: large.flowLabel, in: 0, delivered: 0 },
    ]);
}

function found(answers: Answers) {
  const readings = readingsOf(answers.envelopes);
  const conclusion = correlate({ intent, paths: [path], flows: [small, large], readings, untrusted: [] });
  return conclusion.findings.map(({ kind, element, direction }) => ({ kind, element, direction }));
}

describe('srv6-encap-mtu', () => {
  const told = (b: number, c: number) =>
    stuck()
      .interfaces('B', { name: 'bc', mtu: b, ip: '2001:db8::b' })
      .interfaces('C', { name: 'cb', mtu: c, ip: '2001:db8::c' });
  const element = { node: 'B', interface: 'bc', peer: 'C' };

  it('both ends agree, and what a host may send passes without its encapsulation', () => {
    const answers = told(1_300, 1_300).ping('B', '2001:db8::c', 10, 1_280);
    assert.deepEqual(found(answers), [{ kind: 'srv6-encap-mtu', element, direction: 'both' }]);
  });

  it('is not named where plain packets die too, nor before they were sent', () => {
    assert.deepEqual(found(told(1_300, 1_300).ping('B', '2001:db8::c', 0, 1_280)), []);
    assert.deepEqual(found(told(1_300, 1_300)), []);
  });

  it('is not named where the ends have room, or do not agree', () => {
    assert.deepEqual(found(told(1_500, 1_500).ping('B', '2001:db8::c', 10, 1_280)), []);
    assert.deepEqual(found(told(1_300, 1_320).ping('B', '2001:db8::c', 10, 1_280)), []);
  });
});
