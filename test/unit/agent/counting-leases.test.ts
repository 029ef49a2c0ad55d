/** Input: callers that count, renew, stop, vanish. Output: which counters are left on the router. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../../crypto/canonical.ts';
import { CountingLeases } from '../../../src/agent/counting-leases.ts';
import { ConferError } from '../../../src/core/errors.ts';
import { limits } from '../../../src/core/limits.ts';
import type { DeviceDriver } from '../../../src/core/ports.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';
import { callerOf } from './callers.ts';

const owner = callerOf('PE-1', 1);
const stranger = callerOf('P-2', 2);
const { signal } = new AbortController();

/** A router that knows its counters, and a world around it. */
function world() {
  const counters = new Set<string>();
  const warnings: string[] = [];
  const clock = createVirtualClock();
  /** Tests make these wait or fail. */
  const apply = { before: async () => {}, undo: async () => {} };
  let drawn = 0;
  const device: DeviceDriver = {
    facts: () => assert.fail(),
    run: () => assert.fail(),
    read: async (path): Promise<JsonObject> => {
      const id = path.split('=')[1] ?? '';
      if (!counters.has(id)) throw new ConferError('device-failure', `There is no counter ${id}.`);
      return { id };
    },
    apply: async ({ id }) => {
      await apply.before();
      counters.add(id);
      const undo = async () => {
        await apply.undo();
        counters.delete(id);
      };
      return { undo, [Symbol.asyncDispose]: undo };
    },
  };
  const random = {
    bytes(length: number) {
      drawn += 1;
      return new Uint8Array(length).fill(drawn);
    },
    fraction: () => 0,
  };
  const log = { info: () => {}, warn: (message: string) => void warnings.push(message) };
  return { counters, warnings, clock, apply, leases: new CountingLeases({ device, clock, random, log }) };
}

function refusedAs(code: string) {
  return (error: unknown) => error instanceof ConferError && error.code === code;
}

describe('counting sessions', () => {
  it('last as long as they are read, and not longer', async () => {
    const { leases, clock, counters, warnings } = world();
    const id = await leases.start(owner, [1], 0);
    for (let round = 0; round < 5; round += 1) {
      await clock.advance(limits.countingLeaseMs - 1);
      assert.deepEqual(await leases.read(owner, id, signal), { id });
    }
    assert.deepEqual([...counters], [id]);
    await clock.advance(limits.countingLeaseMs + 1);
    assert.equal(counters.size, 0);
    assert.equal(clock.waiting, 0);
    assert.match(warnings.join(), /lease ended/);
    await assert.rejects(leases.read(owner, id, signal), refusedAs('not-found'));
  });

  it('end with their last state when they are stopped, and only once', async () => {
    const { leases, clock, counters } = world();
    const id = await leases.start(owner, [1, 2], 4);
    assert.deepEqual(await leases.stop(owner, id, signal), { id });
    assert.equal(counters.size, 0);
    await clock.advance(0);
    assert.equal(clock.waiting, 0);
    await assert.rejects(leases.stop(owner, id, signal), refusedAs('not-found'));
  });

  it('are taken away also when their last state cannot be read', async () => {
    const { leases, counters, clock } = world();
    const id = await leases.start(owner, [1], 0);
    counters.clear();
    await assert.rejects(leases.stop(owner, id, signal), refusedAs('device-failure'));
    await clock.advance(0);
    assert.equal(clock.waiting, 0);
  });

  it('belong to the certificate that started them', async () => {
    const { leases, counters } = world();
    const id = await leases.start(owner, [1], 0);
    await assert.rejects(leases.read(stranger, id, signal), refusedAs('access-denied'));
    await assert.rejects(leases.stop(stranger, id, signal), refusedAs('access-denied'));
    await assert.rejects(
      leases.read({ ...stranger, name: owner.name }, id, signal),
      refusedAs('access-denied'),
    );
    assert.deepEqual([...counters], [id]);
    await leases.close();
  });

  it('are bounded, also when they are asked for at once, and room comes back', async () => {
    const { leases, clock, counters } = world();
    const asked = await Promise.allSettled(
      Array.from({ length: limits.countingSessionsMax + 3 }, () => leases.start(owner, [1], 0)),
    );
    const refused = asked.filter((one) => one.status === 'rejected');
    assert.equal(refused.length, 3);
    assert.ok(refused.every(({ reason }) => refusedAs('overloaded')(reason)));
    assert.equal(counters.size, limits.countingSessionsMax);
    await clock.advance(limits.countingLeaseMs);
    assert.equal(counters.size, 0);
    await leases.start(owner, [1], 0);
    await leases.close();
  });

  it('do not take up room when the router refuses', async () => {
    const { leases, apply } = world();
    apply.before = () => Promise.reject(new ConferError('device-failure', 'No counters left.'));
    for (let round = 0; round <= limits.countingSessionsMax; round += 1)
      await assert.rejects(leases.start(owner, [1], 0), refusedAs('device-failure'));
  });

  it('leave nothing behind when the agent closes, also while one is starting', async () => {
    const { leases, apply, clock, counters } = world();
    await leases.start(owner, [1], 0);
    const gate = Promise.withResolvers<void>();
    apply.before = () => gate.promise;
    const starting = assert.rejects(leases.start(owner, [2], 0), refusedAs('cancelled'));
    await leases.close();
    gate.resolve();
    await starting;
    assert.equal(counters.size, 0);
    await clock.advance(0);
    assert.equal(clock.waiting, 0);
  });

  it('closing tries every one, and says that one could not be removed', async () => {
    const { leases, apply, counters } = world();
    await leases.start(owner, [1], 0);
    await leases.start(owner, [2], 0);
    let tries = 0;
    apply.undo = async () => {
      tries += 1;
      if (tries === 1) throw new ConferError('device-failure', 'Busy.');
    };
    await assert.rejects(leases.close(), refusedAs('device-failure'));
    assert.equal(tries, 2);
    assert.equal(counters.size, 1);
  });

  it('a counter that cannot be removed at the end of its lease is logged, and the agent lives on', async () => {
    const { leases, apply, clock, warnings } = world();
    await leases.start(owner, [1], 0);
    apply.undo = () => Promise.reject(new ConferError('device-failure', 'Busy.'));
    await clock.advance(limits.countingLeaseMs);
    assert.match(warnings.join(), /could not be removed/);
    await leases.start(owner, [1], 0);
  });
});
