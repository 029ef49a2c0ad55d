/**
 * One moment of a store, for whoever judges it: all of it is read as it was then, nothing is written, and an agent that
 * runs on it is not disturbed.
 */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import type { JsonObject } from '../../crypto/canonical.ts';
import { ConferError, messageOf } from '../core/errors.ts';
import type { Store } from '../core/ports.ts';
import { databaseName } from './sqlite-store.ts';

/** SQLITE_BUSY and SQLITE_LOCKED: somebody keeps everybody else out. */
const lockedCodes = [5, 6];
const rowsMax = 256;

export interface StoreSnapshot extends Pick<Store, 'scan' | 'get' | 'keys'>, Disposable {}

/**
 * Throws ConferError `bad-input` where there is no store or somebody has locked it; `storage-failure`, now or on
 * reading, where its content cannot be read.
 */
export function openStoreSnapshot(directory: string): StoreSnapshot {
  const file = join(directory, databaseName);
  if (!existsSync(file))
    throw new ConferError(
      'bad-input',
      `There is no store in ${directory}; name the directory that agent.yaml calls store.`,
    );
  const opened = attempt(file, () => openDatabase(file));
  try {
    return new OpenSnapshot(file, opened);
  } catch (error) {
    opened[Symbol.dispose]();
    throw error;
  }
}

interface OpenDatabase extends Disposable {
  database: DatabaseSync;
}

/**
 * A clean stop leaves no write-ahead log. Then nobody writes, and SQLite is told so: it would otherwise create files of
 * its own beside the database, and could not on a read-only disk.
 */
function openDatabase(file: string): OpenDatabase {
  if (!existsSync(`${file}-wal`)) {
    const url = pathToFileURL(file);
    url.searchParams.set('immutable', '1');
    return asOpen(new DatabaseSync(url, { readOnly: true }));
  }
  // SQLite's index of the log goes with a power cut. Only a writer can make it again, so one does, on a copy.
  return existsSync(`${file}-shm`) ? asOpen(new DatabaseSync(file, { readOnly: true })) : openCopy(file);
}

function openCopy(file: string): OpenDatabase {
  const directory = mkdtempSync(join(tmpdir(), 'confer-snapshot-'));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  try {
    const copy = join(directory, databaseName);
    copyFileSync(file, copy);
    copyFileSync(`${file}-wal`, `${copy}-wal`);
    return asOpen(new DatabaseSync(copy), remove);
  } catch (error) {
    remove();
    throw error;
  }
}

function asOpen(database: DatabaseSync, cleanUp = () => {}): OpenDatabase {
  return {
    database,
    [Symbol.dispose]: () => {
      if (database.isOpen) database.close();
      cleanUp();
    },
  };
}

class OpenSnapshot implements StoreSnapshot {
  readonly #file: string;
  readonly #open: OpenDatabase;
  readonly #statements;

  constructor(file: string, open: OpenDatabase) {
    const { database } = open;
    this.#file = file;
    this.#open = open;
    this.#statements = attempt(file, () => {
      database.exec('PRAGMA busy_timeout = 2000; BEGIN;');
      return {
        scan: database.prepare(
          `SELECT position, value FROM record WHERE log = ? AND position >= ? ORDER BY position LIMIT ${rowsMax}`,
        ),
        get: database.prepare('SELECT value FROM entry WHERE list = ? AND name = ?'),
        keys: database.prepare('SELECT name FROM entry WHERE list = ? ORDER BY name'),
      };
    });
  }

  async *scan(log: string, from = 0): AsyncGenerator<{ index: number; record: JsonObject }> {
    for (let next = from; ; ) {
      const rows = attempt(this.#file, () => this.#statements.scan.all(log, next));
      for (const { position, value } of rows) {
        next = Number(position) + 1;
        yield { index: Number(position), record: this.#parsed(value) };
      }
      if (rows.length < rowsMax) return;
    }
  }

  async get(table: string, key: string): Promise<JsonObject | undefined> {
    const row = attempt(this.#file, () => this.#statements.get.get(table, key));
    return row === undefined ? undefined : this.#parsed(row.value);
  }

  async keys(table: string): Promise<string[]> {
    return attempt(this.#file, () => this.#statements.keys.all(table)).map(({ name }) => String(name));
  }

  [Symbol.dispose](): void {
    this.#open[Symbol.dispose]();
  }

  #parsed(value: unknown): JsonObject {
    return attempt(this.#file, () => JSON.parse(String(value)) as JsonObject);
  }
}

function attempt<T>(file: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw readFailure(file, cause);
  }
}

function readFailure(file: string, cause: unknown): ConferError {
  const text = messageOf(cause);
  const code = cause instanceof Error && 'errcode' in cause ? Number(cause.errcode) & 0xff : 0;
  if (lockedCodes.includes(code))
    return new ConferError(
      'bad-input',
      `${file} is locked by another process; wait until that is done, or work on a copy of the directory.`,
      { cause },
    );
  if (text.startsWith('no such table'))
    return new ConferError('bad-input', `${file} is not the store of an agent.`, { cause });
  return new ConferError('storage-failure', `${file} cannot be read: ${text.replace(/\.$/, '')}.`, { cause });
}
