/** The yardstick: the official 1.x SDK's server over plain HTTP, unsigned, with one tool that answers what it is given. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';

const payload = process.argv[2] ?? '{}';

function createMcpServer(): McpServer {
  const server = new McpServer({ name: 'plain', version: '1.0.0' });
  server.registerTool('read', {}, () => ({
    content: [{ type: 'text', text: payload }],
    structuredContent: JSON.parse(payload),
  }));
  return server;
}

// Stateless, as the SDK's own example has it: a server and a transport for each request.
const http = createServer(async (request, response) => {
  const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true } as never);
  const server = createMcpServer();
  response.on('close', () => {
    void transport.close();
    void server.close();
  });
  await server.connect(transport as never);
  await transport.handleRequest(request, response);
});
http.listen(0, '127.0.0.1', () => process.send?.({ ports: [(http.address() as AddressInfo).port] }));
process.once('disconnect', () => process.exit(0));
