/** Runs of the lab matrix: a drawn fault in a lab, real processes, one intent, the report against the truth. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../src/core/errors.ts';
import { killsAgent } from '../../src/core/fault-kinds.ts';
import type { Random } from '../../src/core/ports.ts';
import type { Report } from '../../src/core/records.ts';
import { type FaultKind, parseTopology, type Topology } from '../../src/core/topology.ts';
import { createKernelWorld } from '../../src/lab/kernel-world.ts';
import { type Lab, startLab } from '../../src/lab/lab.ts';
import { createModelledWorld } from '../../src/lab/modelled-world.ts';
import { createSeededRandom } from '../../src/sim/seeded-random.ts';
import { createSystemClock } from '../../src/system/clock.ts';
import { type DrawnFault, drawFault, isRight, routeOf } from './drawn-faults.ts';

export interface MatrixRun {
  world: 'modelled' | 'kernel';
  /** Of topologies/. */
  topology: string;
  kind: FaultKind;
  seed: number;
  management: Topology['management'];
}

export type Score = 'right' | 'inconclusive' | 'wrong' | 'no report';

export interface MatrixResult {
  score: Score;
  /** For a run that is not right: how to repeat it, what was drawn, what came. */
  story: string[];
}

/** Of every link, in the healthy runs too. */
const backgroundLossPercent = 0.01;
/** After a repair: discovery has heard every neighbour again. */
const settleMs = 1_500;
const playedTold = 3;
const clock = createSystemClock();

/**
 * Where runs take place: a lab stays up from run to run, its faults put in force and repaired, as in a network that lives.
 * A new one is started when the shape changes, after a run that was not right, and for what cannot be repaired or may
 * leave marks: an agent that was killed, and everything in-band.
 */
export class Playground implements AsyncDisposable {
  #lab: StandingLab | undefined;
  /** Kinds and seeds, in the lab that stands. */
  readonly #played: string[] = [];

  async play(run: MatrixRun): Promise<MatrixResult> {
    const file = join('topologies', `${run.topology}.yaml`);
    const parsed = parseTopology(readFileSync(file, 'utf8'), file);
    const topology: Topology = { ...parsed, management: run.management, backgroundLossPercent };
    const random = createSeededRandom(run.seed);
    const drawn = run.kind === 'healthy' ? undefined : drawFault(topology, run.kind, () => random.fraction());
    let lastsOn = false;
    try {
      const { lab } = await this.#labFor(run, topology, random);
      if (drawn !== undefined) await lab.inject(drawn.fault);
      const asked = await lab.ask(routeOf(topology).head, topology.intent ?? '', () => {});
      const report =
        asked.stdout === '' ? undefined : (JSON.parse(asked.stdout) as { report: Report }).report;
      const score = report === undefined ? 'no report' : scoreOf(report, drawn);
      const words = report === undefined ? asked.stderr.slice(-3).join(' | ') : briefly(report);
      const story = score === 'right' ? [] : storyOf(run, drawn, `${words}${this.#told(run)}`);
      const isRepairable = !killsAgent(run.kind) && run.management === 'out-of-band';
      lastsOn = score === 'right' && isRepairable && (await this.#isWhole(drawn));
      this.#played.push(`${run.kind} ${run.seed}`);
      return { score, story };
    } catch (error) {
      return { score: 'no report', story: storyOf(run, drawn, messageOf(error)) };
    } finally {
      if (!lastsOn) await this[Symbol.asyncDispose]();
    }
  }

  /** Repairs what was drawn; a lab in which that fails is not used again. */
  async #isWhole(drawn: DrawnFault | undefined): Promise<boolean> {
    if (drawn === undefined) return true;
    try {
      await this.#lab?.lab.repair(drawn.fault);
      await clock.sleep(settleMs);
      return true;
    } catch {
      return false;
    }
  }

  /** What a miss may owe to: it was played in a lab that others had used. */
  #told(run: MatrixRun): string {
    const before = this.#played.slice(-playedTold);
    return before.length === 0 ? '' : `; played before in this lab of ${run.topology}: ${before.join(', ')}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#played.length = 0;
    const standing = this.#lab;
    this.#lab = undefined;
    if (standing === undefined) return;
    await standing.lab[Symbol.asyncDispose]();
    rmSync(standing.directory, { recursive: true, force: true });
  }

  async #labFor(run: MatrixRun, topology: Topology, random: Random): Promise<StandingLab> {
    const shape = `${run.world} ${run.topology} ${run.management}`;
    if (this.#lab?.shape === shape) return this.#lab;
    await this[Symbol.asyncDispose]();
    const directory = mkdtempSync(join(tmpdir(), 'confer-matrix-'));
    try {
      const world =
        run.world === 'kernel'
          ? await createKernelWorld(topology)
          : await createModelledWorld(topology, { clock, random });
      const { signal } = new AbortController();
      const lab = await startLab(world, { directory, clock, signal, onLine: () => {} });
      this.#lab = { shape, directory, lab };
      return this.#lab;
    } catch (error) {
      rmSync(directory, { recursive: true, force: true });
      throw error;
    }
  }
}

interface StandingLab {
  /** World, topology, management. */
  shape: string;
  directory: string;
  lab: Lab;
}

function scoreOf({ verdict, findings }: Report, drawn: DrawnFault | undefined): Score {
  if (verdict === 'INCONCLUSIVE') return 'inconclusive';
  if (drawn === undefined) return verdict === 'NO_FAULT' ? 'right' : 'wrong';
  const [finding, ...others] = findings;
  return finding !== undefined && others.length === 0 && isRight(finding, drawn.truth) ? 'right' : 'wrong';
}

function storyOf(run: MatrixRun, drawn: DrawnFault | undefined, came: string): string[] {
  const inBand = run.management === 'in-band' ? ' --in-band' : '';
  return [
    `npm run lab:matrix -- --world ${run.world} --topologies ${run.topology} --kinds ${run.kind} --runs 1 --seed ${run.seed}${inBand}`,
    `drawn ${JSON.stringify(drawn?.fault ?? 'nothing')}, expected ${JSON.stringify(drawn?.truth ?? 'NO_FAULT')}`,
    `came ${came}`,
  ];
}

function briefly({ verdict, findings, suspects, untrusted }: Report): string {
  const found = findings.map(({ kind, element, direction, lossPercent }) => ({
    kind,
    element,
    direction,
    lossPercent,
  }));
  return `${verdict} ${JSON.stringify({ found, suspects, untrusted: untrusted.map(({ node, reason }) => `${node} ${reason}`) })}`;
}

/** Of the short forms that the tests play. */
export const seedOfMatrix = Number(process.env.CONFER_SEED ?? 1);

/** Plays one run, and fails with its story unless its score is right. */
export async function playsRight(playground: Playground, run: Omit<MatrixRun, 'seed'>): Promise<void> {
  const { score, story } = await playground.play({ ...run, seed: seedOfMatrix });
  assert.equal(score, 'right', [`CONFER_SEED=${seedOfMatrix}`, ...story].join('\n'));
}
