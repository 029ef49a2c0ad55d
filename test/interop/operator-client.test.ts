/**
 * Input: an agent that a certificate names, and that answers an operator with what was signed before, for others, by
 * others, or in another session. Output: PeerError; nothing of it reaches the operator.
 */
import assert from 'node:assert/strict';
import type { Duplex } from 'node:stream';
import { test } from 'node:test';
import { sealAnswer } from '../../crypto/envelope.ts';
import { PeerError } from '../../src/core/errors.ts';
import type { ServiceAnswer } from '../../src/core/service.ts';
import { connectOperator } from '../../src/mcp/operator-client.ts';
import { dialMtls, listenMtls } from '../../src/system/mtls.ts';
import { type Agent, asDialed, type Device, issue, startAgent } from '../unit/mcp/world.ts';

const soon = () => AbortSignal.timeout(30_000);

async function connected(agent: Agent, device = issue('operator-1')) {
  return await connectOperator({
    url: new URL(`https://127.0.0.1:${agent.port}/mcp`),
    name: device.node,
    dial: async () => {
      const { host, port } = agent.endpoint;
      return asDialed(await dialMtls({ identity: device, host, port, expected: undefined }));
    },
    signal: soon(),
  });
}

type Lie = (honest: ServiceAnswer, agent: Agent) => ServiceAnswer;

/** The agent's own key signs something else. */
function resigned(device: Device, honest: ServiceAnswer, changes: object): ServiceAnswer {
  const { resultHash: _, ...fields } = { ...honest.signed.statement, ...changes };
  const key = { privateKey: device.keyPair.privateKey, certificatePem: device.certificatePem };
  return { ...honest, signed: sealAnswer(fields, honest.signed.answer, key) };
}

let earlier: ServiceAnswer | undefined;

const lies: [what: string, lie: Lie, reason: string, detail: RegExp][] = [
  [
    'an answer that it gave before',
    (honest) => {
      earlier ??= honest;
      return earlier;
    },
    'replay',
    /nonce \d+ twice/,
  ],
  [
    'an answer of another session',
    (honest, agent) => resigned(agent.device, honest, { session: 'yesterday' }),
    'bad-signature',
    /in another session/,
  ],
  [
    'an answer for somebody else',
    (honest, agent) => resigned(agent.device, honest, { caller: 'operator-2' }),
    'bad-signature',
    /for operator-2, not operator-1/,
  ],
  [
    'an answer to other arguments',
    (honest, agent) => resigned(agent.device, honest, { argumentsHash: 'a'.repeat(64) }),
    'bad-signature',
    /other arguments/,
  ],
  [
    "another node's answer",
    (honest) => resigned(issue('P-2'), honest, { signer: 'P-2' }),
    'bad-signature',
    /another connection/,
  ],
];

for (const [what, lie, reason, detail] of lies)
  test(`an operator who is given ${what} is told so [T25]`, async () => {
    await using agent = await startAgent('PE-1');
    const { service } = agent;
    const call = service.callTool.bind(service);
    service.callTool = async (...asked) => lie(await call(...asked), agent);
    const operator = await connected(agent);
    assert.equal(operator.node, 'PE-1');
    const ask = () => operator.callTool('ping', { count: 3 }, { signal: soon(), session: 's1' });
    if (reason === 'replay') await ask();
    await assert.rejects(ask(), (error) => {
      assert.ok(error instanceof PeerError);
      assert.equal(error.reason, reason);
      assert.match(error.message, detail);
      return true;
    });
    await operator.close();
  });

test("an operator's arguments that do not fit are his own mistake, in the agent's words", async () => {
  await using agent = await startAgent('PE-1');
  const operator = await connected(agent);
  await assert.rejects(operator.callTool('picky', { count: 10 }, { signal: soon() }), {
    name: 'ConferError',
    code: 'bad-input',
    message: 'picky: count: expected at most 9, found 10.',
  });
  await operator.close();
});

test('an operator reads and calls in any session, or in none', async () => {
  await using agent = await startAgent('PE-1');
  const operator = await connected(agent);
  for (const session of [{}, { session: 's1' }]) {
    const called = await operator.callTool('ping', { count: 3 }, { signal: soon(), ...session });
    assert.deepEqual(called.answer.data, { loss: 0, sent: 3, received: 5 });
    assert.ok(await operator.readResource('mcp://PE-1/x', { signal: soon(), ...session }));
  }
  await operator.close();
});

