/** Many seeds, one after the other or on several threads: the outcome is the same. */
import { createHash } from 'node:crypto';
import { Piscina } from 'piscina';
import { orAborted } from '../core/abort.ts';
import type { Topology } from '../core/topology.ts';
import { installedFile } from '../system/installation.ts';
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
  /** Told of every seed, in order; false ends the campaign with this seed. */
  onSeed?: (outcome: SeedOutcome) => boolean;
  /** Ends the campaign with the seeds that are done. */
  signal?: AbortSignal;
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
/** A run makes much garbage that is dead when it ends: larger than V8's usual 16 MB, so that less of it is copied. */
const youngGenerationMb = 64;

export async function runCampaign(options: CampaignOptions): Promise<CampaignOutcome> {
  const sum = new Sum(options.onSeed ?? (() => true));
  try {
    for await (const outcomes of options.jobs > 1 ? onThreads(options) : inTurn(options))
      for (const outcome of outcomes) if (!sum.add(outcome)) return sum.outcome();
  } catch (error) {
    if (!options.signal?.aborted) throw error;
  }
  return sum.outcome();
}

async function* inTurn(options: CampaignOptions): AsyncGenerator<SeedOutcome[]> {
  for (const task of tasksOf(options, 1)) {
    yield await runTask(task);
    // Signals of the system come between two turns of the event loop, and a run in virtual time needs none.
    await new Promise((resolve) => setImmediate(resolve));
    if (options.signal?.aborted) return;
  }
}

/** In the order of the seeds, with a window of tasks under way: a million seeds are not a million promises. */
async function* onThreads(options: CampaignOptions): AsyncGenerator<SeedOutcome[]> {
  const { jobs, signal = new AbortController().signal } = options;
  const pool = new Piscina({
    filename: installedFile('src/sim/campaign-worker.ts'),
    minThreads: jobs,
    maxThreads: jobs,
    resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMb },
  });
  const running: Promise<SeedOutcome[]>[] = [];
  try {
    for (const task of tasksOf(options, seedsOfTaskMax)) {
      running.push(pool.run(task));
      const first = running.length >= 2 * jobs ? running.shift() : undefined;
      if (first !== undefined) yield await orAborted(first, signal);
    }
    for (const last of running) yield await orAborted(last, signal);
  } finally {
    for (const left of running) left.catch(() => {}); // whoever stopped early wants them no more
    await pool.destroy();
  }
}

export async function runTask({ topology, seeds, faults }: CampaignTask): Promise<SeedOutcome[]> {
  const outcomes: SeedOutcome[] = [];
  for (const seed of seeds)
    outcomes.push(await runSeed(topology, { seed, ...(faults !== undefined && { faults }) }));
  return outcomes;
}

function* tasksOf(
  { topology, from, to, faults }: CampaignOptions,
  seedsMax: number,
): Generator<CampaignTask> {
  for (let next = from; next <= to; next += seedsMax) {
    const length = Math.min(seedsMax, to - next + 1);
    const seeds = Array.from({ length }, (_, index) => next + index);
    yield { topology, seeds, ...(faults !== undefined && { faults }) };
  }
}

class Sum {
  readonly #onSeed: (outcome: SeedOutcome) => boolean;
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

  constructor(onSeed: (outcome: SeedOutcome) => boolean) {
    this.#onSeed = onSeed;
  }

  /** False when whoever is told wants no more. */
  add(outcome: SeedOutcome): boolean {
    this.#hash.update(`${outcome.seed} ${outcome.traceHash}\n`);
    this.#seeds += 1;
    this.#events += outcome.events;
    this.#faultEvents += outcome.faultEvents;
    this.#faultEventsMin = Math.min(this.#faultEventsMin, outcome.faultEvents);
    for (const name of faultNames) this.#faultCounts[name] += outcome.faultCounts[name];
    for (const verdict of outcome.verdicts)
      this.#verdicts.set(verdict, (this.#verdicts.get(verdict) ?? 0) + 1);
    return this.#onSeed(outcome) !== false;
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
