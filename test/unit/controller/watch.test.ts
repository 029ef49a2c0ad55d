/** A controller's watch: stays connected, takes what is pushed, comes back with bounded patience, catches up. */
import assert from 'node:assert/strict';
import { afterEach, before, beforeEach, describe, it } from 'node:test';
import { Archive } from '../../../src/controller/archive.ts';
import type { Controller, WatchEvent } from '../../../src/controller/controller.ts';
import type { Store } from '../../../src/core/ports.ts';
import { createMemoryStore } from '../../support/memory-store.ts';
import { createVirtualClock, type VirtualClock } from '../../support/virtual-clock.ts';
import {
  boundsUsual,
  controllerOf,
  copyOf,
  dyingStore,
  FakeDevice,
  idOf,
  passing,
  type RealReports,
  realReports,
} from './world.ts';

let real: RealReports;
let clock: VirtualClock;
let store: Store;
let device: FakeDevice;
let stop: AbortController;
let events: { at: number; event: WatchEvent }[];
let controller: Controller;
let watching: Promise<void>;

before(async () => {
  real = await realReports(3);
});

beforeEach(() => {
  clock = createVirtualClock();
  store = createMemoryStore();
  device = new FakeDevice();
  stop = new AbortController();
  events = [];
});

afterEach(async () => {
  stop.abort();
  await passing(clock, watching);
  await controller.close();
  assert.equal(clock.waiting, 0, 'timers are left');
  assert.equal(device.linksOpen, 0, 'a link is left open');
});

describe('a watch [T28]', () => {
  it('catches up, and then takes each report as it is pushed: durable before the answer', async () => {
    device.keep(report(0));
    start();
    await clock.advance(1_000);
    assert.deepEqual(kinds(), ['arrived', 'connected']);
    const receipts = await device.push(copyOf(report(1)));
    assert.deepEqual(receipts, [{ stored: true }]);
    assert.deepEqual(await heldIds(), [idOf(report(0)), idOf(report(1))]);
    assert.deepEqual(kinds(), ['arrived', 'connected', 'arrived']);
    assert.equal(device.opened, 1);
  });

  it('tells a repeated push that it is stored, and prints it once', async () => {
    start();
    await clock.advance(1_000);
    for (let time = 0; time < 3; time += 1)
      assert.deepEqual(await device.push(copyOf(report(0))), [{ stored: true }]);
    const both = await Promise.all([device.push(copyOf(report(1))), device.push(copyOf(report(1)))]);
    assert.deepEqual(both.flat(), [{ stored: true }, { stored: true }]);
    assert.deepEqual(kinds(), ['connected', 'arrived', 'arrived']);
  });

  it('tells a device that lies why, keeps the lie apart, and stays', async () => {
    start();
    await clock.advance(1_000);
    const receipts = await device.push(copyOf(report(0), { summary: 'All is well.' }));
    assert.match(JSON.stringify(receipts), /"stored":false,"reason":"conclusion: summary says /);
    assert.match(JSON.stringify(await device.push({ uri: 7 })), /"stored":false,"reason":"form: /);
    assert.deepEqual(kinds(), ['connected', 'refused', 'refused']);
    assert.deepEqual(await heldIds(), []);
    assert.deepEqual(await device.push(copyOf(report(0))), [{ stored: true }]);
    assert.equal(device.opened, 1);
  });

  it('connects again when the link ends, and catches up with what came meanwhile', async () => {
    start();
    await clock.advance(1_000);
    device.breakLinks();
    device.keep(report(0), report(1));
    await clock.advance(2_000);
    assert.deepEqual(kinds(), ['connected', 'away', 'arrived', 'arrived', 'connected']);
    assert.deepEqual(await heldIds(), [idOf(report(0)), idOf(report(1))]);
    assert.equal(device.acknowledged.size, 2);
  });

  it('waits longer and longer for a device that is away, up to a bound, and never in step', async () => {
    device.isAway = true;
    const openedAt: number[] = [];
    const open = device.open.bind(device);
    device.open = (...args) => {
      openedAt.push(clock.elapsed());
      return open(...args);
    };
    start();
    await clock.advance(300_000);
    const waits = openedAt.slice(1).map((at, index) => at - (openedAt[index] ?? 0));
    waits.slice(0, 5).forEach((waitMs, index) => {
      const wholeMs = boundsUsual.retryMinMs * 2 ** index;
      assert.ok(waitMs >= wholeMs / 2 && waitMs <= wholeMs, `wait ${index}: ${waitMs} ms`);
    });
    for (const waitMs of waits) assert.ok(waitMs <= boundsUsual.retryMaxMs && waitMs >= 500, `${waitMs} ms`);
    assert.ok(new Set(waits).size > 5, 'no jitter');
    assert.deepEqual(kinds(), ['away'], 'the same reason is told once');
    device.isAway = false;
    device.keep(report(0));
    await clock.advance(boundsUsual.retryMaxMs);
    assert.deepEqual(kinds(), ['away', 'arrived', 'connected']);
  });

  it('does not hurry after a device that hangs up at once, again and again', async () => {
    device.callsMax = 0;
    start();
    await clock.advance(120_000);
    assert.ok(device.opened < 20, `opened ${device.opened} times`);
  });

  it('finds at the next look what a push did not deliver', async () => {
    start();
    await clock.advance(1_000);
    device.keep(report(0)); // and the device could not push it
    await clock.advance(boundsUsual.syncIntervalMs);
    assert.deepEqual(await heldIds(), [idOf(report(0))]);
    assert.equal(device.acknowledged.size, 1);
    assert.equal(device.opened, 1);
  });

  it('tells once what a device announces of its shelf, until that changes', async () => {
    device.shelf = shelf('nearly-refusing');
    start();
    await clock.advance(3 * boundsUsual.syncIntervalMs);
    assert.deepEqual(kinds(), ['connected', 'shelf']);
    device.shelf = shelf('refusing');
    await clock.advance(boundsUsual.syncIntervalMs);
    assert.deepEqual(kinds(), ['connected', 'shelf', 'shelf']);
  });

  it('ends when its store fails: nothing is acknowledged, and the reason is told', async () => {
    start(dyingStore(store, 0));
    await clock.advance(1_000);
    await assert.rejects(device.push(copyOf(report(0))), /killed/);
    await assert.rejects(passing(clock, watching), /killed/);
    watching = Promise.resolve();
    assert.equal(device.linksOpen, 0);
    assert.deepEqual(await heldIds(), []);
  });
});

function start(used = store): void {
  controller = controllerOf({ devices: { 'PE-1': device }, clock, anchor: real.anchor, store: used });
  watching = controller.watch((event) => events.push({ at: clock.elapsed(), event }), stop.signal);
  watching.catch(() => {}); // whoever awaits it hears of it
}

function report(index: number) {
  const found = real.ofPe1[index];
  assert.ok(found);
  return found;
}

function kinds(): string[] {
  return events.map(({ event }) => event.kind);
}

async function heldIds(): Promise<string[]> {
  const archive = new Archive(store);
  await archive.open();
  return archive.held().map(({ id }) => id);
}

function shelf(state: 'nearly-refusing' | 'refusing') {
  const announcement = `The shelf is ${state}.`;
  return { kept: 9, unacknowledged: 9, 'keep-max': 10, 'warn-at-percent': 80, state, announcement };
}
