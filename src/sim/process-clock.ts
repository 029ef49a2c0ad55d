/** The clocks of one simulated process: its own wall time, and timers that die with it. */
import type { Clock } from '../core/ports.ts';
import { clockOver, type VirtualClock } from './virtual-clock.ts';

export interface ProcessClock extends Clock {
  /** Calls back after `ms`; returns what prevents it. */
  after(ms: number, fire: () => void): () => void;
  /** Timers of this process that wait. */
  readonly waiting: number;
  /** As when somebody sets the wall clock: intervals must not notice. */
  step(ms: number): void;
  /** The process is dead: what it still waits for never comes. */
  stop(): void;
}

/** skewMs: how far its wall clock is ahead of the world's. */
export function createProcessClock(world: VirtualClock, skewMs: number): ProcessClock {
  const running = new Set<() => void>();
  let offsetMs = skewMs;
  let isStopped = false;
  const after = (ms: number, fire: () => void) => {
    if (isStopped) return () => {};
    const cancel = world.after(ms, () => {
      running.delete(cancel);
      fire();
    });
    running.add(cancel);
    return () => {
      running.delete(cancel);
      cancel();
    };
  };
  return {
    ...clockOver({ now: () => world.now() + offsetMs, elapsed: () => world.elapsed(), after }),
    after,
    get waiting() {
      return running.size;
    },
    step(ms) {
      offsetMs += ms;
    },
    stop() {
      isStopped = true;
      for (const cancel of running) cancel();
      running.clear();
    },
  };
}
