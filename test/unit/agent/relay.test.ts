/** Input: what a node asks another to carry. Output: bounded in what, for whom, how much, how long; nothing else is. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { digestOf, type JsonObject } from '../../../crypto/canonical.ts';
import { sealAnswer } from '../../../crypto/envelope.ts';
import { type CarriedRequest, sealRequest } from '../../../crypto/request.ts';
import { Policy } from '../../../src/agent/policy.ts';
import { Relay } from '../../../src/agent/relay.ts';
import { ConferError, type ErrorCode, PeerError } from '../../../src/core/errors.ts';
import { limits } from '../../../src/core/limits.ts';
import type { Peer } from '../../../src/core/ports.ts';
import type { CallContext } from '../../../src/core/service.ts';
import { allCapabilities, capabilities, toolNames } from '../../../src/core/tools.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';
import { deviceOf, noon } from '../crypto/fixtures.ts';
import { callerOf } from './callers.ts';

const asker = deviceOf('PE-1', 1);
const far = deviceOf('PE-4', 4);
const caller = callerOf('PE-1', 1);
const context: CallContext = { caller, session: 's1', signal: new AbortController().signal };

const request: CarriedRequest = {
  operation: { tool: toolNames.ping },
  arguments: { destination: 'fc00:4::1' },
  session: 's1',
  caller: 'PE-1',
  node: 'PE-4',
  relay: 'P-5',
  capabilities: allCapabilities,
  nonce: 7,
  signedAt: new Date(noon).toISOString(),
};

const sealed = (change: Partial<CarriedRequest> = {}) => sealRequest({ ...request, ...change }, asker);

type Act = Peer['call'];
const answering =
  (data: JsonObject): Act =>
  async () => {
    const { resultHash: _, ...statement } = sealedStatement();
    return sealAnswer(statement, { data, contentHash: digestOf([]), isError: false }, far);
  };

function sealedStatement() {
  const { operation, session, caller: asking, node: signer, relay, signedAt } = request;
  const given = digestOf(request.arguments);
  return {
    operation,
    argumentsHash: given,
    session,
    caller: asking,
    signer,
    relay,
    signedAt,
    nonce: 1,
    resultHash: '',
  };
}

function world({
  act = answering({ ok: true }),
  negotiated = allCapabilities,
  offered = allCapabilities,
}: {
  act?: Act;
  negotiated?: readonly string[];
  offered?: readonly string[];
} = {}) {
  const clock = createVirtualClock(noon);
  const policy = new Policy(allCapabilities);
  policy.negotiate(caller, negotiated);
  let asked = 0;
  let opened = 0;
  const peer: Peer = {
    node: 'PE-4',
    certificate: far.certificatePem,
    authorised: offered,
    call: (tool, args, options) => {
      asked += 1;
      return act(tool, args, options);
    },
    read: () => Promise.reject(new Error('a relay only calls')),
  };
  const peers = {
    open: async () => {
      opened += 1;
      return peer;
    },
  };
  const resources = {
    requireState: (uri: string) => {
      if (!uri.startsWith('urn:state')) throw new ConferError('not-found', 'not served');
    },
  };
  const relay = new Relay('P-5', { clock, peers, policy, resources });
  return { clock, relay, asked: () => asked, opened: () => opened };
}

async function refusedWith(code: ErrorCode, carrying: Promise<unknown>): Promise<void> {
  await assert.rejects(carrying, (error) => error instanceof ConferError && error.code === code);
}

describe('a relay', () => {
  it('says whether it reaches the node, and carries', async () => {
    const { relay, opened, asked } = world();
    assert.deepEqual(await relay.carry('PE-4', undefined, context), {
      certificate: far.certificatePem,
      authorised: [...allCapabilities],
    });
    const result = await relay.carry('PE-4', sealed(), context);
    assert.ok('answer' in result);
    assert.deepEqual(result.answer.answer.data, { ok: true });
    assert.deepEqual([opened(), asked()], [1, 1], 'one way for a session');
  });

  it('carries only what its caller signed for it, in this session: no chain of relays', async () => {
    const { relay, asked } = world();
    const wrong: Partial<CarriedRequest>[] = [
      { caller: 'P-2' },
      { session: 's2' },
      { relay: 'P-6' },
      { node: 'P-3' },
    ];
    for (const change of wrong)
      await refusedWith('access-denied', relay.carry('PE-4', sealed(change), context));
    const carried = { ...context, relay: callerOf('P-6', 6) };
    await refusedWith('access-denied', relay.carry('PE-4', sealed(), carried));
    const person = { ...context, caller: callerOf('alice', 9, 'operator') };
    await refusedWith('access-denied', relay.carry('PE-4', sealed(), person));
    const { session: _, ...outside } = context;
    await refusedWith('bad-input', relay.carry('PE-4', sealed(), outside));
    await refusedWith('bad-input', relay.carry('PE-1', undefined, context));
    assert.equal(asked(), 0);
  });

  it('carries what measures, and what the caller may ask of it too', async () => {
    const { relay, asked } = world({ negotiated: [capabilities.ping] });
    for (const tool of [toolNames.troubleshoot, toolNames.relay, toolNames.reportAcknowledge, 'reboot'])
      await refusedWith('access-denied', relay.carry('PE-4', sealed({ operation: { tool } }), context));
    const counting = sealed({ operation: { tool: toolNames.countingStart } });
    await refusedWith('access-denied', relay.carry('PE-4', counting, context));
    await refusedWith(
      'not-found',
      relay.carry('PE-4', sealed({ operation: { uri: 'urn:report' } }), context),
    );
    assert.equal(asked(), 0);
    assert.ok('answer' in (await relay.carry('PE-4', sealed(), context)));
    assert.ok('answer' in (await relay.carry('PE-4', sealed({ operation: { uri: 'urn:state' } }), context)));
  });

  it('leaves a node alone that did not answer', async () => {
    const act: Act = async () => Promise.reject(new PeerError('timeout', 'PE-4 did not answer in time.'));
    const { relay, clock, asked } = world({ act });
    assert.ok('silent' in (await relay.carry('PE-4', sealed(), context)));
    assert.ok('silent' in (await relay.carry('PE-4', sealed(), context)));
    assert.equal(asked(), 1);
    await clock.advance(limits.untrustedForMs + 1);
    await relay.carry('PE-4', sealed(), context);
    assert.equal(asked(), 2);
  });

  it('leaves a node alone that could not be authenticated, and says why each time', async () => {
    const act: Act = async () => Promise.reject(new PeerError('authentication', 'PE-4 is somebody else.'));
    const { relay, clock, asked } = world({ act });
    const refused = { refused: 'PE-4 is somebody else.' };
    assert.deepEqual(await relay.carry('PE-4', sealed(), context), refused);
    assert.deepEqual(await relay.carry('PE-4', sealed(), context), refused);
    assert.equal(asked(), 1);
    await clock.advance(limits.untrustedForMs + 1);
    await relay.carry('PE-4', sealed(), context);
    assert.equal(asked(), 2);
  });

  it('tells what the node refuses', async () => {
    const act: Act = async () => Promise.reject(new PeerError('unauthorised', 'PE-4: not you'));
    const { relay } = world({ act });
    assert.deepEqual(await relay.carry('PE-4', sealed(), context), { refused: 'PE-4: not you' });
  });

  it('finds no way to a node that takes no carried requests', async () => {
    const { relay, asked } = world({ offered: [capabilities.ping] });
    const refused = { refused: 'PE-4 takes no requests that another node carries.' };
    assert.deepEqual(await relay.carry('PE-4', undefined, context), refused);
    assert.deepEqual(await relay.carry('PE-4', sealed(), context), refused);
    assert.equal(asked(), 0);
  });

  it('waits for a bounded time', async () => {
    const act: Act = (_tool, _args, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new PeerError('timeout', 'late')), { once: true });
      });
    const { relay, clock } = world({ act });
    const carrying = relay.carry('PE-4', sealed(), context);
    await clock.advance(limits.relayCallTimeoutMs + 1);
    assert.deepEqual(await carrying, { silent: 'late' });
  });

  it('bounds questions and answers', async () => {
    const long = 'x'.repeat(limits.relayAnswerBytesMax);
    const { relay } = world({ act: answering({ long }) });
    assert.match(JSON.stringify(await relay.carry('PE-4', sealed(), context)), /refused.*longer than/);
    const padded = sealed({ arguments: { x: 'x'.repeat(limits.relayRequestBytesMax) } });
    await refusedWith('bad-input', relay.carry('PE-4', padded, context));
  });

  it('bounds how much it carries for one, at once and in a minute', async () => {
    let release = (_error: Error) => {};
    const held = new Promise<never>((_resolve, reject) => {
      release = reject;
    });
    const busy = world({ act: () => held });
    const running = Array.from({ length: limits.relayedAtOnceMax }, () =>
      busy.relay.carry('PE-4', sealed(), context),
    );
    await refusedWith('overloaded', busy.relay.carry('PE-4', sealed(), context));
    release(new PeerError('refused', 'no'));
    await Promise.all(running);

    const { relay, clock } = world();
    for (let count = 0; count < limits.relayedPerMinuteMax; count += 1)
      await relay.carry('PE-4', undefined, context);
    await refusedWith('overloaded', relay.carry('PE-4', undefined, context));
    await clock.advance(60_000);
    await relay.carry('PE-4', undefined, context);
  });
});
