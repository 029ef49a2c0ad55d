import assert from 'node:assert/strict';
import type { VirtualClock } from '../../src/sim/virtual-clock.ts';

/** Lets virtual time pass until the promise has settled, an hour at most; then it is what the promise is. */
export async function passUntil<T>(clock: VirtualClock, promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const settle = () => {
    isSettled = true;
  };
  promise.then(settle, settle);
  assert.ok(await clock.runUntil(() => isSettled, 3_600_000), 'not within an hour');
  return promise;
}
