/** Ctrl-C and its kin, as an AbortSignal. */
import { ConferError } from '../core/errors.ts';
import { readersGone } from './readers.ts';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface Interruption extends Disposable {
  /** Aborts with ConferError `cancelled`; also when nobody reads the output any more. */
  readonly signal: AbortSignal;
}

/**
 * Listens until disposed. Signals after the first change nothing, so that what was begun is taken down in order: a
 * terminal and npm each pass one Ctrl-C on.
 */
export function untilInterrupted(message: string): Interruption {
  const stop = new AbortController();
  const interrupt = () => stop.abort(new ConferError('cancelled', message));
  const endQuietly = () => stop.abort(readersGone.reason);
  for (const signal of signals) process.on(signal, interrupt);
  readersGone.addEventListener('abort', endQuietly, { once: true });
  if (readersGone.aborted) endQuietly();
  return {
    signal: stop.signal,
    [Symbol.dispose]: () => {
      for (const signal of signals) process.off(signal, interrupt);
      readersGone.removeEventListener('abort', endQuietly);
    },
  };
}
