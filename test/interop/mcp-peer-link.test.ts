import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { digestOf } from '../../crypto/canonical.ts';
import { openAnswer } from '../../crypto/envelope.ts';
import { PeerError } from '../../src/core/errors.ts';
import { bounds } from '../../src/mcp/bounds.ts';
import { createPeers } from '../../src/mcp/client.ts';
import { openLink } from '../../src/mcp/link-dialer.ts';
import type { PeerLink } from '../../src/mcp/peer-link.ts';
import { dialMtls, listenMtls } from '../../src/system/mtls.ts';
import {
  announce,
  clock,
  type Device,
  dialAs,
  FakeService,
  issue,
  listening,
  silent,
  startAgent,
  stranger,
} from '../unit/mcp/world.ts';

const soon = () => AbortSignal.timeout(30_000);

function refusedWith(reason: string) {
  return (error: unknown) => error instanceof PeerError && error.reason === reason;
}

test('T13 T18 T22 T23: two agents negotiate and call each other over one mutual-TLS link', async () => {
  await using a = await startAgent('PE-1');
  await using b = await startAgent('P-2');
  const toB = await a.peers.open('P-2', { session: 's1', signal: soon() });
  assert.deepEqual(toB.authorised, ['ietf-srv6-ping', 'ietf-interface-counters']);
  assert.equal(toB.certificate, b.device.certificatePem);
  const toA = await b.peers.open('PE-1', { session: 's2', signal: soon() });
  const calls = Array.from({ length: 40 }, (_, index) => [
    toB.call('ping', { count: index }, { signal: soon() }),
    toA.call('ietf-srv6-ping', { Count: index }, { signal: soon() }),
  ]).flat();
  const answers = await Promise.all(calls);
  assert.equal(answers[78]?.answer.data && (answers[78].answer.data as { sent: number }).sent, 39);
  assert.equal(a.accepted + b.accepted, 1, 'both directions share one connection');
  assert.equal(a.service.calls.length, 40);
  assert.equal(b.service.calls[0]?.context.session, 's1');
  assert.deepEqual(b.service.calls[0]?.context.caller, {
    name: 'PE-1',
    role: 'device',
    thumbprint: a.device.thumbprint,
  });
});

test('T25: what arrives verifies against the request that was made', async () => {
  await using a = await startAgent('PE-1');
  await using b = await startAgent('P-2');
  const peer = await a.peers.open('P-2', { session: 's1', signal: soon() });
  const call = await peer.call('ping', { count: 3 }, { signal: soon() });
  const expected = {
    operation: { tool: 'ping' },
    argumentsHash: digestOf({ count: 3 }),
    session: 's1',
    signer: 'P-2',
    caller: 'PE-1',
    certificate: peer.certificate,
    nonceAbove: 0,
  };
  assert.deepEqual(openAnswer(call, expected), { ok: true, answer: call.answer });
  const uri = 'urn:ietf:params:xml:ns:yang:ietf-interfaces/interfaces/interface=SID-Endpoint/statistics';
  const read = await peer.read(uri, { signal: soon() });
  const opened = openAnswer(read, { ...expected, operation: { uri }, argumentsHash: digestOf({}) });
  assert.ok(opened.ok);
  assert.deepEqual(opened.answer.data, { 'in-octets': '18446744073709551615' });
  assert.equal(b.service.calls.length, 2);
});

test('T33: progress of a long call arrives, growing', async () => {
  await using a = await startAgent('PE-1');
  await using _b = await startAgent('P-2');
  const peer = await a.peers.open('P-2', { session: 's', signal: soon() });
  const heard: unknown[] = [];
  await peer.call('slow', {}, { signal: soon(), onProgress: (progress) => heard.push(progress) });
  assert.deepEqual(heard, [
    { fraction: 0.25, message: '25 %' },
    { fraction: 0.5, message: '50 %' },
    { fraction: 1, message: '100 %' },
  ]);
});

test('a refusal is unauthorised, a missing tool refused, a failure says nothing of the inside', async () => {
  await using a = await startAgent('PE-1');
  await using _b = await startAgent('P-2');
  const peer = await a.peers.open('P-2', { session: 's', signal: soon() });
  await assert.rejects(peer.call('secret', {}, { signal: soon() }), refusedWith('unauthorised'));
  await assert.rejects(peer.call('nothing', {}, { signal: soon() }), refusedWith('refused'));
  await assert.rejects(peer.call('picky', {}, { signal: soon() }), {
    reason: 'refused',
    message: 'P-2: picky: count: expected at most 9, found 10.',
  });
  await assert.rejects(peer.read('mcp://P-2/nowhere', { signal: soon() }), refusedWith('refused'));
  await assert.rejects(peer.call('broken', {}, { signal: soon() }), (error: Error) => {
    assert.ok(refusedWith('refused')(error));
    assert.doesNotMatch(error.message, /secret/);
    return true;
  });
});

test('a call that is given up is a timeout, and reaches the probe as a cancellation', async () => {
  await using a = await startAgent('PE-1');
  await using b = await startAgent('P-2');
  const peer = await a.peers.open('P-2', { session: 's', signal: soon() });
  using deadline = clock.deadline(50);
  await assert.rejects(peer.call('hang', {}, { signal: deadline.signal }), refusedWith('timeout'));
  const signal = b.service.calls[0]?.context.signal;
  assert.ok(signal);
  while (!signal.aborted) await clock.sleep(5);
  const next = await peer.call('ping', {}, { signal: soon() });
  assert.equal(next.answer.isError, false);
});

