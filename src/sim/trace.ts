/** Everything that happens in a simulated run, in order, as one hash: the same seed must give the same one. */
import { createHash } from 'node:crypto';
import { type FaultName, faultNames } from './fault-mix.ts';

export class Trace {
  readonly #elapsed: () => number;
  readonly #hash = createHash('sha256');
  readonly #observe: ((line: string) => void) | undefined;
  readonly #isTraced: boolean;
  readonly faultCounts: Record<FaultName, number> = Object.fromEntries(
    faultNames.map((name) => [name, 0]),
  ) as Record<FaultName, number>;
  events = 0;

  /** elapsed: virtual milliseconds. observe: for whoever wants to read along. isTraced: false = events are only counted. */
  constructor(
    elapsed: () => number,
    { observe, isTraced = true }: { observe?: (line: string) => void; isTraced?: boolean } = {},
  ) {
    this.#elapsed = elapsed;
    this.#observe = observe;
    this.#isTraced = isTraced;
  }

  /** What happened, in a word, and everything that tells it from others of its kind. */
  event(kind: string, detail: string | (() => string)): void {
    this.events += 1;
    if (!this.#isTraced) return;
    const line = `${this.#elapsed()} ${kind} ${typeof detail === 'string' ? detail : detail()}\n`;
    this.#hash.update(line);
    this.#observe?.(line);
  }

  /** A fault that took effect. */
  fault(name: FaultName, detail: string): void {
    this.faultCounts[name] += 1;
    this.event(`fault ${name}`, detail);
  }

  get faultEvents(): number {
    return Object.values(this.faultCounts).reduce((sum, count) => sum + count, 0);
  }

  /** SHA-256 over all events so far, hex. */
  digest(): string {
    return this.#hash.copy().digest('hex');
  }
}
