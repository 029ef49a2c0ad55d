import { ConferError } from '../core/errors.ts';
import type { Clock } from '../core/ports.ts';

/** setTimeout's longest delay; longer waits are cut into pieces. */
const timerMsMax = 2 ** 31 - 1;

export function createSystemClock(): Clock {
  return {
    now: () => Date.now(),
    elapsed: () => performance.now(),
    async sleep(ms, signal) {
      for (let rest = Math.max(0, ms); ; rest -= timerMsMax) {
        await sleepOnce(Math.min(rest, timerMsMax), signal);
        if (rest <= timerMsMax) return;
      }
    },
    deadline(ms, parent) {
      const controller = new AbortController();
      const late = () => controller.abort(new ConferError('timeout', `No answer within ${ms} ms.`));
      const timer = setTimeout(late, Math.min(ms, timerMsMax));
      const follow = () => controller.abort(parent?.reason);
      if (parent?.aborted) follow();
      parent?.addEventListener('abort', follow, { once: true });
      return {
        signal: controller.signal,
        [Symbol.dispose]() {
          clearTimeout(timer);
          parent?.removeEventListener('abort', follow);
        },
      };
    },
  };
}

function sleepOnce(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', abort, { once: true });
  });
}
