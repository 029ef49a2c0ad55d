/**
 * The Store on node:sqlite: what was acknowledged survives kill -9 and power loss. After an I/O error SQLite would carry
 * on as if nothing had happened, so any error is final: the caller stops.
 *
 *     append  put  append        what one turn of the event loop writes is one transaction with one sync of the disk
 *       |      |     |           (WAL, synchronous=FULL)
 *     BEGIN ... ... ... COMMIT -> all three promises resolve
 */
import { closeSync, fsyncSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { JsonObject } from '../../crypto/canonical.ts';
import { ConferError, messageOf } from '../core/errors.ts';
import type { Store } from '../core/ports.ts';
import { makeDirectory } from './directories.ts';
import { setDamageAside } from './store-damage.ts';

/** Rows read at a time by scan, so that a long log never sits in memory. */
const scanRowsMax = 256;

/** File of the database in the directory of a store. */
export const databaseName = 'confer.sqlite';

export interface SqliteStore extends Store {
  /** Aborts with the ConferError of the first failure: whoever runs on this store stops then. */
  readonly failed: AbortSignal;
  /** What was found damaged when it was opened, in two sentences: the store turned back to an older state. */
  readonly damage: string | undefined;
}

/** Throws ConferError `storage-failure` where the directory cannot be used or another process owns it. */
export function openSqliteStore(directory: string): SqliteStore {
  try {
    return new OpenStore(directory, prepared(directory));
  } catch (error) {
    throw storageFailure(directory, 'be opened', error);
  }
}

class OpenStore implements SqliteStore {
  readonly #directory: string;
  readonly #open: ReturnType<typeof prepared>;
  readonly #failed = new AbortController();
  #failure: ConferError | undefined;
  /** Index that the next record of a log gets. */
  readonly #ends = new Map<string, number>();
  /** The transaction that is open. */
  #group: Group | undefined;

  constructor(directory: string, open: ReturnType<typeof prepared>) {
    this.#directory = directory;
    this.#open = open;
  }

  get failed(): AbortSignal {
    return this.#failed.signal;
  }

  get damage(): string | undefined {
    return this.#open.damage;
  }

  async append(log: string, record: JsonObject): Promise<number> {
    const value = JSON.stringify(record);
    return await this.#write(`append to ${log}`, ({ append, last }) => {
      const index = this.#ends.get(log) ?? Number(last.get(log)?.position ?? -1) + 1;
      append.run(log, index, value);
      this.#ends.set(log, index + 1);
      return index;
    });
  }

  async *scan(log: string, from = 0): AsyncGenerator<{ index: number; record: JsonObject }> {
    for (let next = from; ; ) {
      const rows = await this.#read(`read ${log}`, ({ scan }) => scan.all(log, next).map(asRecord));
      yield* rows;
      if (rows.length < scanRowsMax) return;
      next = (rows.at(-1)?.index ?? next) + 1;
    }
  }

  async last(log: string): Promise<{ index: number; record: JsonObject } | undefined> {
    return await this.#read(`read ${log}`, ({ last }) => {
      const row = last.get(log);
      return row === undefined ? undefined : asRecord(row);
    });
  }

  async trim(log: string, before: number): Promise<void> {
    await this.#write(`trim ${log}`, ({ trim }) => trim.run(log, before));
  }

  async get(table: string, key: string): Promise<JsonObject | undefined> {
    return await this.#read(`read ${table}`, ({ get }) => {
      const row = get.get(table, key);
      return row === undefined ? undefined : parsed(row.value);
    });
  }

  async put(table: string, key: string, record: JsonObject): Promise<void> {
    const value = JSON.stringify(record);
    await this.#write(`write ${table}`, ({ put }) => put.run(table, key, value));
  }

  async keys(table: string): Promise<string[]> {
    return await this.#read(`list ${table}`, ({ keys }) => keys.all(table).map((row) => String(row.name)));
  }

  async remove(table: string, key: string): Promise<void> {
    await this.#write(`remove from ${table}`, ({ remove }) => remove.run(table, key));
  }

  async close(): Promise<void> {
    const { owner, database } = this.#open;
    if (database.isOpen) {
      this.#commit();
      this.#failure ??= new ConferError('storage-failure', `The store in ${this.#directory} is closed.`);
      database.close();
    }
    if (owner.isOpen) owner.close();
  }

  /** Runs at once, in the order of the calls; resolves once it is durable. */
  async #write<T>(what: string, action: (open: ReturnType<typeof prepared>) => T): Promise<T> {
    const value = this.#guarded(what, () => {
      if (this.#group === undefined) this.#begin();
      return action(this.#open);
    });
    await this.#group?.durable;
    return value;
  }

  /** Sees what was written before, and therefore waits until that is durable. */
  async #read<T>(what: string, action: (open: ReturnType<typeof prepared>) => T): Promise<T> {
    const value = this.#guarded(what, () => action(this.#open));
    await this.#group?.durable;
    return value;
  }

  #begin(): void {
    this.#open.begin.run();
    this.#group = new Group();
    setImmediate(() => this.#commit());
  }

  /** Nothing to do when the group has been committed by `close`, or has failed. */
  #commit(): void {
    const group = this.#group;
    if (group === undefined) return;
    try {
      this.#guarded('commit', () => this.#open.commit.run());
    } catch {
      return; // the failure has rejected the group
    }
    this.#group = undefined;
    group.resolve();
  }

  #guarded<T>(what: string, action: () => T): T {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      return action();
    } catch (error) {
      throw this.#fail(storageFailure(this.#directory, what, error));
    }
  }

  #fail(failure: ConferError): ConferError {
    this.#failure = failure;
    const group = this.#group;
    this.#group = undefined;
    try {
      if (this.#open.database.isTransaction) this.#open.database.exec('ROLLBACK');
    } catch {
      // Nothing of it was acknowledged, so it may stay or go.
    }
    group?.reject(failure);
    this.#failed.abort(failure);
    return failure;
  }
}