/** Connects to whatever does `on` with every connection of ours; nothing listens there when absent. */
async function failure(on?: (socket: Duplex) => void): Promise<PeerError> {
  const [operator, agent] = [issue('operator-1'), issue('PE-1')];
  const onConnection = (socket: Duplex) => {
    socket.on('error', () => {});
    on?.(socket);
  };
  const listener = await listenMtls({ identity: agent, host: '127.0.0.1', port: 0, onConnection });
  const { port } = listener;
  const options = {
    url: new URL('https://127.0.0.1:6000/mcp'),
    name: 'operator-1',
    dial: async () => {
      if (on === undefined) throw new PeerError('unreachable', '127.0.0.1 port 6000 cannot be reached: why.');
      return asDialed(await dialMtls({ identity: operator, host: '127.0.0.1', port, expected: undefined }));
    },
    signal: soon(),
  };
  try {
    const connected = await connectOperator(options);
    return await connected.close().then(() => assert.fail('connected'));
  } catch (error) {
    assert.ok(error instanceof PeerError, String(error));
    return error;
  } finally {
    await listener.close();
  }
}

const answering = (head: string, body = '') => {
  const text = `HTTP/1.1 ${head}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  return (socket: Duplex) => socket.on('data', () => socket.write(text));
};
const json = (body: string) => answering('200 OK\r\ncontent-type: application/json', body);
const noAgent =
  /^127\.0\.0\.1:6000 answered with something that is no MCP: no agent of ours listens there\.$/;
const hungUp = /^127\.0\.0\.1:6000 hung up before it had answered\.$/;

const failures: [what: string, on: ((socket: Duplex) => void) | undefined, reason: string, told: RegExp][] = [
  ['nobody, at a port that browsers shun', undefined, 'unreachable', /^127\.0\.0\.1 port 6000 cannot be/],
  ['somebody who hangs up', (socket) => socket.destroy(), 'unreachable', hungUp],
  [
    'somebody who hangs up in the middle of an answer',
    (socket) =>
      socket.once('data', () =>
        socket.end('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{'),
      ),
    'unreachable',
    hungUp,
  ],
  [
    'somebody who speaks no HTTP',
    (socket) => socket.once('data', () => socket.end('SSH-2.0\r\n')),
    'malformed',
    noAgent,
  ],
  ['a web server', answering('200 OK\r\ncontent-type: text/html', '<p>'), 'malformed', noAgent],
  ['JSON that is broken', json('{'), 'malformed', noAgent],
  ['JSON that is no MCP', json('{}'), 'malformed', noAgent],
  [
    'a page that is missing',
    answering('404 Not Found\r\ncontent-type: text/html', '<p>'),
    'refused',
    /^127\.0\.0\.1:6000 answered with HTTP status 404\.$/,
  ],
  [
    'a server that failed',
    answering('500 Oops'),
    'refused',
    /^127\.0\.0\.1:6000 answered with HTTP status 500\.$/,
  ],
  [
    'an agent that does not admit us',
    answering('403 Forbidden', '{"error":"refused","reason":"revoked","detail":"Revoked at noon."}'),
    'authentication',
    /^127\.0\.0\.1:6000 does not admit our certificate\.$/,
  ],
];

for (const [what, on, reason, told] of failures)
  test(`an operator who meets ${what} is told so in plain words`, async () => {
    const error = await failure(on);
    assert.equal(error.reason, reason, error.message);
    assert.match(error.message, told);
  });

test('an agent at a port that browsers shun is asked by its whole address', async () => {
  let head = '';
  await failure((socket) =>
    socket.on('data', (chunk) => {
      head ||= String(chunk);
      socket.destroy();
    }),
  );
  assert.match(head, /^POST \/mcp HTTP\/1\.1\r\n/);
  assert.match(head, /^host: 127\.0\.0\.1:6000\r$/im);
});

test('a hundred questions at once share a few connections', async () => {
  await using agent = await startAgent(issue('PE-1'));
  const device = issue('operator-1');
  let dials = 0;
  const operator = await connectOperator({
    url: new URL(`https://127.0.0.1:${agent.port}/mcp`),
    name: device.node,
    dial: async () => {
      dials += 1;
      const { host, port } = agent.endpoint;
      return asDialed(await dialMtls({ identity: device, host, port, expected: undefined }));
    },
    signal: soon(),
  });
  try {
    const uri = 'urn:ietf:params:xml:ns:yang:ietf-interfaces/interfaces';
    await Promise.all(Array.from({ length: 100 }, () => operator.readResource(uri, { signal: soon() })));
    assert.ok(dials <= 16, `${dials} connections`);
  } finally {
    await operator.close();
  }
});
