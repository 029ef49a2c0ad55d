/** Our operator's client drives a server of the official SDK's 1.x line over mutual TLS. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { verifyStatement } from '../../crypto/envelope.ts';
import { PeerError } from '../../src/core/errors.ts';
import { resourceResultOf, toolResultOf } from '../../src/mcp/answers.ts';
import { connectOperator, type OperatorClient } from '../../src/mcp/operator-client.ts';
import { dialMtls, listenMtls, peerOf } from '../../src/system/mtls.ts';
import { asDialed, FakeService, issue } from '../unit/mcp/world.ts';

const soon = () => AbortSignal.timeout(20_000);
const address = 'urn:ietf:params:xml:ns:yang:ietf-mcp/report/0';

test('our client falls back to the older era of a foreign server, and takes only signed answers', async () => {
  await using foreign = await foreignServer();
  const { operator } = foreign;
  const heard: number[] = [];
  const onProgress = ({ fraction }: { fraction: number }) => void heard.push(fraction);
  const answer = await operator.callTool('ping', {}, { signal: soon(), onProgress });
  assert.ok(verifyStatement(answer).ok);
  assert.deepEqual(heard, [0.5, 1]);
  assert.deepEqual(foreign.callers, ['operator-1']);
  // The 1.x server tells of a tool that it does not have by a result, which nobody signed either.
  for (const name of ['unsigned', 'nothing'])
    await assert.rejects(
      operator.callTool(name, {}, { signal: soon() }),
      (error) => error instanceof PeerError && error.reason === 'malformed',
    );
});

test('our client lists and reads the resources of a foreign server', async () => {
  await using foreign = await foreignServer();
  const { operator } = foreign;
  const resources = await operator.listResources({ signal: soon() });
  assert.deepEqual(
    resources.map(({ uri, name }) => ({ uri, name })),
    [{ uri: address, name: 'report' }],
  );
  const read = await operator.readResource(address, { signal: soon() });
  assert.ok(verifyStatement(read).ok);
  assert.deepEqual(read.statement.operation, { uri: address });
});

interface ForeignServer extends AsyncDisposable {
  operator: OperatorClient;
  /** Whom mutual TLS showed to the server, each once. */
  callers: string[];
}

async function foreignServer(): Promise<ForeignServer> {
  const device = issue('P-2');
  const service = new FakeService(device);
  const caller = { name: 'operator-1', role: 'operator', thumbprint: 'ab'.repeat(32) } as const;
  const server = new McpServer({ name: 'foreign', version: '1' });
  server.registerTool('ping', {}, async ({ _meta, sendNotification }) => {
    const { progressToken } = _meta ?? {};
    for (const progress of progressToken === undefined ? [] : [1, 2])
      await sendNotification({
        method: 'notifications/progress',
        params: { progressToken: progressToken ?? 0, progress, total: 2 },
      });
    return toolResultOf(await service.callTool('ping', {}, { caller, signal: soon() })) as never;
  });
  server.registerTool('unsigned', {}, async () => ({ content: [{ type: 'text', text: 'hello' }] }));
  server.registerResource('report', address, { mimeType: 'application/json' }, async (uri) => {
    return resourceResultOf(await service.readResource(uri.href, { caller, signal: soon() })) as never;
  });
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: randomUUID });
  await server.connect(transport as never);
  const http = createServer((request, response) => void transport.handleRequest(request, response));
  const callers = new Set<string>();
  const listener = await listenMtls({
    identity: device,
    host: '127.0.0.1',
    port: 0,
    onConnection: (socket) => {
      callers.add(peerOf(socket)?.node ?? 'nobody');
      http.emit('connection', socket);
    },
  });
  const { port } = listener;
  const closeServer = async () => {
    await server.close();
    http.closeAllConnections();
    await listener.close();
  };
  const connected = connectOperator({
    url: new URL(`https://127.0.0.1:${port}/mcp`),
    name: 'operator-1',
    dial: async () => {
      const identity = issue('operator-1');
      return asDialed(await dialMtls({ identity, host: '127.0.0.1', port, expected: { node: 'P-2' } }));
    },
    signal: soon(),
  });
  connected.catch(closeServer); // a test that fails must also end
  const operator = await connected;
  return {
    operator,
    get callers() {
      return [...callers];
    },
    async [Symbol.asyncDispose]() {
      await operator.close();
      await closeServer();
    },
  };
}
