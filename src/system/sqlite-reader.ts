/** The Store of another process, for reading only: what it had made durable at one moment, while it goes on writing. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { JsonObject } from '../../crypto/canonical.ts';
import { ConferError, messageOf } from '../core/errors.ts';
import type { Store } from '../core/ports.ts';
import { databaseName } from './sqlite-store.ts';

/** Another process that commits at this very moment is waited for so long. */
const busyTimeoutMs = 5_000;

/**
 * Whatever writes rejects. Throws ConferError `not-found` where no store is yet, `storage-failure` where it cannot be
 * read.
 */
export function readSqliteStore(directory: string): Store {
  const file = join(directory, databaseName);
  if (!existsSync(file)) throw new ConferError('not-found', `There is no store in ${directory} yet.`);
  const database = guarded(directory, () => {
    const opened = new DatabaseSync(file, { readOnly: true });
    opened.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}; BEGIN`);
    return opened;
  });
  const query = (sql: string, ...values: (string | number)[]) =>
    guarded(directory, () => database.prepare(sql).all(...values));
  const refuse = async (): Promise<never> => {
    throw new ConferError('access-denied', `The store in ${directory} was opened for reading.`);
  };
  const record = ({ position, value }: Record<string, unknown>) => ({
    index: Number(position),
    record: parsed(value),
  });
  return {
    async *scan(log, from = 0) {
      for (let next = from; ; next += 1) {
        const [row] = query(
          'SELECT position, value FROM record WHERE log = ? AND position >= ? ORDER BY position LIMIT 1',
          log,
          next,
        );
        if (row === undefined) return;
        yield record(row);
        next = Number(row.position);
      }
    },
    last: async (log) => {
      const [row] = query(
        'SELECT position, value FROM record WHERE log = ? ORDER BY position DESC LIMIT 1',
        log,
      );
      return row === undefined ? undefined : record(row);
    },
    get: async (table, key) => {
      const [row] = query('SELECT value FROM entry WHERE list = ? AND name = ?', table, key);
      return row === undefined ? undefined : parsed(row.value);
    },
    keys: async (table) =>
      query('SELECT name FROM entry WHERE list = ? ORDER BY name', table).map(({ name }) => String(name)),
    append: refuse,
    trim: refuse,
    put: refuse,
    remove: refuse,
    close: async () => database.close(),
  };
}

function parsed(value: unknown): JsonObject {
  return JSON.parse(String(value)) as JsonObject;
}

function guarded<T>(directory: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    const message = `The store in ${directory} could not be read: ${messageOf(cause)}. Check the permissions.`;
    throw new ConferError('storage-failure', message, { cause });
  }
}
