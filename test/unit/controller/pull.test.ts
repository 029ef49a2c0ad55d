/** A controller's pull: every report of every device, each once, whatever breaks and whoever lies. */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { Archive } from '../../../src/controller/archive.ts';
import type { DeviceAccount } from '../../../src/controller/controller.ts';
import { ConferError } from '../../../src/core/errors.ts';
import type { Store } from '../../../src/core/ports.ts';
import { createMemoryStore } from '../../support/memory-store.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';
import {
  controllerName,
  controllerOf,
  copyOf,
  dyingStore,
  FakeDevice,
  idOf,
  passing,
  type RealReports,
  realReports,
  type WorldOptions,
} from './world.ts';

let real: RealReports;

before(async () => {
  real = await realReports(5);
});

describe('a pull [T28]', () => {
  it('stores every report, verified, before it acknowledges it; the next pull finds nothing new', async () => {
    const device = deviceWith(5);
    const store = createMemoryStore();
    const [first] = await pull({ 'PE-1': device }, { store });
    assert.deepEqual(first, { device: 'PE-1', new: 5, verified: 5, acknowledged: 5, refused: [] });
    const [second] = await pull({ 'PE-1': device }, { store });
    assert.deepEqual(second, { device: 'PE-1', new: 0, verified: 0, acknowledged: 0, refused: [] });
    assert.equal(device.reads.length, 5);
    await holdsExactly(store, device);
  });

  it('holds a report exactly as it was made', async () => {
    const store = createMemoryStore();
    await pull({ 'PE-1': deviceWith(1) }, { store });
    const archive = await archiveOf(store);
    const [report] = real.ofPe1;
    assert.ok(report);
    assert.deepEqual(await archive.report('PE-1', idOf(report)), copyOf(report));
    const { device, id, created, verdict, hypothesis } = archive.held()[0] ?? {};
    assert.deepEqual(
      { device, id, created, verdict, hypothesis },
      {
        device: 'PE-1',
        id: idOf(report),
        created: report.created,
        verdict: report.verdict,
        hypothesis: report.hypothesis,
      },
    );
  });

  it('reads a list of any number of pages, also when an entry comes twice', async () => {
    for (const pageSize of [1, 2, 5, 100]) {
      const device = deviceWith(5);
      device.pageSize = pageSize;
      const page = device.page.bind(device);
      const [repeated = ''] = device.kept.keys();
      device.page = (cursor) => {
        const honest = page(cursor);
        return { ...honest, reports: [...honest.reports, { id: repeated, acknowledgedBy: [] }] };
      };
      const [account] = await pull({ 'PE-1': device });
      assert.deepEqual([account?.new, account?.verified], [5, 5], `${pageSize} a page`);
      assert.equal(device.reads.length, 5);
    }
  });

  it('acknowledges again what the device forgot that it was told', async () => {
    const device = deviceWith(2);
    const store = createMemoryStore();
    await pull({ 'PE-1': device }, { store });
    device.acknowledged.clear();
    const [account] = await pull({ 'PE-1': device }, { store });
    assert.deepEqual(account, { device: 'PE-1', new: 0, verified: 0, acknowledged: 2, refused: [] });
    assert.equal(device.reads.length, 2);
  });

  it('says who is away and why, and takes what the others have', async () => {
    const away = deviceWith(2);
    away.isAway = true;
    const there = new FakeDevice();
    there.keep(real.ofPe3);
    const accounts = await pull({ 'PE-1': away, 'PE-3': there });
    assert.deepEqual(accounts[0]?.away, { reason: 'unreachable', detail: 'PE-1 cannot be reached.' });
    assert.deepEqual([accounts[1]?.new, accounts[1]?.verified, accounts[1]?.away], [1, 1, undefined]);
  });

  for (const method of ['list', 'read', 'acknowledge'] as const)
    it(`gives a device up that never answers ${method}, and the next pull finishes`, async () => {
      const device = deviceWith(2);
      device.hangsAt = method;
      const store = createMemoryStore();
      const [account] = await pull({ 'PE-1': device }, { store });
      assert.equal(account?.away?.reason, 'timeout');
      device.hangsAt = undefined;
      await pull({ 'PE-1': device }, { store });
      await holdsExactly(store, device);
    });

  it('pulls no more devices at once than it is told', async () => {
    const devices = Object.fromEntries(Array.from({ length: 6 }, (_, n) => [`R${n}`, new FakeDevice()]));
    for (const device of Object.values(devices)) device.hangsAt = 'list';
    const clock = createVirtualClock();
    const controller = controllerOf({ devices, clock, anchor: real.anchor, bounds: { devicesAtOnce: 2 } });
    const pulling = controller.pull({ signal: new AbortController().signal, refusedBefore: 'tell' });
    await clock.advance(1_000);
    assert.equal(Object.values(devices).filter(({ opened }) => opened > 0).length, 2);
    await passing(clock, pulling);
    assert.equal(clock.waiting, 0);
  });

  it('leaves no link open', async () => {
    const device = deviceWith(3);
    await pull({ 'PE-1': device });
    assert.equal(device.linksOpen, 0);
  });

  it('takes what is pushed meanwhile, once', async () => {
    const device = deviceWith(4);
    const late = real.ofPe1[4];
    assert.ok(late);
    const page = device.page.bind(device);
    device.page = (cursor) => {
      if (cursor === undefined) void device.push(copyOf(late)).then(() => device.keep(late));
      return page(cursor);
    };
    const store = createMemoryStore();
    const [account] = await pull({ 'PE-1': device }, { store });
    assert.deepEqual([account?.new, account?.verified], [5, 5]);
    await pull({ 'PE-1': device }, { store });
    await holdsExactly(store, device);
  });
});

