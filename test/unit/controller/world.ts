/**
 * A controller and its devices in one process: real reports of a modelled network, a device that keeps them and may
 * lie, links that break after so many calls, a store that dies at so many writes, and virtual time.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { JsonObject, JsonValue } from '../../../crypto/canonical.ts';
import { reportUriPrefix } from '../../../src/collaboration/report.ts';
import type { ControllerBounds } from '../../../src/controller/bounds.ts';
import { type Controller, createController } from '../../../src/controller/controller.ts';
import type { DeviceLink, Devices, Receipt, ReportPage } from '../../../src/controller/devices.ts';
import { ConferError, PeerError } from '../../../src/core/errors.ts';
import type { Store } from '../../../src/core/ports.ts';
import type { Report } from '../../../src/core/records.ts';
import type { ShelfStatus } from '../../../src/core/report-tools.ts';
import { parseTopology } from '../../../src/core/topology.ts';
import { createSeededRandom } from '../../../src/sim/seeded-random.ts';
import { Domain } from '../../support/domain.ts';
import { createMemoryStore } from '../../support/memory-store.ts';
import type { VirtualClock } from '../../support/virtual-clock.ts';

export const controllerName = 'noc';

export const boundsUsual: ControllerBounds = {
  devicesAtOnce: 4,
  deviceTimeoutMs: 60_000,
  callTimeoutMs: 5_000,
  refusedKeepMax: 5,
  retryMinMs: 1_000,
  retryMaxMs: 16_000,
  syncIntervalMs: 300_000,
};

const file = 'topologies/pe1-p2-pe3.yaml';
const topology = parseTopology(readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8'), file);

/** Reports that PE-1 made, of one that PE-3 made, and the authority that vouches for both. */
export interface RealReports {
  ofPe1: Report[];
  ofPe3: Report;
  anchor: string;
}

export async function realReports(count: number): Promise<RealReports> {
  await using domain = await Domain.start(topology, { seed: 1 });
  const ofPe1: Report[] = [];
  while (ofPe1.length < count) ofPe1.push(await domain.ask('PE-1', topology.intent ?? ''));
  const ofPe3 = await domain.ask('PE-3', 'Verify packet loss on the SRv6 path from PE-3 to PE-1 via P-2');
  return { ofPe1, ofPe3, anchor: domain.trustAnchorPem };
}

export function idOf(report: Report): string {
  return report.uri.slice(reportUriPrefix.length);
}

/** A copy, as it comes over a wire, with these members instead. */
export function copyOf(report: Report, changes: Partial<Report> = {}): JsonObject {
  return JSON.parse(JSON.stringify({ ...report, ...changes })) as JsonObject;
}

/** A device: what it keeps, what it was told, and how it misbehaves. */
export class FakeDevice {
  /** By the id under which it is listed. */
  readonly kept = new Map<string, JsonValue>();
  readonly acknowledged = new Map<string, string[]>();
  readonly reads: string[] = [];
  pageSize = 3;
  shelf: ShelfStatus | undefined;
  /** Nobody answers there. */
  isAway = false;
  /** Calls of one link before it breaks. */
  callsMax = Number.POSITIVE_INFINITY;
  /** Calls to this method never return. */
  hangsAt: keyof DeviceLink | undefined;
  opened = 0;
  #links = new Set<{ end: AbortController; onPushed(report: JsonValue): Promise<Receipt> }>();

  keep(...reports: Report[]): void {
    for (const report of reports) this.kept.set(idOf(report), copyOf(report));
  }

