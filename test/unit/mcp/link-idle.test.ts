import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import type { JSONRPCMessage } from '@modelcontextprotocol/server';
import type { WebSocket } from 'ws';
import type { Caller } from '../../../src/core/service.ts';
import { bounds } from '../../../src/mcp/bounds.ts';
import { CallerQuota } from '../../../src/mcp/caller-quota.ts';
import { createPeers } from '../../../src/mcp/client.ts';
import { serveLink } from '../../../src/mcp/link-server.ts';
import { PeerLink } from '../../../src/mcp/peer-link.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';
import { dialAs, FakeService, issue, silent } from './world.ts';

const opener = issue('PE-1');
const caller: Caller = { name: 'PE-1', role: 'device', thumbprint: opener.thumbprint };

/** One end of a WebSocket in memory, whose peer answers pings. */
class MemorySocket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  bufferedAmount = 0;
  readonly below = new PassThrough();
  other: MemorySocket | undefined;
  send(data: string, sent: () => void) {
    setImmediate(() => this.other?.emit('message', Buffer.from(data), false));
    sent();
  }
  ping() {
    this.below.write('pong');
  }
  close() {
    this.readyState = 3;
    if (this.other?.readyState === 1) this.other.close();
    this.emit('close');
  }
  terminate() {
    this.close();
  }
}

/** An agent that took in the link of PE-1, in virtual time. */
function adopting() {
  const clock = createVirtualClock();
  const device = issue('P-2');
  const service = new FakeService(device);
  const [near, far] = [new MemorySocket(), new MemorySocket()];
  near.other = far;
  far.other = near;
  const linkOf = (socket: MemorySocket, isOpener: boolean) =>
    new PeerLink(socket as unknown as WebSocket, { opener: isOpener, clock, socket: socket.below });
  const link = linkOf(near, false);
  const opened = linkOf(far, true);
  serveLink(link, service, { caller, quota: new CallerQuota(8), log: silent });
  const peers = createPeers({
    node: 'P-2',
    capabilities: service.capabilities,
    clock,
    log: silent,
    lookup: () => undefined,
    dial: dialAs(device),
    service: () => service,
  });
  peers.adopt(link, caller, opener.certificatePem);
  const heard: { id?: unknown }[] = [];
  opened.clientTransport.onmessage = (message) => void heard.push(message as { id?: unknown });
  void opened.clientTransport.start();
  const call = (id: number, name: string) => {
    const meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': {},
    };
    const params = { name, arguments: {}, _meta: meta };
    return opened.clientTransport.send({
      jsonrpc: '2.0',
      id,
      method: 'tools/call',
      params,
    } as JSONRPCMessage);
  };
  const cancel = (requestId: number) =>
    opened.clientTransport.send({
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId },
    } as JSONRPCMessage);
  return { clock, link, service, peers, heard, call, cancel };
}

const passing = async (clock: ReturnType<typeof createVirtualClock>, ms: number) => {
  for (let passed = 0; passed < ms; passed += 5_000) await clock.advance(5_000);
};

test('a link by which the peer calls us is not idle: neither between its calls nor during a long one', async () => {
  const { clock, link, service, peers, heard, call, cancel } = adopting();
  for (let id = 1; id <= 8; id += 1) {
    await call(id, 'ping');
    await passing(clock, bounds.linkIdleMs / 2);
  }
  assert.ok(link.isOpen, 'a call every minute keeps the link');
  assert.equal(heard.length, 8);
  await call(9, 'hang');
  await passing(clock, 5 * bounds.linkIdleMs);
  assert.ok(link.isOpen, 'a call that runs keeps the link');
  assert.equal(service.calls.at(-1)?.context.signal.aborted, false);
  await cancel(9);
  await passing(clock, bounds.linkIdleMs / 2);
  assert.ok(link.isOpen);
  await passing(clock, 3 * bounds.linkIdleMs);
  assert.ok(!link.isOpen, 'one that nobody uses is closed');
  await peers.close();
});

test('a sign of life alone is no use: a link without calls is closed', async () => {
  const { clock, link, peers } = adopting();
  await passing(clock, 2 * bounds.linkIdleMs + 10_000);
  assert.ok(!link.isOpen);
  await peers.close();
});
