/** Directories that somebody named: made, and known to be writable, before work begins that would need them. */
import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ConferError } from '../core/errors.ts';
import { pathError } from './system-errors.ts';

/**
 * Makes `directory` and what is missing above it. Step by step: the recursive mkdir of Node never returns where the
 * system says of every child that it does not exist, as /proc does. Throws ConferError `bad-input`.
 */
export function makeDirectory(directory: string, { mode }: { mode?: number } = {}): void {
  const missing: string[] = [];
  let at = resolve(directory);
  for (; !isDirectory(at, directory); at = dirname(at)) missing.push(at);
  for (const one of missing.reverse()) make(one, directory, mode);
}

/** Makes `directory` if it is not there. Throws ConferError `bad-input` where this user could not write files in it. */
export function writableDirectory(directory: string): void {
  makeDirectory(directory);
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw pathError(directory, 'cannot be written', error);
  }
}

/** False where nothing is. Throws where something else is. */
function isDirectory(path: string, wanted: string): boolean {
  let found: ReturnType<typeof statSync>;
  try {
    found = statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw pathError(wanted, 'cannot be made', error);
  }
  if (found === undefined || found.isDirectory()) return found !== undefined;
  const what = path === resolve(wanted) ? 'it is a file' : `${path} is a file`;
  throw new ConferError('bad-input', `${wanted} cannot be used as a directory: ${what}.`);
}

function make(path: string, wanted: string, mode: number | undefined): void {
  try {
    mkdirSync(path, mode === undefined ? {} : { mode });
  } catch (error) {
    // Another process may have been faster.
    if (isDirectory(path, wanted)) return;
    const isRefused = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (isRefused)
      throw new ConferError(
        'bad-input',
        `${wanted} cannot be made: its file system takes no directory there.`,
      );
    throw pathError(wanted, 'cannot be made', error);
  }
}