  /** Over every link that is open. */
  async push(report: JsonValue): Promise<Receipt[]> {
    return await Promise.all([...this.#links].map((link) => link.onPushed(report)));
  }

  breakLinks(): void {
    for (const { end } of this.#links) end.abort();
    this.#links.clear();
  }

  get linksOpen(): number {
    return this.#links.size;
  }

  open(name: string, onPushed: (report: JsonValue) => Promise<Receipt>, onAcknowledge: Acknowledging) {
    this.opened += 1;
    if (this.isAway) throw new PeerError('unreachable', `${name} cannot be reached.`);
    const link = { end: new AbortController(), onPushed };
    this.#links.add(link);
    let calls = 0;
    const answering = async <T>(method: keyof DeviceLink, answer: () => T | Promise<T>): Promise<T> => {
      calls += 1;
      if (this.hangsAt === method) return await new Promise<T>(() => {});
      if (calls > this.callsMax) link.end.abort();
      if (link.end.signal.aborted) {
        this.#links.delete(link);
        throw new PeerError('unreachable', `The link to ${name} broke.`);
      }
      return await answer();
    };
    const deviceLink: DeviceLink = {
      list: (cursor) => answering('list', () => this.page(cursor)),
      read: (id) =>
        answering('read', () => {
          this.reads.push(id);
          const body = this.kept.get(id);
          if (body === undefined) throw new PeerError('refused', `${id} is not on this device.`);
          return body;
        }),
      acknowledge: (ids) =>
        answering('acknowledge', async () => {
          for (const id of ids) {
            await onAcknowledge(name, id);
            this.acknowledged.set(id, [...new Set([...(this.acknowledged.get(id) ?? []), controllerName])]);
          }
        }),
      ended: link.end.signal,
      close: () => {
        this.#links.delete(link);
        link.end.abort();
      },
    };
    return deviceLink;
  }

  page(cursor: string | undefined): ReportPage {
    const ids = [...this.kept.keys()];
    const start = Number(cursor ?? 0);
    const reports = ids
      .slice(start, start + this.pageSize)
      .map((id) => ({ id, acknowledgedBy: this.acknowledged.get(id) ?? [] }));
    const next = start + this.pageSize;
    return {
      reports,
      ...(this.shelf === undefined ? {} : { shelf: this.shelf }),
      ...(next < ids.length ? { nextCursor: String(next) } : {}),
    };
  }
}

type Acknowledging = (device: string, id: string) => Promise<void>;

export interface WorldOptions {
  devices: Record<string, FakeDevice>;
  clock: VirtualClock;
  anchor: string;
  store?: Store;
  bounds?: Partial<ControllerBounds>;
}

/** The controller; whoever acknowledges what is not durable fails the test. */
export function controllerOf(options: WorldOptions): Controller {
  const { devices, clock, anchor, store = createMemoryStore() } = options;
  const port: Devices = {
    async open(name, { onPushed }) {
      const device = devices[name];
      if (device === undefined) throw new Error(`no device ${name}`);
      return device.open(name, onPushed, async (of, id) => {
        const key = `${of}/${id}`;
        const copies = await Promise.all(
          ['held-reports', 'refused-reports'].map((table) => store.get(table, key)),
        );
        assert.ok(
          copies.some((copy) => copy !== undefined),
          `${id} is not durable`,
        );
      });
    },
  };
  return createController(
    {
      name: controllerName,
      trustAnchorPem: anchor,
      devices: Object.keys(devices),
      bounds: { ...boundsUsual, ...options.bounds },
    },
    { clock, random: createSeededRandom(1), store, devices: port },
  );
}

/** Dies at the given write: that one and all later ones are lost, as with kill -9. Reads go on. */
export function dyingStore(store: Store, writesMax: number): Store {
  let writes = 0;
  const unlessDead = <Args extends unknown[], T>(write: (...args: Args) => Promise<T>) => {
    return async (...args: Args): Promise<T> => {
      writes += 1;
      if (writes > writesMax) throw new ConferError('storage-failure', 'The process was killed.');
      return await write(...args);
    };
  };
  return {
    ...store,
    append: unlessDead(store.append),
    put: unlessDead(store.put),
    remove: unlessDead(store.remove),
  };
}

/** Lets virtual time pass until the promise settles. */
export async function passing<T>(clock: VirtualClock, promise: Promise<T>, stepMs = 500): Promise<T> {
  let isSettled = false;
  const settle = () => {
    isSettled = true;
  };
  promise.then(settle, settle);
  for (;;) {
    await clock.advance(0);
    if (isSettled) return await promise;
    await clock.advance(stepMs);
  }
}
