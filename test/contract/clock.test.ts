/** What every Clock must do, over each of them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConferError } from '../../src/core/errors.ts';
import type { Clock } from '../../src/core/ports.ts';
import { createProcessClock } from '../../src/sim/process-clock.ts';
import { createSystemClock } from '../../src/system/clock.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';

/** `pass` lets that much of the clock's time go by. */
function contract(name: string, make: () => { clock: Clock; pass(ms: number): Promise<void> }): void {
  describe(`Clock: ${name}`, () => {
    it('tells wall time in milliseconds since the epoch, and monotonic time, both moving on together', async () => {
      const { clock, pass } = make();
      // Between two readings a busy machine may be away for any time: that is what the two bounds allow.
      const read = () => ({ before: clock.elapsed(), now: clock.now(), after: clock.elapsed() });
      const first = read();
      assert.ok(first.now > Date.UTC(2020, 0) && first.now < Date.UTC(2100, 0));
      await pass(30);
      const second = read();
      const wallMs = second.now - first.now;
      assert.ok(wallMs >= 25 && second.before - first.after >= 25);
      assert.ok(wallMs > second.before - first.after - 5, `${wallMs} ms of wall time`);
      assert.ok(wallMs < second.after - first.before + 5, `${wallMs} ms of wall time`);
    });

    it('sleeps as long as it was told, and shorter sleeps end first', async () => {
      const { clock, pass } = make();
      const began = clock.elapsed();
      const woken: string[] = [];
      const sleeps = [
        clock.sleep(60).then(() => woken.push('long')),
        clock.sleep(20).then(() => woken.push('short')),
        clock.sleep(0).then(() => woken.push('none')),
        clock.sleep(-5).then(() => woken.push('negative')),
      ];
      await pass(80);
      await Promise.all(sleeps);
      assert.deepEqual(woken, ['none', 'negative', 'short', 'long']);
      assert.ok(clock.elapsed() - began >= 58);
    });

    it('ends a sleep with the reason of its signal, before or during it', async () => {
      const { clock, pass } = make();
      const reason = new ConferError('cancelled', 'Enough.');
      await assert.rejects(clock.sleep(60_000, AbortSignal.abort(reason)), reason);
      const controller = new AbortController();
      const sleeping = assert.rejects(clock.sleep(60_000, controller.signal), reason);
      await pass(5);
      controller.abort(reason);
      await sleeping;
    });

    it('a deadline aborts with a ConferError timeout, not before its time', async () => {
      const { clock, pass } = make();
      const began = clock.elapsed();
      using deadline = clock.deadline(40);
      await pass(10);
      // A busy machine may have been away for longer than that.
      assert.equal(deadline.signal.aborted && clock.elapsed() - began < 38, false);
      await pass(60);
      assert.equal(deadline.signal.aborted, true);
      assert.ok(deadline.signal.reason instanceof ConferError);
      assert.equal(deadline.signal.reason.code, 'timeout');
    });

    it('a deadline follows its parent, also one that is over already', async () => {
      const { clock } = make();
      const reason = new ConferError('cancelled', 'Enough.');
      const parent = new AbortController();
      using early = clock.deadline(60_000, parent.signal);
      assert.equal(early.signal.aborted, false);
      parent.abort(reason);
      assert.equal(early.signal.reason, reason);
      using late = clock.deadline(60_000, parent.signal);
      assert.equal(late.signal.reason, reason);
    });

    it('a disposed deadline never aborts', async () => {
      const { clock, pass } = make();
      const parent = new AbortController();
      const deadline = clock.deadline(20, parent.signal);
      deadline[Symbol.dispose]();
      await pass(50);
      parent.abort();
      assert.equal(deadline.signal.aborted, false);
    });
  });
}

contract('system', () => {
  const clock = createSystemClock();
  return { clock, pass: (ms) => clock.sleep(ms) };
});
contract('virtual', () => {
  const clock = createVirtualClock();
  return { clock, pass: (ms) => clock.advance(ms) };
});
contract('of a simulated process, whose wall clock is ahead', () => {
  const world = createVirtualClock();
  return { clock: createProcessClock(world, 86_400_000), pass: (ms) => world.advance(ms) };
});

describe('the virtual clock', () => {
  it('keeps no timer that was cancelled or has fired', async () => {
    const clock = createVirtualClock();
    const controller = new AbortController();
    const sleeps = [clock.sleep(5), clock.sleep(50, controller.signal).catch(() => {})];
    clock.deadline(50)[Symbol.dispose]();
    assert.equal(clock.waiting, 2);
    controller.abort();
    await clock.advance(5);
    await Promise.all(sleeps);
    assert.equal(clock.waiting, 0);
  });
});
