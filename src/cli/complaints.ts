/** What went wrong, in one sentence on stderr, and the exit code that belongs to it. */
import { CryptoError } from '../../crypto/errors.ts';
import { ConferError, type ErrorCode, messageOf, PeerError } from '../core/errors.ts';
import { isSystemError, systemSentence } from '../system/system-errors.ts';
import { exitCodes } from './exit-codes.ts';
import { readersGone } from './readers.ts';
import { visible } from './visible-text.ts';

/** Codes that accuse what was typed, or a file that it names. */
const inputCodes: readonly ErrorCode[] = ['usage', 'bad-input', 'unsupported-intent', 'unknown-node'];

/** Prints why a command failed, unless nobody reads what it prints. Returns the exit code. */
export function complain(error: unknown): number {
  if (readersGone.aborted && error === readersGone.reason) return exitCodes.noReport;
  // Names in it may come from files and from the network.
  console.error(`confer: ${visible(sentenceOf(error))}`);
  if (process.env.CONFER_TRACE === '1') console.error(error);
  const isInput =
    (error instanceof ConferError && inputCodes.includes(error.code)) ||
    error instanceof CryptoError ||
    (isSystemError(error) && pathCodes.includes(error.code));
  return isInput ? exitCodes.badInput : exitCodes.noReport;
}

/** For commander: its message and its suggestion in one line, with the way to the help. */
export function complainOfUsage(text: string, write: (text: string) => void): void {
  const sentence = visible(text)
    .trim()
    .replace(/^error: /, '')
    .replaceAll(/\s*\n\s*/g, ' ');
  write(`confer: ${sentence.replace(/\.$/, '')}; add --help to see how.\n`);
}

function sentenceOf(error: unknown): string {
  if (error instanceof PeerError && (error.reason === 'unreachable' || error.reason === 'timeout'))
    return `${messageOf(error).replace(/\.?$/, '.')} Check that its agent runs, its address and port, and what filters the way there.`;
  if (error instanceof ConferError || error instanceof PeerError || error instanceof CryptoError)
    return messageOf(error);
  if (isSystemError(error)) return systemSentence(error);
  return `unexpected failure: ${messageOf(error)}. Run it again with CONFER_TRACE=1 to see where, and report it.`;
}

/** These accuse a path or an address that was named; what is left is for this machine to mend. */
const pathCodes = [
  'ENOENT',
  'ENOTDIR',
  'EISDIR',
  'EEXIST',
  'ENAMETOOLONG',
  'EACCES',
  'EROFS',
  'EADDRNOTAVAIL',
];
