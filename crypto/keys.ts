import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { CryptoError } from './errors.ts';

/** An ed25519 key pair (RFC 8032). */
export interface KeyPair {
  privateKey: KeyObject;
  publicKey: KeyObject;
}

/** The key pair of a 32-byte seed. The caller brings the randomness; the same seed gives the same pair. */
export function keyPairFromSeed(seed: Uint8Array): KeyPair {
  if (seed.byteLength !== 32) {
    throw new CryptoError(
      'bad-key',
      `An ed25519 seed has 32 bytes, not ${seed.byteLength}; pass 32 random bytes.`,
    );
  }
  // PKCS #8 (RFC 8410 section 7) is a fixed prefix and the seed.
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  return pairOf(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
}

/** The key pair of a private key in PKCS #8 PEM. Throws CryptoError `bad-key` for anything but ed25519. */
export function keyPairFromPem(privateKeyPem: string): KeyPair {
  return pairOf(imported(() => createPrivateKey(privateKeyPem)));
}

/** The private key as PKCS #8 PEM, unencrypted: its file must be readable by its owner only. */
export function privateKeyPem(privateKey: KeyObject): string {
  return privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
}

/** The 32 raw bytes of an ed25519 public key. */
export function rawPublicKey(publicKey: KeyObject): Buffer {
  return Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
}

/** The ed25519 public key that a certificate binds. It says nothing yet about who issued the certificate. */
export function publicKeyOf(certificatePem: string): KeyObject {
  return assertStrong(imported(() => new X509Certificate(certificatePem).publicKey));
}

/**
 * True when the 32 bytes encode one of the eight points of small order, in any encoding.
 * Under such a key, or with such an R, one signature fits many messages: it would bind nobody to anything.
 */
export function isSmallOrder(point: Uint8Array): boolean {
  const withoutSign = Buffer.from(point);
  withoutSign[31] = (withoutSign[31] ?? 0) & 0x7f;
  return smallOrderPoints.has(withoutSign.toString('hex'));
}

// y coordinates, little-endian, sign bit cleared: 0, 1, the two of order 8, p - 1, and 0 and 1 written as p and p + 1.
const smallOrderPoints = new Set([
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
]);

function pairOf(privateKey: KeyObject): KeyPair {
  return { privateKey, publicKey: assertStrong(createPublicKey(privateKey)) };
}

function imported(read: () => KeyObject): KeyObject {
  try {
    return read();
  } catch (cause) {
    throw new CryptoError('bad-key', 'The key cannot be read; pass an ed25519 key in PEM.', { cause });
  }
}

function assertStrong(publicKey: KeyObject): KeyObject {
  if (publicKey.asymmetricKeyType !== 'ed25519') {
    throw new CryptoError(
      'bad-key',
      `The key is ${publicKey.asymmetricKeyType}; only ed25519 keys are used here.`,
    );
  }
  if (isSmallOrder(rawPublicKey(publicKey))) {
    throw new CryptoError(
      'bad-key',
      'The public key is a point of small order, which binds nobody; make a new key.',
    );
  }
  return publicKey;
}