describe('a pull that breaks [T28]', () => {
  it('at any call of the link: repeated, it ends with every report once', async () => {
    for (let callsMax = 0; callsMax <= 10; callsMax += 1) {
      const device = deviceWith(5);
      const store = createMemoryStore();
      device.callsMax = callsMax;
      const [broken] = await pull({ 'PE-1': device }, { store });
      if (callsMax < 8) assert.equal(broken?.away?.reason, 'unreachable', `${callsMax} calls`);
      device.callsMax = Number.POSITIVE_INFINITY;
      await pull({ 'PE-1': device }, { store });
      await holdsExactly(store, device);
    }
  });

  it('at any write of the store (kill -9): nothing acknowledged is lost, nothing is doubled', async () => {
    for (let writesMax = 0; writesMax < 10; writesMax += 1) {
      const device = deviceWith(5);
      const store = createMemoryStore();
      await assert.rejects(
        pull({ 'PE-1': device }, { store: dyingStore(store, writesMax) }),
        (error) => error instanceof ConferError && error.code === 'storage-failure',
        `${writesMax} writes`,
      );
      const archive = await archiveOf(store);
      for (const id of device.acknowledged.keys()) assert.ok(archive.holds('PE-1', id), `${id} was lost`);
      await pull({ 'PE-1': device }, { store });
      await holdsExactly(store, device);
    }
  });

  it('by the operator: the reason is told, what was stored stays', async () => {
    const device = deviceWith(3);
    device.hangsAt = 'acknowledge';
    const stop = new AbortController();
    const clock = createVirtualClock();
    const store = createMemoryStore();
    const controller = controllerOf({ devices: { 'PE-1': device }, clock, anchor: real.anchor, store });
    const pulling = controller.pull({ signal: stop.signal, refusedBefore: 'tell' });
    await clock.advance(100);
    stop.abort(new ConferError('cancelled', 'Interrupted.'));
    await assert.rejects(pulling, /Interrupted/);
    assert.equal((await archiveOf(store)).held().length, 3);
    assert.equal(clock.waiting, 0);
  });
});

