/**
 * Input: an agent in a real process of its own, its router in this one.
 * Output: everything that a driver and a frame port do works across the IPC channel, and nothing stays behind.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { countingSchema } from '../../../src/core/device-data.ts';
import type { Clock } from '../../../src/core/ports.ts';
import { serveDevice } from '../../../src/sim/device-server.ts';
import type { ModelledNetwork } from '../../../src/sim/network.ts';
import { connectDevice } from '../../../src/sim/remote-device.ts';
import { label, network, never, readings, shipped } from './world.ts';

const realClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  sleep: (ms, signal) => delay(ms, undefined, { signal }),
  deadline: () => ({ signal: never, [Symbol.dispose]() {} }),
};

let modelled: ModelledNetwork;
let child: ChildProcess;
const answers = new EventEmitter();

before(async () => {
  modelled = network(shipped('pe1-p2-pe3'), [], { clock: realClock });
  child = fork(new URL('./remote-agent.ts', import.meta.url));
  serveDevice(child, {
    driver: modelled.router('PE-1'),
    frames: modelled.framePort('PE-1'),
    reach: async (host, port) => ({ host: `relay-to-${host}`, port: port + 1 }),
  });
  child.on('message', (message: { what?: string; value?: unknown }) => {
    if (message.what !== undefined) answers.emit(message.what, message.value);
  });
  await once(answers, 'ready');
});

after(() => {
  child.kill('SIGKILL');
});

async function ask(task: string): Promise<unknown> {
  const answer = once(answers, task, { signal: AbortSignal.timeout(30_000) });
  child.send({ task });
  return (await answer)[0];
}

test('facts, interfaces and errors with their codes cross the channel', async () => {
  assert.deepEqual(await ask('facts'), await modelled.router('PE-1').facts());
  assert.deepEqual(await ask('interfaces'), ['pe1-p2']);
  assert.deepEqual(await ask('reach'), { host: 'relay-to-fc00:2::1', port: 9515 });
  assert.equal(((await ask('unknown')) as { code: string }).code, 'not-found');
  assert.equal(((await ask('badArguments')) as { code: string }).code, 'bad-input');
});

test('a probe reports progress, its counting is readable, and undone at the end of the scope', async () => {
  const answer = (await ask('count')) as {
    result: { sent: number; received: number };
    progress: number[];
    data: unknown;
  };
  assert.deepEqual([answer.result.sent, answer.result.received], [20, 20]);
  assert.equal(answer.progress.at(-1), 1);
  assert.ok(answer.progress.length > 1);
  const counting = countingSchema.parse(answer.data)['confer-device:counting'];
  assert.deepEqual(counting.flow, [
    { 'flow-label': label, interface: [{ name: 'pe1-p2', in: '0', out: '20' }], delivered: '0' },
  ]);
  assert.equal(((await ask('countedAfterUndo')) as { code: string }).code, 'not-found');
});

test('frames travel both ways', async () => {
  const neighbour = modelled.framePort('P-2');
  const heard = new Promise<[string, number[]]>((resolve) => {
    neighbour.onFrame((interfaceName, frame) => resolve([interfaceName, [...frame]]));
  });
  await ask('frame');
  assert.deepEqual(await heard, ['p2-pe1', [1, 2, 3]]);
  const arrived = once(answers, 'frame', { signal: AbortSignal.timeout(30_000) });
  neighbour.send('p2-pe1', Uint8Array.of(9, 8));
  assert.deepEqual(await arrived, [{ interfaceName: 'pe1-p2', frame: [9, 8] }]);
});

test('an aborted probe stops sending', async () => {
  assert.match(((await ask('abort')) as { message: string }).message, /enough/);
  await delay(100);
  const sent = async () =>
    (await readings(modelled, 'PE-1').interfaces()).get('pe1-p2')?.statistics['out-pkts'];
  const before = await sent();
  await delay(150);
  assert.equal(await sent(), before);
});

test('what an agent leaves behind is undone when its process dies', async () => {
  assert.equal(await ask('leaveCounting'), 'left');
  await readings(modelled, 'PE-1').counting('c1');
  child.kill('SIGKILL');
  await once(child, 'exit');
  await delay(50);
  await assert.rejects(readings(modelled, 'PE-1').counting('c1'), { code: 'not-found' });
});

test('frames reach the next agent of a router although the one before is missed later', async () => {
  const heard: unknown[] = [];
  const agent = () =>
    Object.assign(new EventEmitter(), {
      connected: true,
      send: (message: unknown) => heard.push(message) > 0,
    });
  const [killed, next] = [agent(), agent()];
  for (const channel of [killed, next])
    serveDevice(channel, {
      driver: modelled.router('PE-3'),
      frames: modelled.framePort('PE-3'),
      reach: async (host, port) => ({ host, port }),
    });
  killed.emit('disconnect');
  modelled.framePort('P-2').send('p2-pe3', Uint8Array.of(7));
  await delay(50);
  assert.deepEqual(heard, [{ confer: 'frame', interface: 'pe3-p2', bytes: 'Bw==' }]);
});

test('without a lab the modelled driver says what to do', async () => {
  const nobody = Object.assign(new EventEmitter(), { connected: false });
  await assert.rejects(connectDevice(nobody), { code: 'device-failure', message: /driver linux/ });
});
