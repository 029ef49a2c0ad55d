/**
 * What every Peers must do, and every Dial below it. PE-1 offers counting and interface counters, P-2 serves interface
 * counters and SRv6 pings, PE-3 offers only counting, and P-4 and the others do not take each other's certificates.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { digestOf, type JsonObject } from '../../crypto/canonical.ts';
import { thumbprintHexOf } from '../../crypto/certificate.ts';
import { type Operation, openAnswer, type SignedAnswer } from '../../crypto/envelope.ts';
import { ConferError, PeerError, type UntrustedReason } from '../../src/core/errors.ts';
import { limits } from '../../src/core/limits.ts';
import type { Clock, Peer, Peers } from '../../src/core/ports.ts';
import type { FakeService } from '../unit/mcp/world.ts';

export const offered: Readonly<Record<string, readonly string[]>> = {
  'PE-1': ['ietf-interface-counters', 'counting'],
  'P-2': ['ietf-interface-counters', 'ietf-srv6-ping'],
  'PE-3': ['counting'],
  'P-4': ['ietf-interface-counters'],
};

export interface PeersWorld extends AsyncDisposable {
  readonly clock: Clock;
  /** How a node reaches the others, and what ends it. */
  peers(node: string): Peers & { close(): Promise<void> };
  /** What a node answers with. */
  service(node: string): FakeService;
  /** Connections of others to the node that are open. */
  connections(node: string): number;
  /** Its process ends, and its connections break; then it starts again. */
  stop(node: string): Promise<void>;
  start(node: string): Promise<void>;
  /** From now on nothing that is sent arrives, and nobody hears so. */
  silence(): void;
  /** From now on another node answers where this one was announced. */
  replace(node: string, by: string): void;
  /** Lets the world's time go by until the promise settles. */
  pass<T>(promise: Promise<T>): Promise<T>;
  wait(ms: number): Promise<void>;
}

const session = 'session-1';
const never = new AbortController().signal;
const open = (world: PeersWorld, from: string, to: string, signal: AbortSignal = never): Promise<Peer> =>
  world.pass(world.peers(from).open(to, { session, signal }));

