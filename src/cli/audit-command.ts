/** `confer audit verify`: whether the trail of an agent's store is whole. */
import { resolve } from 'node:path';
import { z } from 'zod';
import { type AuditPoint, type AuditVerification, verifyAudit } from '../agent/audit-verify.ts';
import { ConferError } from '../core/errors.ts';
import { openStoreSnapshot } from '../system/store-snapshot.ts';
import { exitCodes } from './exit-codes.ts';
import { readInput, readTrustAnchor } from './report-files.ts';

interface AuditVerifyOptions {
  trust?: string;
  seen?: string;
  json?: boolean;
}

/** Returns the exit code. Throws ConferError `bad-input` where there is no trail to verify. */
export async function auditVerify(
  directory: string,
  { trust, seen, json }: AuditVerifyOptions,
): Promise<number> {
  const authorityPem = trust === undefined ? undefined : readTrustAnchor(trust);
  const point = seen === undefined ? undefined : readSeen(seen);
  using store = openStoreSnapshot(resolve(directory));
  const verification = await verifyAudit(store, {
    ...(authorityPem !== undefined && { authorityPem }),
    ...(point !== undefined && { seen: point }),
  });
  if (isNothing(verification))
    throw new ConferError(
      'bad-input',
      `The store in ${directory} has no audit trail: no agent of this version has run on it.`,
    );
  if (json) console.log(JSON.stringify(verification));
  else for (const line of described(verification)) console.log(line);
  return verification.ok ? exitCodes.done : exitCodes.noReport;
}

function isNothing({ ok, records, removed, signed }: AuditVerification): boolean {
  return ok && records === 0 && removed === 0 && signed === undefined;
}

const earlier = z.object({ signed: z.object({ number: z.int().min(0), digest: z.string() }) });

/** The signed point of what `--json` printed earlier. */
function readSeen(file: string): AuditPoint {
  try {
    return earlier.parse(JSON.parse(readInput(file).toString('utf8'))).signed;
  } catch (error) {
    if (error instanceof ConferError) throw error;
    throw new ConferError(
      'bad-input',
      `${file} is no earlier result; pass what confer audit verify --json printed.`,
    );
  }
}

function* described(verification: AuditVerification): Generator<string> {
  const { node, records, removed, from, to, signed, unsigned, trusted, problem } = verification;
  const whose = node === undefined ? 'unknown device' : node;
  yield records === 0
    ? `${whose}: no record holds.`
    : `${whose}: ${counted(records, 'record')} from ${from} to ${to}, numbers ${removed} to ${removed + records - 1}.`;
  if (removed > 0) yield `  ${counted(removed, 'older record')} removed behind the device's signature.`;
  if (signed !== undefined)
    yield `  Signed up to record ${signed.number} at ${signed.time}: SHA-256 ${signed.digest}.`;
  if (unsigned > 0) yield `  ${counted(unsigned, 'record')} behind the signature: chained, not signed yet.`;
  if (problem === undefined) {
    if (!trusted) yield '  Who signed was not checked: add --trust ca.pem.';
    yield 'The trail holds.';
  } else {
    const where = problem.record === undefined ? '' : ` at record ${problem.record}`;
    yield `The trail does NOT hold${where}: ${problem.what}.`;
  }
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
