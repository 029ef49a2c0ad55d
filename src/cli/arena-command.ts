/** `confer arena`: Confer and published methods on the same faults, scored. */
import { closeSync, openSync, writeFileSync } from 'node:fs';
import {
  type ArenaWorld,
  type CaseOutcome,
  methodNames,
  type ShapeName,
  scoreOf,
  shapeNames,
  type Tier,
  tiers,
  usualTiers,
} from '../arena/index.ts';
import { ConferError } from '../core/errors.ts';
import { type FaultKind, faultKindsOf } from '../core/fault-kinds.ts';
import { pathError } from '../system/system-errors.ts';
import { type ArenaTask, runCases } from './arena-pool.ts';
import { openState } from './arena-state.ts';
import { arenaText, caseText } from './arena-table.ts';
import { commandName } from './command-name.ts';
import { exitCodes } from './exit-codes.ts';
import { untilInterrupted } from './interruption.ts';
import { Progress } from './progress.ts';
import { visibleLine } from './visible-text.ts';

export interface ArenaOptions {
  world: ArenaWorld;
  cases: number;
  seed: number;
  kinds?: string[];
  tiers?: string[];
  methods?: string[];
  shapes?: string[];
  /** Only this one, in detail. */
  case?: number;
  jobs: number;
  json?: boolean;
  /** Goes on with what this file has, and adds to it. */
  resume?: string;
  /** Also as a page with plots. */
  html?: string;
}

const casesMax = 1_000_000;

/** Returns the exit code. Throws ConferError. */
export async function runArena(options: ArenaOptions): Promise<number> {
  if (options.cases > casesMax) throw new ConferError('usage', `--cases: at most ${casesMax} at a time.`);
  if (options.world === 'kernel' && options.jobs > 1)
    throw new ConferError(
      'usage',
      '--jobs: kernel labs are measured in wall time, so that they run one at a time.',
    );
  if (options.html !== undefined && options.case !== undefined)
    throw new ConferError('usage', '--html: a page shows many cases; leave out --case, or --html.');
  const task = taskOf(options);
  const page = options.html === undefined ? undefined : await openPage(options.html, options);
  const outcomes = await run(task, options);
  const [only] = outcomes;
  if (options.case !== undefined && only !== undefined)
    console.log(options.json ? JSON.stringify(withoutTimes(only)) : caseText(only));
  else if (options.json) {
    const { seed, options: drawn } = task;
    console.log(JSON.stringify({ seed, ...drawn, ...scoreOf(outcomes, seed) }));
  } else {
    const repeat = (index: number) => `${drawnCommand(options)} --case ${index}`;
    console.log(arenaText(scoreOf(outcomes, options.seed), outcomes, repeat));
  }
  await page?.write(outcomes);
  return exitCodes.done;
}

/** Whatever forbids a page is told before the first case, for many cases take hours. Throws ConferError `bad-input`. */
async function openPage(file: string, options: ArenaOptions) {
  const { arenaPage, findDrawing } = await import('./arena-page/page.ts');
  const draw = await findDrawing();
  try {
    closeSync(openSync(file, 'a'));
  } catch (error) {
    throw pathError(file, 'cannot be written', error);
  }
  return {
    async write(outcomes: readonly CaseOutcome[]): Promise<void> {
      const { world, seed } = options;
      const score = scoreOf(outcomes, seed);
      const page = await arenaPage({ world, score, outcomes, command: repeatCommand(options) }, draw);
      try {
        writeFileSync(file, page);
      } catch (error) {
        throw pathError(file, 'cannot be written', error);
      }
    },
  };
}

function taskOf({
  world,
  cases,
  seed,
  kinds,
  tiers: asked,
  methods,
  shapes,
  case: only,
}: ArenaOptions): ArenaTask {
  return {
    seed,
    cases: only === undefined ? Array.from({ length: cases }, (_, index) => index) : [only],
    options: {
      world,
      kinds: chosen<FaultKind>('kinds', kinds, faultKindsOf(world)),
      // Agents of kernel labs count what the kernel counts.
      tiers: chosen<Tier>('tiers', asked ?? [...usualTiers], world === 'kernel' ? usualTiers : tiers),
      shapes: chosen<ShapeName>('shapes', shapes, shapeNames),
      methods: chosen('methods', methods, methodNames),
    },
  };
}

/** In the order of the known ones, so that the same choice is the same run. */
function chosen<T extends string>(
  what: string,
  asked: readonly string[] | undefined,
  known: readonly T[],
): T[] {
  const strange = asked?.filter((one) => !(known as readonly string[]).includes(one)) ?? [];
  if (strange.length > 0)
    throw new ConferError('usage', `--${what}: ${strange.join(', ')} is none of ${known.join(', ')}.`);
  return known.filter((one) => asked === undefined || asked.includes(one));
}

async function run(task: ArenaTask, { jobs, resume }: ArenaOptions): Promise<CaseOutcome[]> {
  const state = resume === undefined ? undefined : openState(resume, task);
  const outcomes = new Map(task.cases.flatMap((index) => entry(state?.known.get(index))));
  const left = task.cases.filter((index) => !outcomes.has(index));
  const progress = new Progress('cases', task.cases.length, { done: outcomes.size });
  using stop = untilInterrupted('Interrupted.');
  // A case is not waited for: it may take a minute, and whatever it has made goes when the process exits.
  stop.signal.addEventListener('abort', () => {
    progress.end();
    const kept =
      resume === undefined
        ? ', and none is kept; --resume FILE keeps them'
        : `; ${visibleLine(resume)} keeps them: the same command goes on there`;
    console.error(`confer: Interrupted: ${outcomes.size} of ${task.cases.length} cases played${kept}.`);
    process.exit(exitCodes.interrupted);
  });
  for await (const outcome of runCases({ ...task, cases: left }, jobs)) {
    state?.add(outcome);
    outcomes.set(outcome.index, outcome);
    progress.tell(outcomes.size);
  }
  progress.end();
  return [...outcomes.values()].sort((a, b) => a.index - b.index);
}

function entry(outcome: CaseOutcome | undefined): [number, CaseOutcome][] {
  return outcome === undefined ? [] : [[outcome.index, outcome]];
}

/** What is printed is the same for the same seed, on every machine. */
function withoutTimes(outcome: CaseOutcome): object {
  const methods = Object.entries(outcome.methods).map(([name, { cpuMs: _, ...run }]) => [name, run]);
  return { ...outcome, methods: Object.fromEntries(methods) };
}

function repeatCommand({ cases, case: _, ...rest }: ArenaOptions): string {
  return `${drawnCommand(rest)} --cases ${cases}`;
}

/** What every case of a run is drawn from. */
function drawnCommand({
  world,
  seed,
  kinds,
  tiers: asked,
  shapes,
  methods,
}: Omit<ArenaOptions, 'cases' | 'case'>): string {
  const list = (name: string, values: readonly string[] | undefined) =>
    values === undefined ? [] : [`--${name} ${values.join(',')}`];
  return [
    `${commandName} arena --seed ${seed}`,
    ...(world === 'kernel' ? ['--world kernel'] : []),
    ...list('kinds', kinds),
    ...list('tiers', asked),
    ...list('shapes', shapes),
    ...list('methods', methods),
  ].join(' ');
}
