/** What the operating system refuses, in plain words. */
import { ConferError, messageOf } from '../core/errors.ts';

/** A directory, a port or a program that could not be used. */
export interface SystemError extends Error {
  code: string;
  syscall: string;
  path?: string;
  address?: string;
  port?: number;
}

export function isSystemError(error: unknown): error is SystemError {
  return (
    error instanceof Error &&
    'syscall' in error &&
    typeof error.syscall === 'string' &&
    'code' in error &&
    typeof error.code === 'string'
  );
}

/** By the names of errno(3). */
const reasons: Record<string, string> = {
  ENOENT: 'there is no such file or directory',
  ENOTDIR: 'a part of the path is not a directory',
  EISDIR: 'it is a directory',
  EEXIST: 'it exists already',
  ENOTEMPTY: 'the directory is not empty',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'its symbolic links lead in a circle',
  EACCES: 'this user may not',
  EPERM: 'this user may not',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: "this user's share of the disk is full",
  EMFILE: 'this process has too many files open',
  ENFILE: 'this machine has too many files open',
  EFBIG: 'the file would be too large',
  EIO: 'the disk gave an error',
  EADDRINUSE: 'another process listens there; stop it or choose another port',
  EADDRNOTAVAIL: 'this machine does not have the address',
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'the other end hung up',
  EPIPE: 'the other end hung up',
  ETIMEDOUT: 'nobody answers there',
  EHOSTUNREACH: 'there is no way to that address now',
  ENETUNREACH: 'this machine has no route to that address',
  EHOSTDOWN: 'the machine is down',
  ENOTFOUND: 'no such host name is known',
  EAI_AGAIN: 'the name server does not answer',
};

/** Why something could not be done, for "FILE cannot be read: ..."; without a full stop. */
export function whyNot(error: unknown): string {
  const known = error instanceof Error && 'code' in error ? reasons[String(error.code)] : undefined;
  return known ?? messageOf(error).replace(/\.$/, '');
}

/** "cannot listen on ::1 port 9514: another process listens there; ..." */
export function systemSentence(error: SystemError): string {
  const { syscall, path, address, port } = error;
  const socket = [address && `on ${address}`, port && `port ${port}`].filter(Boolean).join(' ');
  return `${['cannot', verbs[syscall] ?? syscall, path ?? socket].filter(Boolean).join(' ')}: ${whyNot(error)}.`;
}

const verbs: Record<string, string> = {
  mkdir: 'make the directory',
  open: 'open',
  scandir: 'read the directory',
  unlink: 'delete',
  getaddrinfo: 'find the host',
};

/** For whoever named the path. */
export function pathError(path: string, what: string, error: unknown): ConferError {
  return new ConferError('bad-input', `${path} ${what}: ${whyNot(error)}.`, { cause: error });
}
