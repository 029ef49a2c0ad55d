/** The Store without a disk: for tests that need its contract and not its durability. */
import type { JsonObject } from '../../crypto/canonical.ts';
import type { Store } from '../../src/core/ports.ts';

export function createMemoryStore(): Store {
  const logs = new Map<string, string[]>();
  const tables = new Map<string, Map<string, string>>();
  const logOf = (log: string) => logs.get(log) ?? logs.set(log, []).get(log) ?? [];
  const tableOf = (table: string) =>
    tables.get(table) ?? tables.set(table, new Map()).get(table) ?? new Map();
  return {
    append: async (log, record) => logOf(log).push(JSON.stringify(record)) - 1,
    async *scan(log, from = 0) {
      for (let index = from; index < logOf(log).length; index += 1)
        yield { index, record: parsed(logOf(log)[index] ?? '') };
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
