/** Many seeds, one after the other or on several threads: the outcome is the same. */
import { createHash } from 'node:crypto';
import { extname } from 'node:path';
import { Piscina } from 'piscina';
import type { Topology } from '../core/topology.ts';
import { type FaultMix, type FaultName, faultNames } from './fault-mix.ts';
import { runSeed, type SeedOutcome } from './run-seed.ts';

export interface CampaignOptions {
  topology: Topology;
  /** First and last seed, both included. */
  from: number;
  to: number;
  /** The faults in force; absent: the default mix. */
  faults?: FaultMix;
  /** Threads. */
  jobs: number;
  /** Told of every seed, in order. */
  onSeed?: (outcome: SeedOutcome) => void;
}

export interface CampaignOutcome {
  seeds: number;
  events: number;
  faultEvents: number;
  /** Of the seed that had the fewest. */
  faultEventsMin: number;
  faultCounts: Record<FaultName, number>;
  /** How many intents ended with each verdict, or with each error code. */
  verdicts: Record<string, number>;
  /** SHA-256 over "SEED HASH\n" of all seeds in order, hex. */
  traceHash: string;
}

/** What one thread is given at a time. */
export interface CampaignTask {
  topology: Topology;
  seeds: readonly number[];
  faults?: FaultMix;
}

/** Small enough that no thread waits long for the last one. */
const seedsOfTaskMax = 10;

export async function runCampaign(options: CampaignOptions): Promise<CampaignOutcome> {
  const sum = new Sum(options.onSeed ?? (() => {}));
  if (options.jobs <= 1) {
    for (const task of tasksOf(options)) for (const outcome of await runTask(task)) sum.add(outcome);
    return sum.outcome();
  }
  const file = new URL(`./campaign-worker${extname(import.meta.filename)}`, import.meta.url);
  const pool = new Piscina({
    filename: file.href,
    minThreads: options.jobs,
    maxThreads: options.jobs,
    execArgv: [],
  });
  try {
    // A window of tasks, so that a million seeds are not a million promises.
    const running: Promise<SeedOutcome[]>[] = [];
    const finishOne = async () => {
      for (const outcome of (await running.shift()) ?? []) sum.add(outcome);
    };
    for (const task of tasksOf(options)) {
      running.push(pool.run(task));
      if (running.length >= 2 * options.jobs) await finishOne();
    }
    while (running.length > 0) await finishOne();
    return sum.outcome();
  } finally {
    await pool.destroy();
  }
}

export async function runTask({ topology, seeds, faults }: CampaignTask): Promise<SeedOutcome[]> {
  const outcomes: SeedOutcome[] = [];
  for (const seed of seeds)
    outcomes.push(await runSeed(topology, { seed, ...(faults !== undefined && { faults }) }));
  return outcomes;
}

function* tasksOf({ topology, from, to, faults }: CampaignOptions): Generator<CampaignTask> {
  for (let next = from; next <= to; next += seedsOfTaskMax) {
    const length = Math.min(seedsOfTaskMax, to - next + 1);
    const seeds = Array.from({ length }, (_, index) => next + index);
    yield { topology, seeds, ...(faults !== undefined && { faults }) };
  }
}

class Sum {
  readonly #onSeed: (outcome: SeedOutcome) => void;
  readonly #hash = createHash('sha256');
  readonly #faultCounts = Object.fromEntries(faultNames.map((name) => [name, 0])) as Record<
    FaultName,
    number
  >;
  readonly #verdicts = new Map<string, number>();
  #seeds = 0;
  #events = 0;
  #faultEvents = 0;
  #faultEventsMin = Number.POSITIVE_INFINITY;

  constructor(onSeed: (outcome: SeedOutcome) => void) {
    this.#onSeed = onSeed;
  }

  add(outcome: SeedOutcome): void {
    this.#hash.update(`${outcome.seed} ${outcome.traceHash}\n`);
    this.#seeds += 1;
    this.#events += outcome.events;
    this.#faultEvents += outcome.faultEvents;
    this.#faultEventsMin = Math.min(this.#faultEventsMin, outcome.faultEvents);
    for (const name of faultNames) this.#faultCounts[name] += outcome.faultCounts[name];
    for (const verdict of outcome.verdicts)
      this.#verdicts.set(verdict, (this.#verdicts.get(verdict) ?? 0) + 1);
    this.#onSeed(outcome);
  }

  outcome(): CampaignOutcome {
    return {
      seeds: this.#seeds,
      events: this.#events,
      faultEvents: this.#faultEvents,
      faultEventsMin: this.#seeds === 0 ? 0 : this.#faultEventsMin,
      faultCounts: this.#faultCounts,
      verdicts: Object.fromEntries([...this.#verdicts].sort(([a], [b]) => (a < b ? -1 : 1))),
      traceHash: this.#hash.digest('hex'),
    };
  }
}
