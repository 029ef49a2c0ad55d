/**
 * The file of --resume: what is drawn from on the first line, an outcome on each further one. A run that was cut off goes
 * on behind the last whole line.
 */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { CaseOutcome } from '../arena/index.ts';
import { ConferError, messageOf } from '../core/errors.ts';
import type { ArenaTask } from './arena-pool.ts';

export interface ArenaState {
  /** By number. */
  known: ReadonlyMap<number, CaseOutcome>;
  /** Durable when it returns. */
  add(outcome: CaseOutcome): void;
}

/** Another form of outcome is another version. */
const version = 2;

/** Throws ConferError `bad-input` where the file is of another run, or cannot be written. */
export function openState(file: string, { seed, options }: ArenaTask): ArenaState {
  const header = JSON.stringify({ arena: version, seed, ...options });
  const [first, ...lines] = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  if (first !== undefined && first !== '' && first !== header)
    throw new ConferError(
      'bad-input',
      `${file} is of a run with another seed, other kinds, tiers, shapes or methods: give those again, or another file.`,
    );
  const whole = lines.slice(0, -1).map((line) => JSON.parse(line) as CaseOutcome);
  const write = (work: () => void) => {
    try {
      work();
    } catch (error) {
      throw new ConferError('bad-input', `${file} cannot be written: ${messageOf(error)}`);
    }
  };
  const kept = [header, ...whole.map((one) => JSON.stringify(one))];
  write(() => writeFileSync(file, `${kept.join('\n')}\n`));
  return {
    known: new Map(whole.map((one) => [one.index, one])),
    add: (outcome) => write(() => appendFileSync(file, `${JSON.stringify(outcome)}\n`)),
  };
}
