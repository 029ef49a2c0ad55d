import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../../../src/core/limits.ts';
import type { Caller } from '../../../src/core/service.ts';
import { bounds } from '../../../src/mcp/bounds.ts';
import { CallerQuota } from '../../../src/mcp/caller-quota.ts';
import { EraSessions } from '../../../src/mcp/era-sessions.ts';
import { createMcpServer } from '../../../src/mcp/server.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';
import { FakeService, issue, silent } from './world.ts';

const device = issue('P-2');

const callerNamed = (name: string): Caller => ({
  name,
  role: 'operator',
  thumbprint: Buffer.from(name).toString('hex').padEnd(64, '0'),
});

function world() {
  const clock = createVirtualClock();
  const service = new FakeService(device);
  let ids = 0;
  const sessions = new EraSessions({
    createServer: (caller) =>
      createMcpServer(service, { caller, era: 'legacy', quota: new CallerQuota(64), log: silent }),
    newSessionId: () => `s${++ids}`,
    clock,
  });
  const post = (caller: Caller, body: object, session?: string) => {
    const headers = {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(session === undefined ? {} : { 'mcp-session-id': session }),
    };
    const request = new Request('http://agent/mcp', { method: 'POST', headers, body: JSON.stringify(body) });
    return sessions.serve({ request, body, caller });
  };
  const open = async (caller: Caller) => {
    const params = {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'x', version: '1' },
    };
    const response = await post(caller, { jsonrpc: '2.0', id: 1, method: 'initialize', params });
    const text = await response.text();
    return { status: response.status, id: response.headers.get('mcp-session-id') ?? '', text };
  };
  const call = (caller: Caller, session: string, name: string) =>
    post(caller, { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name, arguments: {} } }, session);
  const isAlive = async (caller: Caller, session: string) => {
    const response = await post(caller, { jsonrpc: '2.0', id: 3, method: 'ping' }, session);
    await response.text();
    return response.status === 200;
  };
  return { clock, service, sessions, open, call, isAlive };
}

test('security 22: one caller cannot push the sessions of another out', async () => {
  const { sessions, open, isAlive } = world();
  const [alice, mallory] = [callerNamed('alice'), callerNamed('mallory')];
  const held = await open(alice);
  const first = await open(mallory);
  for (let more = 0; more < 2 * limits.sessionsMax; more += 1)
    assert.equal((await open(mallory)).status, 200);
  assert.ok(await isAlive(alice, held.id));
  assert.ok(!(await isAlive(mallory, first.id)), 'its own oldest went instead');
  await sessions.close();
});

test('when all places are taken, whoever has the most gives one up', async () => {
  const { sessions, open, isAlive } = world();
  const alice = callerNamed('alice');
  const held = await open(alice);
  for (let number = 0; number < 8; number += 1)
    for (let more = 0; more < limits.sessionsOfOneCallerMax; more += 1)
      await open(callerNamed(`greedy ${number}`));
  assert.ok(await isAlive(alice, held.id));
  assert.equal((await open(callerNamed('newcomer'))).status, 200);
  await sessions.close();
});

test('a session in the middle of a call is never dropped: the newest is refused instead', async () => {
  const { clock, service, sessions, open, call, isAlive } = world();
  const mallory = callerNamed('mallory');
  const busy: { id: string; answer: Response }[] = [];
  for (let number = 0; number < limits.sessionsOfOneCallerMax; number += 1) {
    const { id } = await open(mallory);
    busy.push({ id, answer: await call(mallory, id, 'hang') });
  }
  while (service.calls.length < busy.length) await new Promise(setImmediate);
  const refused = await open(mallory);
  assert.equal(refused.status, 503);
  assert.match(refused.text, /"code":-31090.*running/);
  assert.equal((await open(callerNamed('alice'))).status, 200, 'others have their places');
  await clock.advance(2 * bounds.eraSessionIdleMs);
  for (const { id } of busy) assert.ok(await isAlive(mallory, id), 'a call is not idleness');
  assert.ok(service.calls.every(({ context }) => !context.signal.aborted));
  await sessions.close();
});

test('a session that nobody uses is closed, also after a call that ended', async () => {
  const { clock, sessions, open, call, isAlive } = world();
  const alice = callerNamed('alice');
  const { id } = await open(alice);
  await (await call(alice, id, 'ping')).text();
  await clock.advance(bounds.eraSessionIdleMs / 2);
  assert.ok(await isAlive(alice, id));
  await clock.advance(bounds.eraSessionIdleMs + 1);
  assert.ok(!(await isAlive(alice, id)));
  await sessions.close();
});

test('what does not become a session takes nobody a place', async () => {
  const { sessions, open, isAlive } = world();
  const alice = callerNamed('alice');
  const { id } = await open(alice);
  for (let more = 0; more < 2 * limits.sessionsOfOneCallerMax; more += 1) {
    const body = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
    const request = new Request('http://agent/mcp', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body: JSON.stringify(body),
    });
    assert.equal((await sessions.serve({ request, body, caller: alice })).status, 400);
  }
  assert.ok(await isAlive(alice, id));
  await sessions.close();
});
