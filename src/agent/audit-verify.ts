/**
 * Verifies an audit trail: every record carries the hash of the one before, and the device signed how far it went.
 *
 *     [removed] | base | record, record, ... record | tail | records of the last moments
 *                  ^ signed                            ^ signed      chained, not signed yet
 */
import type { JsonObject } from '../../crypto/canonical.ts';
import { ConferError, messageOf } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Store } from '../core/ports.ts';
import { AuditChain, type AuditProblem } from './audit-chain.ts';
import {
  auditLog,
  auditTable,
  type CheckpointBody,
  type CheckpointPurpose,
  openCheckpoint,
} from './audit-record.ts';

/** A point of a chain: the number of a record, and its hash. */
export interface AuditPoint {
  number: number;
  digest: string;
}

/** What an earlier verification saw, and whose trail that was, where it said so. */
export interface SeenPoint extends AuditPoint {
  node?: string;
}

export interface AuditVerification {
  ok: boolean;
  /** Whose trail it is; absent where nothing says so. */
  node?: string;
  /** Records that are there and hold. */
  records: number;
  /** Older ones, which were removed behind a signature to make room. */
  removed: number;
  /** Times of the oldest and the newest record that holds, ISO 8601, by the device's clock. */
  from?: string;
  to?: string;
  /** The last record that the device signed for. Keep it: a later verification can tell an older copy by it. */
  signed?: AuditPoint & { time: string };
  /** Whether an authority vouches for the signature: only when one was given. */
  trusted: boolean;
  /** Records behind the last signature: who can write to the store could have changed these. */
  unsigned: number;
  /** The first thing that does not hold. */
  problem?: AuditProblem;
}

export interface AuditVerificationOptions {
  /** Certificate of the authority that vouches for the device, PEM. */
  authorityPem?: string;
  /** A point of an earlier verification: the trail must still go through it. */
  seen?: SeenPoint;
}

/**
 * A device signs after so many records; twice as many may wait where it was killed in between. More of them have been
 * added by somebody who cannot sign.
 */
const unsignedMax = 2 * limits.auditCheckpointRecords;

export async function verifyAudit(
  store: Pick<Store, 'scan' | 'get'>,
  options: AuditVerificationOptions = {},
): Promise<AuditVerification> {
  const base = await checkpoint(store, 'base', options.authorityPem);
  const tail = await checkpoint(store, 'tail', options.authorityPem);
  const problem =
    base.problem ??
    tail.problem ??
    betweenProblem(base.body, tail.body) ??
    seenElsewhere(options.seen, tail.body ?? base.body);
  const trail = new Trail(base.body, tail.body, options);
  if (problem !== undefined) trail.stop(problem);
  else await trail.follow(store);
  return trail.verification();
}

class Trail {
  readonly #base: CheckpointBody | undefined;
  readonly #tail: CheckpointBody | undefined;
  readonly #options: AuditVerificationOptions;
  readonly #chain: AuditChain;
  readonly #first: number;
  #problem: AuditProblem | undefined;
  #from: string | undefined;
  #to: string | undefined;

  constructor(
    base: CheckpointBody | undefined,
    tail: CheckpointBody | undefined,
    options: AuditVerificationOptions,
  ) {
    this.#base = base;
    this.#tail = tail;
    this.#options = options;
    this.#chain = new AuditChain(base);
    this.#first = this.#chain.number + 1;
    if (base !== undefined) this.#compareWithSeen();
  }

  stop(problem: AuditProblem): void {
    this.#problem ??= problem;
  }

