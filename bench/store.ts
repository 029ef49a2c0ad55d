/** Durable appends a second of the SQLite store, by how many callers wait at once. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore } from '../src/system/sqlite-store.ts';
import type { Row } from './table.ts';

/** About as long as a record of the audit trail. */
const record = { number: 1, previous: 'a'.repeat(64), text: 'b'.repeat(600) };
const measureMs = 2_000;

export async function benchStore(): Promise<Row[]> {
  const directory = mkdtempSync(join(tmpdir(), 'confer-bench-store-'));
  const rates: [number, number][] = [];
  try {
    for (const callers of [1, 8, 64, 256]) {
      const store = openSqliteStore(join(directory, String(callers)));
      rates.push([callers, await appendsPerSecond(callers, () => store.append('audit', record))]);
      await store.close();
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
  const base = rates[0]?.[1] ?? Number.NaN;
  return rates.map(([callers, perSecond]) => ({
    what: `durable appends, ${callers} in flight`,
    figure: `${Math.round(perSecond)} a second`,
    ratio: perSecond / base,
  }));
}

async function appendsPerSecond(callers: number, append: () => Promise<unknown>): Promise<number> {
  let appended = 0;
  const began = performance.now();
  const caller = async () => {
    for (; performance.now() - began < measureMs; appended += 1) await append();
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return (appended / (performance.now() - began)) * 1_000;
}
