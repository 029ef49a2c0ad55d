import assert from 'node:assert/strict';
import type { Server } from 'node:http';
import { createServer } from 'node:net';
import { test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { McpError } from '@modelcontextprotocol/sdk/types.js';
import { Agent as Dispatcher, fetch } from 'undici';
import type { JsonObject } from '../../crypto/canonical.ts';
import { verifyStatement } from '../../crypto/envelope.ts';
import { ConferError, PeerError } from '../../src/core/errors.ts';
import type { Clock } from '../../src/core/ports.ts';
import { signedToolAnswer } from '../../src/mcp/answers.ts';
import { connectOperator } from '../../src/mcp/operator-client.ts';
import { dialMtls } from '../../src/system/mtls.ts';
import {
  type Agent,
  asDialed,
  clock,
  type Device,
  issue,
  listening,
  startAgent,
  stranger,
} from '../unit/mcp/world.ts';

const soon = () => AbortSignal.timeout(30_000);

function dialler(device: Device, agent: Agent): Promise<TLSSocket> {
  const { host, port } = agent.endpoint;
  return dialMtls({ identity: device, host, port, expected: { node: agent.device.node } });
}

function dispatcherOf(device: Device, agent: Agent): Dispatcher {
  return new Dispatcher({
    connect: (_options, done) => {
      dialler(device, agent).then(
        (socket) => done(null, socket),
        (error) => done(error, null),
      );
    },
  });
}

/** Requests as a device that is no MCP client makes them. */
function raw(device: Device, agent: Agent) {
  const dispatcher = dispatcherOf(device, agent);
  const base = `https://127.0.0.1:${agent.port}`;
  return {
    post: async (path: string, body: string | object, headers: Record<string, string> = {}) => {
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      const all = {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...headers,
      };
      const response = await fetch(base + path, { method: 'POST', body: text, headers: all, dispatcher });
      const answer = await response.text();
      return { status: response.status, headers: response.headers, body: answer && JSON.parse(answer) };
    },
    get: async (path: string, headers: Record<string, string> = {}) => {
      const response = await fetch(base + path, { headers, dispatcher });
      return { status: response.status, body: (await response.json()) as never };
    },
    [Symbol.asyncDispose]: () => dispatcher.destroy(),
  };
}

/** The predecessor of our SDK, as anybody may use it. */
async function foreignClient(device: Device, agent: Agent) {
  const dispatcher = dispatcherOf(device, agent);
  const client = new Client({ name: 'foreign', version: '1' });
  await client.connect(
    new StreamableHTTPClientTransport(new URL(`https://127.0.0.1:${agent.port}/mcp`), {
      fetch: ((url: string, init: object) => fetch(url, { ...init, dispatcher })) as never,
    }) as never,
  );
  return {
    client,
    async [Symbol.asyncDispose]() {
      await client.close();
      await dispatcher.destroy();
    },
  };
}

test('a foreign MCP client of the older era lists, reads and calls over mutual TLS', async () => {
  await using agent = await startAgent('PE-1');
  await using foreign = await foreignClient(issue('operator-1'), agent);
  const { client } = foreign;
  const { tools } = await client.listTools();
  assert.deepEqual(
    tools.map(({ name }) => name),
    agent.service.tools().map(({ name }) => name),
  );
  assert.equal(tools[0]?.annotations?.readOnlyHint, true);
  assert.deepEqual(tools[0]?._meta, { 'ietf-mcp/capabilities': ['ietf-srv6-ping'] });
  const heard: number[] = [];
  const onprogress = ({ progress, total }: { progress: number; total?: number | undefined }) => {
    assert.equal(total, 1);
    heard.push(progress);
  };
  const result = await client.callTool({ name: 'slow', arguments: {} }, undefined, { onprogress });
  assert.deepEqual(heard, [0.25, 0.5, 1]);
  const signed = signedToolAnswer(result, 'PE-1');
  assert.ok(verifyStatement(signed).ok);
  assert.deepEqual(signed.answer.data, { done: true });
  assert.equal(signed.statement.caller, 'operator-1');
  const read = await client.readResource({ uri: 'mcp://PE-1/ietf-interfaces:interfaces' });
  assert.match(String(read._meta?.['ietf-mcp/content-id']), /^[0-9a-f]{64}$/);
  const { prompts } = await client.listPrompts();
  assert.equal(prompts[0]?.name, 'diagnose');
  const prompt = await client.getPrompt({ name: 'diagnose', arguments: { interface: 'eth0' } });
  assert.deepEqual(prompt.messages[0]?.content, { type: 'text', text: 'Look at eth0 of {{device}}.' });
  const { resourceTemplates } = await client.listResourceTemplates();
  assert.equal(resourceTemplates[0]?.uriTemplate, 'mcp://{device}/{+path}');
  assert.deepEqual(client.getServerCapabilities()?.extensions, {
    'ietf-mcp/network': { yangModules: ['ietf-interfaces'], supportsRollback: true },
    'ietf-mcp/capabilities': { supported: ['ietf-srv6-ping', 'ietf-interface-counters'] },
  });
});

test('N16: a refusal is -32083 in the older era', async () => {
  await using agent = await startAgent('PE-1');
  await using foreign = await foreignClient(issue('operator-1'), agent);
  await assert.rejects(foreign.client.callTool({ name: 'secret' }), (error) => {
    assert.ok(error instanceof McpError);
    assert.equal(error.code, -32083);
    assert.deepEqual(error.data, {
      reason: 'access-denied',
      networkCode: -32083,
      networkName: 'Network.AccessDenied',
    });
    return true;
  });
  await assert.rejects(foreign.client.callTool({ name: 'nothing' }), { code: -32602 });
  await assert.rejects(foreign.client.callTool({ name: 'broken' }), (error: Error) => {
    assert.doesNotMatch(error.message, /secret of/);
    return true;
  });
});

test('N16: arguments that do not fit are for the model to mend, and so a result; an unknown tool is an error', async () => {
  await using agent = await startAgent('PE-1');
  const refusal = {
    content: [{ type: 'text', text: 'picky: count: expected at most 9, found 10.' }],
    isError: true,
    _meta: { 'ietf-mcp/refused': { reason: 'bad-input' } },
  };
  await using foreign = await foreignClient(issue('operator-1'), agent);
  assert.deepEqual(await foreign.client.callTool({ name: 'picky', arguments: { count: 10 } }), refusal);
  await assert.rejects(foreign.client.callTool({ name: 'nothing' }), { code: -32602 });
  await using client = raw(issue('operator-1'), agent);
  const call = (name: string, id: number) => {
    const params = { name, arguments: { count: 10 }, _meta: envelope };
    const message = { jsonrpc: '2.0', id, method: 'tools/call', params };
    return client.post('/mcp', message, modernHeaders('tools/call', name));
  };
  const { content, isError, _meta } = (await call('picky', 1)).body.result;
  assert.deepEqual({ content, isError }, { content: refusal.content, isError: true });
  assert.deepEqual(_meta['ietf-mcp/refused'], { reason: 'bad-input' });
  assert.equal((await call('nothing', 2)).body.error.code, -32602);
  // The draft's own wire has no such results.
  const drafted = await client.post('/mcp/tool/call', { tool: 'picky', arguments: { count: 10 } });
  assert.deepEqual(
    [drafted.status, drafted.body.error.code, drafted.body.error.data],
    [400, -32602, { reason: 'bad-input' }],
  );
});

test('a cancellation of the older era, a request of its own, reaches the call', async () => {
  await using agent = await startAgent('PE-1');
  await using foreign = await foreignClient(issue('operator-1'), agent);
  const stop = new AbortController();
  const call = foreign.client.callTool({ name: 'hang' }, undefined, { signal: stop.signal });
  call.catch(() => {});
  while (agent.service.calls.length === 0) await clock.sleep(5);
  stop.abort();
  const signal = agent.service.calls[0]?.context.signal;
  while (!signal?.aborted) await clock.sleep(5);
});

test('N14: many reports come in pages', async () => {
  await using agent = await startAgent('PE-1');
  agent.service.reports = 450;
  await using foreign = await foreignClient(issue('operator-1'), agent);
  const first = await foreign.client.listResources();
  assert.equal(first.resources.length, 200);
  const second = await foreign.client.listResources({ cursor: first.nextCursor });
  const third = await foreign.client.listResources({ cursor: second.nextCursor });
  assert.equal(third.resources.length, 50);
  assert.equal(third.nextCursor, undefined);
  await assert.rejects(foreign.client.listResources({ cursor: 'bm90aGluZw' }), { code: -32602 });
});

const envelope = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

function modernHeaders(method: string, name?: string): Record<string, string> {
  return {
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': method,
    ...(name === undefined ? {} : { 'mcp-name': name }),
  };
}

test('2026-07-28: discover shows the network capability twice, a refusal lies outside what MCP reserves', async () => {
  await using agent = await startAgent('PE-1');
  await using client = raw(issue('operator-1'), agent);
  const discover = { jsonrpc: '2.0', id: 1, method: 'server/discover', params: { _meta: envelope } };
  const discovered = await client.post('/mcp', discover, modernHeaders('server/discover'));
  assert.equal(discovered.status, 200);
  const { capabilities } = discovered.body.result;
  assert.deepEqual(capabilities.network, agent.service.network);
  assert.deepEqual(capabilities.extensions['ietf-mcp/network'], agent.service.network);
  const params = { name: 'secret', arguments: {}, _meta: envelope };
  const call = { jsonrpc: '2.0', id: 2, method: 'tools/call', params };
  const refused = await client.post('/mcp', call, modernHeaders('tools/call', 'secret'));
  const { code, data } = refused.body.error;
  assert.ok(code > -32000 || code < -32768, String(code));
  assert.equal(data.networkCode, -32083);
});

test('our operator client asks in the newer era: progress, resources, cancellation, refusal', async () => {
  await using agent = await startAgent('PE-1');
  agent.service.reports = 450;
  const device = issue('operator-1');
  const operator = await connectOperator({
    url: new URL(`https://127.0.0.1:${agent.port}/mcp`),
    name: 'operator-1',
    dial: async () => asDialed(await dialler(device, agent)),
    signal: soon(),
  });
  const heard: number[] = [];
  const answer = await operator.callTool(
    'slow',
    {},
    { signal: soon(), session: 's7', onProgress: ({ fraction }) => heard.push(fraction) },
  );
  assert.deepEqual(heard, [0.25, 0.5, 1]);
  assert.ok(verifyStatement(answer).ok);
  assert.equal(answer.statement.session, 's7');
  assert.equal((await operator.listResources({ signal: soon() })).length, 450);
  const read = await operator.readResource('mcp://PE-1/x', { signal: soon() });
  assert.deepEqual(read.answer.data, { 'in-octets': '18446744073709551615' });
  await assert.rejects(
    operator.callTool('secret', {}, { signal: soon() }),
    (error) => error instanceof PeerError && error.reason === 'unauthorised',
  );
  using deadline = clock.deadline(100);
  await assert.rejects(
    operator.callTool('hang', {}, { signal: deadline.signal }),
    (error) => error instanceof PeerError && error.reason === 'timeout',
  );
  const signal = agent.service.calls.at(-1)?.context.signal;
  while (!signal?.aborted) await clock.sleep(5);
  await operator.close();
});

test('the operator client says why it cannot connect', async () => {
  await using agent = await startAgent('PE-1');
  const connect = (port: number, device: Device) =>
    connectOperator({
      url: new URL(`https://127.0.0.1:${port}/mcp`),
      name: 'operator-1',
      dial: async () =>
        asDialed(await dialMtls({ identity: device, host: '127.0.0.1', port, expected: undefined })),
      signal: soon(),
    });
  const reason = (expected: string) => (error: unknown) => {
    assert.ok(error instanceof PeerError);
    assert.equal(error.reason, expected, error.message);
    return true;
  };
  const closed = createServer();
  const port = await listening(closed);
  await new Promise((resolve) => closed.close(resolve));
  await assert.rejects(connect(port, issue('operator-1')), reason('unreachable'));
  await assert.rejects(connect(agent.port, stranger('operator-1')), reason('authentication'));
  const { certificatePem } = issue('operator-2');
  await assert.rejects(
    connect(agent.port, { ...issue('operator-1'), authorityPem: certificatePem }),
    reason('authentication'),
  );
});

test('T22 T23 T24 T25: the draft is spoken word for word', async () => {
  await using agent = await startAgent('P-2');
  await using client = raw(issue('PE-1'), agent);
  const initialize = {
    jsonrpc: '2.0',
    method: 'mcp/initialize',
    params: { protocolVersion: '2025-12', capabilities: ['ietf-srv6-ping', 'unheard-of'] },
    id: 1,
  };
  for (const path of ['/mcp', '/mcp/initialize']) {
    const { status, body } = await client.post(path, initialize);
    assert.equal(status, 200);
    assert.deepEqual(body, {
      jsonrpc: '2.0',
      id: 1,
      result: {
        protocolVersion: '2025-12',
        capabilities: ['ietf-srv6-ping', 'ietf-interface-counters'],
        authorised: ['ietf-srv6-ping'],
      },
    });
  }
  const called = await client.post('/mcp/tool/call', {
    tool: 'ietf-srv6-ping',
    arguments: { Local: 'P-2', Tail: 'PE-3', Count: 100 },
    'session-id': 's9',
  });
  assert.equal(called.status, 200);
  const { result, signature, nonce } = called.body;
  const signed = signedToolAnswer(result, 'P-2');
  assert.ok(verifyStatement(signed).ok);
  assert.deepEqual([signature, nonce], [signed.signature, signed.statement.nonce]);
  assert.deepEqual(result.structuredContent, {
    Local: 'P-2',
    Tail: 'PE-3',
    Count: 100,
    sent: 100,
    received: 97,
  });
  assert.equal(agent.service.calls[0]?.context.session, 's9');
  assert.equal(agent.service.calls[0]?.context.caller.name, 'PE-1');
  const uri = 'urn:ietf:params:xml:ns:yang:ietf-interfaces/interfaces/interface=SID-Endpoint/statistics';
  const read = await client.post('/mcp/resource/read', { uri });
  assert.equal(read.status, 200);
  assert.ok(read.body.nonce > nonce);
  assert.deepEqual(JSON.parse(read.body.result.contents[0].text), { 'in-octets': '18446744073709551615' });
  const contentId = read.body.result._meta['ietf-mcp/content-id'];
  assert.equal(read.headers.get('content-id'), `"${contentId}"`);
});

test('the draft: refusals, bad bodies, other versions', async () => {
  await using agent = await startAgent('P-2');
  await using client = raw(issue('PE-1'), agent);
  const refused = await client.post('/mcp/tool/call', { tool: 'secret', arguments: {} });
  assert.equal(refused.status, 403);
  assert.equal(refused.body.error.code, -32083);
  const statuses = [
    [
      '/mcp/tool/call',
      { arguments: {} },
      400,
      /^The request does not fit: tool: expected text, which is missing\.$/,
    ],
    ['/mcp/tool/call', { tool: 'nothing' }, 404, /^There is no tool nothing\.$/],
    ['/mcp/resource/read', { uri: 7 }, 400, /^The request does not fit: uri: expected text, found 7\.$/],
    [
      '/mcp/resource/read',
      [],
      400,
      /^The request does not fit: the body: expected fields and their values, found \[\]/,
    ],
    ['/mcp/tool/call', { tool: 'broken' }, 500, /see its log/],
    ['/mcp/nothing', {}, 404, /./],
  ] as const;
  for (const [path, body, status, told] of statuses) {
    const answer = await client.post(path, body);
    assert.equal(answer.status, status, `${path} ${JSON.stringify(body)}`);
    assert.match(answer.body.error.message, told);
  }
  const params = { protocolVersion: '2024-01', capabilities: [] };
  const other = await client.post('/mcp', { jsonrpc: '2.0', id: 'x', method: 'mcp/initialize', params });
  assert.deepEqual([other.body.id, other.body.error.code], ['x', -32602]);
  assert.equal(
    other.body.error.message,
    'The request does not fit: params.protocolVersion: must be "2025-12"; use initialize for a revision of MCP.',
  );
  assert.equal((await client.post('/mcp/tool/call', {}, { 'content-type': 'text/plain' })).status, 415);
  assert.equal((await client.get('/mcp/tool/call')).status, 405);
});

test('a caller that hangs up cancels what the draft called', async () => {
  await using agent = await startAgent('P-2');
  const client = raw(issue('PE-1'), agent);
  client.post('/mcp/tool/call', { tool: 'hang', arguments: {} }).catch(() => {});
  while (agent.service.calls.length === 0) await clock.sleep(5);
  await client[Symbol.asyncDispose]();
  const signal = agent.service.calls[0]?.context.signal;
  while (!signal?.aborted) await clock.sleep(5);
});

test('T8 T14 T39: the well-known address says what is here, tools as OpenAPI operations', async () => {
  await using agent = await startAgent('P-2');
  await using client = raw(issue('PE-1'), agent);
  const { body } = await client.get('/.well-known/mcp');
  const wellKnown = body as JsonObject;
  assert.equal(wellKnown.node, 'P-2');
  assert.equal(wellKnown.endpoint, '/mcp');
  assert.deepEqual(wellKnown.capabilities, agent.service.capabilities);
  for (const version of ['2026-07-28', '2025-11-25', '2025-12']) {
    assert.ok((wellKnown.versions as string[]).includes(version), version);
  }
  const { body: openApi } = await client.get(String(wellKnown.openapi));
  const operation = (openApi as JsonObject)['x-mcp-tools'] as Record<string, JsonObject>;
  assert.equal(operation['ietf-srv6-ping']?.operationId, 'ietf-srv6-ping');
});

test('security 16: JSON that two readers could take for two things is refused before it is dispatched', async () => {
  await using agent = await startAgent('P-2');
  await using client = raw(issue('PE-1'), agent);
  const call = (args: string) => `{"tool":"ping","arguments":${args}}`;
  const cases: [string, number, number][] = [
    ['{"tool":', -32700, 400],
    [call('{"count":1,"count":2}'), -32600, 400],
    [call('{"__proto__":{"count":1}}'), -32600, 400],
    [call('{"count":9007199254740993}'), -32600, 400],
    [call('['.repeat(20_000) + ']'.repeat(20_000)), -32600, 400],
    [call(`{"source":"${'x'.repeat(17 * 1024 * 1024)}"}`), -32600, 413],
  ];
  for (const [body, code, status] of cases) {
    for (const path of ['/mcp/tool/call', '/mcp']) {
      const answer = await client.post(path, body).catch((error) => error);
      // The refusal of a body that is not read to its end may be overtaken by the end of the connection.
      if (answer instanceof Error) {
        assert.equal(status, 413);
        continue;
      }
      assert.deepEqual([answer.status, answer.body.error.code], [status, code], body.slice(0, 60));
    }
  }
  assert.equal(agent.service.calls.length, 0);
  assert.equal((await client.post('/mcp/tool/call', { tool: 'ping' })).status, 200);
});

test('security 29: a web page of somebody else is refused, one of this agent is not', async () => {
  await using agent = await startAgent('P-2');
  await using client = raw(issue('PE-1'), agent);
  for (const origin of [
    'https://evil.example',
    'null',
    `https://localhost:${agent.port}`,
    'http://127.0.0.1',
  ]) {
    assert.equal((await client.get('/.well-known/mcp', { origin })).status, 403, origin);
    assert.equal((await client.post('/mcp/tool/call', { tool: 'ping' }, { origin })).status, 403, origin);
  }
  assert.equal(agent.service.calls.length, 0);
  const own = { origin: `https://127.0.0.1:${agent.port}` };
  assert.equal((await client.get('/.well-known/mcp', own)).status, 200);
});

test('security 22: a client that drips its request is cut off, and has 5 s at most', async () => {
  // Time passes when the test says so: how fast this machine is, decides nothing.
  const deadlines: { ms: number; pass: () => void }[] = [];
  const byHand: Clock = {
    ...clock,
    deadline: (ms) => {
      const passing = new AbortController();
      deadlines.push({ ms, pass: () => passing.abort(new ConferError('timeout', `Not within ${ms} ms.`)) });
      return { signal: passing.signal, [Symbol.dispose]: () => {} };
    },
  };
  await using agent = await startAgent('P-2', { clock: byHand });
  // What ends a request before its body has begun is Node's.
  const { headersTimeout, requestTimeout, connectionsCheckingInterval } = agent.http as Server & {
    connectionsCheckingInterval: number;
  };
  assert.ok(headersTimeout > 0 && headersTimeout + connectionsCheckingInterval <= 5_000);
  assert.ok(requestTimeout > 0 && requestTimeout + connectionsCheckingInterval <= 5_000);
  Object.assign(agent.http, { headersTimeout: 0, requestTimeout: 0 }); // and shall not do here what is ours

  const socket = await dialler(issue('PE-1'), agent);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.resume();
  socket.write(
    'POST /mcp/tool/call HTTP/1.1\r\nHost: P-2\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n',
  );
  const drip = setInterval(() => socket.write('{'), 20);
  while (deadlines.length === 0) await clock.sleep(5);
  const [{ ms, pass } = assert.fail()] = deadlines;
  assert.ok(ms <= 5_000, 'a byte in time wins no time');
  pass();
  await closed;
  clearInterval(drip);
  assert.equal(deadlines.length, 1);
  assert.equal(agent.service.calls.length, 0);
});

test('a session of the older era answers only the certificate that opened it', async () => {
  await using agent = await startAgent('P-2');
  await using owner = raw(issue('operator-1'), agent);
  const initialize = {
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'raw', version: '1' } },
  };
  const response = await fetchStream(issue('operator-1'), agent, initialize);
  const session = response.headers.get('mcp-session-id') ?? '';
  assert.match(session, /^[0-9a-f]{32}$/);
  await using thief = raw(issue('operator-2'), agent);
  const list = { jsonrpc: '2.0', id: 2, method: 'tools/list' };
  assert.equal((await thief.post('/mcp', list, { 'mcp-session-id': session })).status, 404);
  assert.equal((await owner.post('/mcp', list, { 'mcp-session-id': 'guess' })).status, 404);
  assert.equal((await owner.post('/mcp', list)).status, 400, 'no session and no initialize');
});

async function fetchStream(device: Device, agent: Agent, body: object) {
  const dispatcher = dispatcherOf(device, agent);
  const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
  const url = `https://127.0.0.1:${agent.port}/mcp`;
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body), dispatcher });
  await response.text();
  await dispatcher.destroy();
  return response;
}

test('whoever has no identity gets nothing: not over HTTP, not over a link', async () => {
  await using agent = await startAgent('P-2', { callerOf: () => undefined });
  await using client = raw(issue('PE-1'), agent);
  for (const path of ['/.well-known/mcp', '/mcp', '/mcp/tool/call']) {
    assert.equal((await client.get(path)).status, 401);
  }
  assert.equal((await client.post('/mcp/tool/call', { tool: 'ping' })).status, 401);
  await using caller = await startAgent('PE-1');
  await assert.rejects(
    caller.peers.open('P-2', { session: 's', signal: soon() }),
    (error) => error instanceof PeerError && error.reason === 'authentication',
  );
});
