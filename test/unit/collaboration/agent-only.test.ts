/**
 * Input: C gives no usable answer; probes from A to D are counted behind it, or not; who still hears it.
 * Output: its agent is gone, or it is left among the untrusted.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { correlate } from '../../../src/collaboration/correlation.ts';
import { worthWaitingFor } from '../../../src/collaboration/open-questions.ts';
import { readingsOf } from '../../../src/collaboration/readings.ts';
import { resourceUri } from '../../../src/collaboration/resources.ts';
import { dataPaths } from '../../../src/core/device-data.ts';
import type { UntrustedReason } from '../../../src/core/errors.ts';
import type { Untrusted } from '../../../src/core/records.ts';
import { Answers, flowOf, pathOver } from './world.ts';

const path = pathOver('ABCD', 'f1');
const label = 11;
const sent = 1_000;
const intent = { kind: 'path-loss' as const, head: 'A', via: ['B', 'C'], tail: 'D' };

const mark = (node: string, reason: UntrustedReason): Untrusted => ({
  node,
  reason,
  detail: '',
  management: 'out-of-band',
  until: '2026-07-01T12:01:00.000Z',
});

/** B passed all on, and D got as many as arrived. */
function counted(arrived = sent): Answers {
  return new Answers()
    .probes('A', label, sent, arrived)
    .counting('A', label, { out: sent })
    .counting('B', label, { in: sent, out: sent })
    .counting('D', label, { in: arrived, delivered: arrived });
}

function conclusion(told: Answers, untrusted: Untrusted[]) {
  const flows = [flowOf(path, label)];
  const input = { intent, paths: [path], flows, readings: readingsOf(told.envelopes), untrusted };
  const { verdict, findings, suspects } = correlate(input);
  const agents = findings.filter(({ kind }) => kind === 'agent-only');
  return {
    verdict,
    agents: agents.map(({ element, direction, lossPercent }) => ({ element, direction, lossPercent })),
    isWaited: worthWaitingFor(input) === 'neighbours',
    suspects,
  };
}

const gone = [{ element: { node: 'C' }, direction: 'both', lossPercent: 0 }];
const stale = { C: 10 };
const fresh = { C: 1 };

describe('agent-only', () => {
  it('probes pass, and both neighbours have lost it', () => {
    const told = counted().hears('B', stale).hears('D', stale);
    for (const reason of ['unreachable', 'timeout'] as const)
      assert.deepEqual(conclusion(told, [mark('C', reason)]), {
        verdict: 'CONFIRMED',
        agents: gone,
        isWaited: false,
        suspects: [],
      });
  });

  it('one neighbour alone may be deaf: LIKELY', () => {
    const told = counted().hears('D', stale);
    assert.deepEqual(conclusion(told, [mark('C', 'timeout')]), {
      verdict: 'LIKELY',
      agents: gone,
      isWaited: false,
      suspects: [],
    });
  });

  it('is not named while a neighbour hears it; whoever fell silent just now is waited for', () => {
    const told = counted().hears('B', fresh).hears('D', stale);
    const { agents, isWaited } = conclusion(told, [mark('C', 'timeout')]);
    assert.deepEqual({ agents, isWaited }, { agents: [], isWaited: true });
  });

  it('is not named where nothing gets past it, nor for a node that answered wrongly', () => {
    const dead = counted(0).hears('B', stale).hears('D', stale);
    assert.deepEqual(conclusion(dead, [mark('C', 'unreachable')]).agents, []);
    const heard = counted().hears('B', stale).hears('D', stale);
    for (const reason of ['bad-signature', 'replay', 'malformed', 'refused', 'unauthorised'] as const)
      assert.deepEqual(conclusion(heard, [mark('C', reason)]).agents, [], reason);
  });

  it('hides no loss: what dies between the two that count is INCONCLUSIVE, with its suspects', () => {
    const told = counted(900).hears('B', stale).hears('D', stale);
    const { verdict, agents, suspects } = conclusion(told, [mark('C', 'unreachable')]);
    assert.equal(verdict, 'INCONCLUSIVE');
    assert.deepEqual(
      agents.map(({ element }) => element),
      [{ node: 'C' }],
    );
    assert.deepEqual(suspects, [
      { node: 'B', interface: 'bc', peer: 'C' },
      { node: 'C' },
      { node: 'C', interface: 'cd', peer: 'D' },
    ]);
  });

  it('a certificate that is not accepted is LIKELY its own fault, where others took ours', () => {
    const told = counted().hears('B', fresh).hears('D', fresh);
    const alone = conclusion(told, [mark('C', 'authentication')]);
    assert.deepEqual(alone.agents, []);
    const sids = { end: 'fc00:4::1', decapsulate: 'fc00:4::100' };
    const device = { node: 'D', system: 's', address: '::1', locator: 'fc00:4::/32', sids };
    told.add('D', { uri: resourceUri(dataPaths.device) }, { 'confer-device:device': device });
    assert.deepEqual(conclusion(told, [mark('C', 'authentication')]), {
      verdict: 'LIKELY',
      agents: gone,
      isWaited: false,
      suspects: [],
    });
  });

  it('the end of the path has answered probes', () => {
    const told = new Answers()
      .probes('A', label, sent)
      .counting('A', label, { out: sent })
      .counting('B', label, { in: sent, out: sent })
      .counting('C', label, { in: sent, out: sent })
      .hears('C', { D: 10 });
    const { agents } = conclusion(told, [mark('D', 'unreachable')]);
    assert.deepEqual(agents, [{ element: { node: 'D' }, direction: 'both', lossPercent: 0 }]);
  });
});

describe('a silent router behind a dead one', () => {
  it('is not called crashed too: no probe came as far as the router before it', () => {
    const told = new Answers()
      .probes('A', label, sent, 0)
      .counting('A', label, { out: sent })
      .interfaces('A', { name: 'ab', oper: 'down' })
      .hears('A', { B: 10 })
      .interfaces('D', { name: 'dc' })
      .hears('D', stale);
    const flows = [flowOf(path, label)];
    const untrusted = [mark('B', 'unreachable'), mark('C', 'unreachable')];
    const { findings } = correlate({
      intent,
      paths: [path],
      flows,
      readings: readingsOf(told.envelopes),
      untrusted,
    });
    assert.deepEqual(
      findings.map(({ kind, element }) => [kind, element.node]),
      [['node-crash', 'B']],
    );
  });
});
