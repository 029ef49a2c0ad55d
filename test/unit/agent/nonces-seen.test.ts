/**
 * Input: sessions, one after another and side by side, with the nonces that a signer used in them.
 * Output: each nonce is taken once; what is lower than an earlier session saw is refused, over restarts too.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NoncesSeen } from '../../../src/agent/nonces-seen.ts';
import type { Log, Store } from '../../../src/core/ports.ts';
import { createMemoryStore } from '../../support/memory-store.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

const silent: Log = { info() {}, warn() {} };
const clock = createVirtualClock();
const table = 'nonces-seen';

function agent(store: Store, log = silent): NoncesSeen {
  return new NoncesSeen({ store, clock, log });
}

/** One session that hears these nonces of signer `who`; whether each was taken. */
async function hear(seen: NoncesSeen, nonces: readonly number[], who = 'ab'): Promise<boolean[]> {
  await using _session = seen.session();
  const window = await seen.windowOf(who);
  return nonces.map((nonce) => window.accept(nonce));
}

describe('nonces seen', () => {
  it('go on from session to session, and over a restart [T25]', async () => {
    const store = createMemoryStore();
    const seen = agent(store);
    assert.deepEqual(await hear(seen, [5, 4, 2_000]), [true, true, true]);
    assert.deepEqual(await hear(seen, [5, 3, 1_999, 2_000, 2_001]), [false, false, false, false, true]);
    assert.deepEqual(await hear(agent(store), [2_001, 2_002]), [false, true], 'after a restart');
    assert.deepEqual(await hear(agent(store), [1], 'cd'), [true], 'another signer');
  });

  it('of two sessions at once are taken however late, each once', async () => {
    const seen = agent(createMemoryStore());
    await hear(seen, [100]);
    await using _first = seen.session();
    const one = await seen.windowOf('ab');
    assert.equal(one.accept(101), true);
    {
      await using _second = seen.session();
      const other = await seen.windowOf('ab');
      assert.equal(other.accept(110), true);
    }
    assert.equal(one.accept(105), true, 'signed before 110, merely late');
    assert.equal(one.accept(110), false);
    const third = await seen.windowOf('ab');
    assert.equal(third.accept(106), true, 'a session that began while the first one ran');
    assert.equal(third.accept(100), false);
  });

  it('cost one durable write a signer and session, and none where nothing new was heard', async () => {
    const store = createMemoryStore();
    let writes = 0;
    const put: Store['put'] = (...record) => {
      writes += 1;
      return store.put(...record);
    };
    const seen = agent({ ...store, put });
    await hear(seen, [1, 2, 3, 4]);
    assert.equal(writes, 1);
    await hear(seen, [4]);
    assert.equal(writes, 1);
  });

  it('are kept of the 1,024 signers that were heard last', async () => {
    const store = createMemoryStore();
    const seen = agent(store);
    for (let signer = 0; signer < 1_030; signer += 1) {
      await clock.advance(1);
      await hear(seen, [signer + 1], `signer ${signer}`);
    }
    const kept = await store.keys(table);
    assert.equal(kept.length, 1_024);
    assert.ok(!kept.includes('signer 5') && kept.includes('signer 6') && kept.includes('signer 1029'));
  });

  it('that are none stop the session; a store that fails is told, not thrown', async () => {
    const store = createMemoryStore();
    await store.put(table, 'ab', { highest: -1, at: 0 });
    await assert.rejects(agent(store).windowOf('ab'), { code: 'storage-failure' });
    const told: string[] = [];
    const log: Log = { info() {}, warn: (message) => void told.push(message) };
    const failing: Store = { ...createMemoryStore(), put: () => Promise.reject(new Error('disk full')) };
    assert.deepEqual(await hear(agent(failing, log), [1]), [true]);
    assert.deepEqual(told, ['nonces seen were not stored']);
    agent(store, log).alarm('P-2', 'nonce 3');
    assert.match(told[1] ?? '', /^alarm: /);
  });
});