test('the peer is whom its certificate names, whatever a message says', async () => {
  await using a = await startAgent('PE-1');
  await using _b = await startAgent('P-2');
  const peer = await a.peers.open('P-2', { session: 's', signal: soon() });
  const answer = await peer.call('whoami', { caller: 'PE-9', role: 'controller' }, { signal: soon() });
  assert.deepEqual(answer.answer.data, { name: 'PE-1', role: 'device', thumbprint: a.device.thumbprint });
});

test('nothing in common is unauthorised', async () => {
  await using b = await startAgent('P-2');
  const device = issue('PE-1');
  const peers = createPeers({
    node: 'PE-1',
    capabilities: ['something-else'],
    clock,
    log: silent,
    lookup: () => b.endpoint,
    dial: dialAs(device),
    service: () => new FakeService(device),
  });
  await assert.rejects(peers.open('P-2', { session: 's', signal: soon() }), refusedWith('unauthorised'));
  await peers.close();
});

test('a link that ended is opened again for the next session', async () => {
  await using a = await startAgent('PE-1');
  const first = await startAgent('P-2');
  const peer = await a.peers.open('P-2', { session: 's', signal: soon() });
  const pending = peer.call('hang', {}, { signal: soon() });
  pending.catch(() => {});
  await first[Symbol.asyncDispose]();
  await assert.rejects(pending, refusedWith('unreachable'));
  await assert.rejects(a.peers.open('P-2', { session: 's', signal: soon() }), refusedWith('unreachable'));
  await using _again = await startAgent('P-2');
  const again = await a.peers.open('P-2', { session: 's', signal: soon() });
  assert.equal((await again.call('ping', {}, { signal: soon() })).statement.signer, 'P-2');
});

test('security 22: one device cannot take the links of all the others', async () => {
  await using agent = await startAgent('P-2');
  const greedy = issue('PE-1');
  const links: PeerLink[] = [];
  const opening = async (device: Device) => {
    const { host, port } = agent.endpoint;
    const socket = await dialMtls({ identity: device, host, port, expected: { node: 'P-2' } });
    return openLink(socket, 'P-2', clock, soon());
  };
  for (let more = 0; more < bounds.linksOfOneCallerMax; more += 1) links.push(await opening(greedy));
  await assert.rejects(opening(greedy), refusedWith('refused'));
  links.push(await opening(issue('PE-3')));
  links.shift()?.close();
  while (true) {
    const again = await opening(greedy).catch(() => undefined);
    if (again === undefined) continue;
    links.push(again);
    break;
  }
  for (const link of links) link.close();
});

test('nobody listens: unreachable; nobody is known: unreachable', async () => {
  await using a = await startAgent('PE-1');
  await assert.rejects(a.peers.open('PE-7', { session: 's', signal: soon() }), refusedWith('unreachable'));
  using _known = announce('PE-7', { host: '127.0.0.1', port: 1, capabilities: [] });
  await assert.rejects(a.peers.open('PE-7', { session: 's', signal: soon() }), refusedWith('unreachable'));
});

test('security 1: another certificate than the advertised one is authentication, and no call is sent', async () => {
  await using a = await startAgent('PE-1');
  await using b = await startAgent('P-2');
  using _lie = announce('P-2', { ...b.endpoint, advertisedThumbprint: '00'.repeat(32) });
  await assert.rejects(a.peers.open('P-2', { session: 's', signal: soon() }), refusedWith('authentication'));
  using _name = announce('PE-3', b.endpoint);
  await assert.rejects(a.peers.open('PE-3', { session: 's', signal: soon() }), refusedWith('authentication'));
  assert.equal(b.service.calls.length + b.service.negotiations.length, 0);
});

test('security 9: a peer that refuses our certificate is authentication, not success', async () => {
  await using b = await startAgent('PE-3');
  const peers = createPeers({
    node: 'PE-9',
    capabilities: b.service.capabilities,
    clock,
    log: silent,
    lookup: () => b.endpoint,
    dial: dialAs(stranger('PE-9')),
    service: () => b.service,
  });
  await assert.rejects(peers.open('PE-3', { session: 's', signal: soon() }), refusedWith('authentication'));
  await peers.close();
  const refusing = await listenMtls({
    identity: issue('P-2'),
    host: '127.0.0.1',
    port: 0,
    onConnection: (socket) => socket.destroy(),
  });
  using _known = announce('P-2', { host: '127.0.0.1', port: refusing.port, capabilities: [] });
  await using a = await startAgent('PE-1');
  await assert.rejects(a.peers.open('P-2', { session: 's', signal: soon() }), refusedWith('authentication'));
  await refusing.close();
});

test('a peer that never answers is a timeout, wherever it falls silent, and nothing stays open', async () => {
  await using a = await startAgent('PE-1');
  const tcp = createServer();
  const tcpPort = await listening(tcp);
  const accepted: { destroyed: boolean }[] = [];
  const tls = await listenMtls({
    identity: issue('P-4'),
    host: '127.0.0.1',
    port: 0,
    onConnection: (socket) => {
      accepted.push(socket);
      socket.resume();
    },
  });
  for (const [node, port] of [
    ['P-2', tcpPort],
    ['P-4', tls.port],
  ] as const) {
    using _known = announce(node, { host: '127.0.0.1', port, capabilities: [] });
    using deadline = clock.deadline(200);
    const opening = a.peers.open(node, { session: 's', signal: deadline.signal });
    await assert.rejects(opening, refusedWith('timeout'));
  }
  // The dial has its own deadline of limits.sessionTimeoutMs; then its socket is gone too.
  while (!accepted[0]?.destroyed) await clock.sleep(50);
  await tls.close();
  tcp.close();
});
