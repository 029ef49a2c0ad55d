/**
 * What an authority remembers, so that it can take back what it issued:
 *
 *   ca-issued/SERIAL.pem  every certificate that has not ended
 *   revocations.json      what was revoked, and the number of the last list
 *   crl.pem               the list itself (RFC 5280 section 5), from revocations.json; agents have it as revocations.pem
 */
import { X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { nodeNameOf, notAfterOf } from '../../crypto/certificate.ts';
import { type Authority, issueRevocationList } from '../../crypto/issue.ts';
import { ConferError } from '../core/errors.ts';
import { makeDirectory } from './directories.ts';

const recordSchema = z.strictObject({
  /** Of the last list that was issued; the next one has a higher one. */
  number: z.int().min(1),
  revoked: z.array(z.strictObject({ node: z.string(), at: z.int(), certificatePem: z.string() })),
});
type RevocationRecord = z.infer<typeof recordSchema>;

export const revocationListFile = 'crl.pem';
const issuedDirectory = 'ca-issued';

/** Remembers a certificate, and forgets those that have ended. */
export function rememberIssued(directory: string, certificatePem: string, now: number): void {
  const issued = join(directory, issuedDirectory);
  makeDirectory(issued, { mode: 0o700 });
  for (const [file, pem] of certificatesIn(issued)) if (notAfterOf(pem) <= now) rmSync(file, { force: true });
  writeFileSync(join(issued, `${serialOf(certificatePem)}.pem`), certificatePem);
}

/** What a revocation came to: certificates of the node, and the number and the end of the list. */
export interface Revoked {
  revoked: number;
  number: number;
  validUntil: Date;
}

/**
 * Revokes every certificate of the node that has not ended, and writes the list anew. It is good until the authority
 * itself ends: agents refuse everybody once their list has ended. Throws ConferError `bad-input`.
 */
export function revokeNode(directory: string, authority: Authority, node: string, now: number): Revoked {
  const record = readRecord(directory);
  const known = new Set(record?.revoked.map(({ certificatePem }) => serialOf(certificatePem)));
  const current = join(directory, encodeURIComponent(node), 'certificate.pem');
  const issued = [
    ...certificatesIn(join(directory, issuedDirectory)).values(),
    ...(existsSync(current) ? [readFileSync(current, 'utf8')] : []), // of an authority that remembered none yet
  ];
  const added = new Map(
    issued
      .filter((pem) => nodeNameOf(pem) === node && notAfterOf(pem) > now && !known.has(serialOf(pem)))
      .map((certificatePem) => [serialOf(certificatePem), { node, at: now, certificatePem }]),
  );
  if (added.size === 0)
    throw new ConferError(
      'bad-input',
      `${node} has no certificate from ${directory} that is still good: it has ended or is revoked already, or the name is another one.`,
    );
  const revoked = [...(record?.revoked ?? []), ...added.values()];
  const number = (record?.number ?? 0) + 1;
  const validUntil = notAfterOf(authority.certificatePem);
  const list = issueRevocationList({ authority, revoked, number, now, lifetimeMs: validUntil - now });
  // The record first: a list without its record could not be continued.
  replace(join(directory, 'revocations.json'), `${JSON.stringify({ number, revoked }, undefined, 1)}\n`);
  replace(join(directory, revocationListFile), list);
  return { revoked: added.size, number, validUntil: new Date(validUntil) };
}

function readRecord(directory: string): RevocationRecord | undefined {
  const file = join(directory, 'revocations.json');
  if (!existsSync(file)) {
    if (!existsSync(join(directory, revocationListFile))) return undefined;
    throw broken(`${file} is missing, although ${revocationListFile} is there`);
  }
  try {
    return recordSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    throw broken(`${file} cannot be read as the record of what was revoked`);
  }
}

function broken(what: string): ConferError {
  return new ConferError(
    'bad-input',
    `${what}; restore it from a backup: a list without it would make revoked certificates good again.`,
  );
}

function certificatesIn(directory: string): Map<string, string> {
  if (!existsSync(directory)) return new Map();
  const files = readdirSync(directory).filter((name) => /^[0-9A-F]+\.pem$/.test(name));
  return new Map(files.map((name) => [join(directory, name), readFileSync(join(directory, name), 'utf8')]));
}

function serialOf(certificatePem: string): string {
  return new X509Certificate(certificatePem).serialNumber;
}

/** In one step, so that a crash leaves the old file or the new one. */
function replace(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}
