/** An identity directory: certificate.pem, key.pem, ca.pem, and revocations.pem where there is one. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeNameOf } from '../../crypto/certificate.ts';
import { ConferError, messageOf } from '../core/errors.ts';
import type { Identity } from './mtls-peer.ts';

/** Throws ConferError `bad-input` that names the file. */
export function loadIdentity(directory: string): Identity {
  const certificatePem = pemFile(directory, 'certificate.pem');
  const revocations = join(directory, 'revocations.pem');
  return {
    node: nodeNameOf(certificatePem),
    certificatePem,
    keyPem: pemFile(directory, 'key.pem'),
    authorityPem: pemFile(directory, 'ca.pem'),
    ...(existsSync(revocations) && { revocationListPem: pemFile(directory, 'revocations.pem') }),
  };
}

function pemFile(directory: string, name: string): string {
  try {
    return readFileSync(join(directory, name), 'utf8');
  } catch (error) {
    throw new ConferError(
      'bad-input',
      `${join(directory, name)} cannot be read: ${messageOf(error)}. An identity directory comes from \`confer pki issue\`.`,
    );
  }
}
