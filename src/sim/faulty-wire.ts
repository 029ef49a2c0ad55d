/** What happens to one message or frame on its way: the seeded faults drop, duplicate, reorder and delay. */
import type { Random } from '../core/ports.ts';
import type { FaultMix } from './fault-mix.ts';
import type { Trace } from './trace.ts';

/** One direction between two ends: what is sent first arrives first, unless a fault says otherwise. */
export interface Pipe {
  lastDueMs: number;
}

export interface FaultyWireOptions {
  trace: Trace;
  random: Random;
  /** The faults in force now. */
  mix(): FaultMix;
  elapsed(): number;
  /** Time of flight of most, milliseconds: from and to. */
  flightMs: readonly [number, number];
  /** Whether what is delayed may be so for seconds: a connection retransmits, a link of two routers has no such memory. */
  stalls: boolean;
}

/** Delays are log-uniform between these, milliseconds; one in `delaysBetweenStalls` outlasts the deadline of a call. */
const delayMs = [1, 300] as const;
const stallMs = [3_000, 9_000] as const;
const delaysBetweenStalls = 500;
/** How long what is overtaken is held back, and how far behind a copy comes, milliseconds. */
const holdMs = [2, 60] as const;

export class FaultyWire {
  readonly #options: FaultyWireOptions;

  constructor(options: FaultyWireOptions) {
    this.#options = options;
  }

  /** Milliseconds from now at which it arrives: none when it is lost, two when it comes twice. */
  fates(pipe: Pipe, what: () => string): number[] {
    const { trace, elapsed, flightMs, stalls } = this.#options;
    const mix = this.#options.mix();
    const nowMs = elapsed();
    if (this.#happens(mix.drop)) {
      trace.fault('drop', what());
      return [];
    }
    let dueMs = nowMs + this.#between(flightMs);
    if (this.#happens(mix.delay)) {
      const isStall = stalls && this.#happens(1 / delaysBetweenStalls);
      const extraMs = isStall ? this.#between(stallMs) : this.#logBetween(delayMs);
      trace.fault('delay', `${extraMs.toFixed(3)} ms ${what()}`);
      dueMs += extraMs;
    }
    if (this.#happens(mix.reorder)) {
      trace.fault('reorder', what());
      dueMs += this.#between(holdMs);
    } else {
      dueMs = Math.max(dueMs, pipe.lastDueMs);
      pipe.lastDueMs = dueMs;
    }
    if (!this.#happens(mix.duplicate)) return [dueMs - nowMs];
    trace.fault('duplicate', what());
    return [dueMs - nowMs, dueMs - nowMs + this.#between(holdMs)];
  }

  #happens(probability: number): boolean {
    return probability > 0 && this.#options.random.fraction() < probability;
  }

  #between([from, to]: readonly [number, number]): number {
    return from + (to - from) * this.#options.random.fraction();
  }

  #logBetween([from, to]: readonly [number, number]): number {
    return from * (to / from) ** this.#options.random.fraction();
  }
}
