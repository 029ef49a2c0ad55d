/**
 * Input: an agent that a certificate names, and that answers an operator with what was signed before, for others, by
 * others, or in another session. Output: PeerError; nothing of it reaches the operator.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sealAnswer } from '../../crypto/envelope.ts';
import { PeerError } from '../../src/core/errors.ts';
import type { ServiceAnswer } from '../../src/core/service.ts';
import { connectOperator } from '../../src/mcp/operator-client.ts';
import { dialMtls } from '../../src/system/mtls.ts';
import { type Agent, asDialed, type Device, issue, startAgent } from '../unit/mcp/world.ts';

const soon = () => AbortSignal.timeout(5_000);

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
