/**
 * A session and its fan-out. Input: questions, and peers that behave as they like. Output: `signed` or
 * `untrusted(reason)`, in order, never an exception for a peer.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { digestOf, type JsonObject } from '../../../crypto/canonical.ts';
import { type Operation, type SignedAnswer, sealAnswer } from '../../../crypto/envelope.ts';
import { ReplayWindow } from '../../../crypto/nonce.ts';
import { fanOut } from '../../../src/collaboration/fanout.ts';
import { type Question, Session } from '../../../src/collaboration/session.ts';
import { ConferError, PeerError } from '../../../src/core/errors.ts';
import { limits } from '../../../src/core/limits.ts';
import type { CallOptions, Peer, Peers } from '../../../src/core/ports.ts';
import { identityOf } from '../../support/domain.ts';
import { noRelays } from '../../support/no-relays.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

const question = (node: string, more: Partial<Question> = {}): Question => ({
  node,
  operation: { tool: 'ping' },
  arguments: { count: 1 },
  ...more,
});

let nonce = 0;

function signed(node: string, operation: Operation, args: JsonObject, more: object = {}): SignedAnswer {
  const { keyPair, certificatePem } = identityOf(node);
  const {
    isError = false,
    data = { ok: true },
    ...fields
  } = more as { isError?: boolean; data?: JsonObject };
  return sealAnswer(
    {
      operation,
      argumentsHash: digestOf(args),
      nonce: ++nonce,
      session: 's1',
      signer: node,
      caller: 'A',
      signedAt: '2026-07-01T12:00:00.000Z',
      ...fields,
    },
    { data, contentHash: digestOf([]), isError },
    { privateKey: keyPair.privateKey, certificatePem },
  );
}

type Behave = (operation: Operation, args: JsonObject, options: CallOptions) => Promise<SignedAnswer>;

function world(behave: Record<string, Behave> = {}, open?: Peers['open'], nonceAbove = 0) {
  const clock = createVirtualClock();
  const stop = new AbortController();
  let opened = 0;
  const peers: Peers = {
    open: async (node, options) => {
      opened += 1;
      return open === undefined ? peerOf(node, behave[node]) : await open(node, options);
    },
  };
  const management = () => 'out-of-band' as const;
  const { certificatePem: certificate } = identityOf('A');
  const alarms: string[] = [];
  const nonces = {
    windowOf: async () => new ReplayWindow(nonceAbove),
    alarm: (node: string, detail: string) => void alarms.push(`${node}: ${detail}`),
  };
  const ports = { clock, peers, nonces, self: 'A', certificate, management, ...noRelays };
  const session = new Session('s1', ports, stop.signal);
  return { clock, stop, session, alarms, opened: () => opened };
}

const honest: Peers['open'] = async (node) => peerOf(node);

function peerOf(node: string, act: Behave = async (operation, args) => signed(node, operation, args)): Peer {
  return {
    node,
    certificate: identityOf(node).certificatePem,
    authorised: ['counting'],
    call: (tool, args, given) => act({ tool }, args, given),
    read: (uri, given) => act({ uri }, {}, given),
  };
}

const failing =
  (error: unknown): Behave =>
  async () =>
    Promise.reject(error);
const silent: Behave = () => new Promise(() => {});

describe('a session', () => {
  it('asks, verifies and remembers, over one connection a node', async () => {
    const { session, opened } = world();
    const outcomes = await fanOut(session, [
      question('B'),
      question('C'),
      question('B', { operation: { uri: 'urn:x' }, arguments: {} }),
    ]);
    assert.deepEqual(
      outcomes.map((one) => one.status === 'signed' && one.node),
      ['B', 'C', 'B'],
    );
    assert.equal(opened(), 2);
    assert.deepEqual(
      session.envelopes().map(({ id, node, arguments: args }) => [id, node, args]),
      [
        ['e1', 'B', { count: 1 }],
        ['e2', 'C', { count: 1 }],
        ['e3', 'B', {}],
      ],
    );
    assert.equal(session.marks().length, 0);
  });

  it('marks what failed with its reason, and does not ask again while the mark is in force', async () => {
    let asked = 0;
    const { clock, session } = world({
      B: async () => {
        asked += 1;
        throw new PeerError('unreachable', 'gone');
      },
    });
    assert.equal((await session.ask(question('B'))).status, 'untrusted');
    const again = await session.ask(question('B'));
    assert.deepEqual(again, { status: 'untrusted', node: 'B', reason: 'unreachable', detail: 'gone' });
    assert.equal(asked, 1);
    assert.equal(await session.open('B'), undefined);
    await clock.advance(limits.untrustedForMs + 1);
    await session.ask(question('B'));
    assert.equal(asked, 2);
  });

  it('goes on asking a node that only refused one call', async () => {
    const refuseOnce: Behave = async (operation, args) =>
      signed('B', operation, args, { isError: nonce % 2 === 0 });
    const { session } = world({ B: refuseOnce });
    const outcomes = [await session.ask(question('B')), await session.ask(question('B'))];
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['signed', 'untrusted']);
    assert.equal(session.markOf('B')?.reason, 'refused');
    const errors = session.envelopes().map(({ signed }) => signed.answer.isError);
    assert.deepEqual(errors.sort(), [false, true], 'an error is signed too, and closes with the others');
  });

  it('opens a node again once the mark of a failed opening has expired, and not before', async () => {
    for (const reason of ['unreachable', 'unauthorised'] as const) {
      let isUp = false;
      const { clock, session, opened } = world({}, async (node, options) => {
        if (!isUp) throw new PeerError(reason, 'not now');
        return await honest(node, options);
      });
      const status = async () => (await session.ask(question('B'))).status;
      assert.equal(await status(), 'untrusted');
      assert.equal(await status(), 'untrusted');
      assert.equal(opened(), 1, 'no retry storm');
      await clock.advance(limits.untrustedForMs + 1);
      assert.equal(await status(), 'untrusted');
      assert.equal(await status(), 'untrusted');
      assert.equal(opened(), 2, 'no retry storm the second time either');
      isUp = true;
      await clock.advance(limits.untrustedForMs + 1);
      assert.equal(await status(), 'signed');
      assert.equal(await session.offers('B', 'counting'), true);
      assert.equal(opened(), 3);
    }
  });

  it('still asks what cleans up when the intent was cancelled, with a signal of its own', async () => {
    const { stop, session } = world();
    assert.equal((await session.ask(question('B'))).status, 'signed');
    stop.abort(new ConferError('cancelled', 'enough'));
    await assert.rejects(session.ask(question('B')), /enough/);
    const own = new AbortController();
    assert.equal((await session.ask(question('B', { signal: own.signal }))).status, 'signed');
    own.abort(new ConferError('cancelled', 'too long'));
    await assert.rejects(session.ask(question('B', { signal: own.signal })), /too long/);
  });

  it('numbers the answers of one node by nonce, whatever order they arrive in', async () => {
    const held: (() => void)[] = [];
    // Asked first, signed and sent last.
    const overtaken: Behave = async (operation, args) => {
      if (args.count === 1) await new Promise<void>((resolve) => held.push(resolve));
      return signed('B', operation, args, { data: args });
    };
    const { session } = world({ B: overtaken });
    const late = fanOut(session, [
      question('C'),
      question('B', { arguments: { count: 1 } }),
      question('B', { arguments: { count: 2 } }),
    ]);
    await new Promise(setImmediate);
    held[0]?.();
    await late;
    const mine = session.envelopes().filter(({ node }) => node === 'B');
    assert.deepEqual(
      mine.map(({ signed }) => signed.answer.data),
      [{ count: 2 }, { count: 1 }],
    );
    assert.deepEqual(
      session.envelopes().map(({ id }) => id),
      ['e1', 'e2', 'e3'],
    );
  });

  it('tells of the same answers until there is another one', async () => {
    const { session } = world();
    await session.ask(question('B'));
    const [envelopes, readings] = [session.envelopes(), session.readings()];
    assert.equal(session.envelopes(), envelopes);
    assert.equal(session.readings(), readings);
    await session.ask(question('C'));
    assert.equal(session.envelopes().length, 2);
    assert.deepEqual([...session.readings().keys()], ['B', 'C']);
    const [first] = session.envelopes();
    assert.ok(first);
    session.withdraw(first, 'it does not fit');
    assert.deepEqual([...session.readings().keys()], ['C']);
  });

  it('refuses, with an alarm, what is signed below the nonces of earlier sessions [T25]', async () => {
    const { session, alarms } = world({}, undefined, nonce + 1_000);
    const outcome = await session.ask(question('B'));
    assert.equal(outcome.status === 'untrusted' && outcome.reason, 'replay');
    assert.equal(alarms.length, 1);
    assert.match(alarms[0] ?? '', /^B: .* its signer restored an old store/);
    assert.deepEqual(session.envelopes(), []);
  });

  it('gives up when the time of the call is over, and takes no late answer', async () => {
    const late: Behave = (operation, args, { signal }) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve(signed('B', operation, args))));
    const { clock, session } = world({ B: late });
    const asking = session.ask(question('B', { timeoutMs: 70 }));
    await clock.advance(71);
    const outcome = await asking;
    assert.equal(outcome.status === 'untrusted' && outcome.reason, 'timeout');
    assert.deepEqual(session.envelopes(), []);
    assert.equal(clock.waiting, 0);
  });

  it('gives up opening after its own time, and opens once for all who ask', async () => {
    const { clock, session, opened } = world({}, () => new Promise(() => {}));
    const asking = fanOut(session, [question('B'), question('B'), question('B')]);
    await clock.advance(limits.sessionTimeoutMs + 1);
    for (const outcome of await asking)
      assert.equal(outcome.status === 'untrusted' && outcome.reason, 'timeout');
    assert.equal(opened(), 1);
  });

  it('ends when the intent is cancelled: that is no fault of the peer', async () => {
    const { clock, stop, session } = world({ B: silent });
    const asking = assert.rejects(session.ask(question('B')), /enough/);
    await clock.advance(1);
    stop.abort(new ConferError('cancelled', 'enough'));
    await asking;
    assert.equal(session.marks().length, 0);
    await assert.rejects(session.ask(question('C')), /enough/);
  });

  const lies: [what: string, behave: Behave, reason: string][] = [
    ['a replay', async (operation, args) => signed('B', operation, args, { nonce: 5 }), 'replay'],
    ['another operation', async (_, args) => signed('B', { tool: 'pong' }, args), 'bad-signature'],
    ['other arguments', async (operation) => signed('B', operation, { count: 2 }), 'bad-signature'],
    [
      'another session',
      async (operation, args) => signed('B', operation, args, { session: 's2' }),
      'bad-signature',
    ],
    [
      'another caller',
      async (operation, args) => signed('B', operation, args, { caller: 'D' }),
      'bad-signature',
    ],
    ['another signer', async (operation, args) => signed('C', operation, args), 'bad-signature'],
    ['garbage', async () => ({ data: 'x' }) as unknown as SignedAnswer, 'bad-signature'],
    ['null', async () => null as unknown as SignedAnswer, 'malformed'],
    ['an exception', failing(new RangeError('boom')), 'malformed'],
    ['no exception object', failing('boom'), 'malformed'],
    ['a refusal', failing(new PeerError('unauthorised', 'no')), 'unauthorised'],
  ];
  for (const [what, behave, reason] of lies)
    it(`takes ${what} for untrusted(${reason})`, async () => {
      const { session } = world({ B: behave });
      await session.ask(question('B'));
      await session.ask(question('B'));
      assert.equal(session.markOf('B')?.reason, reason);
      assert.ok(session.envelopes().length <= 1);
    });

  it('keeps the packet file apart, once', async () => {
    const capture = Buffer.from('packets').toString('base64');
    const data = { 'confer-device:counting': { id: 'c', flow: [], capture } };
    const { session } = world({ B: async (operation, args) => signed('B', operation, args, { data }) });
    await fanOut(session, [question('B'), question('B')]);
    assert.deepEqual(session.captures(), [capture]);
    const [one] = session.envelopes();
    assert.match(one?.pcapSha256 ?? '', /^[0-9a-f]{64}$/);
    assert.ok(!JSON.stringify(one).includes(capture));
  });

  it('takes back an answer that does not fit the others', async () => {
    const { session } = world();
    await session.ask(question('B'));
    const [envelope] = session.envelopes();
    assert.ok(envelope);
    session.withdraw(envelope, 'it closed another session');
    assert.deepEqual(session.envelopes(), []);
    assert.equal(session.markOf('B')?.reason, 'bad-signature');
  });

  it('knows what a node offers', async () => {
    const { session } = world();
    assert.equal(await session.offers('B', 'counting'), true);
    assert.equal(await session.offers('B', 'flying'), false);
  });
});

describe('the fan-out [T24]', () => {
  it('never has more calls under way than its bound, and keeps the order', async () => {
    let [running, most] = [0, 0];
    const slow: Behave = async (operation, args) => {
      most = Math.max(most, ++running);
      await clock.sleep(10);
      running -= 1;
      return signed('B', operation, args, { data: args });
    };
    const { clock, session } = world({ B: slow });
    const asking = fanOut(
      session,
      Array.from({ length: 100 }, (_, count) => question('B', { arguments: { count } })),
    );
    await clock.advance(100);
    const outcomes = await asking;
    assert.equal(most, limits.parallelCallsMax);
    assert.deepEqual(
      outcomes.map((one) => one.status === 'signed' && one.data.count),
      Array.from({ length: 100 }, (_, index) => index),
    );
  });

  it('is done with the others when one peer never answers', async () => {
    const { clock, session } = world({ B: silent });
    const asking = fanOut(session, [question('B'), question('C'), question('D')]);
    await clock.advance(limits.readTimeoutMs + 1);
    assert.deepEqual(
      (await asking).map(({ status }) => status),
      ['untrusted', 'signed', 'signed'],
    );
  });
});
