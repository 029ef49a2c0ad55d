/** Input: requests that a relay brings. Output: answered are those that the asker signed for us, by it, now, once. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { admit } from '../../../crypto/admission.ts';
import { thumbprintHexOf } from '../../../crypto/certificate.ts';
import { type CarriedRequest, type SignedRequest, sealRequest } from '../../../crypto/request.ts';
import type { Beacon } from '../../../discovery/beacon.ts';
import { auditedArguments, changes } from '../../../src/agent/audited-service.ts';
import { CarriedRequests } from '../../../src/agent/carried-requests.ts';
import { ConferError } from '../../../src/core/errors.ts';
import { limits } from '../../../src/core/limits.ts';
import { toolNames } from '../../../src/core/tools.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';
import { authority, deviceOf, noon } from '../crypto/fixtures.ts';
import { callerOf } from './callers.ts';

const asker = deviceOf('PE-1', 1);
const relay = callerOf('P-5', 5);

const request: CarriedRequest = {
  operation: { uri: 'urn:x' },
  arguments: {},
  session: 's1',
  caller: 'PE-1',
  node: 'PE-4',
  relay: 'P-5',
  capabilities: ['ietf-interface-counters'],
  nonce: 7,
  signedAt: new Date(noon).toISOString(),
};

function judging(thumbprint?: string) {
  const clock = createVirtualClock(noon);
  const nodes = [
    { node: 'PE-1', advertisement: { advertisement: { thumbprint: Buffer.from(thumbprint ?? '', 'hex') } } },
  ];
  const beacon = { heard: () => ({ neighbours: [], nodes: thumbprint ? nodes : [] }) } as unknown as Beacon;
  const trust = { authority: authority.certificatePem, now: noon };
  const carried = new CarriedRequests('PE-4', {
    clock,
    beacon,
    admit: (pem, about) => admit(pem, about, trust),
  });
  const refusal = (signed: SignedRequest, by = relay): string => {
    try {
      carried.open(signed, by);
      return '';
    } catch (error) {
      assert.ok(error instanceof ConferError && error.code === 'access-denied');
      return error.message;
    }
  };
  return { clock, carried, refusal };
}

const sealed = (change: Partial<CarriedRequest> = {}) => sealRequest({ ...request, ...change }, asker);

describe('a carried request [T3]', () => {
  it('is answered for the asker, once', () => {
    const { carried, refusal } = judging(thumbprintHexOf(asker.certificatePem));
    const { caller } = carried.open(sealed(), relay);
    assert.deepEqual(caller, {
      name: 'PE-1',
      role: 'device',
      thumbprint: thumbprintHexOf(asker.certificatePem),
    });
    assert.match(refusal(sealed()), /answered before/);
    assert.equal(refusal(sealed({ nonce: 6 })), '', 'parallel ones overtake each other');
    assert.match(refusal(sealed({ nonce: 6, node: 'PE-4' })), /answered before/);
  });

  it('is for this node, by this relay, which is a device', () => {
    const { refusal } = judging();
    assert.match(refusal(sealed({ node: 'P-3' })), /it is for P-3/);
    assert.match(refusal(sealed({ relay: 'P-6' })), /P-6 was to carry it/);
    assert.match(refusal(sealed(), callerOf('alice', 5, 'operator')), /alice is none/);
  });

  it('is signed by a device of ours, which discovery knows', () => {
    const { refusal } = judging();
    assert.match(refusal({ ...sealed(), signature: 'A'.repeat(86) }), /signature is not PE-1's/);
    assert.match(refusal(sealRequest(request, deviceOf('P-2', 2))), /its certificate P-2/);
    const known = judging('ab'.repeat(32));
    assert.match(known.refusal(sealed()), /another certificate than the one that was advertised/);
  });

  it('is of now', async () => {
    const { clock, refusal } = judging();
    await clock.advance(limits.clockSkewMs);
    assert.equal(refusal(sealed()), '');
    await clock.advance(1);
    assert.match(refusal(sealed({ nonce: 8 })), /signed at .*, and here it is/);
  });
});

describe('the trail of a carried request [T37]', () => {
  const args = { node: 'PE-4', request: JSON.parse(JSON.stringify(sealed())) };

  it('has who asks whom for what by way of whom, and no certificate', () => {
    const kept = JSON.stringify(auditedArguments(toolNames.relay, args));
    for (const part of ['"caller":"PE-1"', '"node":"PE-4"', '"relay":"P-5"', 'urn:x', sealed().signature])
      assert.ok(kept.includes(part), kept);
    assert.ok(kept.length < limits.auditArgumentsOctetsMax, `${kept.length} octets`);
    assert.deepEqual(auditedArguments('ping', { count: 1 }), { count: 1 });
  });

  it('has what changes a router before it is done', () => {
    const asking = (tool: string) => ({
      node: 'PE-4',
      request: JSON.parse(JSON.stringify(sealed({ operation: { tool } }))),
    });
    assert.equal(changes(toolNames.relay, args), false);
    assert.equal(changes(toolNames.relay, asking(toolNames.ping)), false);
    assert.equal(changes(toolNames.relay, asking(toolNames.countingStart)), true);
  });
});
