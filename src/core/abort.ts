import { ConferError } from './errors.ts';

/** Settles like `promise`, or rejects with the signal's reason as soon as that aborts: nobody waits for a lost peer. */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason ?? new ConferError('cancelled', 'It was cancelled.'));
    if (signal.aborted) {
      promise.catch(() => {}); // its fate no longer matters, but it must not surface as unhandled
      abort();
      return;
    }
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
