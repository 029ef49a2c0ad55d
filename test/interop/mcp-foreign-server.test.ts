import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { verifyStatement } from '../../crypto/envelope.ts';
import { PeerError } from '../../src/core/errors.ts';
import { toolResultOf } from '../../src/mcp/answers.ts';
import { connectOperator } from '../../src/mcp/operator-client.ts';
import { FakeService, issue, listening } from '../unit/mcp/world.ts';

const soon = () => AbortSignal.timeout(5_000);

test('our client falls back to the older era of a foreign server; an unsigned answer is malformed', async () => {
  const service = new FakeService(issue('P-2'));
  const caller = { name: 'operator-1', role: 'operator', thumbprint: 'ab'.repeat(32) } as const;
  const server = new McpServer({ name: 'foreign', version: '1' });
  server.registerTool('signed', {}, async () => {
    const answer = await service.callTool('ping', {}, { caller, signal: soon() });
    return toolResultOf(answer) as never;
  });
  server.registerTool('unsigned', {}, async () => ({ content: [{ type: 'text', text: 'hello' }] }));
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: randomUUID });
  await server.connect(transport as never);
  const http = createServer((request, response) => void transport.handleRequest(request, response));
  const port = await listening(http);

  const operator = await connectOperator({
    url: new URL(`https://127.0.0.1:${port}/mcp`),
    name: 'operator-1',
    dial: async () => connect(port, '127.0.0.1'),
    signal: soon(),
  });
  const answer = await operator.callTool('signed', {}, { signal: soon() });
  assert.ok(verifyStatement(answer).ok);
  await assert.rejects(
    operator.callTool('unsigned', {}, { signal: soon() }),
    (error) => error instanceof PeerError && error.reason === 'malformed',
  );
  await operator.close();
  await server.close();
  http.closeAllConnections();
  http.close();
});
