/** The device's shelf: reports wait for a controller, within bounds that are announced before they bite. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../../crypto/canonical.ts';
import { ReportShelf } from '../../../src/agent/report-shelf.ts';
import { reportUriPrefix } from '../../../src/collaboration/report.ts';
import { ConferError } from '../../../src/core/errors.ts';
import type { Store } from '../../../src/core/ports.ts';
import type { Report } from '../../../src/core/records.ts';
import { createMemoryStore } from '../../support/memory-store.ts';

interface Shelf {
  shelf: ReportShelf;
  store: Store;
  /** What the log was told, in order. */
  told: { message: string; fields: JsonObject }[];
}

function shelfOf(keepMax: number, store = createMemoryStore(), warnAtPercent = 80): Shelf {
  const told: Shelf['told'] = [];
  const write = (message: string, fields: JsonObject = {}) => void told.push({ message, fields });
  const shelf = new ReportShelf({ store, log: { info: write, warn: write } }, { keepMax, warnAtPercent });
  return { shelf, store, told };
}

function report(number: number): Report {
  const created = new Date(Date.UTC(2026, 6, 1) + number * 1_000).toISOString();
  const uri = `${reportUriPrefix}r${String(number).padStart(3, '0')}`;
  return { uri, created, hypothesis: `fault ${number}`, verdict: 'CONFIRMED' } as Report;
}

async function keep(shelf: ReportShelf, ...numbers: number[]): Promise<void> {
  for (const number of numbers) {
    using _place = await shelf.reserve();
    await shelf.keep(report(number));
  }
}

async function idsOf(shelf: ReportShelf): Promise<string[]> {
  return (await shelf.list()).map(({ id }) => id);
}

const isFull = (error: unknown) => error instanceof ConferError && error.code === 'overloaded';

