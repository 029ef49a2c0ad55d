/**
 * npm run lab:matrix -- [--world modelled|kernel] [--topologies a,b] [--kinds a,b] [--runs N] [--seed S] [--in-band]
 *
 * Draws faults from a printed seed, brings each up in a lab of its own, asks, and compares the report with what was
 * drawn. Prints a table and every miss with the command that repeats it; exits 1 when a run missed.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Command, Option } from 'commander';
import { createRules } from '../models/rules.ts';
import { understand } from '../src/collaboration/intent.ts';
import { messageOf } from '../src/core/errors.ts';
import type { Report } from '../src/core/records.ts';
import { type FaultKind, faultKinds, parseTopology, type Topology } from '../src/core/topology.ts';
import { type DrawnFault, drawFault } from '../src/lab/drawn-faults.ts';
import { createKernelWorld } from '../src/lab/kernel-world.ts';
import { startLab } from '../src/lab/lab.ts';
import { createModelledWorld } from '../src/lab/modelled-world.ts';
import { createSeededRandom } from '../src/sim/seeded-random.ts';
import { createSystemClock } from '../src/system/clock.ts';

interface Options {
  world: 'modelled' | 'kernel';
  topologies: string;
  kinds: string;
  runs: number;
  seed: number;
  inBand?: boolean;
}

const options = new Command('lab-matrix')
  .addOption(new Option('--world <world>').choices(['modelled', 'kernel']).default('modelled'))
  .option('--topologies <names>', 'of topologies/', 'pe1-p2-pe3,ring-6,line-12,fabric-20')
  .option('--kinds <kinds>', 'fault kinds', [...faultKinds].join())
  .option('--runs <n>', 'a kind and topology', Number, 20)
  .option('--seed <n>', 'of the first run; each next run adds one', Number, 1)
  .option('--in-band', 'management shares the tested links')
  .parse()
  .opts<Options>();

/** Of every link, in the healthy runs too. */
const backgroundLossPercent = 0.01;

type Score = 'right' | 'inconclusive' | 'wrong' | 'no report';

const clock = createSystemClock();
const rows: string[][] = [];
let missed = 0;
console.log(
  `lab matrix: ${options.world} world, ${options.inBand ? 'in-band' : 'out-of-band'}, seeds from ${options.seed}`,
);
for (const name of options.topologies.split(',')) {
  for (const kind of options.kinds.split(',') as FaultKind[]) {
    const scores: Score[] = [];
    for (let run = 0; run < options.runs; run++) scores.push(await play(name, kind, options.seed + run));
    const count = (score: Score) => scores.filter((one) => one === score).length;
    rows.push([
      name,
      kind,
      `${count('right')}/${scores.length}`,
      `${count('inconclusive')}`,
      `${count('wrong')}`,
      `${count('no report')}`,
    ]);
    console.log(rows.at(-1)?.join('  '));
    // In-band the reachable side may not be able to tell: only a wrong accusation is a miss there.
    missed += options.inBand ? count('wrong') : scores.length - count('right');
  }
}
console.log(`\n| topology | kind | right | inconclusive | wrong | no report |\n|-|-|-|-|-|-|`);
for (const row of rows) console.log(`| ${row.join(' | ')} |`);
process.exitCode = missed === 0 ? 0 : 1;

async function play(name: string, kind: FaultKind, seed: number): Promise<Score> {
  const file = join('topologies', `${name}.yaml`);
  const parsed = parseTopology(readFileSync(file, 'utf8'), file);
  const management = options.inBand ? 'in-band' : 'out-of-band';
  const topology: Topology = { ...parsed, management, backgroundLossPercent };
  const random = createSeededRandom(seed);
  const intentText = topology.intent ?? '';
  const intent = await understand(intentText, createRules(), new AbortController().signal);
  const drawn = drawFault(kind, topology, intent, random);
  const directory = mkdtempSync(join(tmpdir(), 'confer-matrix-'));
  try {
    const world =
      options.world === 'kernel'
        ? await createKernelWorld(topology)
        : await createModelledWorld(topology, { clock, random });
    await using lab = await startLab(world, {
      directory,
      clock,
      signal: new AbortController().signal,
      onLine: () => {},
    });
    await lab.inject(drawn.fault);
    const asked = await lab.ask(intent.head, intentText, () => {});
    const report = asked.stdout === '' ? undefined : (JSON.parse(asked.stdout) as { report: Report }).report;
    const score = report === undefined ? 'no report' : scoreOf(report, drawn);
    if (score !== 'right') explain(name, kind, seed, drawn, report, asked.stderr);
    return score;
  } catch (error) {
    console.log(`  ${basename(file)} ${kind} seed ${seed}: ${messageOf(error)}`);
    return 'no report';
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function scoreOf({ verdict, findings }: Report, { expected }: DrawnFault): Score {
  if (expected === undefined)
    return verdict === 'NO_FAULT' ? 'right' : verdict === 'INCONCLUSIVE' ? 'inconclusive' : 'wrong';
  if (verdict === 'INCONCLUSIVE') return 'inconclusive';
  const [finding, ...others] = findings;
  const same =
    finding !== undefined &&
    others.length === 0 &&
    finding.kind === expected.kind &&
    finding.direction === expected.direction &&
    (['node', 'interface', 'peer', 'object'] as const).every(
      (field) => finding.element[field] === expected.element[field],
    );
  return same ? 'right' : 'wrong';
}

function explain(
  name: string,
  kind: string,
  seed: number,
  { fault, expected }: DrawnFault,
  report: Report | undefined,
  stderr: readonly string[],
): void {
  const flags = `--world ${options.world} --topologies ${name} --kinds ${kind} --runs 1 --seed ${seed}${options.inBand ? ' --in-band' : ''}`;
  console.log(`  miss: npm run lab:matrix -- ${flags}`);
  console.log(`    drawn ${JSON.stringify(fault)}`);
  console.log(`    expected ${JSON.stringify(expected)}`);
  if (report === undefined) console.log(`    no report: ${stderr.slice(-3).join(' | ')}`);
  else
    console.log(
      `    got ${report.verdict} ${JSON.stringify(report.findings.map(({ kind, element, direction, lossPercent }) => ({ kind, element, direction, lossPercent })))} suspects ${JSON.stringify(report.suspects)} untrusted ${JSON.stringify(report.untrusted.map(({ node, reason }) => `${node} ${reason}`))}`,
    );
}
