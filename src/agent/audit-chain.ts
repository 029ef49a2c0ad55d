/** Follows the chain of an audit trail, record by record: used on reading it back, and on verifying it. */
import type { JsonObject } from '../../crypto/canonical.ts';
import { CryptoError } from '../../crypto/errors.ts';
import { digestOfRecord, genesis } from './audit-record.ts';

/** The first thing that does not hold, and where. */
export interface AuditProblem {
  /** Number of the record; absent where it is no record. */
  record?: number;
  what: string;
}

export class AuditChain {
  /** Number and hash of the last record that was followed. */
  #number: number;
  #digest: string;

  /** Begins behind a record whose hash is known; by default at the very beginning. */
  constructor(behind: { number: number; digest: string } = { number: -1, digest: genesis }) {
    this.#number = behind.number;
    this.#digest = behind.digest;
  }

  get number(): number {
    return this.#number;
  }

  get digest(): string {
    return this.#digest;
  }

  /** Takes the next record; says what is wrong with it, if anything is. */
  follow(index: number, record: JsonObject): AuditProblem | undefined {
    const expected = this.#number + 1;
    if (index !== expected) return { record: expected, what: missing(expected, index - 1) };
    if (record.number !== index)
      return { record: index, what: `record ${index} says that it is record ${String(record.number)}` };
    if (record.previous !== this.#digest) return { record: index, what: brokenAt(index) };
    try {
      this.#digest = digestOfRecord(record);
    } catch (error) {
      if (!(error instanceof CryptoError)) throw error;
      return { record: index, what: `record ${index} has no canonical form: ${error.message}` };
    }
    this.#number = index;
    return undefined;
  }
}

function missing(from: number, to: number): string {
  return from === to ? `record ${from} is missing` : `records ${from} to ${to} are missing`;
}

function brokenAt(index: number): string {
  return index === 0
    ? 'record 0 is not the beginning of a trail'
    : `record ${index} does not carry the hash of record ${index - 1}: one of the two was changed`;
}
