import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type CarriedRequest,
  requestFault,
  type SignedRequest,
  sealRequest,
  signedRequestShape,
} from '../../../crypto/request.ts';
import { deviceOf } from './fixtures.ts';

const asker = deviceOf('PE-1', 1);
const relay = deviceOf('P-5', 5);

const request: CarriedRequest = {
  operation: { tool: 'ping' },
  arguments: { destination: 'fc00:4::1', count: 3 },
  session: 's1',
  caller: 'PE-1',
  node: 'PE-4',
  relay: 'P-5',
  capabilities: ['ietf-ping', 'relay'],
  nonce: 7,
  signedAt: '2026-07-01T12:00:00.000Z',
};

describe('a request that another node carries', () => {
  const signed = sealRequest(request, asker);

  it('holds as it was signed, also after a way as JSON', () => {
    assert.equal(requestFault(signed), undefined);
    assert.equal(requestFault(signedRequestShape.parse(JSON.parse(JSON.stringify(signed)))), undefined);
  });

  const changes: Partial<CarriedRequest>[] = [
    { operation: { tool: 'counting-start' } },
    { operation: { uri: 'urn:x' } },
    { arguments: { destination: 'fc00:4::1', count: 100_000 } },
    { session: 's2' },
    { caller: 'P-2' },
    { node: 'P-3' },
    { relay: 'P-6' },
    { capabilities: [] },
    { nonce: 8 },
    { signedAt: '2026-07-01T12:00:01.000Z' },
  ];
  for (const change of changes)
    it(`does not hold with another ${Object.keys(change)}`, () => {
      assert.match(requestFault({ ...signed, request: { ...request, ...change } }) ?? '', /signature is not/);
    });

  it('does not hold in the name of somebody else', () => {
    assert.match(requestFault(sealRequest(request, relay)) ?? '', /names PE-1, its certificate P-5/);
    assert.match(requestFault({ ...signed, certificate: relay.certificatePem }) ?? '', /signature is not/);
    assert.match(requestFault({ ...signed, certificate: 'none' }) ?? '', /cannot be read/);
  });

  it('has no other members, and is bounded', () => {
    const wrong: unknown[] = [
      { ...signed, more: 1 },
      { ...signed, request: { ...request, more: 1 } },
      { ...signed, request: { ...request, nonce: 0 } },
      { ...signed, request: { ...request, capabilities: Array(65).fill('x') } },
      { ...signed, signature: '' },
      { ...signed, certificate: 'x'.repeat(20_000) },
      {} satisfies Partial<SignedRequest>,
    ];
    for (const value of wrong) assert.ok(!signedRequestShape.safeParse(value).success);
  });
});
