import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import tls, { type TLSSocket } from 'node:tls';
import { Agent, request } from 'undici';
import { WebSocket, WebSocketServer } from 'ws';
import { notAfterOf, thumbprintOf } from '../../../crypto/certificate.ts';
import { issueAuthority, issueDevice, issueRevocationList } from '../../../crypto/issue.ts';
import { keyPairFromSeed, privateKeyPem } from '../../../crypto/keys.ts';
import { extendedKeyUsage, oids, signCertificate, subjectAltName } from '../../../crypto/x509.ts';
import {
  connectOptions,
  dialMtls,
  type Identity,
  listenMtls,
  MtlsError,
  type MtlsLimits,
  type MtlsListener,
  peerOf,
  type Refusal,
} from '../../../src/system/mtls.ts';

// TLS lives in real time, so these certificates do too. All network is loopback.

const minuteMs = 60_000;
let serials = 0;
const nextSerial = () => Buffer.from([1, 0, ++serials]);

function newAuthority(seed: number) {
  const keyPair = keyPairFromSeed(Buffer.alloc(32, seed));
  const request = { name: 'Test', now: Date.now() - 60 * minuteMs, lifetimeMs: 600 * minuteMs, keyPair };
  return {
    certificatePem: issueAuthority({ ...request, serial: nextSerial() }),
    privateKey: keyPair.privateKey,
  };
}

const authority = newAuthority(1);
const rogue = newAuthority(2);

function identityOf(node: string, changes: Partial<Parameters<typeof issueDevice>[0]> = {}): Identity {
  const serial = nextSerial();
  const { publicKey, privateKey } = keyPairFromSeed(Buffer.alloc(32, serial));
  const request = {
    authority,
    node,
    publicKey,
    hosts: [],
    now: Date.now(),
    lifetimeMs: 10 * minuteMs,
    serial,
  };
  const certificatePem = issueDevice({ ...request, ...changes });
  return { node, certificatePem, keyPem: privateKeyPem(privateKey), authorityPem: authority.certificatePem };
}

const pe1 = identityOf('PE-1');
const p2 = identityOf('P-2');

interface Server extends MtlsListener {
  refusals: Refusal[];
  sockets: TLSSocket[];
}

const opened: MtlsListener[] = [];
after(() => Promise.all(opened.map((listener) => listener.close())));

/** An agent's server: every request is answered with the name of the peer that asked. */
async function serve(identity: Identity, limits: Partial<MtlsLimits> = {}): Promise<Server> {
  const answer = (asked: IncomingMessage, response: ServerResponse) => {
    response.end(peerOf(asked.socket)?.node ?? 'nobody');
  };
  const http = createServer(answer);
  const sockets: TLSSocket[] = [];
  const refusals: Refusal[] = [];
  const listener = await listenMtls({
    identity,
    host: '127.0.0.1',
    port: 0,
    limits,
    onConnection: (socket, peer) => {
      assert.equal(peerOf(socket), peer);
      sockets.push(socket);
      http.emit('connection', socket);
    },
    onRefused: (refusal) => refusals.push(refusal),
  });
  opened.push(listener);
  return Object.assign(listener, { refusals, sockets });
}

const dial = (
  identity: Identity,
  server: MtlsListener,
  expected: Parameters<typeof dialMtls>[0]['expected'],
) => dialMtls({ identity, host: server.host, port: server.port, expected });

/** A client without any care: what an attacker runs. Resolves at the moment that TLS calls success. */
async function dialBlindly(identity: Identity, server: MtlsListener, changes: tls.ConnectionOptions = {}) {
  const options = { ...connectOptions(identity, { node: 'P-2' }), ...changes };
  const socket = tls.connect({ ...options, host: server.host, port: server.port });
  await once(socket, 'secureConnect');
  return socket;
}

/** Everything that the server says to one request, until it closes the connection. */
async function ask(socket: TLSSocket): Promise<string> {
  const chunks: Uint8Array[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  if (socket.closed) return '';
  const closed = once(socket, 'close', { signal: AbortSignal.timeout(30_000) });
  socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  await closed;
  return Buffer.concat(chunks).toString();
}

async function waitFor(holds: () => boolean, timeoutMs = 30_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!holds()) {
    if (Date.now() > end) assert.fail(`not within ${timeoutMs} ms: ${holds}`);
    await sleep(5);
  }
}

