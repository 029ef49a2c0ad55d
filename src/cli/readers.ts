/**
 * Whoever reads what a command prints may end before it does: `confer lab ... | head -1`. Then the command ends too, in
 * order, and without a word that nobody would read.
 */
import { ConferError } from '../core/errors.ts';

const gone = new AbortController();

/** Aborts with ConferError `cancelled` once nobody reads stdout, or stderr. */
export const readersGone: AbortSignal = gone.signal;

/** To be called once, before anything is printed. */
export function watchReaders(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      gone.abort(new ConferError('cancelled', 'Nobody reads the output any more.'));
    });
}
