/**
 * Durable appends a second of the SQLite store, by how many callers wait at once.
 *
 *     node bench/store.ts [DIRECTORY]      a directory on the disk to measure; default: the system's temporary one
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore } from '../src/system/sqlite-store.ts';

/** About as long as a record of the audit trail. */
const record = { number: 1, previous: 'a'.repeat(64), text: 'b'.repeat(600) };
const measureMs = 2_000;

const directory = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'confer-bench-store-'));
try {
  for (const callers of [1, 8, 64, 256]) {
    const store = openSqliteStore(join(directory, String(callers)));
    const perSecond = await appendsPerSecond(callers, () => store.append('audit', record));
    console.log(`${String(callers).padStart(4)} in flight: ${Math.round(perSecond)} durable appends/s`);
    await store.close();
  }
} finally {
  rmSync(directory, { recursive: true });
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
