/**
 * Input: nothing arrives at C of what B sent it, and no state tells why.
 * Output: what is asked next, and what the answers make of it.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { correlate } from '../../../src/collaboration/correlation.ts';
import { followUps } from '../../../src/collaboration/follow-ups.ts';
import { unexplainedSections } from '../../../src/collaboration/open-questions.ts';
import { readingsOf } from '../../../src/collaboration/readings.ts';
import { resourceUri } from '../../../src/collaboration/resources.ts';
import { dataPaths } from '../../../src/core/device-data.ts';
import { Answers, flowOf, pathOver } from './world.ts';

const path = pathOver('ABC', 'f1');
const label = 11;
const intent = { kind: 'path-loss' as const, head: 'A', via: ['B'], tail: 'C' };

function lost(): Answers {
  return new Answers()
    .interfaces('B', { name: 'bc', ip: '2001:db8::b' })
    .interfaces('C', { name: 'cb', ip: '2001:db8::c' })
    .probes('A', label, 1_000, 0)
    .counting('A', label, { out: 1_000 })
    .counting('B', label, { in: 1_000, out: 1_000 })
    .counting('C', label, { in: 0, delivered: 0 });
}

function inputOf(answers: Answers) {
  const readings = readingsOf(answers.envelopes);
  return { intent, paths: [path], flows: [flowOf(path, label)], readings, untrusted: [] };
}

it('asks the sending end for plain packets to the other end of the very link', () => {
  const input = inputOf(lost());
  const [question, ...others] = followUps(unexplainedSections(input), input);
  assert.deepEqual(others, []);
  assert.deepEqual([question?.node, question?.operation], ['B', { tool: 'ping' }]);
  const { destination, source, size } = question?.arguments ?? {};
  assert.deepEqual([destination, source, size], ['2001:db8::c', '2001:db8::b', 128]);
});

it('asks nothing where nothing is lost, or the ends tell no address', () => {
  const clean = new Answers()
    .probes('A', label, 1_000)
    .counting('A', label, { out: 1_000 })
    .counting('B', label, { in: 1_000, out: 1_000 })
    .counting('C', label, { in: 1_000, delivered: 1_000 });
  for (const answers of [clean, lost().interfaces('C', { name: 'cb' })]) {
    const input = inputOf(answers);
    assert.deepEqual(followUps(unexplainedSections(input), input), []);
  }
});

it('srh-filtered: plain packets pass where those with the header die; only likely where none went as far as those', () => {
  const { findings, verdict } = correlate(inputOf(lost().ping('B', '2001:db8::c', 10)));
  assert.equal(verdict, 'LIKELY');
  assert.deepEqual(
    findings.map(({ kind, element, direction, supportedBy }) => ({ kind, element, direction, supportedBy })),
    [
      {
        kind: 'srh-filtered',
        element: { node: 'B', interface: 'bc', peer: 'C' },
        direction: 'forward',
        supportedBy: ['e5', 'e6', 'e7'],
      },
    ],
  );
});

describe('gray-prefix', () => {
  const steered = { ...path, segments: ['fc00:b::e', 'fc00:c::d'] };
  const device = (node: string) => {
    const locator = `fc00:${node.toLowerCase()}::/32`;
    const own = (suffix: string) => locator.replace('/32', suffix);
    const sids = { end: own('e'), decapsulate: own('d') };
    return { 'confer-device:device': { node, system: 's', address: own('1'), locator, sids } };
  };
  const uri = { uri: resourceUri(dataPaths.device) };
  const answers = () => lost().add('B', uri, device('B')).add('C', uri, device('C'));
  const found = (told: Answers) =>
    correlate({ ...inputOf(told), paths: [steered] }).findings.map(({ kind, element, supportedBy }) => ({
      kind,
      element,
      supportedBy,
    }));
  const link = { node: 'B', interface: 'bc', peer: 'C' };

  it('is asked for by plain packets to the node whose SID the lost ones carry', () => {
    const input = { ...inputOf(answers()), paths: [steered] };
    const asked = followUps(unexplainedSections(input), input).map(({ node, arguments: args }) => [
      node,
      args?.destination,
    ]);
    assert.deepEqual(asked, [
      ['B', '2001:db8::c'],
      ['B', 'fc00:c::1'],
    ]);
  });

  it('is named where none of them passes, and others do', () => {
    assert.deepEqual(found(answers().ping('B', '2001:db8::c', 10).ping('B', 'fc00:c::1', 0)), [
      {
        kind: 'gray-prefix',
        element: { ...link, object: 'fc00:c::/32' },
        supportedBy: ['e5', 'e6', 'e9', 'e10'],
      },
    ]);
  });

  it('is srh-filtered where they pass, and nothing where no plain packet does', () => {
    assert.deepEqual(found(answers().ping('B', '2001:db8::c', 10).ping('B', 'fc00:c::1', 10)), [
      { kind: 'srh-filtered', element: link, supportedBy: ['e5', 'e6', 'e9', 'e10'] },
    ]);
    const told = answers().ping('B', '2001:db8::c', 10).ping('B', 'fc00:c::1', 10);
    assert.equal(correlate({ ...inputOf(told), paths: [steered] }).verdict, 'CONFIRMED');
    assert.deepEqual(found(answers().ping('B', '2001:db8::c', 0).ping('B', 'fc00:c::1', 0)), []);
  });
});

it('a link that plain packets do not pass either is not accused of a filter', () => {
  for (const received of [0, 5]) {
    const { findings, verdict } = correlate(inputOf(lost().ping('B', '2001:db8::c', received)));
    assert.deepEqual([findings, verdict], [[], 'INCONCLUSIVE']);
  }
});

it('plain packets of another link prove nothing', () => {
  const { verdict } = correlate(inputOf(lost().ping('A', '2001:db8::c', 10)));
  assert.equal(verdict, 'INCONCLUSIVE');
});
