/**
 * Virtual time: it stands still until it is told to go on, and then everything that falls due happens in one order.
 *
 *   let what waits run (promises only, no I/O) -> take the next timer -> jump to its time -> fire it -> again
 */
import { ConferError } from '../core/errors.ts';
import type { Clock } from '../core/ports.ts';

export interface VirtualClock extends Clock {
  /** Moves time on, firing what falls due in its order, and lets everything that waited run in between. */
  advance(ms: number): Promise<void>;
  /** Moves time on until `isDone`, timer by timer; false when that takes longer than `limitMs`. */
  runUntil(isDone: () => boolean, limitMs: number): Promise<boolean>;
  /** Calls back after `ms`; returns what prevents it. Calls that are due together come in the order of asking. */
  after(ms: number, fire: () => void): () => void;
  /** Timers that wait: 0 when everybody cleaned up. */
  readonly waiting: number;
}

/** What a Clock is made of. */
export interface TimeSource {
  now(): number;
  elapsed(): number;
  after(ms: number, fire: () => void): () => void;
}

interface Timer {
  dueMs: number;
  order: number;
  /** Undefined once it was cancelled or fired. */
  fire: (() => void) | undefined;
}

/** startMs: wall time at the start, milliseconds since the epoch. */
export function createVirtualClock(startMs: number = Date.UTC(2026, 6, 1, 12)): VirtualClock {
  const timers = new TimerHeap();
  let elapsedMs = 0;
  let asked = 0;
  let waiting = 0;
  const after = (ms: number, fire: () => void) => {
    const timer: Timer = { dueMs: elapsedMs + Math.max(0, ms), order: ++asked, fire };
    timers.add(timer);
    waiting += 1;
    return () => {
      if (timer.fire !== undefined) waiting -= 1;
      timer.fire = undefined;
    };
  };
  const fireNext = (timer: Timer): void => {
    elapsedMs = timer.dueMs;
    timers.takeFirst();
    const { fire } = timer;
    timer.fire = undefined;
    waiting -= 1;
    fire?.();
  };
  return {
    ...clockOver({ now: () => startMs + elapsedMs, elapsed: () => elapsedMs, after }),
    after,
    get waiting() {
      return waiting;
    },
    async advance(ms) {
      const endMs = elapsedMs + ms;
      for (;;) {
        await settled();
        const next = timers.first();
        if (next === undefined || next.dueMs > endMs) break;
        fireNext(next);
      }
      elapsedMs = endMs;
    },
    async runUntil(isDone, limitMs) {
      const endMs = elapsedMs + limitMs;
      for (;;) {
        await settled();
        if (isDone()) return true;
        const next = timers.first();
        if (next === undefined || next.dueMs > endMs) break;
        fireNext(next);
      }
      elapsedMs = endMs;
      await settled();
      return isDone();
    },
  };
}

/** Sleeps and deadlines out of one way to be called back. */
export function clockOver({ now, elapsed, after }: TimeSource): Clock {
  return {
    now,
    elapsed,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const abort = () => {
          cancel();
          reject(signal?.reason);
        };
        const cancel = after(ms, () => {
          signal?.removeEventListener('abort', abort);
          resolve();
        });
        signal?.addEventListener('abort', abort, { once: true });
      }),
    deadline(ms, parent) {
      const controller = new AbortController();
      const cancel = after(ms, () =>
        controller.abort(new ConferError('timeout', `No answer within ${ms} ms.`)),
      );
      const follow = () => controller.abort(parent?.reason);
      if (parent?.aborted) follow();
      parent?.addEventListener('abort', follow, { once: true });
      return {
        signal: controller.signal,
        [Symbol.dispose]() {
          cancel();
          parent?.removeEventListener('abort', follow);
        },
      };
    },
  };
}

/** Resolves when every promise that can go on by itself has. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A binary heap by due time and order of asking; cancelled timers leave it when they come up. */
class TimerHeap {
  readonly #timers: Timer[] = [];

  add(timer: Timer): void {
    let index = this.#timers.push(timer) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#isEarlier(index, parent)) break;
      this.#swap(index, parent);
      index = parent;
    }
  }

  /** The earliest that was not cancelled. */
  first(): Timer | undefined {
    while (this.#timers.length > 0 && this.#timers[0]?.fire === undefined) this.takeFirst();
    return this.#timers[0];
  }

  takeFirst(): void {
    const last = this.#timers.pop();
    if (last === undefined || this.#timers.length === 0) return;
    this.#timers[0] = last;
    let index = 0;
    for (;;) {
      let smallest = index;
      for (const child of [2 * index + 1, 2 * index + 2])
        if (child < this.#timers.length && this.#isEarlier(child, smallest)) smallest = child;
      if (smallest === index) return;
      this.#swap(index, smallest);
      index = smallest;
    }
  }

  #isEarlier(one: number, other: number): boolean {
    const [a, b] = [this.#timers[one], this.#timers[other]];
    if (a === undefined || b === undefined) return false;
    return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);
  }

  #swap(one: number, other: number): void {
    const [a, b] = [this.#timers[one], this.#timers[other]];
    if (a === undefined || b === undefined) return;
    this.#timers[one] = b;
    this.#timers[other] = a;
  }
}