/** `create` makes a world in which nothing was asked yet, or only over a link that P-2 opened. */
export function peersContract(name: string, create: () => Promise<PeersWorld>): void {
  describe(`Peers: ${name}`, { timeout: 60_000 }, () => {
    it('opens a session with the node that its certificate names, authorised for what both have', async () => {
      await using world = await create();
      const peer = await open(world, 'PE-1', 'P-2');
      assert.equal(peer.node, 'P-2');
      assert.equal(thumbprintHexOf(peer.certificate), world.service('P-2').device.thumbprint);
      assert.deepEqual(peer.authorised, ['ietf-interface-counters']);
      const { caller, capabilities } = world.service('P-2').negotiations.at(-1) ?? assert.fail('not asked');
      assert.deepEqual([caller.name, caller.role], ['PE-1', 'device']);
      assert.deepEqual(capabilities, offered['PE-1']);
    });

    it('brings calls and readings as they were made, and answers as they were signed', async () => {
      await using world = await create();
      const peer = await open(world, 'PE-1', 'P-2');
      const args = {
        count: 7,
        text: 'ß\u2028漢字\u{1f600}\u0000"\\',
        nested: { list: [null, true, 1.5, -0.1] },
      };
      const answer = await world.pass(peer.call('ietf-srv6-ping', args, { signal: never }));
      const { data } = opened(answer, peer, { tool: 'ietf-srv6-ping' }, args);
      assert.deepEqual(data, { ...args, sent: 100, received: 97 });
      const uri = 'mcp://P-2/ietf-interfaces:interfaces';
      const reading = await world.pass(peer.read(uri, { signal: never }));
      assert.deepEqual(opened(reading, peer, { uri }, {}).data, { 'in-octets': '18446744073709551615' });
    });

    it('calls as whom the certificate names, whatever the call says', async () => {
      await using world = await create();
      const peer = await open(world, 'PE-1', 'P-2');
      const answer = await world.pass(peer.call('whoami', { caller: 'P-2', name: 'P-2' }, { signal: never }));
      const { thumbprint } = world.service('PE-1').device;
      assert.deepEqual(answer.answer.data, { name: 'PE-1', role: 'device', thumbprint });
    });

    it('gives every one of many calls at once its own answer, in whatever order they come', async () => {
      await using world = await create();
      const service = world.service('P-2');
      service.answers.set('late', async ({ number }) => {
        await world.clock.sleep((Number(number) * 7) % 23);
        return { number: number ?? null };
      });
      const peer = await open(world, 'PE-1', 'P-2');
      const numbers = Array.from({ length: 200 }, (_, index) => index);
      const answers = await world.pass(
        Promise.all(numbers.map((number) => peer.call('late', { number }, { signal: never }))),
      );
      answers.forEach((answer, number) => {
        assert.deepEqual(opened(answer, peer, { tool: 'late' }, { number }).data, { number });
      });
    });

    it('keeps sessions apart', async () => {
      await using world = await create();
      const peers = world.peers('PE-1');
      const names = ['a', 'b', 'c'];
      const made = await world.pass(
        Promise.all(names.map((one) => peers.open('P-2', { session: one, signal: never }))),
      );
      const answers = await world.pass(
        Promise.all(made.map((peer) => peer.call('ping', {}, { signal: never }))),
      );
      assert.deepEqual(
        answers.map(({ statement }) => statement.session),
        names,
      );
    });

    it('tells progress in fractions, all of it before the answer', async () => {
      await using world = await create();
      world.service('P-2').answers.set('slow', async (_args, { onProgress }) => {
        for (const fraction of [0, 0.25, 0.5, 0.5, 1]) {
          onProgress?.({ fraction, message: `${100 * fraction} %` });
          await world.clock.sleep(3);
        }
        return { done: true };
      });
      const peer = await open(world, 'PE-1', 'P-2');
      const told: (number | string | undefined)[][] = [];
      const onProgress = ({ fraction, message }: { fraction: number; message?: string }) =>
        told.push([fraction, message]);
      await world.pass(peer.call('slow', {}, { signal: never, onProgress }));
      const count = told.length;
      assert.deepEqual(told.at(-1), [1, '100 %']);
      assert.ok(
        told.every(([fraction], index) => index === 0 || Number(fraction) >= Number(told[index - 1]?.[0])),
      );
      await world.wait(20);
      assert.equal(told.length, count);
    });

    it('gives up a call with its signal, tells the peer, and goes on with the next one', async () => {
      await using world = await create();
      const peer = await open(world, 'PE-1', 'P-2');
      const controller = new AbortController();
      const hanging = peer.call('hang', {}, { signal: controller.signal });
      const ended = rejects(hanging, 'timeout');
      const { calls } = world.service('P-2');
      await until(world, () => calls.length === 1);
      controller.abort(new ConferError('timeout', 'Not within 5 ms.'));
      await world.pass(ended);
      await until(world, () => calls[0]?.context.signal.aborted === true);
      await world.pass(peer.call('ping', {}, { signal: never }));
    });

    it('asks nothing when the signal is over already', async () => {
      await using world = await create();
      const peer = await open(world, 'PE-1', 'P-2');
      const signal = AbortSignal.abort(new ConferError('cancelled', 'Enough.'));
      await rejects(world.pass(peer.call('ping', {}, { signal })), 'timeout');
      await rejects(world.pass(peer.read('mcp://P-2/x', { signal })), 'timeout');
      await rejects(open(world, 'PE-1', 'P-2', signal), 'timeout');
      await world.wait(20);
      assert.deepEqual(world.service('P-2').calls, []);
    });

    it('says for what reason there is no answer', async () => {
      await using world = await create();
      const peer = await open(world, 'PE-1', 'P-2');
      const call = (tool: string) => world.pass(peer.call(tool, {}, { signal: never }));
      await rejects(call('secret'), 'unauthorised');
      await rejects(call('no such tool'), 'refused');
      await rejects(world.pass(peer.read('mcp://P-2/nowhere', { signal: never })), 'refused');
      const broken = await rejects(call('broken'), 'refused');
      assert.doesNotMatch(broken.message, /secret of the implementation/);
      world.service('P-2').answers.set('late', async () => {
        throw new ConferError('timeout', 'The device did not answer in time.');
      });
      await rejects(call('late'), 'timeout');
    });

    it('ends with a peer that dies, and opens anew with one that is back', async () => {
      await using world = await create();
      const peer = await open(world, 'PE-1', 'P-2');
      const ended = rejects(peer.call('hang', {}, { signal: never }), 'unreachable');
      await until(world, () => world.service('P-2').calls.length === 1);
      await world.stop('P-2');
      await world.pass(ended);
      await rejects(world.pass(peer.call('ping', {}, { signal: never })), 'unreachable');
      await rejects(open(world, 'PE-1', 'P-2'), 'unreachable');
      await world.start('P-2');
      const again = await open(world, 'PE-1', 'P-2');
      await world.pass(again.call('ping', {}, { signal: never }));
    });

    it('waits for a peer that has fallen silent no longer than its signal', async () => {
      await using world = await create();
      const peer = await open(world, 'PE-1', 'P-2');
      world.silence();
      using deadline = world.clock.deadline(100);
      await rejects(world.pass(peer.call('ping', {}, { signal: deadline.signal })), 'timeout');
      using another = world.clock.deadline(100);
      await rejects(open(world, 'PE-1', 'P-2', another.signal), 'timeout');
    });

    it('closes more than once: what runs ends, no connection stays, and none is opened again', async () => {
      await using world = await create();
      const peers = world.peers('PE-1');
      const peer = await open(world, 'PE-1', 'P-2');
      const ended = rejects(peer.call('hang', {}, { signal: never }), 'unreachable');
      await until(world, () => world.service('P-2').calls.length === 1);
      await world.pass(Promise.all([peers.close(), peers.close()]));
      await world.pass(ended);
      await world.pass(peers.close());
      await until(world, () => world.connections('P-2') + world.connections('PE-1') === 0);
      await until(world, () => world.service('P-2').calls[0]?.context.signal.aborted === true);
      await rejects(open(world, 'PE-1', 'P-2'), 'unreachable');
      await rejects(world.pass(peer.call('ping', {}, { signal: never })), 'unreachable');
      assert.equal(world.connections('P-2') + world.connections('PE-1'), 0);
    });
  });
}