/** Writes that become durable together. */
class Group {
  readonly durable: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;

  constructor() {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    promise.catch(() => {}); // whoever wrote awaits it as well
    this.durable = promise;
    this.resolve = resolve;
    this.reject = reject;
  }
}

function storageFailure(directory: string, what: string, cause: unknown): ConferError {
  const advice = 'Check the disk, its space and the permissions, then restart';
  return new ConferError(
    'storage-failure',
    `The store in ${directory} could not ${what}: ${messageOf(cause).replace(/\.$/, '')}. ${advice}.`,
    { cause },
  );
}

/** The open database and everything that is ever asked of it. */
function prepared(directory: string) {
  makeDirectory(directory, { mode: 0o700 });
  const owner = owned(directory);
  const damage = setDamageAside(join(directory, `${databaseName}-wal`));
  const database = new DatabaseSync(join(directory, databaseName));
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA busy_timeout = 5000;
    CREATE TABLE IF NOT EXISTS record (log TEXT, position INTEGER, value TEXT NOT NULL, PRIMARY KEY (log, position)) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS entry (list TEXT, name TEXT, value TEXT NOT NULL, PRIMARY KEY (list, name)) STRICT, WITHOUT ROWID;
  `);
  syncDirectory(directory);
  return {
    owner,
    damage,
    database,
    begin: database.prepare('BEGIN IMMEDIATE'),
    commit: database.prepare('COMMIT'),
    append: database.prepare('INSERT INTO record VALUES (?, ?, ?)'),
    scan: database.prepare(
      `SELECT position, value FROM record WHERE log = ? AND position >= ? ORDER BY position LIMIT ${scanRowsMax}`,
    ),
    last: database.prepare('SELECT position, value FROM record WHERE log = ? ORDER BY position DESC LIMIT 1'),
    trim: database.prepare(
      'DELETE FROM record WHERE log = ?1 AND position < min(?2, (SELECT max(position) FROM record WHERE log = ?1))',
    ),
    get: database.prepare('SELECT value FROM entry WHERE list = ? AND name = ?'),
    put: database.prepare('INSERT OR REPLACE INTO entry VALUES (?, ?, ?)'),
    keys: database.prepare('SELECT name FROM entry WHERE list = ? ORDER BY name'),
    remove: database.prepare('DELETE FROM entry WHERE list = ? AND name = ?'),
  };
}

/** The names of new files are durable only with their directory. */
function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function asRecord({ position, value }: Record<string, unknown>): { index: number; record: JsonObject } {
  return { index: Number(position), record: parsed(value) };
}

function parsed(value: unknown): JsonObject {
  return JSON.parse(String(value)) as JsonObject;
}

/**
 * Two agents on one store would hand out the same nonces. The lock is a transaction that is never finished, so it ends
 * with the process however that ends; a successor waits a moment for it.
 */
function owned(directory: string): DatabaseSync {
  const lock = new DatabaseSync(join(directory, 'owner.sqlite'));
  try {
    lock.exec('PRAGMA busy_timeout = 2000; BEGIN EXCLUSIVE;');
    return lock;
  } catch (cause) {
    lock.close();
    throw new Error('another agent uses it; give each agent a store of its own', { cause });
  }
}
