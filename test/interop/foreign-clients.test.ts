/** MCP clients that others wrote, each as it comes from its package, use a real agent over mutual TLS. */
import assert from 'node:assert/strict';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { Agent as Dispatcher, fetch } from 'undici';
import { verifyStatement } from '../../crypto/envelope.ts';
import { signedToolAnswer } from '../../src/mcp/answers.ts';
import { initAuthority, issueIdentity } from '../../src/system/pki.ts';
import { scratch } from '../cli/confer.ts';
import { runForeign, skipWithoutForeign } from '../support/foreign.ts';
import { type OneAgent, startOneAgent } from '../support/one-agent.ts';

const skip = skipWithoutForeign();
const inspectorFile = 'node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js';
const mcporterFile = 'node_modules/mcporter/dist/cli.js';
const toolNames = [
  'ietf-srv6-ping',
  'ping',
  'traceroute',
  'counting-start',
  'counting-stop',
  'session-conclude',
  'troubleshoot',
];
let agent: OneAgent;
let ping: { destination: string; count: number };

before(async () => {
  agent = await startOneAgent();
  const destination = agent.topology.nodes.find(({ name }) => name === 'PE-3')?.address ?? '';
  ping = { destination, count: 3 };
});
after(() => agent?.[Symbol.asyncDispose]());

function assertPinged(data: unknown): void {
  const { sent, received, loss } = data as Record<string, unknown>;
  assert.deepEqual({ sent, received, loss }, { sent: 3, received: 3, loss: 0 });
}

/** What went through another's client is still what the router signed. */
function assertSigned(result: unknown): void {
  const signed = signedToolAnswer(result, agent.node);
  assert.deepEqual(verifyStatement(signed).ok, true);
  assert.equal(signed.statement.signer, agent.node);
  assertPinged(signed.answer.data);
}

describe('@modelcontextprotocol/sdk 1.x', () => {
  it('lists, reads and calls; the agent serves no fixtures of conformance mode', async () => {
    const pem = (name: string) => readFileSync(join(agent.operator, name), 'utf8');
    const dispatcher = new Dispatcher({
      connect: { cert: pem('certificate.pem'), key: pem('key.pem'), ca: pem('ca.pem') },
    });
    const client = new Client({ name: 'foreign', version: '1' });
    const overTls = (url: string, init: object) => fetch(url, { ...init, dispatcher });
    await client.connect(new StreamableHTTPClientTransport(agent.url, { fetch: overTls as never }) as never);
    try {
      const { tools } = await client.listTools();
      assert.deepEqual(
        tools.map(({ name }) => name),
        toolNames,
      );
      assertSigned(await client.callTool({ name: 'ping', arguments: ping }));
      const refused = await client.callTool({ name: 'ping', arguments: { ...ping, count: 1e9 } });
      assert.equal(refused.isError, true);
      const told = 'ping: count: expected at most 100000, found 1000000000.';
      assert.deepEqual(refused.content, [{ type: 'text', text: told }]);
      const { resources } = await client.listResources();
      assert.ok(resources.length > 0);
      const [content] = (await client.readResource({ uri: 'network:///interface/pe1-p2' })).contents;
      assert.match(JSON.stringify(content), /ietf-interfaces:interface/);

      assert.deepEqual(
        resources.filter(({ uri }) => uri.startsWith('test:')),
        [],
      );
      const { prompts } = await client.listPrompts();
      const { resourceTemplates } = await client.listResourceTemplates();
      assert.doesNotMatch(JSON.stringify([prompts, resourceTemplates]), /test/);
      const capabilities = client.getServerCapabilities();
      assert.deepEqual([capabilities?.logging, capabilities?.completions], [undefined, undefined]);
      await assert.rejects(client.callTool({ name: 'test_simple_text' }), { code: -32602 });
      await assert.rejects(client.getPrompt({ name: 'test_simple_prompt' }), { code: -32602 });
      await assert.rejects(client.readResource({ uri: 'test://static-text' }), { code: -32602 });
      assert.doesNotMatch(agent.log(), /conformance/);
    } finally {
      await client.close();
      await dispatcher.destroy();
    }
  });
});

describe('@ai-sdk/mcp, written apart from the official SDK, in 2026-07-28', { skip }, () => {
  const run = (identity: string) =>
    runForeign('ai-sdk.mjs', [agent.url.href, 'ping', JSON.stringify(ping)], { identity });

  it('lists and calls', async () => {
    const { code, stdout, stderr } = await run(agent.operator);
    assert.equal(code, 0, stderr);
    const { tools, resources, result } = JSON.parse(stdout);
    assert.deepEqual(tools, toolNames);
    assert.ok(resources.length > 0);
    assertSigned(result);
  });

  it('gets nothing with a certificate of another authority', async () => {
    using foreign = scratch();
    const authority = join(foreign.path, 'ca');
    const eve = join(foreign.path, 'eve');
    const [now, lifetimeMs] = [Date.now(), 3_600_000];
    initAuthority(authority, { name: 'another', lifetimeMs, now });
    issueIdentity(authority, eve, { node: 'eve', role: 'operator', hosts: [], lifetimeMs, now });
    copyFileSync(join(agent.operator, 'ca.pem'), join(eve, 'ca.pem'));
    const { code, stdout } = await run(eve);
    assert.notEqual(code, 0);
    assert.equal(stdout, '');
    assert.match(agent.log(), /"connection refused".*"untrusted/);
  });
});

describe('@modelcontextprotocol/inspector --cli', { skip }, () => {
  const inspect = async (...args: string[]) => {
    const { code, stdout, stderr } = await runForeign(
      inspectorFile,
      ['--cli', agent.url.href, '--transport', 'http', ...args],
      { identity: agent.operator },
    );
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout);
  };

  it('lists in 2026-07-28 and calls in 2025-11-25', async () => {
    const { tools } = await inspect('--method', 'tools/list', '--protocol-era', 'modern');
    assert.deepEqual(
      tools.map(({ name }: { name: string }) => name),
      toolNames,
    );
    const args = Object.entries(ping).map(([name, value]) => `${name}=${value}`);
    assertSigned(await inspect('--method', 'tools/call', '--tool-name', 'ping', '--tool-arg', ...args));
  });
});

describe('mcporter', { skip }, () => {
  const port = async (...args: string[]) => {
    const { code, stdout, stderr } = await runForeign(mcporterFile, args, { identity: agent.operator });
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout);
  };

  it('lists and calls', async () => {
    const { status, tools } = await port('list', agent.url.href, '--json');
    assert.equal(status, 'ok');
    assert.deepEqual(
      tools.map(({ name }: { name: string }) => name),
      toolNames,
    );
    const call = ['call', '--http-url', agent.url.href, '--tool', 'ping', '--args', JSON.stringify(ping)];
    assertPinged(await port(...call, '--output', 'json'));
  });
});
