/** One run of the lab matrix: a drawn fault in a lab of its own, real processes, one intent, the report against the truth. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../src/core/errors.ts';
import type { Report } from '../../src/core/records.ts';
import { type FaultKind, parseTopology, type Topology } from '../../src/core/topology.ts';
import { createKernelWorld } from '../../src/lab/kernel-world.ts';
import { startLab } from '../../src/lab/lab.ts';
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
const clock = createSystemClock();

export async function playMatrix(run: MatrixRun): Promise<MatrixResult> {
  const file = join('topologies', `${run.topology}.yaml`);
  const parsed = parseTopology(readFileSync(file, 'utf8'), file);
  const topology: Topology = { ...parsed, management: run.management, backgroundLossPercent };
  const random = createSeededRandom(run.seed);
  const drawn = run.kind === 'healthy' ? undefined : drawFault(topology, run.kind, () => random.fraction());
  const directory = mkdtempSync(join(tmpdir(), 'confer-matrix-'));
  try {
    const world =
      run.world === 'kernel'
        ? await createKernelWorld(topology)
        : await createModelledWorld(topology, { clock, random });
    const { signal } = new AbortController();
    await using lab = await startLab(world, { directory, clock, signal, onLine: () => {} });
    if (drawn !== undefined) await lab.inject(drawn.fault);
    const asked = await lab.ask(routeOf(topology).head, topology.intent ?? '', () => {});
    const report = asked.stdout === '' ? undefined : (JSON.parse(asked.stdout) as { report: Report }).report;
    const score = report === undefined ? 'no report' : scoreOf(report, drawn);
    const words = report === undefined ? asked.stderr.slice(-3).join(' | ') : briefly(report);
    return { score, story: score === 'right' ? [] : storyOf(run, drawn, words) };
  } catch (error) {
    return { score: 'no report', story: storyOf(run, drawn, messageOf(error)) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
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
