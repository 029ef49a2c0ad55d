/**
 * Input: small probes pass from A over B to C, large ones die at B, and what B and C say of their link.
 * Output: the kind that this alone explains, or none.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../../crypto/canonical.ts';
import { correlate } from '../../../src/collaboration/correlation.ts';
import { readingsOf } from '../../../src/collaboration/readings.ts';
import { resourceUri } from '../../../src/collaboration/resources.ts';
import { dataPaths } from '../../../src/core/device-data.ts';
import { Answers, flowOf, pathOver } from './world.ts';

const path = pathOver('ABC', 'f1');
const small = flowOf(path, 11);
const large = { ...flowOf(path, 12, 'size'), sizeBytes: 1_360 };
const intent = { kind: 'path-loss' as const, head: 'A', via: ['B'], tail: 'C' };

interface Told {
  label: number;
  in?: number;
  out?: number;
  delivered?: number;
}

/** 20 large probes come to B, and none or so many go out; what A heard of it, and what else B and C counted. */
function stuck(
  heardMtu?: number,
  alsoB: Told[] = [],
  alsoC: Told[] = [],
  sentOn = 0,
  replies = 1_000,
): Answers {
  return new Answers()
    .probes('A', small.flowLabel, 1_000, replies)
    .probes('A', large.flowLabel, 20, 0, heardMtu)
    .probes('C', 13, 20, 0)
    .countingAll('A', [
      { label: small.flowLabel, out: 1_000 },
      { label: large.flowLabel, out: 20 },
    ])
    .countingAll('B', [
      { label: small.flowLabel, in: 1_000, out: 1_000 },
      { label: large.flowLabel, in: 20, out: sentOn },
      ...alsoB,
    ])
    .countingAll('C', [
      { label: small.flowLabel, in: 1_000, delivered: 1_000 },
      { label: large.flowLabel, in: 0, delivered: 0 },
      ...alsoC,
    ]);
}

function found(answers: Answers) {
  const readings = readingsOf(answers.envelopes);
  const conclusion = correlate({ intent, paths: [path], flows: [small, large], readings, untrusted: [] });
  return conclusion.findings.map(({ kind, element, direction }) => ({ kind, element, direction }));
}

describe('pmtud-blackhole', () => {
  const uri = { uri: resourceUri(dataPaths.forwarding) };
  const counted = (tooBig: number) => ({
    'confer-device:forwarding': {
      'local-sid': [],
      ipv6: {
        'in-no-routes': '0',
        'out-no-routes': '0',
        'in-too-big-errors': String(tooBig),
        'in-header-errors': '0',
      },
    },
  });
  /** B's end is the smaller one; C was seen to send large probes the other way. */
  const told = (tooBig: number, heardMtu?: number, replies = 1_000) => {
    const back = { ...pathOver('CBA', 'r1') };
    const reply = { ...flowOf(back, 13, 'size'), sizeBytes: 1_360 };
    const answers = stuck(heardMtu, [{ label: 13, in: 0, out: 0 }], [{ label: 13, out: 20 }], 0, replies)
      .interfaces('B', { name: 'bc', mtu: 1_300 })
      .interfaces('C', { name: 'cb', mtu: 1_500 });
    const envelopes = new Answers().add('B', uri, counted(7));
    for (const { node, arguments: args, signed } of answers.envelopes)
      envelopes.add(node, signed.statement.operation, signed.answer.data as JsonObject, args);
    envelopes.add('B', uri, counted(7 + tooBig));
    const readings = readingsOf(envelopes.envelopes);
    const input = { intent, paths: [path, back], flows: [small, large, reply], readings, untrusted: [] };
    return correlate(input).findings.map(({ kind, element, direction }) => ({ kind, element, direction }));
  };
  const element = { node: 'B', interface: 'bc', peer: 'C' };

  it('the router counts what it cannot send on, and the head hears nothing of it', () => {
    assert.deepEqual(told(20), [{ kind: 'pmtud-blackhole', element, direction: 'both' }]);
  });

  it('is an mtu-mismatch where the head was told, or nobody was', () => {
    assert.deepEqual(told(20, 1_300), [{ kind: 'mtu-mismatch', element, direction: 'both' }]);
    assert.deepEqual(told(0), [{ kind: 'mtu-mismatch', element, direction: 'both' }]);
  });

  it('is an mtu-mismatch where nothing at all comes back to the head: no error could', () => {
    assert.deepEqual(told(20, undefined, 0), [{ kind: 'mtu-mismatch', element, direction: 'both' }]);
  });

  it('leaves an mtu-mismatch likely where no large probe came to the smaller end', () => {
    const answers = stuck(undefined, [], [], 20)
      .interfaces('B', { name: 'bc', mtu: 1_500 })
      .interfaces('C', { name: 'cb', mtu: 1_300 });
    const readings = readingsOf(answers.envelopes);
    const { verdict, findings } = correlate({
      intent,
      paths: [path],
      flows: [small, large],
      readings,
      untrusted: [],
    });
    assert.equal(verdict, 'LIKELY');
    assert.deepEqual(
      findings.map(({ kind }) => kind),
      ['mtu-mismatch'],
    );
  });
});

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
