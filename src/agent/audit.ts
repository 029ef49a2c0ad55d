/**
 * The audit trail of one agent (troubleshooting draft section 7.4): every request and answer, in and out, appended to a
 * chain of hashes and durable before the answer leaves. The device signs how far the chain went, so that a tail that was
 * cut off or written anew is told from a whole one; the oldest records go only behind such a signature.
 */
import type { KeyObject } from 'node:crypto';
import type { JsonObject } from '../../crypto/canonical.ts';
import { ConferError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Clock, Store } from '../core/ports.ts';
import { AuditChain, type AuditProblem } from './audit-chain.ts';
import {
  type AuditEvent,
  type AuditRecord,
  auditLog,
  auditTable,
  type CheckpointPurpose,
  digestOfRecord,
  openCheckpoint,
  sealCheckpoint,
} from './audit-record.ts';

export interface AuditSettings {
  node: string;
  privateKey: KeyObject;
  certificatePem: string;
  /** Records kept; the oldest go beyond that. */
  recordsMax: number;
}

export class Audit {
  readonly #settings: AuditSettings;
  readonly #clock: Clock;
  readonly #store: Store;
  readonly #failed = new AbortController();
  readonly #closing = new AbortController();
  #opening: Promise<void> | undefined;
  /** Where the chain ends; undefined until it has been read back. */
  #chain: { number: number; digest: string } | undefined;
  /** Number of the oldest record. */
  #first = 0;
  /** Number of the last record that a checkpoint covers. */
  #signed = -1;
  #isCheckpointDue = false;
  #isMakingRoom = false;

  constructor(settings: AuditSettings, ports: { clock: Clock; store: Store }) {
    this.#settings = settings;
    this.#clock = ports.clock;
    this.#store = ports.store;
  }

  /** Aborts with the first failure: without a trail nothing may be answered. */
  get failed(): AbortSignal {
    return this.#failed.signal;
  }

  /**
   * Reads back where the trail ended, checks what no checkpoint covers, and records the start. Throws ConferError
   * `storage-failure` when the trail does not hold.
   */
  open(): Promise<void> {
    this.#opening ??= this.#guarded(() => this.#readBack());
    return this.#opening;
  }

  /** Resolves once the event is durable. Throws ConferError `storage-failure`, and `cancelled` after `close`. */
  async record(event: AuditEvent): Promise<void> {
    if (this.#chain === undefined) await this.open();
    this.#failed.signal.throwIfAborted();
    if (this.#closing.signal.aborted)
      throw new ConferError(
        'cancelled',
        `${this.#settings.node} is shutting down; ask again once it is back.`,
      );
    await this.#append(event);
  }

  /** Records without waiting. Whatever is recorded later is durable only together with it. */
  note(event: AuditEvent): void {
    this.record(event).catch(() => {}); // a failure is told by `failed`, and by every later record
  }

  /** Signs the whole trail; nothing can be recorded afterwards. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    if (this.#opening !== undefined && !this.#failed.signal.aborted) await this.record({ event: 'stopped' });
    this.#closing.abort();
    if (!this.#failed.signal.aborted) await this.#guarded(() => this.#sign());
  }

  async #readBack(): Promise<void> {
    const { node } = this.#settings;
    const base = await this.#checkpoint('base');
    const tail = await this.#checkpoint('tail');
    const last = await this.#store.last(auditLog);
    const signed = tail ?? base;
    if (signed !== undefined && (last?.index ?? -1) < signed.number)
      throw this.#broken({
        what: `it ends at record ${last?.index ?? 'none'}, but ${node} signed record ${signed.number}`,
      });
    const chain = new AuditChain(signed);
    for await (const { index, record } of this.#store.scan(auditLog, tail?.number ?? chain.number + 1)) {
      if (index === tail?.number && digestOfRecord(record) !== tail.digest)
        throw this.#broken({ record: index, what: `it is not the record that ${node} signed` });
      const problem = index === tail?.number ? undefined : chain.follow(index, record);
      if (problem !== undefined) throw this.#broken(problem);
    }
    this.#first = base === undefined ? 0 : base.number + 1;
    this.#signed = tail?.number ?? -1;
    this.#chain = { number: chain.number, digest: chain.digest };
    await Promise.all([this.#append({ event: 'started', node }), this.#sign()]);
  }

  async #checkpoint(purpose: CheckpointPurpose): Promise<{ number: number; digest: string } | undefined> {
    const value = await this.#store.get(auditTable, purpose);
    if (value === undefined) return undefined;
    const opened = openCheckpoint(value, purpose);
    if (!opened.ok) throw this.#broken({ what: opened.what });
    return opened.checkpoint.body;
  }

  /** Takes its place in the chain at once; two calls never share one. */
  async #append(event: AuditEvent): Promise<void> {
    const end = this.#chain;
    if (end === undefined) throw new Error('The audit trail is written before it was read back.');
    const number = end.number + 1;
    const time = new Date(this.#clock.now()).toISOString();
    const record: AuditRecord = { number, previous: end.digest, time, ...event };
    const json = record as unknown as JsonObject;
    this.#chain = { number, digest: digestOfRecord(json) };
    await this.#guarded(async () => {
      const appended = this.#store.append(auditLog, json);
      this.#afterAppend(number);
      const index = await appended;
      if (index !== number)
        throw this.#broken({ record: number, what: `the store put it at ${index}; who else writes there?` });
    });
  }