describe('a device that lies [T28]', () => {
  const lies: [string, (device: FakeDevice) => void, RegExp][] = [
    [
      'with a report that was changed',
      (device) => device.kept.set(idOf(first()), copyOf(first(), { summary: 'All is well.' })),
      /^conclusion: summary says what does not follow/,
    ],
    [
      "with another device's report",
      (device) => device.kept.set(idOf(real.ofPe3), copyOf(real.ofPe3)),
      /^creator: PE-3 made it, and PE-1 hands it over$/,
    ],
    [
      'with a report under the id of another',
      (device) => device.kept.set('0123456789abcdef', copyOf(first())),
      /^identity: it is report [0-9a-f]+, listed as 0123456789abcdef$/,
    ],
    ['with something else', (device) => device.kept.set('0123456789abcdef', { report: 1 }), /^form: /],
    ['with a number', (device) => device.kept.set('0123456789abcdef', 7), /^form: /],
  ];
  for (const [what, lie, reason] of lies)
    it(`${what} is told so by name; it is kept apart, not acknowledged, and not fetched again`, async () => {
      const device = new FakeDevice();
      lie(device);
      const [id = ''] = device.kept.keys();
      const store = createMemoryStore();
      const [account] = await pull({ 'PE-1': device }, { store });
      assert.deepEqual([account?.new, account?.verified, account?.acknowledged], [1, 0, 0]);
      assert.match(account?.refused[0]?.reason ?? '', reason);
      assert.deepEqual(device.acknowledged.size, 0);
      const archive = await archiveOf(store);
      assert.equal(archive.held().length, 0);
      assert.deepEqual(await archive.refusedBody('PE-1', id), device.kept.get(id));

      const [again] = await pull({ 'PE-1': device }, { store });
      assert.equal(device.reads.length, 1, 'fetched again');
      assert.equal(again?.new, 0);
      assert.match(again?.refused[0]?.since ?? '', /^2026-/, 'and not told');
    });

  it('and then tells the truth is believed when it is asked again', async () => {
    const device = deviceWith(1);
    const store = createMemoryStore();
    const id = idOf(first());
    device.kept.set(id, copyOf(first(), { summary: 'All is well.' }));
    await pull({ 'PE-1': device }, { store });
    device.keep(first());
    const [account] = await pull({ 'PE-1': device }, { store }, 'retry');
    assert.deepEqual([account?.verified, account?.acknowledged], [1, 1]);
    const archive = await archiveOf(store);
    assert.deepEqual([archive.held().length, archive.refused().length], [1, 0]);
  });

  it('leaves a place that a person may free: what was refused stays here, and the device may drop it', async () => {
    const device = new FakeDevice();
    const id = '0123456789abcdef';
    device.kept.set(id, { report: 1 });
    const store = createMemoryStore();
    const [first] = await pull({ 'PE-1': device }, { store }, 'release');
    assert.deepEqual(
      [first?.refused.length, device.acknowledged.size],
      [1, 0],
      'nobody has looked at it yet',
    );
    const [released] = await pull({ 'PE-1': device }, { store }, 'release');
    assert.deepEqual([released?.refused.length, released?.acknowledged], [0, 1]);
    assert.deepEqual([...device.acknowledged.keys()], [id]);
    const [after] = await pull({ 'PE-1': device }, { store });
    assert.deepEqual([after?.refused.length, after?.acknowledged, device.reads.length], [0, 0, 1]);
    assert.deepEqual(await (await archiveOf(store)).refusedBody('PE-1', id), { report: 1 });
  });

  it('hides no good report behind a bad one', async () => {
    const device = deviceWith(5);
    const [bad = ''] = device.kept.keys();
    device.kept.set(bad, { verdict: 'CONFIRMED' });
    const [account] = await pull({ 'PE-1': device });
    assert.deepEqual([account?.verified, account?.refused.map(({ id }) => id)], [4, [bad]]);
  });

  it('with a list that has no end, or with ever more bad reports, is given up', async () => {
    const endless = new FakeDevice();
    endless.page = (cursor) => ({
      reports: Array.from({ length: 200 }, (_, n) => ({ id: `r${cursor ?? 0}-${n}`, acknowledgedBy: [] })),
      nextCursor: `${Number(cursor ?? 0) + 1}`,
    });
    const flood = new FakeDevice();
    for (let number = 0; number < 50; number += 1) flood.kept.set(`r${number}`, { number });
    const clock = createVirtualClock();
    const devices = { 'PE-1': endless, 'PE-3': flood };
    const accounts = await pull(devices, { clock });
    assert.match(accounts[0]?.away?.detail ?? '', /lists more than 100000 reports/);
    assert.match(accounts[1]?.away?.detail ?? '', /6 reports of PE-3 were refused; the rest was left there/);
    assert.equal(flood.reads.length, 6);
  });

  it('about a report that is held already gets no second one in', async () => {
    const device = deviceWith(1);
    const store = createMemoryStore();
    await pull({ 'PE-1': device }, { store });
    const clock = createVirtualClock();
    const controller = controllerOf({ devices: { 'PE-1': device }, clock, anchor: real.anchor, store });
    device.hangsAt = 'list';
    const pulling = controller.pull({ signal: new AbortController().signal, refusedBefore: 'tell' });
    await clock.advance(10);
    const receipts = await device.push(copyOf(first(), { summary: 'All is well.' }));
    assert.equal(receipts[0]?.stored, false);
    assert.deepEqual(await device.push(copyOf(first())), [{ stored: true }]);
    await passing(clock, pulling);
    const archive = await archiveOf(store);
    assert.deepEqual(await archive.report('PE-1', idOf(first())), copyOf(first()));
    assert.equal(archive.held().length, 1);
  });
});

function first() {
  const [report] = real.ofPe1;
  assert.ok(report);
  return report;
}

function deviceWith(count: number): FakeDevice {
  const device = new FakeDevice();
  device.keep(...real.ofPe1.slice(0, count));
  return device;
}

async function pull(
  devices: Record<string, FakeDevice>,
  options: Partial<WorldOptions> = {},
  refusedBefore: 'tell' | 'retry' | 'release' = 'tell',
): Promise<DeviceAccount[]> {
  const clock = options.clock ?? createVirtualClock();
  const controller = controllerOf({ devices, clock, anchor: real.anchor, ...options });
  const { signal } = new AbortController();
  try {
    return await passing(clock, controller.pull({ signal, refusedBefore }));
  } finally {
    await controller.close();
    assert.equal(clock.waiting, 0, 'timers are left');
  }
}

async function archiveOf(store: Store): Promise<Archive> {
  const archive = new Archive(store);
  await archive.open();
  return archive;
}

/** Every report of the device once, and the device knows. */
async function holdsExactly(store: Store, device: FakeDevice): Promise<void> {
  const held = (await archiveOf(store)).held().map(({ id }) => id);
  assert.deepEqual([...held].sort(), [...device.kept.keys()].sort());
  assert.deepEqual([...device.acknowledged.keys()].sort(), [...held].sort());
  for (const names of device.acknowledged.values()) assert.deepEqual(names, [controllerName]);
}
