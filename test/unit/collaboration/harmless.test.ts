/**
 * Input: every probe arrives from A over B and C to D; what A says of its policy, and how probes were marked.
 * Output: what is wrong all the same, or nothing.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../../crypto/canonical.ts';
import { correlate } from '../../../src/collaboration/correlation.ts';
import { followUps } from '../../../src/collaboration/follow-ups.ts';
import { readingsOf } from '../../../src/collaboration/readings.ts';
import { resourceUri } from '../../../src/collaboration/resources.ts';
import { dataPaths } from '../../../src/core/device-data.ts';
import { Answers, flowOf, pathOver } from './world.ts';

const path = pathOver('ABCD', 'f1');
const label = 11;
const intent = { kind: 'path-loss' as const, head: 'A', via: ['B', 'C'], tail: 'D' };
const sent = 1_000;

type Marked = Record<string, Record<string, { in?: number; out?: number }>>;

/** By node and interface, how many packets had a DSCP. */
function answers(marked: Marked = {}, arrived = sent): Answers {
  const told = new Answers().probes('A', label, sent, arrived);
  for (const [index, node] of path.nodes.entries()) {
    const isTail = index === path.nodes.length - 1;
    const [arrival, departure] = [path.hops[index - 1]?.ingress, path.hops[index]?.egress];
    const passed = isTail ? arrived : sent;
    const own = [
      ...(arrival === undefined ? [] : [{ name: arrival, in: String(passed), out: '0' }]),
      ...(departure === undefined ? [] : [{ name: departure, in: '0', out: String(sent) }]),
    ];
    const flow = [{ 'flow-label': label, interface: own, delivered: isTail ? String(arrived) : '0' }];
    const marks = own.map(({ name }) => ({
      name,
      in: String(marked[node]?.[name]?.in ?? 0),
      out: String(marked[node]?.[name]?.out ?? 0),
    }));
    told.add(
      node,
      { uri: `${resourceUri(dataPaths.counting)}=c1` },
      { 'confer-device:counting': { id: 'c1', flow, marked: marks } },
    );
  }
  return told;
}

function found(told: Answers) {
  const readings = readingsOf(told.envelopes);
  const flows = [flowOf(path, label)];
  const { verdict, findings } = correlate({ intent, paths: [path], flows, readings, untrusted: [] });
  return findings.map(({ kind, element, direction, lossPercent }) => ({
    verdict,
    kind,
    element,
    direction,
    lossPercent,
  }));
}

describe('dscp-remark', () => {
  const element = { node: 'B', interface: 'bc', peer: 'C' };

  it('comes without a mark and leaves with one; who only passes it on is not accused', () => {
    const marked = {
      B: { bc: { out: sent } },
      C: { cb: { in: sent }, cd: { out: sent } },
      D: { dc: { in: sent } },
    };
    const expected = {
      verdict: 'CONFIRMED',
      kind: 'dscp-remark',
      element,
      direction: 'forward',
      lossPercent: 0,
    };
    assert.deepEqual(found(answers(marked)), [expected]);
  });

  it('is not named for a few, nor where nothing is marked or it comes so', () => {
    assert.deepEqual(found(answers({ B: { bc: { out: 20 } } })), []);
    assert.deepEqual(found(answers()), []);
    assert.deepEqual(found(answers({ B: { ba: { in: sent }, bc: { out: sent } } })), []);
  });
});

describe('control-plane-overload', () => {
  const uri = { uri: resourceUri(dataPaths.accessLists) };
  const policer = (dropped: number) => ({
    'ietf-access-control-list:acls': {
      'confer-device:control-plane': { 'dropped-packets': String(dropped) },
      'attachment-points': { interface: [] },
    },
  });
  const sids = { end: 'fc00:b::e', decapsulate: 'fc00:b::d' };
  const device = { node: 'B', system: 's', address: 'fc00:b::1', locator: 'fc00:b::/32', sids };
  const told = (dropped: number) => {
    const all = new Answers().add('B', uri, policer(7));
    for (const { node, signed } of answers().envelopes)
      all.add(node, signed.statement.operation, signed.answer.data as JsonObject);
    return all
      .add('B', { uri: resourceUri(dataPaths.device) }, { 'confer-device:device': device })
      .add('B', uri, policer(7 + dropped));
  };
  const inputOf = (all: Answers) => ({ paths: [path], readings: readingsOf(all.envelopes) });

  it('is asked for where the policer dropped something, by probes of a neighbour to the node itself', () => {
    const asked = followUps([], inputOf(told(300)));
    assert.deepEqual(
      asked.map((one) => [one.node, one.arguments?.destination, one.arguments?.count]),
      [['A', 'fc00:b::1', 20]],
    );
    assert.deepEqual(followUps([], inputOf(told(0))), []);
  });

  it('is named where most of those are lost, and packets pass', () => {
    assert.deepEqual(found(told(300).ping('A', 'fc00:b::1', 1, 128, 20)), [
      {
        verdict: 'CONFIRMED',
        kind: 'control-plane-overload',
        element: { node: 'B' },
        direction: 'both',
        lossPercent: 0,
      },
    ]);
  });

  it('is not named where the node answers, or its policer dropped nothing', () => {
    assert.deepEqual(found(told(300).ping('A', 'fc00:b::1', 19, 128, 20)), []);
    assert.deepEqual(found(told(0).ping('A', 'fc00:b::1', 0, 128, 20)), []);
  });
});

describe('wrong-segment-order', () => {
  const own = (node: string, suffix: string) => `fc00:${node.toLowerCase()}::${suffix}`;
  const policy = (...segments: string[]) => {
    const route = {
      'destination-prefix': `${own('D', '1')}/128`,
      'next-hop': { 'outgoing-interface': 'ab', 'confer-device:segment-list': segments },
    };
    return { 'ietf-routing:routing': { ribs: { rib: [{ name: 'ipv6', routes: { route: [route] } }] } } };
  };
  const told = (segments: string[], arrived = sent) => {
    const all = answers({}, arrived);
    for (const node of path.nodes) {
      const sids = { end: own(node, 'e'), decapsulate: own(node, 'd') };
      const device = { node, system: 's', address: own(node, '1'), locator: `${own(node, '')}/32`, sids };
      all.add(node, { uri: resourceUri(dataPaths.device) }, { 'confer-device:device': device });
    }
    return all.add('A', { uri: resourceUri(dataPaths.routing) }, policy(...segments));
  };

  it('names the head and the prefix of its policy', () => {
    assert.deepEqual(found(told([own('C', 'e'), own('B', 'e'), own('D', 'd')])), [
      {
        verdict: 'CONFIRMED',
        kind: 'wrong-segment-order',
        element: { node: 'A', object: 'fc00:d::1/128' },
        direction: 'forward',
        lossPercent: 0,
      },
    ]);
  });

  it('is not named where the order is right, or over nodes that the path does not pass', () => {
    assert.deepEqual(found(told([own('B', 'e'), own('C', 'e'), own('D', 'd')])), []);
    assert.deepEqual(found(told([own('C', 'e'), own('X', 'e'), own('B', 'e')])), []);
  });

  it('shows where no probe arrives as well, and says nothing of the loss', () => {
    const both = found(told([own('C', 'e'), own('B', 'e'), own('D', 'd')], 0));
    const named = both.find(({ kind }) => kind === 'wrong-segment-order');
    assert.deepEqual([named?.element, named?.lossPercent], [{ node: 'A', object: 'fc00:d::1/128' }, 0]);
  });
});
