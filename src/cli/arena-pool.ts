/** Many cases, one after the other or on several threads: what comes out is the same. */
import { Piscina } from 'piscina';
import { type CaseOptions, type CaseOutcome, runCase } from '../arena/index.ts';
import { installedFile } from '../system/installation.ts';

export interface ArenaTask {
  seed: number;
  /** Numbers of the cases. */
  cases: readonly number[];
  options: CaseOptions & { methods: readonly string[] };
}

/** Long ways cost much more than short ones: small tasks, so that no thread waits long for the last one. */
const casesOfTask = 2;
/** A case makes much garbage that is dead when it ends: larger than V8's usual 16 MB, so that less of it is copied. */
const youngGenerationMb = 64;

/** Outcomes in the order of the cases. */
export async function* runCases(task: ArenaTask, jobs: number): AsyncGenerator<CaseOutcome> {
  if (jobs > 1) yield* onThreads(task, jobs);
  else for (const index of task.cases) yield* await runTask({ ...task, cases: [index] });
}

/** A window of tasks is under way. */
async function* onThreads(task: ArenaTask, jobs: number): AsyncGenerator<CaseOutcome> {
  const pool = new Piscina({
    filename: installedFile('src/cli/arena-worker.ts'),
    minThreads: jobs,
    maxThreads: jobs,
    resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMb },
  });
  const running: Promise<CaseOutcome[]>[] = [];
  try {
    for (let next = 0; next < task.cases.length; next += casesOfTask) {
      running.push(pool.run({ ...task, cases: task.cases.slice(next, next + casesOfTask) }));
      const first = running.length >= 4 * jobs ? running.shift() : undefined;
      if (first !== undefined) yield* await first;
    }
    for (const last of running) yield* await last;
  } finally {
    for (const left of running) left.catch(() => {}); // whoever stopped early wants them no more
    await pool.destroy();
  }
}

export async function runTask({ seed, cases, options }: ArenaTask): Promise<CaseOutcome[]> {
  const outcomes: CaseOutcome[] = [];
  for (const index of cases) outcomes.push(await runCase(seed, index, options, { cpuMs }));
  return outcomes;
}

/** Of this thread, where Node can tell (from 23.9 on). */
function cpuMs(): number {
  const ofThread: typeof process.cpuUsage | undefined = process.threadCpuUsage;
  const { user, system } = (ofThread ?? process.cpuUsage)();
  return (user + system) / 1_000;
}
