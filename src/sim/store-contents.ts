/** Logs and tables as a store has them, one change at a time. */
import type { JsonObject } from '../../crypto/canonical.ts';

export type Write =
  | { do: 'append'; log: string; text: string }
  | { do: 'trim'; log: string; before: number }
  | { do: 'put'; table: string; key: string; text: string }
  | { do: 'remove'; table: string; key: string };

/** Records from index `from` to before `end`. */
export interface LogContents {
  readonly from: number;
  readonly end: number;
}

export class StoreContents {
  readonly #logs = new Map<string, { from: number; end: number; records: string[] }>();
  readonly #tables = new Map<string, Map<string, string>>();

  log(name: string): LogContents {
    return this.#log(name);
  }

  record(log: string, index: number): { index: number; record: JsonObject } | undefined {
    const { from, records } = this.#log(log);
    const text = records[index - from];
    return text === undefined ? undefined : { index, record: JSON.parse(text) as JsonObject };
  }

  /** JSON by key. */
  table(name: string): Map<string, string> {
    const known = this.#tables.get(name) ?? new Map<string, string>();
    this.#tables.set(name, known);
    return known;
  }

  apply(write: Write): void {
    switch (write.do) {
      case 'append': {
        const log = this.#log(write.log);
        log.records.push(write.text);
        log.end += 1;
        return;
      }
      case 'trim': {
        const log = this.#log(write.log);
        const removed = Math.max(0, Math.min(write.before, log.end - 1) - log.from);
        log.records.splice(0, removed);
        log.from += removed;
        return;
      }
      case 'put':
        this.table(write.table).set(write.key, write.text);
        return;
      case 'remove':
        this.table(write.table).delete(write.key);
        return;
    }
  }

  #log(name: string) {
    const known = this.#logs.get(name) ?? { from: 0, end: 0, records: [] };
    this.#logs.set(name, known);
    return known;
  }
}
