/** A clock that stands still until it is told to advance: the tests' time. */
import { ConferError } from '../../src/core/errors.ts';
import type { Clock } from '../../src/core/ports.ts';

export interface VirtualClock extends Clock {
  /** Moves time on, firing what falls due in its order, and lets everything that waited run in between. */
  advance(ms: number): Promise<void>;
  /** Timers that wait: 0 when everybody cleaned up. */
  readonly waiting: number;
}

interface Timer {
  dueMs: number;
  fire(): void;
}

/** startMs: wall time at the start, milliseconds since the epoch. */
export function createVirtualClock(startMs = Date.UTC(2026, 6, 1, 12)): VirtualClock {
  const timers = new Set<Timer>();
  let elapsedMs = 0;
  const after = (ms: number, fire: () => void) => {
    const timer = { dueMs: elapsedMs + Math.max(0, ms), fire };
    timers.add(timer);
    return () => timers.delete(timer);
  };
  return {
    now: () => startMs + elapsedMs,
    elapsed: () => elapsedMs,
    get waiting() {
      return timers.size;
    },
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
    async advance(ms) {
      const endMs = elapsedMs + ms;
      for (;;) {
        await settled();
        const [next] = [...timers].filter(({ dueMs }) => dueMs <= endMs).sort((a, b) => a.dueMs - b.dueMs);
        if (next === undefined) break;
        elapsedMs = next.dueMs;
        timers.delete(next);
        next.fire();
      }
      elapsedMs = endMs;
    },
  };
}

/** Resolves when every promise that can go on by itself has. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
