/**
 * The Store on node:sqlite, write-ahead log with synchronous=FULL: what was acknowledged survives kill -9 and power
 * loss. After an I/O error SQLite would carry on as if nothing had happened, so any error is final: the caller stops.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { JsonObject } from '../../crypto/canonical.ts';
import { ConferError, messageOf } from '../core/errors.ts';
import type { Store } from '../core/ports.ts';

/** Rows read at a time by scan, so that a long log never sits in memory. */
const scanRowsMax = 256;

/**
 * Throws ConferError `storage-failure`, and so does everything after the first failure: what the disk holds is known
 * again only when the store has been opened anew.
 */
export function openSqliteStore(directory: string): Store {
  let failure: ConferError | undefined;
  const guarded = <T>(what: string, action: () => T): T => {
    if (failure !== undefined) throw failure;
    try {
      return action();
    } catch (error) {
      failure = new ConferError(
        'storage-failure',
        `The store could not ${what}: ${messageOf(error)}. Check space and permissions, then restart.`,
        { cause: error },
      );
      throw failure;
    }
  };
  const { owner, database, append, scan, get, put, keys, remove } = guarded(`open ${directory}`, () =>
    prepared(directory),
  );
  return {
    append: async (log, record) => {
      const value = JSON.stringify(record);
      return guarded(`append to ${log}`, () => Number(append.get(log, value)?.position));
    },
    async *scan(log, from = 0) {
      for (let next = from; ; ) {
        const rows = guarded(`read ${log}`, () =>
          scan
            .all(log, next)
            .map(({ position, value }) => ({ index: Number(position), record: parsed(value) })),
        );
        yield* rows;
        if (rows.length < scanRowsMax) return;
        next = (rows.at(-1)?.index ?? next) + 1;
      }
    },
    get: async (table, key) =>
      guarded(`read ${table}`, () => {
        const row = get.get(table, key);
        return row === undefined ? undefined : parsed(row.value);
      }),
    put: async (table, key, record) => {
      const value = JSON.stringify(record);
      guarded(`write ${table}`, () => put.run(table, key, value));
    },
    keys: async (table) => guarded(`list ${table}`, () => keys.all(table).map((row) => String(row.name))),
    remove: async (table, key) => {
      guarded(`remove from ${table}`, () => remove.run(table, key));
    },
    close: async () => {
      if (database.isOpen) database.close();
      if (owner.isOpen) owner.close();
    },
  };
}

/** The open database and everything that is ever asked of it. */
function prepared(directory: string) {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const owner = owned(directory);
  const database = new DatabaseSync(join(directory, 'confer.sqlite'));
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA busy_timeout = 5000;
    CREATE TABLE IF NOT EXISTS record (log TEXT, position INTEGER, value TEXT NOT NULL, PRIMARY KEY (log, position)) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS entry (list TEXT, name TEXT, value TEXT NOT NULL, PRIMARY KEY (list, name)) STRICT, WITHOUT ROWID;
  `);
  return {
    owner,
    database,
    append: database.prepare(
      'INSERT INTO record SELECT ?1, coalesce(max(position), -1) + 1, ?2 FROM record WHERE log = ?1 RETURNING position',
    ),
    scan: database.prepare(
      `SELECT position, value FROM record WHERE log = ? AND position >= ? ORDER BY position LIMIT ${scanRowsMax}`,
    ),
    get: database.prepare('SELECT value FROM entry WHERE list = ? AND name = ?'),
    put: database.prepare('INSERT OR REPLACE INTO entry VALUES (?, ?, ?)'),
    keys: database.prepare('SELECT name FROM entry WHERE list = ? ORDER BY name'),
    remove: database.prepare('DELETE FROM entry WHERE list = ? AND name = ?'),
  };
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
