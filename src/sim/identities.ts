/** Keys and certificates of simulated devices: derived from names, so that every run has the same ones. */
import { createHash } from 'node:crypto';
import { issueAuthority, issueDevice } from '../../crypto/issue.ts';
import { type KeyPair, keyPairFromSeed } from '../../crypto/keys.ts';

export interface Identity {
  keyPair: KeyPair;
  certificatePem: string;
}

/** Wall time at which every simulated world starts, milliseconds since the epoch. */
export const worldStartMs: number = Date.UTC(2026, 6, 1, 12);
const dayMs = 24 * 3_600_000;

const authority = (() => {
  const keyPair = keyPairOf('authority');
  const certificatePem = issueAuthority({
    name: 'Confer simulated authority',
    now: worldStartMs - dayMs,
    lifetimeMs: 365 * dayMs,
    serial: Buffer.alloc(16, 1),
    keyPair,
  });
  return { certificatePem, privateKey: keyPair.privateKey };
})();

export const trustAnchorPem: string = authority.certificatePem;

const identities = new Map<string, Identity>();

/** The same key and certificate for a name in every world of this process; valid for a day from the start. */
export function identityOf(node: string): Identity {
  const known = identities.get(node);
  if (known !== undefined) return known;
  const keyPair = keyPairOf(node);
  const certificatePem = issueDevice({
    authority,
    node,
    publicKey: keyPair.publicKey,
    hosts: [],
    now: worldStartMs,
    lifetimeMs: dayMs,
    serial: createHash('sha256').update(`serial ${node}`).digest().subarray(0, 16),
  });
  const identity = { keyPair, certificatePem };
  identities.set(node, identity);
  return identity;
}

function keyPairOf(name: string): KeyPair {
  return keyPairFromSeed(createHash('sha256').update(`key ${name}`).digest());
}
