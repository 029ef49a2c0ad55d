/** What the durable Store adds to the contract: what it acknowledged stays, and a failure is final. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { ConferError } from '../../../src/core/errors.ts';
import { openSqliteStore } from '../../../src/system/sqlite-store.ts';
import { root } from '../../support/source.ts';

const isStorageFailure = (error: unknown) => error instanceof ConferError && error.code === 'storage-failure';

/** Appends for ever and writes the index of each record that was acknowledged. */
const appender = `
  const { openSqliteStore } = await import(${JSON.stringify(join(root, 'src/system/sqlite-store.ts'))});
  const store = openSqliteStore(process.argv[1]);
  for (;;) process.stdout.write(await store.append('audit', { pid: process.pid }) + '\\n');
`;

describe('the store on SQLite', () => {
  it('has after a restart what it acknowledged before, and counts on', async () => {
    using directory = temporaryDirectory();
    const before = openSqliteStore(directory.path);
    await before.append('audit', { number: 0 });
    await before.put('reports', 'a', { version: 1 });
    await before.close();
    const after = openSqliteStore(directory.path);
    assert.equal(await after.append('audit', { number: 1 }), 1);
    assert.deepEqual(await after.get('reports', 'a'), { version: 1 });
    await after.close();
  });

  it('loses nothing that was acknowledged to kill -9', async () => {
    using directory = temporaryDirectory();
    let acknowledged = -1;
    for (const records of [1, 40, 200]) {
      const target = acknowledged + records;
      const child = spawn(process.execPath, ['--input-type=module', '-e', appender, directory.path], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      for await (const line of createInterface({ input: child.stdout })) {
        acknowledged = Number(line);
        if (acknowledged >= target) child.kill('SIGKILL');
      }
    }
    const store = openSqliteStore(directory.path);
    const kept = await Array.fromAsync(store.scan('audit'), ({ index }) => index);
    await store.close();
    assert.ok(acknowledged >= 239);
    assert.ok(kept.length > acknowledged, `${kept.length} kept, ${acknowledged} acknowledged`);
    assert.deepEqual(kept, [...kept.keys()]);
  });

  it('says in whole sentences why it cannot be opened', () => {
    using directory = temporaryDirectory();
    const file = join(directory.path, 'file');
    writeFileSync(file, '');
    assert.throws(() => openSqliteStore(file), {
      message: `The store in ${file} could not be opened: ${file} cannot be used as a directory: it is a file. Check the disk, its space and the permissions, then restart.`,
    });
  });

  it('refuses everything after a failure, although the cause has gone', async () => {
    using directory = temporaryDirectory();
    const store = openSqliteStore(directory.path);
    await store.put('reports', 'a', {});
    using intruder = new DatabaseSync(join(directory.path, 'confer.sqlite'));
    intruder.exec('ALTER TABLE record RENAME TO hidden');
    await assert.rejects(store.append('audit', {}), isStorageFailure);
    intruder.exec('ALTER TABLE hidden RENAME TO record');
    await assert.rejects(store.append('audit', {}), isStorageFailure);
    await assert.rejects(store.put('nonces', 'high-water', {}), isStorageFailure);
    await assert.rejects(store.get('reports', 'a'), isStorageFailure);
    await assert.rejects(Array.fromAsync(store.scan('audit')), isStorageFailure);
    await store.close();
    const again = openSqliteStore(directory.path);
    assert.equal(await again.append('audit', {}), 0);
    await again.close();
  });

  it('commits what one turn writes together, and acknowledges none of it before', async () => {
    using directory = temporaryDirectory();
    const store = openSqliteStore(directory.path);
    using onlooker = new DatabaseSync(join(directory.path, 'confer.sqlite'), { readOnly: true });
    const visible = () => Number(onlooker.prepare('SELECT count(*) AS count FROM record').get()?.count);
    let acknowledged = 0;
    const writes = range(64).map(async (number) => {
      await store.append('audit', { number });
      acknowledged += 1;
      assert.equal(visible(), 64);
    });
    await Promise.resolve();
    assert.deepEqual({ acknowledged, visible: visible() }, { acknowledged: 0, visible: 0 });
    await Promise.all(writes);
    assert.equal(acknowledged, 64);
    await store.close();
  });

  it('makes durable on closing what is on its way', async () => {
    using directory = temporaryDirectory();
    const store = openSqliteStore(directory.path);
    const writing = store.append('audit', { number: 0 });
    await store.close();
    assert.equal(await writing, 0);
    await assert.rejects(store.append('audit', {}), isStorageFailure);
    assert.equal(store.failed.aborted, false);
    const again = openSqliteStore(directory.path);
    assert.equal(await again.append('audit', { number: 1 }), 1);
    await again.close();
  });

  it('rejects every write of a turn when one of them fails, keeps none, and tells whoever runs on it', async () => {
    using directory = temporaryDirectory();
    const store = openSqliteStore(directory.path);
    await store.put('reports', 'a', { version: 1 });
    using intruder = new DatabaseSync(join(directory.path, 'confer.sqlite'));
    intruder.exec('ALTER TABLE record RENAME TO hidden');
    const outcomes = await Promise.allSettled([
      store.put('reports', 'a', { version: 2 }),
      store.append('audit', {}),
      store.get('reports', 'a'),
    ]);
    assert.deepEqual(
      outcomes.map((one) => one.status === 'rejected' && isStorageFailure(one.reason)),
      [true, true, true],
    );
    assert.ok(isStorageFailure(store.failed.reason));
    await store.close();
    const again = openSqliteStore(directory.path);
    assert.deepEqual(await again.get('reports', 'a'), { version: 1 });
    await again.close();
  });

  it('belongs to one process at a time, and to the next one after it', async () => {
    using directory = temporaryDirectory();
    const first = openSqliteStore(directory.path);
    assert.throws(
      () => openSqliteStore(directory.path),
      (error: unknown) => isStorageFailure(error) && /another agent uses it/.test(String(error)),
    );
    await first.put('nonces', 'high-water', { value: 1 });
    await first.close();
    await openSqliteStore(directory.path).close();
  });

  it('says that a file is no store, and what to do', () => {
    using directory = temporaryDirectory();
    writeFileSync(join(directory.path, 'confer.sqlite'), 'not a database'.repeat(100));
    assert.throws(() => openSqliteStore(directory.path), isStorageFailure);
    assert.throws(() => openSqliteStore(join(directory.path, 'confer.sqlite', 'below')), isStorageFailure);
  });

  it('makes a directory that only its owner may read', async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, 'a', 'b');
    await openSqliteStore(path).close();
    assert.equal(statSync(path).mode & 0o777, 0o700);
  });
});

function range(count: number): number[] {
  return Array.from({ length: count }, (_, number) => number);
}

function temporaryDirectory(): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), 'confer-store-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}
