/** Input: one caller that asks more at once than it may, on every path. Output: so much runs, the rest is refused. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { Service } from '../../../src/core/service.ts';
import { bounds } from '../../../src/mcp/bounds.ts';
import { createHttpHandler, createHttpServer, openApiPath } from '../../../src/mcp/http.ts';
import { clock, FakeService, issue, silent } from './world.ts';

const initialize = { params: { protocolVersion: '2025-12', capabilities: ['ietf-srv6-ping'] } };
const paths: [what: string, path: string, body: object | undefined][] = [
  ["the draft's tools", '/mcp/tool/call', { tool: 'ping' }],
  ["the draft's resources", '/mcp/resource/read', { uri: 'mcp://P-2/x' }],
  ["the draft's negotiation", '/mcp/initialize', initialize],
  ["the draft's negotiation at MCP's own path", '/mcp', { method: 'mcp/initialize', ...initialize }],
  ['the description of the tools', openApiPath, undefined],
];

for (const [what, path, body] of paths)
  test(`one caller takes no more places than it has, with ${what}`, { timeout: 100_000 }, async () => {
    const { service, open, running } = waiting();
    const handler = createHttpHandler(service, {
      clock,
      log: silent,
      callerOf: () => ({ name: 'PE-1', role: 'device', thumbprint: 'ab'.repeat(32) }),
      newSessionId: () => 'session',
    });
    const server = createHttpServer(handler).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const agent = new Agent({ keepAlive: false });
    const ask = async () => {
      const headers = { 'content-type': 'application/json' };
      const asking = request({
        host: '127.0.0.1',
        port,
        path,
        agent,
        headers,
        method: body ? 'POST' : 'GET',
      });
      asking.end(body && JSON.stringify(body));
      const [response] = await once(asking, 'response');
      return { status: response.statusCode, body: JSON.stringify(await json(response)) };
    };
    try {
      const more = 20;
      const answers = Array.from({ length: bounds.callerRequestsMax + more }, ask);
      const refused = await firstOf(answers, more);
      while (running() < bounds.callerRequestsMax) await setImmediate();
      for (const one of refused) {
        assert.equal(one.status, 503);
        assert.match(one.body, /PE-1 has 256 requests running.*"reason":"overloaded"/);
      }
      open();
      const statuses = (await Promise.all(answers)).map(({ status }) => status);
      assert.equal(statuses.filter((status) => status === 200).length, bounds.callerRequestsMax);
      assert.equal(running(), bounds.callerRequestsMax);
      assert.equal((await ask()).status, 200, 'a place is free again');
    } finally {
      open();
      server.close();
      await handler.close();
    }
  });

/** A service that does nothing until it is let. */
function waiting() {
  const fake = new FakeService(issue('P-2'));
  const gate = Promise.withResolvers<void>();
  let running = 0;
  const later = async <T>(answer: () => T | Promise<T>): Promise<T> => {
    running += 1;
    await gate.promise;
    return await answer();
  };
  const service: Service = {
    node: fake.node,
    capabilities: fake.capabilities,
    network: fake.network,
    tools: () => later(() => fake.tools()),
    negotiate: (caller, capabilities) => later(() => fake.negotiate(caller, capabilities)),
    callTool: (name, args, context) => later(() => fake.callTool(name, args, context)),
    readResource: (uri, context) => later(() => fake.readResource(uri, context)),
    resources: () => fake.resources(),
    resourceTemplates: () => fake.resourceTemplates(),
    prompts: () => fake.prompts(),
  };
  return { service, open: () => gate.resolve(), running: () => running };
}

/** The first answers that come. */
function firstOf<T>(answers: readonly Promise<T>[], count: number): Promise<T[]> {
  const come: T[] = [];
  return new Promise((resolve, reject) => {
    for (const answer of answers)
      answer.then((value) => {
        come.push(value);
        if (come.length === count) resolve([...come]);
      }, reject);
  });
}
