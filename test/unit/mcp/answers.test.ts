import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalBytes } from '../../../crypto/canonical.ts';
import { signStatements, verifyStatement } from '../../../crypto/envelope.ts';
import { checked } from '../../../src/agent/probes.ts';
import { ConferError, PeerError } from '../../../src/core/errors.ts';
import { metaKeys, pingArguments } from '../../../src/core/tools.ts';
import {
  argumentRefusalIn,
  argumentRefusalOf,
  resourceResultOf,
  signedResourceAnswer,
  signedToolAnswer,
  toolResultOf,
} from '../../../src/mcp/answers.ts';
import { strictMessage } from '../../../src/mcp/strict-message.ts';
import { FakeService, issue } from './world.ts';

const context = {
  caller: { name: 'PE-1', role: 'device', thumbprint: 'ab'.repeat(32) } as const,
  signal: new AbortController().signal,
};

const isMalformed = (error: unknown) =>
  error instanceof PeerError && error.reason === 'malformed' && /P-2/.test(error.message);
const wire = (value: unknown) => JSON.parse(JSON.stringify(value));

test('T25: an answer survives the wire and reordered keys; any change of it is found', async () => {
  const service = new FakeService(issue('P-2'));
  const sent = wire(toolResultOf(await service.callTool('ping', { count: 7 }, context)));
  const { _meta, content, structuredContent, isError } = sent;
  const { sent: count, ...others } = structuredContent;
  const reordered = { isError, _meta, structuredContent: { ...others, sent: count }, content, extra: 1 };
  assert.ok(verifyStatement(signedToolAnswer(reordered, 'P-2')).ok);
  for (const changed of [
    { ...sent, structuredContent: { ...structuredContent, sent: 8 } },
    { ...sent, content: [{ type: 'text', text: 'lies' }] },
    { ...sent, isError: true },
  ]) {
    assert.equal(verifyStatement(signedToolAnswer(changed, 'P-2')).ok, false);
  }
});

test('on a link the certificate is that of the connection, unless the answer encloses another', async () => {
  const device = issue('P-2');
  const service = new FakeService(device);
  const answer = await service.callTool('ping', {}, context);
  const read = await service.readResource('mcp://P-2/x', context);
  const [call, resource] = [
    wire(toolResultOf(answer, 'by-connection')),
    wire(resourceResultOf(read, 'by-connection')),
  ];
  const { certificate } = answer.signed;
  assert.ok(!JSON.stringify([call, resource]).includes('CERTIFICATE'));
  assert.deepEqual(signedToolAnswer(call, 'P-2', certificate), answer.signed);
  assert.ok(verifyStatement(signedResourceAnswer(resource, 'P-2', certificate)).ok);
  // Without a connection that shows one there is nothing to verify with.
  assert.throws(() => signedToolAnswer(call, 'P-2'), isMalformed);
  const other = issue('PE-9').certificatePem;
  assert.equal(verifyStatement(signedToolAnswer(call, 'P-2', other)).ok, false);
  const enclosed = wire(toolResultOf(answer));
  assert.equal(signedToolAnswer(enclosed, 'P-2', other).certificate, certificate);
});

test('a batch travels with its signature', async () => {
  const device = issue('P-2');
  const service = new FakeService(device);
  const [one, two] = [
    await service.callTool('ping', {}, context),
    await service.callTool('ping', {}, context),
  ];
  const statements = [one, two].map(({ signed }) => signed.statement);
  const [signature] = signStatements(statements.map(canonicalBytes), device.keyPair.privateKey);
  const answer = { ...one, signed: { ...one.signed, ...signature } };
  const signed = signedToolAnswer(wire(toolResultOf(answer)), 'P-2');
  assert.deepEqual(signed.batch, signature?.batch);
  assert.ok(verifyStatement(signed).ok);
});

test('the hash in _meta is not believed', async () => {
  const service = new FakeService(issue('P-2'));
  const sent = wire(toolResultOf(await service.callTool('ping', {}, context)));
  const { contentHash } = sent._meta[metaKeys.signed];
  const lie = { ...sent, content: [{ type: 'text', text: 'lies' }] };
  assert.notEqual(signedToolAnswer(lie, 'P-2').answer.contentHash, contentHash);
});

test('a resource is what its text says', async () => {
  const service = new FakeService(issue('P-2'));
  const sent = wire(resourceResultOf(await service.readResource('mcp://P-2/x', context)));
  const signed = signedResourceAnswer(sent, 'P-2');
  assert.ok(verifyStatement(signed).ok);
  assert.deepEqual(signed.answer.data, { 'in-octets': '18446744073709551615' });
});

test('what is not a signed answer is malformed', async () => {
  const service = new FakeService(issue('P-2'));
  const tool = wire(toolResultOf(await service.callTool('ping', {}, context)));
  const resource = wire(resourceResultOf(await service.readResource('mcp://P-2/x', context)));
  const unsigned = { ...tool, _meta: {} };
  const odd = {
    ...tool,
    _meta: { [metaKeys.signed]: { ...tool._meta[metaKeys.signed], signature: 'short' } },
  };
  for (const result of [undefined, {}, unsigned, odd, { ...tool, structuredContent: undefined }]) {
    assert.throws(() => signedToolAnswer(result, 'P-2'), isMalformed);
  }
  for (const contents of [undefined, [], [{ uri: 'x', blob: 'AA==' }], [{ uri: 'x', text: '{' }]]) {
    assert.throws(() => signedResourceAnswer({ ...resource, contents }, 'P-2'), isMalformed);
  }
});

test('what two readers could understand differently is malformed, in a resource and in a result', async () => {
  const service = new FakeService(issue('P-2'));
  const tool = wire(toolResultOf(await service.callTool('ping', {}, context)));
  const resource = wire(resourceResultOf(await service.readResource('mcp://P-2/x', context)));
  const deep = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
  const unique = ['{"a":9007199254740992}', '{"a":1e300}', '{"__proto__":{"a":1}}', deep(65), deep(20_000)];
  for (const text of [...unique, '{"a":1,"a":2}', '{"a":"\\ud800"}']) {
    const read = { ...resource, contents: [{ ...resource.contents[0], text }] };
    assert.throws(() => signedResourceAnswer(read, 'P-2'), isMalformed, text.slice(0, 40));
  }
  for (const text of unique) {
    const called = { ...tool, structuredContent: JSON.parse(text) };
    assert.throws(() => signedToolAnswer(called, 'P-2'), isMalformed, text.slice(0, 40));
  }
  const text = deep(64);
  assert.ok(signedResourceAnswer({ ...resource, contents: [{ text }] }, 'P-2'));
  assert.ok(signedToolAnswer({ ...tool, structuredContent: JSON.parse(text) }, 'P-2'));
});

test('a refusal that quotes a cut value passes the gate of whoever asked', () => {
  for (const letters of [56, 57, 58, 59]) {
    const destination = [`${'a'.repeat(letters)}${'😀'.repeat(9)}`];
    const result = argumentRefusalOf(errorOf(() => checked(pingArguments, { destination }, 'ping')));
    const message = strictMessage(Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, result })));
    assert.ok(message.ok, `${letters} letters: ${message.ok || message.message}`);
    assert.match(argumentRefusalIn(result)?.message ?? '', /found \["aaa/);
  }
});

function errorOf(act: () => unknown): ConferError {
  try {
    act();
  } catch (error) {
    if (error instanceof ConferError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}
