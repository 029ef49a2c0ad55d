import { issueAuthority, issueDevice } from '../../../crypto/issue.ts';
import { type KeyPair, keyPairFromSeed } from '../../../crypto/keys.ts';

/** Noon of a day in 2026: the tests' time, in milliseconds since 1970. */
export const noon = Date.UTC(2026, 6, 1, 12);
export const hourMs = 3_600_000;

/** A key pair that is the same in every run. */
export function keyPairOf(number: number): KeyPair {
  return keyPairFromSeed(Buffer.alloc(32, number));
}

export function authorityOf(number: number, name = 'Confer test authority') {
  const keyPair = keyPairOf(number);
  const serial = Buffer.alloc(16, number);
  const certificatePem = issueAuthority({
    name,
    now: noon - hourMs,
    lifetimeMs: 1000 * hourMs,
    serial,
    keyPair,
  });
  return { certificatePem, privateKey: keyPair.privateKey };
}

export const authority = authorityOf(1);

export function deviceOf(
  node: string,
  number: number,
  changes: Partial<Parameters<typeof issueDevice>[0]> = {},
) {
  const { privateKey, publicKey } = keyPairOf(number);
  const serial = Buffer.alloc(16, number);
  const hosts = ['127.0.0.1', '::1', 'localhost'];
  const request = {
    authority,
    node,
    publicKey,
    hosts,
    now: noon,
    lifetimeMs: 24 * hourMs,
    serial,
    ...changes,
  };
  return { node, privateKey, publicKey, certificatePem: issueDevice(request) };
}
