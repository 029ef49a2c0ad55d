/** Audit trails to look at, and to tamper with. */
import type { JsonObject } from '../../../crypto/canonical.ts';
import { Audit } from '../../../src/agent/audit.ts';
import { type AuditEvent, auditLog, auditTable } from '../../../src/agent/audit-record.ts';
import type { Clock, Store } from '../../../src/core/ports.ts';
import { createMemoryStore } from '../../support/memory-store.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';
import { deviceOf, noon } from '../crypto/fixtures.ts';

export const auditedDevice = deviceOf('PE-3', 3);

export function auditOn(
  store: Store,
  { recordsMax = 100_000, clock = createVirtualClock(noon) as Clock } = {},
) {
  return new Audit({ ...auditedDevice, recordsMax }, { clock, store });
}

/** Something that happens: `number` tells one from another. */
export function eventOf(number: number): AuditEvent {
  return {
    event: 'exchange',
    direction: 'in',
    party: { name: 'PE-1', role: 'device', thumbprint: '1'.padStart(64, '0') },
    session: 's1',
    operation: { tool: 'ping' },
    arguments: { destination: 'fc00:1::1', count: number },
    outcome: 'answered',
    answer: { sha256: String(number).padStart(64, '0'), nonce: number + 1, isError: false },
    durationMs: 3,
  };
}

/** What is on the disk, as whoever can write there sees it. */
export interface Disk {
  records: { index: number; record: JsonObject }[];
  base: JsonObject | undefined;
  tail: JsonObject | undefined;
}

export async function diskOf(store: Store): Promise<Disk> {
  return {
    records: await Array.fromAsync(store.scan(auditLog)),
    base: await store.get(auditTable, 'base'),
    tail: await store.get(auditTable, 'tail'),
  };
}

/** The disk as a store that can be read. */
export function readable(disk: Disk): Pick<Store, 'scan' | 'get'> {
  return {
    async *scan(_log, from = 0) {
      yield* disk.records.filter(({ index }) => index >= from);
    },
    get: async (_table, key) => (key === 'base' ? disk.base : disk.tail),
  };
}

/** The disk as a store of its own, for an agent to start on. */
export async function storeOf(disk: Disk): Promise<Store> {
  const store = createMemoryStore();
  const first = disk.records[0]?.index ?? 0;
  for (let index = 0; index < first; index += 1) await store.append(auditLog, {});
  for (const { record } of disk.records) await store.append(auditLog, record);
  if (first > 0) await store.trim(auditLog, first);
  if (disk.base !== undefined) await store.put(auditTable, 'base', disk.base);
  if (disk.tail !== undefined) await store.put(auditTable, 'tail', disk.tail);
  return store;
}

/** The disk after a clean stop, with `events` between the start and the stop. */
export async function stoppedTrail(events: number, recordsMax?: number): Promise<Disk> {
  const store = createMemoryStore();
  const audit = auditOn(store, recordsMax === undefined ? {} : { recordsMax });
  await audit.open();
  for (let number = 0; number < events; number += 1) await audit.record(eventOf(number));
  await audit.close();
  return await diskOf(store);
}
