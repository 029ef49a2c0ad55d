/**
 * Any MCP client talks to an agent: here the official TypeScript SDK of the 1.x line, which knows nothing of Confer.
 * All it needs is an operator's certificate. It looks at the router, pings, asks, and verifies the report.
 *
 *     node examples/foreign-client.ts
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { Agent, fetch } from 'undici';
import {
  createModelledWorld,
  createSystemClock,
  createSystemRandom,
  parseTopology,
  type Report,
  reportBytes,
  startLab,
  verifyReport,
} from '../src/index.ts';

const file = new URL('../topologies/pe1-p2-pe3.yaml', import.meta.url);
const clock = createSystemClock();
const topology = parseTopology(readFileSync(file, 'utf8'), 'pe1-p2-pe3.yaml');
const work = mkdtempSync(join(tmpdir(), 'confer-example-'));
try {
  const world = await createModelledWorld(topology, { clock, random: createSystemRandom() });
  const { signal } = new AbortController();
  await using lab = await startLab(world, { directory: work, clock, signal, onLine: console.log });
  const { host, port } = world.endpoint('PE-1');

  // Mutual TLS as any HTTPS client does it: our certificate and key, and the authority that both sides trust.
  const pem = (name: string) => readFileSync(join(lab.operator, name), 'utf8');
  const connect = { cert: pem('certificate.pem'), key: pem('key.pem'), ca: pem('ca.pem') };
  await using dispatcher = disposable(new Agent({ connect }));
  const transport = new StreamableHTTPClientTransport(new URL(`https://${host}:${port}/mcp`), {
    fetch: ((url: string, init: object) => fetch(url, { ...init, dispatcher: dispatcher.agent })) as never,
  });
  const client = new Client({ name: 'somebody-else', version: '1.0.0' });
  await client.connect(transport as never);

  const { tools } = await client.listTools();
  console.log(`tools: ${tools.map(({ name }) => name).join(', ')}`);
  assert.ok(tools.some(({ name }) => name === 'troubleshoot'));

  const { contents } = await client.readResource({ uri: 'network:///interface/pe1-p2' });
  const [content] = contents;
  assert.ok(content !== undefined && 'text' in content);
  const data = JSON.parse(content.text);
  assert.equal(data['ietf-interfaces:interface'][0].name, 'pe1-p2');

  const destination = topology.nodes.find(({ name }) => name === 'PE-3')?.address ?? '';
  const ping = await client.callTool({ name: 'ping', arguments: { destination, count: 5 } });
  console.log(`ping: ${JSON.stringify(ping.structuredContent)}`);
  assert.equal((ping.structuredContent as { loss: number }).loss, 0);

  const asked = await client.callTool(
    { name: 'troubleshoot', arguments: { intent: topology.intent } },
    undefined,
    { onprogress: ({ message }) => console.log(message) },
  );
  const report = asked.structuredContent as unknown as Report;
  assert.equal(report.verdict, 'NO_FAULT');
  assert.ok(verifyReport(reportBytes(report), connect.ca).ok);
  console.log(`answered: ${report.summary}`);
  await client.close();
} finally {
  rmSync(work, { recursive: true, force: true });
}

function disposable(agent: Agent) {
  return { agent, [Symbol.asyncDispose]: () => agent.destroy() };
}