/** What a world does whose connections have to be opened first. */
export function dialContract(name: string, create: () => Promise<PeersWorld>): void {
  describe(`Peers that dial: ${name}`, { timeout: 60_000 }, () => {
    it('keep one connection to a node, for whoever asks and however many at once', async () => {
      await using world = await create();
      await world.pass(Promise.all([1, 2, 3].map(() => open(world, 'PE-1', 'P-2'))));
      await open(world, 'PE-1', 'P-2');
      assert.equal(world.connections('P-2'), 1);
    });

    it('say for what reason there is no session, and leave no connection', async () => {
      await using world = await create();
      await rejects(open(world, 'PE-1', 'PE-9'), 'unreachable');
      await rejects(open(world, 'PE-3', 'P-2'), 'unauthorised');
      await rejects(open(world, 'PE-1', 'P-4'), 'authentication');
      await rejects(open(world, 'P-4', 'P-2'), 'authentication');
      world.replace('P-2', 'PE-3');
      await rejects(open(world, 'PE-1', 'P-2'), 'authentication');
      await world.stop('PE-3');
      await rejects(open(world, 'PE-1', 'P-2'), 'unreachable');
      await until(world, () => world.connections('P-4') + world.connections('PE-3') === 0);
    });

    it('wait for one that does not answer no longer than the signal, and leave no connection', async () => {
      await using world = await create();
      world.silence();
      using deadline = world.clock.deadline(100);
      await rejects(open(world, 'PE-1', 'P-2', deadline.signal), 'timeout');
      await world.pass(world.peers('PE-1').close());
      await until(world, () => world.connections('P-2') === 0);
    });

    it('refuse what is longer than a message may be, either way, and go on with the next one', async () => {
      await using world = await create();
      const peer = await open(world, 'PE-1', 'P-2');
      const text = 'x'.repeat(limits.messageBytesMax);
      world.service('P-2').answers.set('long', async () => ({ text }));
      await rejects(world.pass(peer.call('long', {}, { signal: never })), 'refused');
      await rejects(world.pass(peer.call('ping', { text }, { signal: never })), 'refused');
      await world.pass(peer.call('ping', {}, { signal: never }));
      assert.deepEqual(
        world.service('P-2').calls.map(({ name: tool }) => tool),
        ['long', 'ping'],
      );
    });

    it('take up nothing of a caller that gave up from one that did not', async () => {
      await using world = await create();
      const controller = new AbortController();
      const { signal } = controller;
      const first = rejects(world.peers('PE-1').open('P-2', { session, signal }), 'timeout');
      const second = world.peers('PE-1').open('P-2', { session, signal: never });
      controller.abort(new ConferError('cancelled', 'Enough.'));
      await world.pass(first);
      await world.pass((await world.pass(second)).call('ping', {}, { signal: never }));
      assert.equal(world.connections('P-2'), 1);
    });
  });
}

async function rejects(promise: Promise<unknown>, reason: UntrustedReason): Promise<PeerError> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof PeerError, `no PeerError but ${error}`);
    assert.equal(error.reason, reason, error.message);
    assert.notEqual(error.message, '');
    return error;
  }
  return assert.fail(`${reason} was expected`);
}

/** The answer, if it is what the peer signed to exactly this. */
function opened(signed: SignedAnswer, peer: Peer, operation: Operation, args: JsonObject) {
  const { node: signer, certificate } = peer;
  const expected = { operation, argumentsHash: digestOf(args), session, signer, caller: 'PE-1', certificate };
  const result = openAnswer(signed, { ...expected, nonceAbove: 0 });
  assert.ok(result.ok, result.ok ? '' : result.detail);
  return result.answer;
}

/** Bounded, and generous: a loaded machine may take its time. */
async function until(world: PeersWorld, holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1_500; tries += 1) {
    if (holds()) return;
    await world.wait(20);
  }
  assert.fail('it never came about');
}
