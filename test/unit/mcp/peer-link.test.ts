import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import type { JSONRPCMessage } from '@modelcontextprotocol/server';
import { WebSocket, WebSocketServer } from 'ws';
import { ConferError } from '../../../src/core/errors.ts';
import { limits } from '../../../src/core/limits.ts';
import type { Caller } from '../../../src/core/service.ts';
import { bounds } from '../../../src/mcp/bounds.ts';
import { CallerQuota } from '../../../src/mcp/caller-quota.ts';
import { openLink } from '../../../src/mcp/link-dialer.ts';
import { serveLink } from '../../../src/mcp/link-server.ts';
import { PeerLink } from '../../../src/mcp/peer-link.ts';
import { createVirtualClock } from '../../../src/sim/virtual-clock.ts';
import { clock, FakeService, issue, listening, silent } from './world.ts';

const soon = () => AbortSignal.timeout(30_000);
const caller: Caller = { name: 'PE-1', role: 'device', thumbprint: 'ab'.repeat(32) };

/** A link server without TLS, and a client that sends whatever frames it likes. */
async function serving(quota = new CallerQuota(8)) {
  const service = new FakeService(issue('P-2'));
  const links: PeerLink[] = [];
  const http = createServer();
  const sockets = new WebSocketServer({ noServer: true, maxPayload: limits.messageBytesMax + 1 });
  http.on('upgrade', (request, socket, head) => {
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const link = new PeerLink(webSocket, { opener: false, clock, socket });
      links.push(link);
      serveLink(link, service, { caller, quota, log: silent });
    });
  });
  const port = await listening(http);
  const client = new WebSocket(`ws://127.0.0.1:${port}`);
  await once(client, 'open');
  const heard: {
    tag: string;
    message: { id?: unknown; result?: never; error?: { code: number; data?: never } };
  }[] = [];
  client.on('message', (data) => {
    const text = String(data);
    heard.push({ tag: text.slice(0, 1), message: JSON.parse(text.slice(1)) });
  });
  return {
    service,
    client,
    links,
    heard,
    port,
    async ask(frame: string) {
      const before = heard.length;
      client.send(frame);
      while (heard.length === before) await clock.sleep(2);
      return heard.at(-1);
    },
    async [Symbol.asyncDispose]() {
      client.terminate();
      http.closeAllConnections();
      http.close();
    },
  };
}

test('a link serves the older era too, and codes a refusal for it', async () => {
  await using world = await serving();
  const params = {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'old', version: '1' },
  };
  const initialised = await world.ask(
    `O${JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params })}`,
  );
  assert.equal(initialised?.tag, 'O');
  const result = initialised?.message.result as unknown as {
    protocolVersion: string;
    capabilities: { network: object };
  };
  assert.equal(result.protocolVersion, '2025-06-18');
  assert.deepEqual(result.capabilities.network, world.service.network);
  const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'secret', arguments: {} } };
  const refused = await world.ask(`O${JSON.stringify(call)}`);
  assert.equal(refused?.message.error?.code, -32083);
});

test('security 16: what is no plain JSON is answered with an error and not dispatched', async () => {
  await using world = await serving();
  for (const [text, code] of [
    ['{', -32700],
    ['{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}', -32600],
    ['{"jsonrpc":"2.0","id":1,"__proto__":{}}', -32600],
    ['['.repeat(100) + ']'.repeat(100), -32600],
  ] as const) {
    const answer = await world.ask(`O${text}`);
    assert.equal(answer?.message.error?.code, code, text);
    assert.equal(answer?.message.id, null);
  }
  assert.equal(world.service.calls.length, 0);
});

test('JSON that is no message at all harms nobody', async () => {
  await using world = await serving();
  for (const text of ['null', '1', '"x"', '[]', '{}', '{"method":1,"id":{}}']) world.client.send(`O${text}`);
  const call = { jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: 'whoami', arguments: {} } };
  world.client.send(`O${JSON.stringify(call)}`);
  while (!world.heard.some(({ message }) => message.id === 7)) await clock.sleep(2);
  assert.equal(world.links[0]?.isOpen, true);
});

test('frames of no channel, binary frames and frames beyond the bound end the link', async () => {
  for (const frame of ['X{}', '', Buffer.from('O{}'), `O${' '.repeat(limits.messageBytesMax + 1)}`]) {
    await using world = await serving();
    const closed = once(world.client, 'close');
    world.client.send(frame);
    await closed;
    assert.equal(world.links[0]?.isOpen, false);
  }
});

