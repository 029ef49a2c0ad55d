/** `confer audit verify`: whether the trail of an agent's store is whole. */
import { join, resolve } from 'node:path';
import { z } from 'zod';
import {
  type AuditVerification,
  type AuditVerificationOptions,
  type SeenPoint,
  verifyAudit,
} from '../agent/audit-verify.ts';
import { ConferError, messageOf } from '../core/errors.ts';
import { createSystemClock } from '../system/clock.ts';
import { databaseName } from '../system/sqlite-store.ts';
import { openStoreSnapshot } from '../system/store-snapshot.ts';
import { type LogRemains, remainsOfLog } from '../system/write-ahead-log.ts';
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
  const remains = await lastingRemains(join(resolve(directory), `${databaseName}-wal`));
  const options = {
    ...(authorityPem !== undefined && { authorityPem }),
    ...(point !== undefined && { seen: point }),
  };
  const verification = withRemains(remains, await verifyStore(directory, options, remains));
  if (isNothing(verification))
    throw new ConferError(
      'bad-input',
      `The store in ${directory} has no audit trail: no agent of this version has run on it.`,
    );
  if (json) console.log(JSON.stringify(verification));
  else for (const line of described(verification)) console.log(line);
  return verification.ok ? exitCodes.done : exitCodes.noReport;
}

interface StoreVerification extends AuditVerification {
  /** The store's log ends in a write without its commit; absent where it does not. */
  unfinishedWrite?: true;
}

/** Where the log is damaged, what is left of the store may not even look like one. */
async function verifyStore(
  directory: string,
  options: AuditVerificationOptions,
  { state }: LogRemains,
): Promise<AuditVerification> {
  try {
    using store = openStoreSnapshot(resolve(directory));
    return await verifyAudit(store, options);
  } catch (error) {
    if (state !== 'damaged' || !(error instanceof ConferError)) throw error;
    const what = messageOf(error).replace(/\.$/, '');
    return { ok: false, records: 0, removed: 0, trusted: false, unsigned: 0, problem: { what } };
  }
}

function withRemains(remains: LogRemains, verification: AuditVerification): StoreVerification {
  if (remains.state === 'clean') return verification;
  if (remains.state === 'unfinished') return { ...verification, unfinishedWrite: true };
  const { problem } = verification;
  const what = `${remains.what}; this may be an older copy of the store, and an earlier result tells (--seen)`;
  return {
    ...verification,
    ok: false,
    trusted: false,
    problem: problem === undefined ? { what } : { ...problem, what: `${problem.what}; ${what}` },
  };
}

/** A write in progress is over by the next look; what is there in all of them stays. */
const looks = { count: 4, pauseMs: 100 };

async function lastingRemains(file: string): Promise<LogRemains> {
  const clock = createSystemClock();
  let remains = remainsOfLog(file);
  for (let look = 1; look < looks.count && remains.state !== 'clean'; look += 1) {
    await clock.sleep(looks.pauseMs);
    const now = remainsOfLog(file);
    if (now.state !== remains.state || now.mark !== remains.mark) return { state: 'clean' };
    remains = now;
  }
  return remains;
}

function isNothing({ ok, records, removed, signed }: AuditVerification): boolean {
  return ok && records === 0 && removed === 0 && signed === undefined;
}

const earlier = z.object({
  node: z.string().optional(),
  signed: z.object({ number: z.int().min(0), digest: z.string() }),
});

/** The signed point of what `--json` printed earlier, and whose trail that was. */
function readSeen(file: string): SeenPoint {
  try {
    const { node, signed } = earlier.parse(JSON.parse(readInput(file).toString('utf8')));
    return { ...signed, ...(node !== undefined && { node }) };
  } catch (error) {
    if (error instanceof ConferError) throw error;
    throw new ConferError(
      'bad-input',
      `${file} is no earlier result; pass what confer audit verify --json printed.`,
    );
  }
}

function* described(verification: StoreVerification): Generator<string> {
  const { node, records, removed, from, to, signed, unsigned, trusted, problem } = verification;
  const whose = node === undefined ? 'unknown device' : node;
  yield records === 0
    ? `${whose}: no record holds.`
    : `${whose}: ${counted(records, 'record')} from ${from} to ${to}, numbers ${removed} to ${removed + records - 1}.`;
  if (removed > 0) yield `  ${counted(removed, 'older record')} removed behind the device's signature.`;
  if (signed !== undefined)
    yield `  Signed up to record ${signed.number} at ${signed.time}: SHA-256 ${signed.digest}.`;
  if (unsigned > 0) yield `  ${counted(unsigned, 'record')} behind the signature: chained, not signed yet.`;
  if (verification.unfinishedWrite)
    yield '  The log of the store ends in a write without its commit: nobody was told of it. A cut end can look the same; an earlier result tells (--seen).';
  if (problem === undefined) {
    if (!trusted) yield '  Who signed was not checked: add --trust ca.pem.';
    yield 'The trail holds.';
  } else {
    const where = problem.record === undefined ? '' : ` at record ${problem.record}`;
    yield `The trail does NOT hold${where}: ${problem.what.replace(/\.$/, '')}.`;
  }
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
