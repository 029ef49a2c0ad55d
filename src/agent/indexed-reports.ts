/**
 * Reports with a small note beside each, so that listing them loads none. The notes are in memory; both are durable.
 *
 *   table NAME         key -> the whole report
 *   table NAME-notes   key -> what a list shows of it, and its position: the order in which they came
 *
 * A crash may leave one without the other: a report without its note is described again, a note without its report is
 * forgotten.
 */
import type { JsonObject } from '../../crypto/canonical.ts';
import type { Store } from '../core/ports.ts';

export interface IndexedReportsOptions<Note extends JsonObject> {
  /** Name of the table of reports. */
  table: string;
  /** The note of a report that has none: after a crash, or from a version that kept no notes. */
  describe(key: string, report: JsonObject): Note;
  /** Where it is written; absent for whoever only looks at the store of another process. */
  writer?: Pick<Store, 'put' | 'remove'>;
}

export class IndexedReports<Note extends JsonObject> {
  readonly #store: Pick<Store, 'get' | 'keys'>;
  readonly #options: IndexedReportsOptions<Note>;
  readonly #notesTable: string;
  /** In the order of their positions. */
  readonly #notes = new Map<string, { note: Note; position: number }>();
  #nextPosition = 0;
  #opening: Promise<void> | undefined;

  constructor(store: Pick<Store, 'get' | 'keys'>, options: IndexedReportsOptions<Note>) {
    this.#store = store;
    this.#options = options;
    this.#notesTable = `${options.table}-notes`;
  }

  /** Loads the notes; everything below needs it to have resolved. Idempotent. */
  open(): Promise<void> {
    this.#opening ??= this.#load();
    return this.#opening;
  }

  get size(): number {
    return this.#notes.size;
  }

  note(key: string): Note | undefined {
    return this.#notes.get(key)?.note;
  }

  /** Oldest first. */
  *entries(): IterableIterator<[key: string, note: Note]> {
    for (const [key, { note }] of this.#notes) yield [key, note];
  }

  async report(key: string): Promise<JsonObject | undefined> {
    return await this.#store.get(this.#options.table, key);
  }

  /** Resolves once both are durable; only then is it listed. */
  async put(key: string, report: JsonObject, note: Note): Promise<void> {
    const position = this.#notes.get(key)?.position ?? this.#nextPosition++;
    const writer = this.#writer();
    await Promise.all([
      writer.put(this.#options.table, key, report),
      writer.put(this.#notesTable, key, { note, position }),
    ]);
    this.#notes.set(key, { note, position });
  }

  /** Replaces the note of a report that is here. Resolves once durable. */
  async annotate(key: string, note: Note): Promise<void> {
    const known = this.#notes.get(key);
    if (known === undefined) return;
    await this.#writer().put(this.#notesTable, key, { note, position: known.position });
    known.note = note;
  }

  async remove(key: string): Promise<void> {
    const writer = this.#writer();
    await Promise.all([writer.remove(this.#options.table, key), writer.remove(this.#notesTable, key)]);
    this.#notes.delete(key);
  }

  #writer(): Pick<Store, 'put' | 'remove'> {
    const { writer, table } = this.#options;
    if (writer === undefined) throw new Error(`${table} were opened for reading`);
    return writer;
  }

  async #load(): Promise<void> {
    const [keys, noted] = await Promise.all([
      this.#store.keys(this.#options.table),
      this.#store.keys(this.#notesTable),
    ]);
    const reports = new Set(keys);
    const found: { key: string; note: Note; position: number }[] = [];
    for (const key of noted) {
      const entry = reports.has(key) ? await this.#store.get(this.#notesTable, key) : undefined;
      if (entry !== undefined)
        found.push({ key, note: entry.note as Note, position: Number(entry.position) });
      else await this.#options.writer?.remove(this.#notesTable, key);
    }
    found.sort((one, other) => one.position - other.position);
    for (const { key, note, position } of found) this.#notes.set(key, { note, position });
    this.#nextPosition = (found.at(-1)?.position ?? -1) + 1;
    await this.#describeOthers(keys);
  }

  /** One report in memory at a time; among themselves they are as old as they say. */
  async #describeOthers(keys: readonly string[]): Promise<void> {
    const others: { key: string; note: Note; created: string }[] = [];
    for (const key of keys) {
      if (this.#notes.has(key)) continue;
      const report = await this.#store.get(this.#options.table, key);
      if (report === undefined) continue;
      others.push({ key, note: this.#options.describe(key, report), created: String(report.created) });
    }
    others.sort((one, other) => (one.created < other.created ? -1 : 1));
    for (const { key, note } of others) {
      const position = this.#nextPosition++;
      await this.#options.writer?.put(this.#notesTable, key, { note, position });
      this.#notes.set(key, { note, position });
    }
  }
}