  #afterAppend(number: number): void {
    if (number - this.#signed >= limits.auditCheckpointRecords) this.#inBackground(() => this.#sign());
    else if (!this.#isCheckpointDue) {
      this.#isCheckpointDue = true;
      this.#inBackground(() => this.#signLater());
    }
    const room = this.#settings.recordsMax - this.#chunk;
    if (number - this.#first >= room && !this.#isMakingRoom) {
      this.#isMakingRoom = true;
      this.#inBackground(() => this.#makeRoom(number + 1 - room));
    }
  }

  /** Removed at once, so that removing is rare. */
  get #chunk(): number {
    return Math.max(1, Math.min(1_000, Math.floor(this.#settings.recordsMax / 10)));
  }

  async #signLater(): Promise<void> {
    await this.#clock.sleep(limits.auditCheckpointMs, this.#closing.signal).catch(() => {});
    this.#isCheckpointDue = false;
    if (!this.#closing.signal.aborted) await this.#sign();
  }

  /** Covers every record so far; durable no earlier than they are. */
  async #sign(): Promise<void> {
    const end = this.#chain;
    if (end === undefined || end.number <= this.#signed) return;
    this.#signed = end.number;
    await this.#store.put(auditTable, 'tail', this.#sealed('tail', end));
  }

  /** Removes everything below `first`, behind a signature that carries the chain's hash. */
  async #makeRoom(first: number): Promise<void> {
    try {
      const [last, kept] = await this.#recordsAt(first - 1);
      const digest = digestOfRecord(last);
      if (kept.previous !== digest)
        throw this.#broken({ record: first, what: 'it does not carry the hash of the record before' });
      const base = this.#sealed('base', { number: first - 1, digest });
      // Called in one turn: one transaction, where the store has such.
      await Promise.all([
        this.#store.put(auditTable, 'base', base),
        this.#store.trim(auditLog, first),
        this.#sign(), // so that a tail is never older than the base
      ]);
      this.#first = first;
    } finally {
      this.#isMakingRoom = false;
    }
  }

  async #recordsAt(number: number): Promise<[JsonObject, JsonObject]> {
    const found: JsonObject[] = [];
    for await (const { record } of this.#store.scan(auditLog, number)) {
      found.push(record);
      if (found.length === 2) break;
    }
    const [one, next] = found;
    if (one?.number === number && next?.number === number + 1) return [one, next];
    throw this.#broken({ record: number, what: 'it is missing' });
  }

  #sealed(purpose: CheckpointPurpose, { number, digest }: { number: number; digest: string }): JsonObject {
    const { node } = this.#settings;
    const time = new Date(this.#clock.now()).toISOString();
    const checkpoint = sealCheckpoint({ purpose, node, number, digest, time }, this.#settings);
    return checkpoint as unknown as JsonObject;
  }

  #inBackground(action: () => Promise<void>): void {
    this.#guarded(action).catch(() => {}); // told by `failed`
  }

  async #guarded<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      if (!this.#failed.signal.aborted) this.#failed.abort(error);
      throw error;
    }
  }

  #broken({ record, what }: AuditProblem): ConferError {
    const where = record === undefined ? '' : ` at record ${record}`;
    return new ConferError(
      'storage-failure',
      `The audit trail of ${this.#settings.node} does not hold${where}: ${what}. Keep a copy of the store, see confer audit verify, then give the agent a new one.`,
    );
  }
}