const rejectedAs = (code: MtlsError['code'], reason?: string) => (error: unknown) => {
  assert.ok(error instanceof MtlsError, String(error));
  assert.deepEqual([error.code, error.reason], [code, reason]);
  assert.match(error.message, /\.$/);
  return true;
};

describe('mutual TLS between devices', () => {
  it('tells each side who the other is, over TLS 1.3', async () => {
    const server = await serve(p2);
    const socket = await dial(pe1, server, { node: 'P-2', thumbprint: thumbprintOf(p2.certificatePem) });
    assert.equal(socket.getProtocol(), 'TLSv1.3');
    assert.deepEqual(peerOf(socket), {
      node: 'P-2',
      thumbprint: thumbprintOf(p2.certificatePem).toString('hex'),
      certificatePem: p2.certificatePem,
    });
    assert.match(await ask(socket), /^HTTP\/1\.1 200 OK[\s\S]*PE-1$/);
    assert.equal(peerOf({}), undefined);
  });

  it('lasts longer than a handshake may take', async () => {
    const server = await serve(p2, { handshakeTimeoutMs: 200, handshakesMax: 1 });
    const socket = await dial(pe1, server, { node: 'P-2' });
    await sleep(500);
    assert.match(await ask(socket), /200 OK/);
    assert.deepEqual(server.refusals, []);
  });

  it('carries undici', async () => {
    const server = await serve(p2);
    const agent = new Agent({
      connect: (_options, done) => {
        dial(pe1, server, { node: 'P-2' }).then(
          (socket) => done(null, socket),
          (error) => done(error, null),
        );
      },
    });
    const answer = await request(`https://${server.host}:${server.port}/`, { dispatcher: agent });
    assert.equal(await answer.body.text(), 'PE-1');
    await agent.close();
  });

  it('carries ws', async () => {
    const http = createServer();
    const webSockets = new WebSocketServer({ server: http });
    webSockets.on('connection', (link, asked) => link.send(`hello ${peerOf(asked.socket)?.node}`));
    const onConnection = (socket: TLSSocket) => void http.emit('connection', socket);
    const listener = await listenMtls({ identity: p2, host: '127.0.0.1', port: 0, onConnection });
    opened.push(listener);
    const socket = await dial(pe1, listener, { node: 'P-2' });
    const link = new WebSocket('ws://P-2/link', { createConnection: () => socket });
    const [message] = await once(link, 'message');
    assert.equal(String(message), 'hello PE-1');
    link.terminate();
  });
});

