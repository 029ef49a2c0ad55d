/** Input: calls of whoever opened a link to a controller. Output: why they are refused, in plain words. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NonceSource } from '../../../crypto/nonce.ts';
import { DeliveryService } from '../../../src/controller/delivery-service.ts';
import { toolNames } from '../../../src/core/tools.ts';
import { identityOf } from '../../../src/sim/identities.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

const { signal } = new AbortController();
const { keyPair, certificatePem } = identityOf('controller');

function service() {
  return new DeliveryService({
    signer: { node: 'controller', privateKey: keyPair.privateKey, certificatePem },
    nonces: new NonceSource({ load: async () => 0, save: async () => {} }),
    clock: createVirtualClock(),
    onPushed: () => assert.fail('nothing was delivered'),
  });
}

const device = { caller: { name: 'PE-1', role: 'device', thumbprint: '00' }, signal } as const;

describe('a controller', () => {
  it('says what a delivery lacks', async () => {
    await assert.rejects(service().callTool(toolNames.reportDeliver, { report: 7 }, device), {
      code: 'bad-input',
      message: `${toolNames.reportDeliver}: report: expected fields and their values, found 7.`,
    });
    await assert.rejects(service().callTool(toolNames.reportDeliver, {}, device), {
      code: 'bad-input',
      message: `${toolNames.reportDeliver}: report: expected fields and their values, which is missing.`,
    });
  });

  it('takes reports of devices only', async () => {
    const operator = { ...device, caller: { ...device.caller, role: 'operator' as const } };
    await assert.rejects(service().callTool(toolNames.reportDeliver, {}, operator), { code: 'not-found' });
  });
});
