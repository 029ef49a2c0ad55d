/**
 * The file of --resume: what is drawn from on the first line, an outcome on each further one. A run that was cut off goes
 * on behind the last whole line.
 */
import { appendFileSync, existsSync, truncateSync } from 'node:fs';
import type { CaseOutcome } from '../arena/index.ts';
import { ConferError } from '../core/errors.ts';
import { shortened } from '../core/shortened.ts';
import { pathError } from '../system/system-errors.ts';
import type { ArenaTask } from './arena-pool.ts';
import { readInput } from './report-files.ts';

export interface ArenaState {
  /** By number. */
  known: ReadonlyMap<number, CaseOutcome>;
  /** In the file when it returns. */
  add(outcome: CaseOutcome): void;
}

/** Another form of outcome is another version. */
const version = 2;
const excerptCharactersMax = 60;

/** Throws ConferError `bad-input` where the file is of another run or none, or cannot be used; then it stays as it is. */
export function openState(file: string, { seed, options }: ArenaTask): ArenaState {
  const header = JSON.stringify({ arena: version, seed, ...options });
  const text = existsSync(file) ? readInput(file).toString('utf8') : '';
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  const [first = '', ...lines] = whole.split('\n').slice(0, -1);
  if (whole === '' ? !header.startsWith(text) : first !== header)
    throw new ConferError(
      'bad-input',
      isHeader(first)
        ? `${file} is of a run with another seed, other kinds, tiers, shapes or methods: give those again, or another file.`
        : `${file} is no file that --resume has written: give another one.`,
    );
  const known = lines.map((line, index) => outcomeOf(line, `${file}, line ${index + 2}`));
  const add = (line: string) => writing(file, () => appendFileSync(file, `${line}\n`));
  if (whole.length < text.length) writing(file, () => truncateSync(file, Buffer.byteLength(whole)));
  if (whole === '') add(header);
  return {
    known: new Map(known.map((one) => [one.index, one])),
    add: (outcome) => add(JSON.stringify(outcome)),
  };
}

function isHeader(line: string): boolean {
  const value = parsed(line);
  return typeof value === 'object' && value !== null && 'arena' in value;
}

/** What this program wrote itself is not looked at more closely. */
function outcomeOf(line: string, place: string): CaseOutcome {
  const value = parsed(line) as Partial<CaseOutcome> | null | undefined;
  if (typeof value?.index === 'number') return value as CaseOutcome;
  throw new ConferError(
    'bad-input',
    `${place}: expected an outcome of a case, found "${shortened(line, excerptCharactersMax)}": remove that line, and its case is played again.`,
  );
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function writing(file: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    throw pathError(file, 'cannot be written', error);
  }
}
