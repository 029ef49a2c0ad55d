/** An identity directory: certificate.pem, key.pem, ca.pem, and revocations.pem where there is one. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { nodeNameOf, revocationListHead } from '../../crypto/certificate.ts';
import { ConferError } from '../core/errors.ts';
import type { Identity } from './mtls-peer.ts';
import { whyNot } from './system-errors.ts';

/** Where an agent looks for the revocation list of its authority. */
export const revocationsFile = 'revocations.pem';
/** About 100,000 revoked certificates: what is larger is no list of a domain of routers. */
export const revocationListBytesMax = 4 * 1024 * 1024;

/** Throws ConferError `bad-input` that names the file, or the two that do not belong together. */
export function loadIdentity(directory: string): Identity {
  const certificatePem = pemFile(directory, 'certificate.pem');
  const keyPem = pemFile(directory, 'key.pem');
  const authorityPem = pemFile(directory, 'ca.pem');
  const certificate = parsed(
    directory,
    'certificate.pem',
    'certificate',
    () => new X509Certificate(certificatePem),
  );
  const key = parsed(directory, 'key.pem', 'private key', () => createPrivateKey(keyPem));
  parsed(directory, 'ca.pem', 'certificate', () => new X509Certificate(authorityPem));
  if (!certificate.checkPrivateKey(key))
    throw new ConferError(
      'bad-input',
      `${join(directory, 'certificate.pem')} and ${join(directory, 'key.pem')} do not belong together: the certificate was issued for another key. Take both from the same \`confer pki issue\`.`,
    );
  return {
    node: nodeNameOf(certificatePem),
    certificatePem,
    keyPem,
    authorityPem,
    ...(existsSync(join(directory, revocationsFile)) && {
      revocationListPem: loadRevocationList(directory, authorityPem),
    }),
  };
}

/** Signed by the authority, whenever it was or will be good. Throws ConferError `bad-input` that names the file. */
export function loadRevocationList(directory: string, authorityPem: string): string {
  const file = join(directory, revocationsFile);
  const bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (bytes > revocationListBytesMax)
    throw new ConferError(
      'bad-input',
      `${file} is larger than ${revocationListBytesMax} octets: no revocation list is. ${whence}`,
    );
  const listPem = pemFile(directory, revocationsFile, whence);
  try {
    revocationListHead(listPem, authorityPem);
  } catch (error) {
    throw new ConferError('bad-input', `${file} is no revocation list of this authority. ${whence}`, {
      cause: error,
    });
  }
  return listPem;
}

const whence = 'It is the crl.pem that `confer pki revoke` writes.';

/** OpenSSL's words for what is wrong with a PEM file help nobody. */
function parsed<T>(directory: string, name: string, what: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new ConferError(
      'bad-input',
      `${join(directory, name)} is no ${what} in PEM. An identity directory comes from \`confer pki issue\`.`,
      { cause: error },
    );
  }
}

function pemFile(
  directory: string,
  name: string,
  advice = 'An identity directory comes from `confer pki issue`.',
): string {
  try {
    return readFileSync(join(directory, name), 'utf8');
  } catch (error) {
    throw new ConferError(
      'bad-input',
      `${join(directory, name)} cannot be read: ${whyNot(error)}. ${advice}`,
    );
  }
}
