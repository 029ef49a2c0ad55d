/** The clocks of a process in virtual time: wall time that people set, intervals that do not notice, and an end. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createProcessClock } from '../../src/sim/process-clock.ts';
import { createVirtualClock } from '../../src/sim/virtual-clock.ts';

describe('the clock of a process', () => {
  it('has a wall time of its own, which may be set, and everybody’s intervals', async () => {
    const world = createVirtualClock(1_000_000);
    const clock = createProcessClock(world, 5_000);
    assert.deepEqual([clock.now(), clock.elapsed()], [1_005_000, 0]);
    clock.step(-9_000);
    let isOver = false;
    void clock.sleep(100).then(() => {
      isOver = true;
    });
    await world.advance(99);
    assert.deepEqual([clock.now(), clock.elapsed(), isOver], [996_099, 99, false]);
    await world.advance(1);
    assert.equal(isOver, true);
  });

  it('fires nothing for a dead process, and counts what waits', async () => {
    const world = createVirtualClock();
    const clock = createProcessClock(world, 0);
    let fired = 0;
    clock.after(10, () => {
      fired += 1;
    });
    using deadline = clock.deadline(10);
    assert.equal(clock.waiting, 2);
    clock.stop();
    clock.after(1, () => {
      fired += 1;
    });
    await world.advance(100);
    assert.deepEqual([fired, clock.waiting, deadline.signal.aborted, world.waiting], [0, 0, false, 0]);
  });
});

describe('virtual time', () => {
  it('fires what is due in the order of time, then of asking, and what was cancelled never', async () => {
    const clock = createVirtualClock();
    const order: string[] = [];
    clock.after(20, () => order.push('late'));
    clock.after(10, () => order.push('first'));
    const cancel = clock.after(10, () => order.push('cancelled'));
    clock.after(10, () => order.push('second'));
    cancel();
    cancel();
    assert.equal(clock.waiting, 3);
    await clock.advance(20);
    assert.deepEqual(order, ['first', 'second', 'late']);
  });

  it('runs until something is so, or until its limit', async () => {
    const clock = createVirtualClock();
    let count = 0;
    const tick = (): void => {
      count += 1;
      clock.after(10, tick);
    };
    clock.after(10, tick);
    assert.equal(await clock.runUntil(() => count === 3, 1_000), true);
    assert.equal(clock.elapsed(), 30);
    assert.equal(await clock.runUntil(() => count > 100, 50), false);
    assert.equal(clock.elapsed(), 80);
  });

  it('keeps the order of ten thousand timers', async () => {
    const clock = createVirtualClock();
    const fired: number[] = [];
    for (let index = 0; index < 10_000; index += 1) {
      const dueMs = (index * 7_919) % 1_000;
      clock.after(dueMs, () => fired.push(dueMs));
    }
    await clock.advance(1_000);
    assert.deepEqual(
      fired,
      fired.toSorted((a, b) => a - b),
    );
    assert.equal(fired.length, 10_000);
  });
});
