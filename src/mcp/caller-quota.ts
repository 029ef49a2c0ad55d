import { ConferError } from '../core/errors.ts';
import type { Caller } from '../core/service.ts';

/** Counts what each caller has running, over all its connections: one busy neighbour must not starve the others. */
export class CallerQuota {
  readonly #max: number;
  readonly #running = new Map<string, number>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Takes a place until it is disposed. Throws ConferError `overloaded` when the caller has none left. */
  enter(caller: Caller): Disposable {
    const running = this.#running.get(caller.thumbprint) ?? 0;
    if (running >= this.#max) {
      throw new ConferError(
        'overloaded',
        `${caller.name} has ${running} requests running; wait for one to end.`,
      );
    }
    this.#running.set(caller.thumbprint, running + 1);
    return { [Symbol.dispose]: () => this.#leave(caller.thumbprint) };
  }

  #leave(thumbprint: string): void {
    const running = (this.#running.get(thumbprint) ?? 1) - 1;
    if (running > 0) this.#running.set(thumbprint, running);
    else this.#running.delete(thumbprint);
  }
}