test('a caller beyond its quota is told so, and the others are served', async () => {
  const quota = new CallerQuota(2);
  await using world = await serving(quota);
  const call = (id: number) =>
    `O${JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'hang', arguments: {} } })}`;
  world.client.send(call(1));
  world.client.send(call(2));
  const refused = await world.ask(call(3));
  assert.deepEqual([refused?.message.id, refused?.message.error?.code], [3, -31090]);
  using _place = quota.enter({ ...caller, thumbprint: 'cd'.repeat(32) });
  assert.throws(
    () => quota.enter(caller),
    (error) => error instanceof ConferError && error.code === 'overloaded',
  );
  world.client.terminate();
  while (!world.service.calls.every(({ context }) => context.signal.aborted)) await clock.sleep(5);
  using _free = quota.enter(caller);
});

/** A WebSocket whose other end never reads. */
class StuckSocket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  bufferedAmount = 0;
  pings = 0;
  terminated = false;
  send(data: string) {
    this.bufferedAmount += data.length;
  }
  ping() {
    this.pings += 1;
  }
  close() {}
  terminate() {
    this.terminated = true;
  }
}

test('backpressure: a send waits for the peer to read, and a peer that never reads is cut off', async () => {
  const stuck = new StuckSocket();
  const link = new PeerLink(stuck as unknown as WebSocket, {
    opener: true,
    clock,
    socket: new PassThrough(),
  });
  const megabyte = {
    jsonrpc: '2.0',
    method: 'x',
    params: { text: 'x'.repeat(1024 * 1024) },
  } as JSONRPCMessage;
  let settled = 0;
  for (let sent = 0; sent < 32; sent++) {
    void link.clientTransport.send(megabyte).then(
      () => settled++,
      () => settled++,
    );
  }
  await clock.sleep(5);
  assert.equal(settled, 0);
  assert.ok(stuck.bufferedAmount > bounds.linkBufferedBytesMax);
  await assert.rejects(link.clientTransport.send(megabyte), /does not read/);
  assert.ok(stuck.terminated && !link.isOpen);
});

test('heartbeat: a silent peer is pinged and then cut off; one that gives signs of life is kept', async () => {
  const closed = new Map<string, boolean>();
  for (const kind of ['silent', 'alive']) {
    const webSocket = new StuckSocket();
    const socket = new PassThrough();
    const time = createVirtualClock();
    const link = new PeerLink(webSocket as unknown as WebSocket, {
      opener: true,
      clock: time,
      socket,
      heartbeatMs: 20,
    });
    for (let tick = 0; tick < 15; tick++) {
      if (kind === 'alive') socket.write('pong');
      await time.advance(10);
    }
    if (kind === 'silent') assert.ok(webSocket.pings > 0);
    closed.set(kind, !link.isOpen);
    link.close();
  }
  assert.deepEqual(
    [...closed],
    [
      ['silent', true],
      ['alive', false],
    ],
  );
});

test('an answer that is too long is answered with an error', async () => {
  await using world = await serving();
  world.service.answers.set('long', async () => ({ text: 'x'.repeat(limits.messageBytesMax) }));
  const call = { jsonrpc: '2.0', id: 4, method: 'tools/call', params: { name: 'long', arguments: {} } };
  const answer = await world.ask(`O${JSON.stringify(call)}`);
  assert.deepEqual([answer?.message.id, answer?.message.error?.code], [4, -32603]);
});

test('opening a link that nobody answers ends with the signal and leaves no socket', async () => {
  const http = createServer(() => {});
  http.on('upgrade', () => {});
  const socket = connect(await listening(http), '127.0.0.1');
  using deadline = clock.deadline(50);
  await assert.rejects(openLink(socket, 'P-2', clock, deadline.signal), { reason: 'timeout' });
  assert.ok(socket.destroyed);
  const refusing = createServer((_request, response) => response.writeHead(404).end());
  const other = connect(await listening(refusing), '127.0.0.1');
  await assert.rejects(openLink(other, 'P-2', clock, soon()), { reason: 'refused' });
  for (const server of [http, refusing]) {
    server.closeAllConnections();
    server.close();
  }
});