// Threat 6: each of these completes its side of the handshake or not, but gets no answer to any request.
describe('a client with a bad certificate', () => {
  const wrongUsage = (): Identity => {
    const good = identityOf('PE-1');
    const { publicKey } = keyPairFromSeed(Buffer.alloc(32, Buffer.from([1, 0, serials])));
    const validity = {
      notBefore: new Date(Date.now() - minuteMs),
      notAfter: new Date(Date.now() + minuteMs),
    };
    const extensions = [extendedKeyUsage(oids.serverAuth), subjectAltName({ uri: 'mcp://PE-1' })];
    const names = { issuer: 'Test', subject: 'PE-1' };
    const fields = { serial: nextSerial(), ...names, ...validity, publicKey, extensions };
    return { ...good, certificatePem: signCertificate(fields, authority.privateKey) };
  };
  const revoked = identityOf('PE-1');
  const list = issueRevocationList({
    authority,
    revoked: [{ certificatePem: revoked.certificatePem, at: Date.now() }],
    number: 1,
    now: Date.now(),
    lifetimeMs: 10 * minuteMs,
  });
  const cases: [string, Identity, Identity][] = [
    ['untrusted-authority', identityOf('PE-1', { authority: rogue }), p2],
    ['expired', identityOf('PE-1', { now: Date.now() - 2 * minuteMs, lifetimeMs: minuteMs }), p2],
    ['not-yet-valid', identityOf('PE-1', { now: Date.now() + minuteMs }), p2],
    ['wrong-usage', wrongUsage(), p2],
    ['revoked', revoked, { ...p2, revocationListPem: list }],
  ];
  for (const [reason, client, serverIdentity] of cases) {
    it(`is refused and told: ${reason}`, async () => {
      const server = await serve(serverIdentity);
      const answer = await ask(await dialBlindly(client, server));
      assert.match(answer, /^HTTP\/1\.1 403 Forbidden\r\n/);
      assert.equal(JSON.parse(answer.split('\r\n\r\n')[1] ?? '').reason, reason);
      assert.deepEqual(
        server.refusals.map((refusal) => refusal.reason),
        [reason],
      );
      assert.equal(server.sockets.length, 0);
    });
  }

  it('is refused and told: no-certificate', async () => {
    const server = await serve(p2);
    const anonymous = await dialBlindly(pe1, server, { cert: undefined, key: undefined });
    assert.match(await ask(anonymous), /403 Forbidden[\s\S]*"no-certificate"/);
    assert.equal(server.sockets.length, 0);
  });

  it('is refused when it speaks TLS 1.2, or no TLS', async () => {
    const server = await serve(p2);
    const old = {
      ...connectOptions(pe1, { node: 'P-2' }),
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.2',
    } as const;
    const socket = tls.connect({ ...old, host: server.host, port: server.port });
    const [error] = await once(socket, 'error', { signal: AbortSignal.timeout(30_000) });
    assert.match(String(error.code), /PROTOCOL_VERSION/);
    const plain = connect(server.port, server.host);
    plain.on('error', () => {});
    plain.end('GET / HTTP/1.1\r\n\r\n');
    await once(plain, 'close');
    await waitFor(() => server.refusals.length === 2);
    assert.deepEqual(
      server.refusals.map((refusal) => refusal.reason),
      ['handshake-failed', 'handshake-failed'],
    );
    assert.equal(server.sockets.length, 0);
  });

  // Threat 9: to the client the handshake looks fine, so the handshake must not be what makes a peer trusted.
  it('has seen secureConnect, and never a byte of the application', async () => {
    const server = await serve(p2);
    const socket = await dial(identityOf('PE-1', { authority: rogue }), server, { node: 'P-2' });
    assert.equal(socket.authorized, true);
    assert.doesNotMatch(await ask(socket), /200 OK/);
  });

  it('is cut off when it asks for nothing', async () => {
    const server = await serve(p2);
    const socket = await dial(identityOf('PE-1', { authority: rogue }), server, { node: 'P-2' });
    const started = Date.now();
    socket.resume();
    await once(socket, 'close');
    assert.ok(Date.now() - started < 2000);
  });
});

describe('a server that is not the expected device', () => {
  const cases: [string, Identity, Parameters<typeof dialMtls>[0]['expected']][] = [
    ['untrusted-authority', identityOf('P-2', { authority: rogue }), { node: 'P-2' }],
    ['expired', identityOf('P-2', { now: Date.now() - 2 * minuteMs, lifetimeMs: minuteMs }), { node: 'P-2' }],
    ['not-yet-valid', identityOf('P-2', { now: Date.now() + minuteMs }), { node: 'P-2' }],
    ['name-mismatch', identityOf('PE-3'), { node: 'P-2' }],
    ['thumbprint-mismatch', identityOf('P-2'), { node: 'P-2', thumbprint: thumbprintOf(p2.certificatePem) }],
  ];
  for (const [reason, identity, expected] of cases) {
    it(`is sent nothing: ${reason}`, async () => {
      const server = await serve(identity);
      let received = 0;
      await assert.rejects(dial(pe1, server, expected), rejectedAs('untrusted', reason));
      for (const socket of server.sockets) socket.on('data', () => received++);
      await sleep(20);
      assert.equal(received, 0);
    });
  }

  it('is sent nothing: revoked', async () => {
    const request = {
      authority,
      revoked: [{ certificatePem: p2.certificatePem, at: Date.now() }],
      number: 2,
    };
    const revocationListPem = issueRevocationList({ ...request, now: Date.now(), lifetimeMs: minuteMs });
    const server = await serve(p2);
    const refused = dial({ ...pe1, revocationListPem }, server, { node: 'P-2' });
    await assert.rejects(refused, rejectedAs('untrusted', 'revoked'));
  });

  it('is not even dialled with an expired certificate of our own', async () => {
    const server = await serve(p2);
    const expired = identityOf('PE-1', { now: Date.now() - 2 * minuteMs, lifetimeMs: minuteMs });
    await assert.rejects(dial(expired, server, { node: 'P-2' }), rejectedAs('own-certificate-expired'));
    assert.deepEqual(server.refusals, []);
  });

  it('is given up when it does not answer, hangs up, or is not there', async () => {
    const silent = await listenPlain(() => {});
    const dialSilent = (options: { timeoutMs?: number; signal?: AbortSignal }) =>
      dialMtls({ identity: pe1, host: '127.0.0.1', port: silent.port, expected: undefined, ...options });
    await assert.rejects(dialSilent({ timeoutMs: 100 }), rejectedAs('handshake-timeout'));
    await assert.rejects(dialSilent({ signal: AbortSignal.timeout(50) }), rejectedAs('aborted'));
    await assert.rejects(dialSilent({ signal: AbortSignal.abort() }), rejectedAs('aborted'));
    silent.server.close();
    const rude = await listenPlain((socket) => socket.destroy());
    const dialRude = dialMtls({ identity: pe1, host: '127.0.0.1', port: rude.port, expected: undefined });
    await assert.rejects(dialRude, rejectedAs('handshake-failed'));
    rude.server.close();
    await once(rude.server, 'close');
    const nobody = dialMtls({ identity: pe1, host: '127.0.0.1', port: rude.port, expected: undefined });
    await assert.rejects(nobody, rejectedAs('unreachable'));
  });
});

