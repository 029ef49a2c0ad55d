/** The Store without a disk: for tests that need its contract and not its durability. */
import type { JsonObject } from '../../crypto/canonical.ts';
import type { Store } from '../../src/core/ports.ts';

export function createMemoryStore(): Store {
  const logs = new Map<string, { from: number; records: string[] }>();
  const tables = new Map<string, Map<string, string>>();
  const logOf = (log: string) => {
    const known = logs.get(log) ?? { from: 0, records: [] };
    logs.set(log, known);
    return known;
  };
  const tableOf = (table: string) =>
    tables.get(table) ?? tables.set(table, new Map()).get(table) ?? new Map();
  const recordAt = (log: string, index: number) => {
    const { from, records } = logOf(log);
    const text = records[index - from];
    return text === undefined ? undefined : { index, record: parsed(text) };
  };
  const endOf = (log: string) => logOf(log).from + logOf(log).records.length;
  return {
    append: async (log, record) => logOf(log).from + logOf(log).records.push(JSON.stringify(record)) - 1,
    async *scan(log, from = 0) {
      for (let index = Math.max(from, logOf(log).from); index < endOf(log); index += 1) {
        const found = recordAt(log, index);
        if (found !== undefined) yield found;
      }
    },
    last: async (log) => recordAt(log, endOf(log) - 1),
    trim: async (log, before) => {
      const kept = logOf(log);
      const removed = Math.max(0, Math.min(before, endOf(log) - 1) - kept.from);
      kept.records.splice(0, removed);
      kept.from += removed;
    },
    get: async (table, key) => {
      const text = tableOf(table).get(key);
      return text === undefined ? undefined : parsed(text);
    },
    put: async (table, key, value) => void tableOf(table).set(key, JSON.stringify(value)),
    keys: async (table) => [...tableOf(table).keys()].sort(),
    remove: async (table, key) => void tableOf(table).delete(key),
    close: async () => {},
  };
}

function parsed(text: string): JsonObject {
  return JSON.parse(text) as JsonObject;
}
