/** Input: the modelled world with real processes. Output: agents on their routers, and nothing left when it ends. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Topology } from '../../../src/core/topology.ts';
import { createModelledWorld } from '../../../src/lab/modelled-world.ts';
import { createSystemClock } from '../../../src/system/clock.ts';
import { createSystemRandom } from '../../../src/system/random.ts';
import { shipped } from '../sim/world.ts';

const topology = shipped('pe1-p2-pe3');
const inBand: Topology = { ...topology, management: 'in-band' };
const commandFile = fileURLToPath(new URL('./modelled-command.ts', import.meta.url));

function world(of: Topology) {
  return createModelledWorld(of, { clock: createSystemClock(), random: createSystemRandom(), commandFile });
}

async function firstLine(
  child: ChildProcess,
): Promise<{ node?: string; reached?: { host: string; port: number } }> {
  if (child.stdout === null) throw new Error('no stdout');
  const [line] = await once(createInterface({ input: child.stdout }), 'line', {
    signal: AbortSignal.timeout(10_000),
  });
  return JSON.parse(String(line));
}

test('an agent gets its own router and its own port; the operator runs any command', async () => {
  await using modelled = await world(topology);
  const ports = topology.nodes.map((node) => modelled.endpoint(node.name).port);
  assert.equal(new Set(ports).size, 3);
  assert.deepEqual(modelled.agentSettings('P-2'), {
    driver: 'modelled',
    discovery: { source: 'modelled', intervalMs: 500 },
  });
  const { host, port } = modelled.endpoint('P-2');
  const agent = modelled.spawnAgent('P-2', [String(port), 'fc00:1::1']);
  assert.deepEqual(await firstLine(agent), { node: 'P-2', reached: { host: 'fc00:1::1', port: 9_514 } });
  const operator = await firstLine(modelled.spawnOperator('P-2', ['ask', 'x']));
  assert.deepEqual(operator, { command: 'ask', args: ['x'] });
  assert.equal(await echoed(connect(port, host), 'hello', 2_000), 'hello');
  assert.deepEqual(modelled.entrance('P-2'), []);
  assert.throws(() => modelled.endpoint('PE-9'), { code: 'unknown-node' });
});

test('a crash kills the agent, and no other agent starts on that router', async () => {
  await using modelled = await world(topology);
  const agent = modelled.spawnAgent('P-2', [String(modelled.endpoint('P-2').port)]);
  await firstLine(agent);
  await modelled.inject({ id: 'x', kind: 'node-crash', node: 'P-2', active: true });
  assert.equal(agent.signalCode, 'SIGKILL');
  assert.throws(() => modelled.spawnAgent('P-2', []), { code: 'device-failure' });
  await assert.rejects(modelled.inject({ id: 'x', kind: 'node-crash', node: 'PE-9', active: true }), {
    code: 'bad-input',
  });
});

test('nothing outlives the world, not even what ignores SIGTERM', async () => {
  const children: ChildProcess[] = [];
  {
    await using modelled = await world(topology);
    for (const [node, mood] of [
      ['PE-1', ''],
      ['PE-3', 'stubborn'],
    ] as const) {
      const child = modelled.spawnAgent(node, [String(modelled.endpoint(node).port), 'fc00:1::1', mood]);
      children.push(child);
      await firstLine(child);
    }
  }
  assert.deepEqual(
    children.map((child) => child.signalCode),
    ['SIGTERM', 'SIGKILL'],
  );
});

async function echoed(socket: Socket, text: string, timeoutMs: number): Promise<string> {
  socket.write(text);
  const data = once(socket, 'data').then(([chunk]) => String(chunk));
  return Promise.race([data, delay(timeoutMs, 'silence')]);
}

test('in-band, calls cross the tested links and stall with them', async () => {
  await using modelled = await world(inBand);
  const target = modelled.endpoint('PE-3').port;
  assert.deepEqual(modelled.agentSettings('PE-3'), {
    driver: 'modelled',
    discovery: { source: 'modelled', intervalMs: 500 },
    listen: { host: '127.0.0.1', port: target },
    advertise: { host: 'fc00:3::1', port: 9_514 },
  });
  await firstLine(modelled.spawnAgent('PE-3', [String(target)]));
  const caller = modelled.spawnAgent('PE-1', [String(modelled.endpoint('PE-1').port), 'fc00:3::1']);
  const { reached } = await firstLine(caller);
  assert.ok(reached !== undefined && reached.port !== target && reached.host === '127.0.0.1');
  const call = connect(reached.port, reached.host);
  assert.equal(await echoed(call, 'before', 2_000), 'before');
  // A little loss is TCP's business; a dead direction is not.
  await modelled.inject({
    id: 'l',
    kind: 'silent-loss',
    node: 'PE-1',
    interface: 'pe1-p2',
    lossPercent: 5,
    active: true,
  });
  assert.equal(await echoed(call, 'lossy', 2_000), 'lossy');
  await modelled.inject({
    id: 'u',
    kind: 'unidirectional-link',
    node: 'PE-3',
    interface: 'pe3-p2',
    active: true,
  });
  assert.equal(await echoed(call, 'after', 300), 'silence');
  const another = connect(reached.port, reached.host);
  assert.equal(await echoed(another, 'new', 300), 'silence');
  // The death of the far end is not heard either.
  let closed = false;
  call.once('close', () => {
    closed = true;
  });
  await modelled.inject({ id: 'c', kind: 'node-crash', node: 'PE-3', active: true });
  await delay(200);
  assert.equal(closed, false);
  call.destroy();
  another.destroy();
});