describe('the report shelf [T28]', () => {
  it('lists oldest first what it keeps, by notes: no report is loaded for it', async () => {
    const { shelf, store } = shelfOf(10);
    await keep(shelf, 2, 1, 3);
    let loaded = 0;
    const counting = {
      ...store,
      get: (table: string, key: string) => {
        if (table === 'reports') loaded += 1;
        return store.get(table, key);
      },
    };
    const { shelf: again } = shelfOf(10, counting);
    assert.deepEqual(await again.list(), [
      {
        id: 'r002',
        created: report(2).created,
        hypothesis: 'fault 2',
        verdict: 'CONFIRMED',
        'acknowledged-by': [],
      },
      {
        id: 'r001',
        created: report(1).created,
        hypothesis: 'fault 1',
        verdict: 'CONFIRMED',
        'acknowledged-by': [],
      },
      {
        id: 'r003',
        created: report(3).created,
        hypothesis: 'fault 3',
        verdict: 'CONFIRMED',
        'acknowledged-by': [],
      },
    ]);
    assert.equal(loaded, 0);
    assert.deepEqual(await again.get('r001'), report(1));
  });

  it('remembers who acknowledged, over restarts; again changes nothing; what is not there is told', async () => {
    const { shelf, store } = shelfOf(10);
    await keep(shelf, 1, 2);
    for (const _time of [1, 2])
      assert.deepEqual(await shelf.acknowledge(['r001', 'r009', 'r001'], 'noc'), {
        acknowledged: ['r001'],
        unknown: ['r009'],
      });
    await shelf.acknowledge(['r001'], 'noc-2');
    const { shelf: again } = shelfOf(10, store);
    assert.deepEqual(
      (await again.list()).map((one) => one['acknowledged-by']),
      [['noc', 'noc-2'], []],
    );
    assert.equal((await again.status()).unacknowledged, 1);
  });

  it('drops for a new report the oldest that is acknowledged, and says so; no other', async () => {
    const { shelf, told } = shelfOf(4);
    await keep(shelf, 1, 2, 3, 4);
    await shelf.acknowledge(['r002', 'r003'], 'noc');
    await keep(shelf, 5, 6);
    assert.deepEqual(await idsOf(shelf), ['r001', 'r004', 'r005', 'r006']);
    const dropped = told.filter(({ message }) => message === 'report dropped').map(({ fields }) => fields.id);
    assert.deepEqual(dropped, ['r002', 'r003']);
  });

  it('refuses an intent before it measures when all places hold what no controller has', async () => {
    const { shelf } = shelfOf(2);
    await keep(shelf, 1, 2);
    await assert.rejects(shelf.reserve(), isFull);
    await assert.rejects(
      shelf.reserve(),
      /2 reports wait for a controller, reports\.keepMax is 2; nothing was measured/,
    );
    assert.deepEqual(await idsOf(shelf), ['r001', 'r002']);
    await shelf.acknowledge(['r001'], 'noc');
    await keep(shelf, 3);
    assert.deepEqual(await idsOf(shelf), ['r002', 'r003']);
  });

  it('promises no place twice: intents that run at once count', async () => {
    const { shelf } = shelfOf(2);
    await keep(shelf, 1);
    const place = await shelf.reserve();
    await assert.rejects(shelf.reserve(), isFull);
    place[Symbol.dispose]();
    place[Symbol.dispose]();
    using _other = await shelf.reserve();
    await assert.rejects(shelf.reserve(), isFull);
  });

  it('announces what will be, before it is, each once: in the log and in its status', async () => {
    const { shelf, told } = shelfOf(10);
    const states: string[] = [];
    for (let number = 1; number <= 10; number += 1) {
      await keep(shelf, number);
      states.push((await shelf.status()).state);
    }
    assert.deepEqual(states, [...Array(7).fill('room'), 'nearly-refusing', 'nearly-refusing', 'refusing']);
    assert.deepEqual(
      told.map(({ message, fields }) => [message, fields.state, fields.kept]),
      [
        ['report shelf', 'nearly-refusing', 8],
        ['report shelf', 'refusing', 10],
      ],
    );
    assert.match(
      (await shelf.status()).announcement,
      /^10 of 10 reports kept, 10 not acknowledged by a controller: new intents are refused/,
    );
    await shelf.acknowledge(['r001', 'r002', 'r003', 'r004'], 'noc');
    assert.equal((await shelf.status()).state, 'dropping');
  });

  it('announces that acknowledged reports will be dropped before the first one is', async () => {
    const { shelf, told } = shelfOf(5);
    for (let number = 1; number <= 6; number += 1) {
      await keep(shelf, number);
      await shelf.acknowledge([`r00${number}`], 'noc');
    }
    const firstDrop = told.findIndex(({ message }) => message === 'report dropped');
    const firstWord = told.findIndex(({ fields }) => /dropped/.test(String(fields.announcement)));
    assert.ok(firstWord >= 0 && firstWord < firstDrop, JSON.stringify(told));
  });

  it('announces at once when it was opened nearly full', async () => {
    const { shelf, store } = shelfOf(5);
    await keep(shelf, 1, 2, 3, 4);
    const { shelf: again, told } = shelfOf(5, store);
    await again.list();
    assert.equal(told[0]?.fields.state, 'nearly-refusing');
  });

  it('has room for fewer from now on when keepMax was lowered, and loses nothing unacknowledged', async () => {
    const { shelf, store } = shelfOf(5);
    await keep(shelf, 1, 2, 3, 4);
    const { shelf: smaller } = shelfOf(3, store);
    await assert.rejects(smaller.reserve(), isFull);
    await smaller.acknowledge(['r001', 'r002', 'r004'], 'noc');
    await keep(smaller, 5);
    assert.deepEqual(await idsOf(smaller), ['r003', 'r004', 'r005']);
  });

  it('knows the reports of a version that kept no notes, oldest first', async () => {
    const store = createMemoryStore();
    for (const number of [3, 1, 2])
      await store.put('reports', `x${number}`, report(number) as unknown as JsonObject);
    const { shelf } = shelfOf(10, store);
    assert.deepEqual(await idsOf(shelf), ['x1', 'x2', 'x3']);
    await keep(shelf, 4);
    const { shelf: again } = shelfOf(10, store);
    assert.deepEqual(await idsOf(again), ['x1', 'x2', 'x3', 'r004']);
  });

  for (const torn of ['reports', 'reports-notes'])
    it(`after a crash that wrote nothing to ${torn}, it lists only what is whole`, async () => {
      const store = createMemoryStore();
      const dying = {
        ...store,
        put: async (table: string, key: string, value: JsonObject) => {
          if (table === torn) throw new ConferError('storage-failure', 'It died.');
          await store.put(table, key, value);
        },
      };
      await assert.rejects(keep(shelfOf(10, dying).shelf, 1), /It died/);
      const { shelf } = shelfOf(10, store);
      const listed = await idsOf(shelf);
      assert.deepEqual(listed, torn === 'reports' ? [] : ['r001']);
      for (const id of listed) assert.deepEqual(await shelf.get(id), report(1));
      assert.deepEqual((await store.keys('reports-notes')).length, listed.length);
    });
});
