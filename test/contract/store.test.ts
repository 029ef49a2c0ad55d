/** What every Store must do, over each of them. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { JsonObject } from '../../crypto/canonical.ts';
import type { Store } from '../../src/core/ports.ts';
import { SimulatedDisk } from '../../src/sim/simulated-disk.ts';
import { openSqliteStore } from '../../src/system/sqlite-store.ts';
import { createMemoryStore } from '../support/memory-store.ts';

interface Opened extends AsyncDisposable {
  store: Store;
}

function contract(name: string, open: () => Opened): void {
  describe(`Store: ${name}`, () => {
    it('numbers the records of each log from 0, also when they are appended at once', async () => {
      await using opened = open();
      const { store } = opened;
      const indexes = await Promise.all([0, 1, 2, 3].map((number) => store.append('audit', { number })));
      assert.deepEqual(indexes, [0, 1, 2, 3]);
      assert.equal(await store.append('other', {}), 0);
    });

    it('scans a log in order, from anywhere, and through more records than one page', async () => {
      await using opened = open();
      const { store } = opened;
      for (let number = 0; number < 600; number += 1) await store.append('audit', { number });
      const all = await Array.fromAsync(store.scan('audit'));
      assert.deepEqual(
        all.map(({ index, record }) => [index, record.number]),
        range(0, 600).map((n) => [n, n]),
      );
      const rest = await Array.fromAsync(store.scan('audit', 598));
      assert.deepEqual(
        rest.map(({ index }) => index),
        [598, 599],
      );
      assert.deepEqual(await Array.fromAsync(store.scan('audit', 600)), []);
      assert.deepEqual(await Array.fromAsync(store.scan('nothing')), []);
    });

    it('a scan may be left early, and the log goes on', async () => {
      await using opened = open();
      const { store } = opened;
      await store.append('audit', {});
      for await (const { index } of store.scan('audit')) {
        assert.equal(index, 0);
        break;
      }
      assert.equal(await store.append('audit', {}), 1);
    });

    it('gets what was put last, and undefined for what never was or is removed', async () => {
      await using opened = open();
      const { store } = opened;
      assert.equal(await store.get('reports', 'a'), undefined);
      await store.put('reports', 'a', { version: 1 });
      await store.put('reports', 'a', { version: 2 });
      await store.put('nonces', 'a', { version: 3 });
      assert.deepEqual(await store.get('reports', 'a'), { version: 2 });
      await store.remove('reports', 'a');
      await store.remove('reports', 'never there');
      assert.equal(await store.get('reports', 'a'), undefined);
      assert.deepEqual(await store.get('nonces', 'a'), { version: 3 });
    });

    it('resolves writes of one turn in the order of the calls, each with its own outcome', async () => {
      await using opened = open();
      const { store } = opened;
      const order: string[] = [];
      const noted = async (name: string, write: Promise<unknown>) => {
        await write;
        order.push(name);
      };
      await Promise.all([
        noted('append', store.append('audit', { number: 0 })),
        noted('put', store.put('reports', 'a', { version: 1 })),
        noted('remove', store.remove('reports', 'a')),
        noted('again', store.append('audit', { number: 1 })),
      ]);
      assert.deepEqual(order, ['append', 'put', 'remove', 'again']);
      assert.equal(await store.get('reports', 'a'), undefined);
      assert.equal((await store.last('audit'))?.index, 1);
    });

    it('reads at once what was written before in the same turn', async () => {
      await using opened = open();
      const { store } = opened;
      const written = store.put('reports', 'a', { version: 1 });
      assert.deepEqual(await store.get('reports', 'a'), { version: 1 });
      await written;
    });

    it('trims a log from its beginning; indexes stay, and so does the newest record', async () => {
      await using opened = open();
      const { store } = opened;
      assert.equal(await store.last('audit'), undefined);
      await store.trim('audit', 5);
      for (let number = 0; number < 10; number += 1) await store.append('audit', { number });
      await store.append('other', { number: 100 });
      const kept = async () => await Array.fromAsync(store.scan('audit'), ({ index }) => index);
      await store.trim('audit', 0);
      assert.deepEqual(await kept(), range(0, 10));
      await store.trim('audit', 7);
      assert.deepEqual(await kept(), [7, 8, 9]);
      await store.trim('audit', 3);
      assert.deepEqual(await kept(), [7, 8, 9]);
      await store.trim('audit', 1_000);
      assert.deepEqual(await kept(), [9]);
      assert.equal(await store.append('audit', { number: 10 }), 10);
      assert.deepEqual(await store.last('audit'), { index: 10, record: { number: 10 } });
      assert.deepEqual(await store.last('other'), { index: 0, record: { number: 100 } });
    });

    it('lists the keys of one table in order', async () => {
      await using opened = open();
      const { store } = opened;
      for (const key of ['b', 'a', 'C', '10', '9']) await store.put('reports', key, {});
      await store.put('nonces', 'z', {});
      assert.deepEqual(await store.keys('reports'), ['10', '9', 'C', 'a', 'b']);
      assert.deepEqual(await store.keys('nothing'), []);
    });

    it('keeps a copy: changing what was stored, or what came back, changes nothing', async () => {
      await using opened = open();
      const { store } = opened;
      const value: { list: number[] } = { list: [1] };
      await store.put('reports', 'a', value);
      value.list.push(2);
      const first = await store.get('reports', 'a');
      assert.deepEqual(first, { list: [1] });
      Object.assign(first ?? {}, { list: 'changed' });
      assert.deepEqual(await store.get('reports', 'a'), { list: [1] });
    });

    it('takes any name and any JSON object, whatever SQL would make of it', async () => {
      await using opened = open();
      const { store } = opened;
      const name = fc
        .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
        .filter((text) => !text.includes('\0'));
      const object = fc.dictionary(name, fc.jsonValue({ noUnicodeString: false }), { noNullPrototype: true });
      await fc.assert(
        fc.asyncProperty(name, name, object, async (table, key, drawn) => {
          const value = JSON.parse(JSON.stringify(drawn)) as JsonObject;
          await store.put(table, key, value);
          assert.deepEqual(await store.get(table, key), value);
          assert.ok((await store.keys(table)).includes(key));
          const index = await store.append(table, value);
          assert.deepEqual(await Array.fromAsync(store.scan(table, index)), [{ index, record: value }]);
        }),
        { numRuns: 100 },
      );
    });

    it('closes more than once', async () => {
      await using opened = open();
      await opened.store.close();
      await opened.store.close();
    });
  });
}

contract('memory', () => ({ store: createMemoryStore(), [Symbol.asyncDispose]: async () => {} }));
contract('simulated disk', () => {
  const disk = new SimulatedDisk();
  const store = disk.open({ after: (_ms, fire) => setImmediate(fire), commitMs: () => 1 });
  return { store, [Symbol.asyncDispose]: async () => {} };
});
contract('sqlite', () => {
  const directory = mkdtempSync(join(tmpdir(), 'confer-store-'));
  const store = openSqliteStore(directory);
  return {
    store,
    async [Symbol.asyncDispose]() {
      await store.close();
      rmSync(directory, { recursive: true });
    },
  };
});

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}
