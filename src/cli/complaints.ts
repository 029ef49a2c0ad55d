/** What went wrong, in one sentence on stderr, and the exit code that belongs to it. */
import { CryptoError } from '../../crypto/errors.ts';
import { ConferError, type ErrorCode, messageOf, PeerError } from '../core/errors.ts';
import { exitCodes } from './exit-codes.ts';

/** Codes that accuse what was typed, or a file that it names. */
const inputCodes: readonly ErrorCode[] = ['usage', 'bad-input', 'unsupported-intent', 'unknown-node'];

/** Prints why a command failed. Returns the exit code. */
export function complain(error: unknown): number {
  console.error(`confer: ${sentenceOf(error)}`);
  if (process.env.CONFER_TRACE === '1') console.error(error);
  const isInput =
    (error instanceof ConferError && inputCodes.includes(error.code)) ||
    error instanceof CryptoError ||
    (isSystemError(error) && pathCodes.includes(error.code));
  return isInput ? exitCodes.badInput : exitCodes.noReport;
}

/** For commander: its message and its suggestion in one line, with the way to the help. */
export function complainOfUsage(text: string, write: (text: string) => void): void {
  const sentence = text
    .trim()
    .replace(/^error: /, '')
    .replaceAll(/\s*\n\s*/g, ' ');
  write(`confer: ${sentence.replace(/\.$/, '')}; add --help to see how.\n`);
}

function sentenceOf(error: unknown): string {
  if (error instanceof ConferError || error instanceof PeerError || error instanceof CryptoError)
    return messageOf(error);
  if (isSystemError(error)) return systemSentence(error);
  return `unexpected failure: ${messageOf(error)}. Run it again with CONFER_TRACE=1 to see where, and report it.`;
}

/** What the operating system refused: a directory, a port, a program. */
interface SystemError extends Error {
  code: string;
  syscall: string;
  path?: string;
  address?: string;
  port?: number;
}

function isSystemError(error: unknown): error is SystemError {
  return (
    error instanceof Error &&
    'syscall' in error &&
    typeof error.syscall === 'string' &&
    'code' in error &&
    typeof error.code === 'string'
  );
}

const systemReasons: Record<string, string> = {
  ENOENT: 'there is no such file or directory',
  ENOTDIR: 'a part of the path is not a directory',
  EISDIR: 'it is a directory',
  EEXIST: 'it exists already',
  EACCES: 'this user may not',
  EPERM: 'this user may not',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EADDRINUSE: 'another process listens there; stop it or choose another port',
  EADDRNOTAVAIL: 'this machine does not have the address',
};

/** These accuse a path or an address that was named; what is left is for this machine to mend. */
const pathCodes = ['ENOENT', 'ENOTDIR', 'EISDIR', 'EEXIST', 'EACCES', 'EROFS', 'EADDRNOTAVAIL'];

/** "cannot listen on ::1 port 9514: another process listens there; ..." */
function systemSentence({ code, syscall, path, address, port, message }: SystemError): string {
  const socket = [address && `on ${address}`, port && `port ${port}`].filter(Boolean).join(' ');
  const what = ['cannot', syscall, path ?? socket].filter(Boolean).join(' ');
  return `${what}: ${systemReasons[code] ?? message}.`;
}

/** Why a file cannot be used, for "FILE cannot be read: ...". */
export function whyNot(error: unknown): string {
  return isSystemError(error) ? (systemReasons[error.code] ?? error.message) : messageOf(error);
}
