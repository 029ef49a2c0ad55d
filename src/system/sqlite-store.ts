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

/** Throws ConferError `storage-failure`. */
export function openSqliteStore(directory: string): Store {
  const database = guarded(() => {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const opened = new DatabaseSync(join(directory, 'confer.sqlite'));
    opened.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA busy_timeout = 5000;
      CREATE TABLE IF NOT EXISTS record (log TEXT, position INTEGER, value TEXT NOT NULL, PRIMARY KEY (log, position)) STRICT, WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS entry (list TEXT, name TEXT, value TEXT NOT NULL, PRIMARY KEY (list, name)) STRICT, WITHOUT ROWID;
    `);
    return opened;
  }, `open ${directory}`);
  const append = database.prepare(
    `INSERT INTO record SELECT ?1, coalesce(max(position), -1) + 1, ?2 FROM record WHERE log = ?1 RETURNING position`,
  );
  const scan = database.prepare(
    `SELECT position, value FROM record WHERE log = ? AND position >= ? ORDER BY position LIMIT ${scanRowsMax}`,
  );
  const get = database.prepare('SELECT value FROM entry WHERE list = ? AND name = ?');
  const put = database.prepare('INSERT OR REPLACE INTO entry VALUES (?, ?, ?)');
  const keys = database.prepare('SELECT name FROM entry WHERE list = ? ORDER BY name');
  const remove = database.prepare('DELETE FROM entry WHERE list = ? AND name = ?');
  return {
    append: async (log, record) =>
      guarded(() => Number(append.get(log, JSON.stringify(record))?.position), `append to ${log}`),
    async *scan(log, from = 0) {
      for (let next = from; ; ) {
        const rows = guarded(() => scan.all(log, next), `read ${log}`);
        for (const row of rows) yield { index: Number(row.position), record: parsed(row.value) };
        if (rows.length < scanRowsMax) return;
        next = Number(rows.at(-1)?.position) + 1;
      }
    },
    get: async (table, key) =>
      guarded(() => {
        const row = get.get(table, key);
        return row === undefined ? undefined : parsed(row.value);
      }, `read ${table}`),
    put: async (table, key, value) => {
      guarded(() => put.run(table, key, JSON.stringify(value)), `write ${table}`);
    },
    keys: async (table) => guarded(() => keys.all(table).map((row) => String(row.name)), `list ${table}`),
    remove: async (table, key) => {
      guarded(() => remove.run(table, key), `remove from ${table}`);
    },
    close: async () => database.close(),
  };
}

function parsed(value: unknown): JsonObject {
  return JSON.parse(String(value)) as JsonObject;
}

function guarded<T>(action: () => T, what: string): T {
  try {
    return action();
  } catch (error) {
    throw new ConferError(
      'storage-failure',
      `The store could not ${what}: ${messageOf(error)}. Check space and permissions.`,
      { cause: error },
    );
  }
}
