import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import {
  keyPairFromPem,
  keyPairFromSeed,
  privateKeyPem,
  publicKeyOf,
  rawPublicKey,
} from '../../../crypto/keys.ts';
import { deviceOf } from './fixtures.ts';

describe('ed25519 keys', () => {
  it('come from their seed as RFC 8032 publishes (section 7.1, test 1)', () => {
    const seed = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex');
    const published = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';
    assert.equal(rawPublicKey(keyPairFromSeed(seed).publicKey).toString('hex'), published);
  });

  it('survive export and import', () => {
    const pair = keyPairFromSeed(Buffer.alloc(32, 9));
    assert.ok(keyPairFromPem(privateKeyPem(pair.privateKey)).publicKey.equals(pair.publicKey));
    const device = deviceOf('P-2', 2);
    assert.ok(publicKeyOf(device.certificatePem).equals(device.publicKey));
  });

  it('are refused when they are of another kind, broken, or of the wrong length', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const refusals = [
      () => keyPairFromSeed(Buffer.alloc(31)),
      () => keyPairFromPem(privateKeyPem(privateKey)),
      () => keyPairFromPem('-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'),
      () => publicKeyOf('no certificate'),
    ];
    for (const refused of refusals) assert.throws(refused, { code: 'bad-key' });
  });
});