// Threat 7: a resumed session skips the certificates.
describe('session resumption', () => {
  async function resume(server: MtlsListener, identity: Identity, session: Buffer | undefined) {
    const socket = await dialBlindly(identity, server, session ? { session } : {});
    const reused = socket.isSessionReused();
    let saved = socket.getSession();
    socket.on('session', (fresh) => {
      saved = fresh;
    });
    return { answer: await ask(socket), reused, session: saved };
  }

  it('does not happen, neither at once nor after expiry nor after rotation', async () => {
    const shortLived = identityOf('PE-1', { lifetimeMs: 2000 });
    const server = await serve(p2);
    const first = await resume(server, shortLived, undefined);
    assert.match(first.answer, /200 OK/);
    const second = await resume(server, shortLived, first.session);
    assert.deepEqual([second.reused, /200 OK/.test(second.answer)], [false, true]);
    server.rotate(identityOf('P-2'));
    const rotated = await resume(server, shortLived, first.session);
    assert.deepEqual([rotated.reused, /200 OK/.test(rotated.answer)], [false, true]);
    await sleep(Math.max(0, notAfterOf(shortLived.certificatePem) - Date.now()) + 20);
    const late = await resume(server, shortLived, rotated.session ?? first.session);
    assert.equal(late.reused, false);
    assert.match(late.answer, /403 Forbidden[\s\S]*"expired"/);
  });
});

