/**
 * Counting sessions that callers started. Each holds temporary state on the router, so each has a lease: when nobody
 * reads it for `limits.countingLeaseMs`, the counters are taken away.
 */
import type { JsonObject } from '../../crypto/canonical.ts';
import { dataPaths } from '../core/device-data.ts';
import { ConferError, messageOf } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Clock, DeviceDriver, Log, Random, Undo } from '../core/ports.ts';
import type { Caller } from '../core/service.ts';

interface Lease {
  owner: string;
  undo: Undo;
  /** Restarts the lease when aborted. */
  renewed: AbortController;
}

export class CountingLeases {
  readonly #device: DeviceDriver;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #log: Log;
  readonly #leases = new Map<string, Lease>();
  #starting = 0;
  #closed = false;

  constructor(ports: { device: DeviceDriver; clock: Clock; random: Random; log: Log }) {
    this.#device = ports.device;
    this.#clock = ports.clock;
    this.#random = ports.random;
    this.#log = ports.log;
  }

  /** Throws ConferError `overloaded`, `device-failure`, `cancelled`. */
  async start(
    caller: Caller,
    flowLabels: readonly number[],
    capturePacketsMax: number,
    stampsMax = 0,
  ): Promise<string> {
    if (this.#leases.size + this.#starting >= limits.countingSessionsMax)
      throw new ConferError(
        'overloaded',
        `${this.#leases.size} counting sessions run already; try again later.`,
      );
    this.#starting += 1;
    try {
      const id = Buffer.from(this.#random.bytes(5)).toString('hex');
      const undo = await this.#device.apply({ kind: 'count', id, flowLabels, capturePacketsMax, stampsMax });
      if (this.#closed) {
        await undo.undo();
        throw new ConferError('cancelled', 'This agent is shutting down; ask again once it is back.');
      }
      this.#leases.set(id, { owner: caller.thumbprint, undo, renewed: new AbortController() });
      void this.#expire(id);
      return id;
    } finally {
      this.#starting -= 1;
    }
  }

  /** Renews the lease. Throws ConferError `not-found`, `access-denied`. */
  async read(caller: Caller, id: string, signal: AbortSignal): Promise<JsonObject> {
    const lease = this.#find(caller, id);
    lease.renewed.abort();
    return await this.#device.read(`${dataPaths.counting}=${id}`, signal);
  }

  /** Takes the counters away and returns their last state. */
  async stop(caller: Caller, id: string, signal: AbortSignal): Promise<JsonObject> {
    const lease = this.#find(caller, id);
    try {
      return await this.#device.read(`${dataPaths.counting}=${id}`, signal);
    } finally {
      await this.#remove(id, lease);
    }
  }

  /** Takes every counter away. A start that is still under way undoes itself. Throws what the first failure threw. */
  async close(): Promise<void> {
    this.#closed = true;
    const ends = await Promise.allSettled([...this.#leases].map(([id, lease]) => this.#remove(id, lease)));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }

  #find(caller: Caller, id: string): Lease {
    const lease = this.#leases.get(id);
    if (lease === undefined)
      throw new ConferError('not-found', `No counting session ${id}; its lease may have ended.`);
    if (lease.owner !== caller.thumbprint)
      throw new ConferError('access-denied', `Counting session ${id} belongs to another caller.`);
    return lease;
  }

  async #remove(id: string, lease: Lease): Promise<void> {
    this.#leases.delete(id);
    lease.renewed.abort();
    await lease.undo.undo();
  }

  async #expire(id: string): Promise<void> {
    for (let lease = this.#leases.get(id); lease !== undefined; lease = this.#leases.get(id)) {
      lease.renewed = new AbortController();
      const ranOut = await this.#clock.sleep(limits.countingLeaseMs, lease.renewed.signal).then(
        () => true,
        () => false,
      );
      if (!ranOut) continue;
      this.#log.warn('counting lease ended, counters removed', { id });
      await this.#remove(id, lease).catch((error: unknown) => {
        this.#log.warn('counters could not be removed', { id, reason: messageOf(error) });
      });
    }
  }
}
