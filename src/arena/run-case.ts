/** One case: every method on the same network with the same faults, each with random numbers of its own. */

import { openKernel } from '../lab/arena/kernel-case.ts';
import type { Truth } from '../sim/drawn-faults.ts';
import { type ArenaCase, type CaseOptions, drawCase, hasRate, type Missing, type Tier } from './cases.ts';
import type { Diagnosis } from './claims.ts';
import { type ConferName, conferNames, type MethodRun, runConfer } from './confer-method.ts';
import { ProbeMeter } from './driving.ts';
import { floorOf, type ModelName } from './floor.ts';
import type { RateName } from './loss-rates.ts';
import { ModelledProbing } from './modelled-probing.ts';
import { opponents } from './opponents/index.ts';
import type { Opponent } from './opponents/opponent.ts';
import { CaseProber, type ProbingWorld } from './prober.ts';
import type { ShapeName } from './shapes.ts';
import { streamOf } from './streams.ts';

/** Everything that the scores need of a case; plain data, as it travels between threads and lies in files. */
export interface CaseOutcome {
  index: number;
  tier: Tier;
  shape: ShapeName;
  hops: number;
  rates: RateName;
  truths: readonly (Truth & { lossPercent?: number })[];
  missing: readonly Missing[];
  /** Least probes of each model; only for a single fault that loses a share, on a single path with all agents. */
  floors?: Record<ModelName, number>;
  methods: Record<string, MethodOutcome>;
}

export interface MethodOutcome extends MethodRun {
  /** Milliseconds of processor time: of this machine, and never the same twice. */
  cpuMs: number;
}

export interface CasePorts {
  /** Processor time so far, milliseconds. */
  cpuMs(): number;
}

/** Probability of a wrong answer that the floors allow. */
const delta = 0.01;

export async function runCase(
  seed: number,
  index: number,
  options: CaseOptions & { methods: readonly string[] },
  ports: CasePorts,
): Promise<CaseOutcome> {
  const given = drawCase(seed, index, options);
  const methods: Record<string, MethodOutcome> = {};
  await using played = options.world === 'kernel' ? await openKernel(given) : openModelled(given);
  const timed = async (name: string, run: () => Promise<MethodRun>) => {
    const startedMs = ports.cpuMs();
    const outcome = await run();
    methods[name] = { ...outcome, cpuMs: ports.cpuMs() - startedMs };
  };
  for (const name of conferNames)
    if (options.methods.includes(name)) await timed(name, () => played.askConfer(name));
  const asked = opponents.filter(({ name }) => options.methods.includes(name));
  if (asked.length > 0) {
    await using world = await played.probing();
    for (const opponent of asked) await timed(opponent.name, () => runOpponent(opponent, given, world));
  }
  const floors = floorsOf(given);
  return {
    index,
    tier: given.tier,
    shape: given.shape,
    hops: given.hops,
    rates: given.rates,
    truths: given.drawn.map(({ fault, truth }) => ({
      ...truth,
      ...(fault.lossPercent !== undefined && { lossPercent: fault.lossPercent }),
    })),
    missing: given.missing,
    ...(floors !== undefined && { floors }),
    methods,
  };
}

/** A case that is being played: Confer and the others meet the same routers, or equal ones. */
export interface PlayedCase extends AsyncDisposable {
  askConfer(name: ConferName): Promise<MethodRun>;
  probing(): Promise<ProbingWorld>;
}

/** Each method has a network of its own, which is the same in all. */
function openModelled(given: ArenaCase): PlayedCase {
  return {
    askConfer: (name) => runConfer(given, name),
    probing: async () => new ModelledProbing(given, streamOf(given.seed, `probing ${given.index}`)),
    async [Symbol.asyncDispose]() {},
  };
}

export async function runOpponent(
  opponent: Opponent,
  given: ArenaCase,
  world: ProbingWorld,
): Promise<MethodRun> {
  const meter = new ProbeMeter(given);
  const stream = (what: string) => streamOf(given.seed, `${opponent.name} ${what} ${given.index}`);
  const prober = new CaseProber(world, given, meter, { packets: stream('packets'), own: stream('own') });
  const startedMs = world.elapsedMs;
  const diagnosis = await opponent.diagnose(prober);
  return {
    ...diagnosis,
    verdict: verdictOf(diagnosis),
    probes: meter.sent,
    tookMs: world.elapsedMs - startedMs,
  };
}

function verdictOf({ claims, isInconclusive }: Diagnosis): string {
  return claims.length > 0 ? 'FAULT' : isInconclusive ? 'INCONCLUSIVE' : 'NO_FAULT';
}

function floorsOf({ drawn, ways, hops, backgroundMax, missing }: ArenaCase): CaseOutcome['floors'] {
  const [only, second] = drawn;
  const lossPercent = only?.fault.lossPercent;
  if (only === undefined || second !== undefined || lossPercent === undefined) return undefined;
  if (!hasRate(only.truth.kind) || ways.length !== 2 || missing.length > 0) return undefined;
  const question = { hops, bad: lossPercent / 100, background: backgroundMax, delta };
  return { M1: floorOf('M1', question).probes, M2: floorOf('M2', question).probes };
}
