/**
 * npm run lab:matrix -- [--world modelled|kernel] [--topologies a,b] [--kinds a,b] [--runs N] [--seed S] [--in-band]
 *
 * Draws faults from a printed seed, puts each in force in a lab, asks, compares the report with what was drawn, and repairs
 * it. Prints a table and every miss with the command that repeats it; exits 1 when a run missed.
 */
import { Command, Option } from 'commander';
import { type FaultKind, faultKindsOf } from '../src/core/fault-kinds.ts';
import { type MatrixRun, Playground, type Score } from '../test/support/matrix.ts';

interface Options {
  world: MatrixRun['world'];
  topologies: string;
  kinds?: string;
  runs: number;
  seed: number;
  inBand?: boolean;
}

const { world, topologies, kinds, runs, seed, inBand } = new Command('lab-matrix')
  .addOption(new Option('--world <world>').choices(['modelled', 'kernel']).default('modelled'))
  .option('--topologies <names>', 'of topologies/', 'pe1-p2-pe3,ring-6,line-12,fabric-20')
  .option('--kinds <kinds>', 'fault kinds (default: all that the world has)')
  .option('--runs <n>', 'a kind and topology', Number, 20)
  .option('--seed <n>', 'of the first run; each next run adds one', Number, 1)
  .option('--in-band', 'management shares the tested links')
  .parse()
  .opts<Options>();

const management = inBand ? 'in-band' : 'out-of-band';
const scores: readonly Score[] = ['right', 'inconclusive', 'wrong', 'no report'];
const rows: string[] = [];
let missed = 0;
await using playground = new Playground();
console.log(`lab matrix: ${world} world, ${management}, seeds from ${seed}`);
for (const topology of topologies.split(','))
  for (const kind of (kinds?.split(',') ?? faultKindsOf(world)) as FaultKind[]) {
    const counts = new Map<Score, number>(scores.map((score) => [score, 0]));
    for (let run = 0; run < runs; run++) {
      const { score, story } = await playground.play({ world, topology, kind, seed: seed + run, management });
      counts.set(score, (counts.get(score) ?? 0) + 1);
      for (const line of story) console.log(`    ${line}`);
      // In-band the reachable side may not be able to tell: only a wrong accusation is a miss there.
      if (score === 'wrong' || (score !== 'right' && !inBand)) missed += 1;
    }
    rows.push(
      `| ${[topology, kind, `${counts.get('right')}/${runs}`, ...scores.slice(1).map((score) => counts.get(score))].join(' | ')} |`,
    );
    console.log(rows.at(-1));
  }
console.log(
  ['', '| topology | kind | right | inconclusive | wrong | no report |', '|-|-|-|-|-|-|', ...rows].join('\n'),
);
process.exitCode = missed === 0 ? 0 : 1;