describe('rotation', () => {
  it('keeps TLS 1.3 alone, both certificates and no tickets, and serves the new certificate', async () => {
    const server = await serve(p2);
    const next = identityOf('P-2');
    const oldSocket = await dial(pe1, server, { node: 'P-2' });
    server.rotate(next);
    const socket = await dial(pe1, server, { node: 'P-2', thumbprint: thumbprintOf(next.certificatePem) });
    assert.match(await ask(socket), /200 OK[\s\S]*PE-1$/);
    assert.match(await ask(oldSocket), /200 OK/); // an open connection lives on
    const old = { ...connectOptions(pe1, undefined), minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;
    const [error] = await once(tls.connect({ ...old, host: server.host, port: server.port }), 'error', {
      signal: AbortSignal.timeout(30_000),
    });
    assert.match(String(error.code), /PROTOCOL_VERSION/);
    const stranger = await dial(identityOf('PE-1', { authority: rogue }), server, { node: 'P-2' });
    assert.match(await ask(stranger), /403/);
  });

  it('cuts the open connections of a peer that was revoked, and no others', async () => {
    const server = await serve(p2);
    const pe3 = identityOf('PE-3');
    const bad = await dial(pe1, server, { node: 'P-2' });
    const good = await dial(pe3, server, { node: 'P-2' });
    await waitFor(() => server.sockets.length === 2);
    const request = {
      authority,
      revoked: [{ certificatePem: pe1.certificatePem, at: Date.now() }],
      number: 3,
    };
    bad.resume();
    server.rotate({
      ...p2,
      revocationListPem: issueRevocationList({ ...request, now: Date.now(), lifetimeMs: minuteMs }),
    });
    await once(bad, 'close');
    assert.deepEqual(
      server.refusals.map((refusal) => refusal.reason),
      ['revoked'],
    );
    assert.match(await ask(good), /200 OK/);
  });
});

// Threat 8: TLS looks at a certificate once.
describe('a connection', { concurrency: true }, () => {
  const lifetimes: [string, number, number][] = [
    ['the client', 2000, 10 * minuteMs],
    ['the server', 10 * minuteMs, 2000],
  ];
  for (const [who, clientLifetimeMs, serverLifetimeMs] of lifetimes) {
    it(`ends on both sides within a second after the certificate of ${who} expires`, async () => {
      const client = identityOf('PE-1', { lifetimeMs: clientLifetimeMs });
      const server = await serve(identityOf('P-2', { lifetimeMs: serverLifetimeMs }));
      const socket = await dial(client, server, { node: 'P-2' });
      await waitFor(() => server.sockets.length === 1);
      const expiry = Math.min(
        notAfterOf(client.certificatePem),
        notAfterOf(peerOf(socket)?.certificatePem ?? ''),
      );
      socket.resume();
      const closedAt = async (end: TLSSocket) => {
        if (!end.closed) await once(end, 'close', { signal: AbortSignal.timeout(30_000) });
        return Date.now();
      };
      const times = await Promise.all([socket, ...server.sockets].map(closedAt));
      for (const time of times)
        assert.ok(time >= expiry && time < expiry + 1000, `${time - expiry} ms after`);
    });
  }

  it('of a certificate for 50 years is not cut by the limit of timers', async () => {
    const elderly = issueAuthority({
      name: 'Test',
      now: Date.now(),
      lifetimeMs: 60 * 365 * 24 * 60 * minuteMs,
      serial: nextSerial(),
      keyPair: keyPairFromSeed(Buffer.alloc(32, 3)),
    });
    const old = { certificatePem: elderly, privateKey: keyPairFromSeed(Buffer.alloc(32, 3)).privateKey };
    const long = { authority: old, lifetimeMs: 50 * 365 * 24 * 60 * minuteMs };
    const [client, identity] = [identityOf('PE-1', long), identityOf('P-2', long)];
    const server = await serve({ ...identity, authorityPem: elderly });
    const socket = await dial({ ...client, authorityPem: elderly }, server, { node: 'P-2' });
    await sleep(50);
    assert.match(await ask(socket), /200 OK/);
  });
});

// Threat 22.
describe('a slow or flooding client', { concurrency: true }, () => {
  it('that sends a byte each 100 ms, or nothing at all, is cut after 5 s', async () => {
    const server = await serve(p2);
    const hello = Buffer.from('1603010200010001fc0303', 'hex'); // and 500 more bytes to come
    const started = Date.now();
    const slow = connect(server.port, server.host);
    const silent = connect(server.port, server.host);
    let sent = 0;
    const drip = setInterval(() => slow.write(Buffer.of(hello[sent++] ?? 0)), 100);
    const tookMs = await Promise.all(
      [slow, silent].map(async (socket) => {
        socket.on('error', () => {}).resume();
        await once(socket, 'close');
        return Date.now() - started;
      }),
    );
    clearInterval(drip);
    // Not before, and though bytes kept coming; how late depends on who else uses the processor.
    for (const ms of tookMs) assert.ok(ms >= 4900, `${ms} ms`);
    assert.ok(sent > 1 && sent < hello.length + 500, `${sent} octets`);
    assert.deepEqual(
      server.refusals.map(({ reason }) => reason),
      ['handshake-timeout', 'handshake-timeout'],
    );
  });

  it('cannot hold more than its share of handshakes and connections, and others get in again after it', async () => {
    const server = await serve(p2, { handshakesMax: 3, handshakeTimeoutMs: 300 });
    const idle = Array.from({ length: 10 }, () => connect(server.port, server.host));
    let closed = 0;
    for (const socket of idle)
      socket
        .on('error', () => {})
        .on('close', () => closed++)
        .resume();
    await waitFor(() => server.refusals.length === 7);
    assert.ok(server.refusals.every((refusal) => refusal.reason === 'over-quota'));
    await waitFor(() => closed === 10);
    assert.match(await ask(await dial(pe1, server, { node: 'P-2' })), /200 OK/);
  });

  it('of one address cannot hold the handshakes of all the others', async () => {
    const server = await serve(p2, { handshakesMax: 8, handshakesOfOneAddressMax: 3 });
    const idle = idleClients(server, 10);
    await waitFor(() => server.refusals.length === 7);
    assert.ok(
      server.refusals.every(({ reason, detail }) => reason === 'over-quota' && /address/.test(detail)),
    );
    const other = await dialFrom('127.0.0.2', pe1, server);
    assert.match(await ask(other), /200 OK/);
    for (const socket of idle) socket.destroy();
  });

  it('from many addresses does not keep anybody out: the handshake that waits longest gives way', async () => {
    const server = await serve(p2, { handshakesMax: 4, handshakesOfOneAddressMax: 1 });
    const idle = [3, 4, 5, 6].flatMap((last) => idleClients(server, 1, `127.0.0.${last}`));
    await sleep(50);
    assert.match(await ask(await dialFrom('127.0.0.2', pe1, server)), /200 OK/);
    assert.deepEqual(
      server.refusals.map(({ address, reason }) => [address, reason]),
      [['127.0.0.3', 'over-quota']],
    );
    for (const socket of idle) socket.destroy();
  });

  it('with a certificate cannot open the connections of all the others', async () => {
    const server = await serve(p2, { connectionsOfOnePeerMax: 2 });
    const held = [await dial(pe1, server, { node: 'P-2' }), await dial(pe1, server, { node: 'P-2' })];
    await waitFor(() => server.sockets.length === 2);
    const answer = await ask(await dial(pe1, server, { node: 'P-2' }));
    assert.match(answer, /^HTTP\/1.1 503 .*"reason":"over-quota"/s);
    assert.match(await ask(await dial(identityOf('PE-3'), server, { node: 'P-2' })), /200 OK/);
    for (const socket of held) socket.destroy();
    await waitFor(() => server.sockets.every((socket) => socket.closed));
    assert.match(await ask(await dial(pe1, server, { node: 'P-2' })), /200 OK/);
  });

  it('cannot connect more often than the quota, before any TLS', async () => {
    const server = await serve(p2, { connectionsPerSecondMax: 2 });
    const sockets = Array.from({ length: 12 }, () => connect(server.port, server.host));
    for (const socket of sockets) socket.on('error', () => {}).resume();
    await waitFor(() => server.refusals.length >= 8);
    assert.ok(server.refusals.every((refusal) => refusal.reason === 'over-quota'));
    for (const socket of sockets) socket.destroy();
    await sleep(1000);
    assert.match(await ask(await dial(pe1, server, { node: 'P-2' })), /200 OK/);
  });

  it('with a certificate cannot open more than the connections of the listener', async () => {
    const server = await serve(p2, { connectionsMax: 2 });
    const held = [await dial(pe1, server, { node: 'P-2' }), await dial(pe1, server, { node: 'P-2' })];
    await waitFor(() => server.sockets.length === 2);
    await assert.rejects(dial(pe1, server, { node: 'P-2' }), MtlsError);
    for (const socket of held) socket.destroy();
    await waitFor(() => server.sockets.every((socket) => socket.closed));
    assert.match(await ask(await dial(pe1, server, { node: 'P-2' })), /200 OK/);
  });
});

/** Clients that connect and then say nothing. */
function idleClients(server: MtlsListener, count: number, localAddress = '127.0.0.1') {
  return Array.from({ length: count }, () =>
    connect({ port: server.port, host: server.host, localAddress })
      .on('error', () => {})
      .resume(),
  );
}

async function dialFrom(localAddress: string, identity: Identity, server: MtlsListener) {
  const below = connect({ port: server.port, host: server.host, localAddress });
  await once(below, 'connect');
  const socket = tls.connect({ ...connectOptions(identity, { node: 'P-2' }), socket: below });
  await once(socket, 'secureConnect');
  return socket;
}

async function listenPlain(onConnection: Parameters<typeof import('node:net').createServer>[1]) {
  const { createServer: createPlain } = await import('node:net');
  const server = createPlain({}, onConnection);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address && typeof address === 'object');
  return { server, port: address.port };
}