  async follow(store: Pick<Store, 'scan'>): Promise<void> {
    try {
      for await (const { index, record } of store.scan(auditLog, this.#first)) {
        this.#take(index, record);
        if (this.#problem !== undefined) return;
      }
      this.#end();
    } catch (error) {
      this.stop({ record: this.#chain.number + 1, what: unreadable(error) });
    }
  }

  verification(): AuditVerification {
    const { number } = this.#chain;
    const tail = this.#tail;
    const node = tail?.node ?? this.#base?.node;
    return {
      ok: this.#problem === undefined,
      ...(node !== undefined && { node }),
      records: number + 1 - this.#first,
      removed: this.#first,
      ...(this.#from !== undefined && { from: this.#from }),
      ...(this.#to !== undefined && { to: this.#to }),
      ...(tail !== undefined && {
        signed: { number: tail.number, digest: tail.digest, time: tail.time },
      }),
      trusted: this.#options.authorityPem !== undefined && tail !== undefined && this.#problem === undefined,
      unsigned: Math.max(0, number - (tail?.number ?? this.#first - 1)),
      ...(this.#problem !== undefined && { problem: this.#problem }),
    };
  }

  #take(index: number, record: JsonObject): void {
    const problem = this.#chain.follow(index, record);
    if (problem !== undefined) {
      this.stop(problem);
      return;
    }
    this.#from ??= String(record.time);
    this.#to = String(record.time);
    if (index === this.#tail?.number && this.#chain.digest !== this.#tail.digest)
      this.stop({ record: index, what: `record ${index} is not the one that the device signed` });
    this.#compareWithSeen();
  }

  /** What was seen once must still be there. */
  #compareWithSeen(): void {
    const { seen } = this.#options;
    if (seen?.number !== this.#chain.number || seen.digest === this.#chain.digest) return;
    this.stop({ record: seen.number, what: `record ${seen.number} is not the one that was seen earlier` });
  }

  /** What only shows once there are no more records. */
  #end(): void {
    const { number } = this.#chain;
    const { seen } = this.#options;
    const tail = this.#tail;
    const ends = number < 0 ? 'the trail is empty' : `the trail ends at record ${number}`;
    if (tail !== undefined && number < tail.number)
      this.stop({
        record: number + 1,
        what: `${ends}, but the device signed record ${tail.number}: its end was cut off`,
      });
    if (seen !== undefined && number < seen.number)
      this.stop({
        record: number + 1,
        what: `${ends}, but record ${seen.number} was seen earlier: this is an older copy`,
      });
    if (tail === undefined && number > this.#first)
      this.stop({ what: 'the signature over the end of the trail is missing' });
    if (number - (tail?.number ?? number) > unsignedMax)
      this.stop({
        record: (tail?.number ?? 0) + 1,
        what: `${number - (tail?.number ?? 0)} records follow the last signature, and a device signs every ${limits.auditCheckpointRecords}`,
      });
  }
}

/** A store that cannot be read does not hold; whatever else is wrong is thrown on. */
function unreadable(error: unknown): string {
  if (error instanceof ConferError && error.code === 'storage-failure')
    return messageOf(error).replace(/\.$/, '');
  throw error;
}

async function checkpoint(
  store: Pick<Store, 'get'>,
  purpose: CheckpointPurpose,
  authorityPem: string | undefined,
): Promise<{ body?: CheckpointBody; problem?: AuditProblem }> {
  let value: JsonObject | undefined;
  try {
    value = await store.get(auditTable, purpose);
  } catch (error) {
    return { problem: { what: unreadable(error) } };
  }
  if (value === undefined) return {};
  const opened = openCheckpoint(value, purpose, authorityPem);
  return opened.ok ? { body: opened.checkpoint.body } : { problem: { what: opened.what } };
}

function seenElsewhere(
  seen: SeenPoint | undefined,
  body: CheckpointBody | undefined,
): AuditProblem | undefined {
  if (seen?.node === undefined || body === undefined || seen.node === body.node) return undefined;
  return {
    what: `the earlier result is of ${seen.node}, and this trail is of ${body.node}: give each device an earlier result of its own`,
  };
}

function betweenProblem(
  base: CheckpointBody | undefined,
  tail: CheckpointBody | undefined,
): AuditProblem | undefined {
  if (base === undefined || tail === undefined) return undefined;
  if (base.node !== tail.node)
    return { what: `its beginning was signed by ${base.node}, its end by ${tail.node}` };
  if (base.number >= tail.number)
    return { what: `its beginning was signed behind its end: record ${base.number} and ${tail.number}` };
  return undefined;
}
