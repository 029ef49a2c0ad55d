/** Ctrl-C and its kin, as an AbortSignal. */
import { ConferError } from '../core/errors.ts';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface Interruption extends Disposable {
  /** Aborts with ConferError `cancelled`. */
  readonly signal: AbortSignal;
}

/**
 * Listens until disposed. Signals after the first change nothing, so that what was begun is taken down in order: a
 * terminal and npm each pass one Ctrl-C on.
 */
export function untilInterrupted(message: string): Interruption {
  const stop = new AbortController();
  const interrupt = () => stop.abort(new ConferError('cancelled', message));
  for (const signal of signals) process.on(signal, interrupt);
  return {
    signal: stop.signal,
    [Symbol.dispose]: () => {
      for (const signal of signals) process.off(signal, interrupt);
    },
  };
}
