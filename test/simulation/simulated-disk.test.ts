/** A disk whose process dies: what was acknowledged is there, what was not is the fault's to decide. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readJournal, SimulatedDisk, type Survival, torn } from '../../src/sim/simulated-disk.ts';
import type { Write } from '../../src/sim/store-contents.ts';
import { createVirtualClock } from '../../src/sim/virtual-clock.ts';

const commitMs = 10;

function world() {
  const clock = createVirtualClock();
  const disk = new SimulatedDisk();
  const open = () => disk.open({ after: clock.after, commitMs: () => commitMs });
  return { clock, disk, open };
}

describe('a simulated disk', () => {
  it('acknowledges what is durable, in the order of the calls', async () => {
    const { clock, disk, open } = world();
    const store = open();
    const order: string[] = [];
    void store.put('t', 'a', { n: 1 }).then(() => order.push('put'));
    void store.append('l', { n: 2 }).then((index) => order.push(`append ${index}`));
    await clock.advance(commitMs - 1);
    assert.deepEqual([order, disk.pending], [[], 2]);
    await clock.advance(1);
    assert.deepEqual([order, disk.pending], [['put', 'append 0'], 0]);
  });

  it('reads only what is durable', async () => {
    const { clock, open } = world();
    const store = open();
    void store.put('t', 'a', { n: 1 });
    let read: unknown = 'not yet';
    void store.get('t', 'a').then((value) => {
      read = value;
    });
    await clock.advance(commitMs - 1);
    assert.equal(read, 'not yet');
    await clock.advance(1);
    assert.deepEqual(read, { n: 1 });
  });

  const survived: [Survival, number, number][] = [
    ['lose', 0.5, 0],
    ['keep', 0.5, 3],
    ['tear', 0, 0],
    ['tear', 0.999, 2],
    ['tear', 1, 3],
  ];
  for (const [survival, share, left] of survived)
    it(`that ${survival}s at ${share} has ${left} of 3 pending writes, and all that was acknowledged`, async () => {
      const { clock, disk, open } = world();
      const before = open();
      void before.put('t', 'kept', {});
      await clock.advance(commitMs);
      for (const key of ['a', 'b', 'c']) void before.put('t', key, { key });
      assert.deepEqual(disk.crash(survival, share), { pending: 3, survived: left });
      const keys = await open().keys('t');
      assert.deepEqual(keys, ['a', 'b', 'c'].slice(0, left).concat('kept'));
    });

  it('answers no process that has died', async () => {
    const { clock, disk, open } = world();
    const dead = open();
    let isAnswered = false;
    const note = () => {
      isAnswered = true;
    };
    void dead.put('t', 'a', {}).then(note);
    disk.crash('lose', 0);
    void dead.put('t', 'b', {}).then(note);
    void dead.keys('t').then(note);
    const alive = open();
    await clock.advance(10 * commitMs);
    assert.deepEqual([isAnswered, await alive.keys('t')], [false, []]);
  });

  it('recovers from a journal that ends at any byte what is whole, in order', () => {
    const text = fc.string({ maxLength: 30 });
    const write: fc.Arbitrary<Write> = fc.oneof(
      fc.record({ do: fc.constant('append' as const), log: text, text }),
      fc.record({ do: fc.constant('put' as const), table: text, key: text, text }),
      fc.record({ do: fc.constant('remove' as const), table: text, key: text }),
      fc.record({ do: fc.constant('trim' as const), log: text, before: fc.nat() }),
    );
    fc.assert(
      fc.property(
        fc.array(write, { maxLength: 8 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (writes, share) => {
          const recovered = readJournal(torn(writes, share));
          assert.equal(JSON.stringify(recovered), JSON.stringify(writes.slice(0, recovered.length)));
          if (share === 1) assert.equal(recovered.length, writes.length);
        },
      ),
    );
  });

  it('takes a damaged record for the end', () => {
    const writes: Write[] = ['a', 'b'].map((key) => ({ do: 'put', table: 't', key, text: '{}' }));
    const journal = Buffer.from(torn(writes, 1));
    journal.writeUInt8(journal.readUInt8(journal.length - 1) ^ 1, journal.length - 1);
    assert.deepEqual(readJournal(journal), writes.slice(0, 1));
  });
});
