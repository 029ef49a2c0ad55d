/** A lab certificate authority in a directory: ca.pem, ca-key.pem, and identities issued from it. */
import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CertificateRole, notAfterOf } from '../../crypto/certificate.ts';
import { issueAuthority, issueDevice } from '../../crypto/issue.ts';
import { keyPairFromPem, keyPairFromSeed, privateKeyPem } from '../../crypto/keys.ts';
import { ConferError } from '../core/errors.ts';
import { isNodeName, nodeNameExpected } from '../core/node-name.ts';
import { shortened } from '../core/shortened.ts';
import { makeDirectory } from './directories.ts';
import { revocationsFile } from './identity.ts';
import { type Revoked, rememberIssued, revocationListFile, revokeNode } from './revocations.ts';
import { whyNot } from './system-errors.ts';

const serialBytes = 16;
/** X.509 counts in seconds. */
const secondMs = 1_000;
/** Of a name that is refused. */
const nameCharactersTold = 63;

/** Writes ca.pem and ca-key.pem. Throws ConferError `bad-input` where an authority is already. */
export function initAuthority(
  directory: string,
  options: { name: string; lifetimeMs: number; now: number },
): void {
  const certificateFile = join(directory, 'ca.pem');
  if (existsSync(certificateFile))
    throw new ConferError(
      'bad-input',
      `${certificateFile} exists; choose another --dir, for its certificates depend on it.`,
    );
  const keyPair = keyPairFromSeed(randomBytes(32));
  const certificate = issueAuthority({ ...options, keyPair, serial: randomBytes(serialBytes) });
  makeDirectory(directory, { mode: 0o700 });
  writeFileSync(join(directory, 'ca-key.pem'), privateKeyPem(keyPair.privateKey), { mode: 0o600 });
  writeFileSync(certificateFile, certificate);
}

export interface IssueRequest {
  node: string;
  role: CertificateRole;
  hosts: readonly string[];
  lifetimeMs: number;
  now: number;
}

/** When a certificate ends; `isCut` where its authority ends before the lifetime that was asked for. */
export interface Issued {
  validUntil: Date;
  isCut: boolean;
}

/**
 * Writes an identity directory: certificate.pem, key.pem (a fresh key), ca.pem; revocations.pem where there is one.
 * Nobody trusts a certificate once its authority has ended, so it does not say that it lives longer.
 * Throws ConferError `bad-input`.
 */
export function issueIdentity(authorityDirectory: string, target: string, request: IssueRequest): Issued {
  const { node, now } = request;
  if (!isNodeName(node))
    throw new ConferError(
      'bad-input',
      `--node: ${nodeNameExpected}, found ${JSON.stringify(shortened(node, nameCharactersTold))}.`,
    );
  const authority = loadAuthority(authorityDirectory);
  const authorityEnd = notAfterOf(authority.certificatePem);
  if (authorityEnd - now < secondMs)
    throw new ConferError(
      'bad-input',
      `${join(authorityDirectory, 'ca.pem')} ended at ${new Date(authorityEnd).toISOString()}: make another authority with \`confer pki init\`.`,
    );
  const lifetimeMs = Math.min(request.lifetimeMs, authorityEnd - now);
  const keyPair = keyPairFromSeed(randomBytes(32));
  const serial = randomBytes(serialBytes);
  const { publicKey } = keyPair;
  const certificate = issueDevice({ ...request, lifetimeMs, authority, publicKey, serial });
  makeDirectory(target, { mode: 0o700 });
  writeFileSync(join(target, 'key.pem'), privateKeyPem(keyPair.privateKey), { mode: 0o600 });
  writeFileSync(join(target, 'certificate.pem'), certificate);
  copyFileSync(join(authorityDirectory, 'ca.pem'), join(target, 'ca.pem'));
  const revocations = join(authorityDirectory, revocationListFile);
  if (existsSync(revocations)) copyFileSync(revocations, join(target, revocationsFile));
  rememberIssued(authorityDirectory, certificate, now);
  return { validUntil: new Date(notAfterOf(certificate)), isCut: lifetimeMs < request.lifetimeMs };
}

/** Revokes what was issued to a node, and writes crl.pem. Throws ConferError `bad-input`. */
export function revokeIdentity(directory: string, node: string, now: number): Revoked {
  return revokeNode(directory, loadAuthority(directory), node, now);
}

function loadAuthority(directory: string) {
  try {
    const certificatePem = readFileSync(join(directory, 'ca.pem'), 'utf8');
    const { privateKey } = keyPairFromPem(readFileSync(join(directory, 'ca-key.pem'), 'utf8'));
    return { certificatePem, privateKey };
  } catch (error) {
    throw new ConferError(
      'bad-input',
      `There is no certificate authority in ${directory}: ${whyNot(error)}. Make one with \`confer pki init --dir ${directory}\`.`,
    );
  }
}
