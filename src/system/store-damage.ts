/**
 * What is done about the damaged log of a store before SQLite opens it. SQLite would pass over the damage and write over
 * it: the store turns back to an older state, and what was behind is gone for whoever looks into it.
 */
import { constants, copyFileSync } from 'node:fs';
import { messageOf } from '../core/errors.ts';
import { remainsOfLog } from './write-ahead-log.ts';

/**
 * Keeps a copy of this write-ahead log, the oldest where there is one already. Two sentences about it; undefined where
 * nothing is damaged. Nobody else may use the store meanwhile.
 */
export function setDamageAside(file: string): string | undefined {
  const remains = remainsOfLog(file);
  if (remains.state !== 'damaged') return undefined;
  const copy = `${file}.damaged`;
  const begins = `The store turns back to an older state: ${remains.what}.`;
  try {
    copyFileSync(file, copy, constants.COPYFILE_EXCL);
    return `${begins} ${copy} is a copy; "confer audit verify" tells what is left.`;
  } catch (error) {
    const isKept = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    const why = isKept ? `${copy} is of an earlier start` : `no copy could be kept: ${messageOf(error)}`;
    return `${begins} ${why}.`;
  }
}
