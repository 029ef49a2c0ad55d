/**
 * npm run planted -- [--seeds N] [--jobs J] [name ...]
 *
 * Shows that the simulation finds bugs: copies the tree, plants one bug of test/planted/*.patch at a time, and runs
 * `confer sim` with the default faults from seed 1 on until an invariant breaks. Prints bug, seed and invariant; exits 1
 * when a bug is not found within the seeds, and when the unchanged tree breaks an invariant within as many as were needed.
 */
import { execFile, spawnSync } from 'node:child_process';
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { atLeastOne, scriptCommand, threads } from './script-command.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
/** What the simulation runs on. */
const copied = ['crypto', 'discovery', 'models', 'src', 'topologies', 'package.json'];

interface Options {
  seeds: number;
  jobs: number;
}

interface Found {
  seed: number;
  invariant: string;
}

const program = scriptCommand('planted')
  .argument('[names...]', 'parts of file names of test/planted; all when absent')
  .option('--seeds <n>', 'seeds in which a bug must show', atLeastOne, 1_000)
  .option('--jobs <n>', 'threads', threads, 2)
  .parse();
const { seeds, jobs } = program.opts<Options>();
const wanted = program.args;
const known = globSync('test/planted/*.patch', { cwd: root }).sort();
const unknown = wanted.filter((part) => !known.some((file) => basename(file).includes(part)));
if (unknown.length > 0)
  program.error(`No file of test/planted has ${unknown.join(' or ')} in its name`, { exitCode: 2 });
const patches = known.filter(
  (file) => wanted.length === 0 || wanted.some((part) => basename(file).includes(part)),
);

let seedLast = 0;
let missed = 0;
console.log('| planted bug | seed | invariant |\n|-|-|-|');
for (const patch of patches) {
  const found = await inCopy(async (directory) => {
    plant(directory, patch);
    return await simulate(directory, seeds);
  });
  if (found === undefined) missed += 1;
  else seedLast = Math.max(seedLast, found.seed);
  console.log(`| ${meaningOf(patch)} | ${found?.seed ?? `none of ${seeds}`} | ${found?.invariant ?? '-'} |`);
}
const honest = seedLast === 0 ? undefined : await inCopy((directory) => simulate(directory, seedLast));
if (honest !== undefined)
  console.log(`Without a planted bug, seed ${honest.seed} breaks ${honest.invariant}.`);
else if (seedLast > 0) console.log(`Without a planted bug, seeds 1..${seedLast} hold.`);
console.log(`${patches.length - missed} of ${patches.length} found.`);
process.exitCode = missed === 0 && honest === undefined ? 0 : 1;

async function inCopy<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'confer-planted-'));
  try {
    for (const path of copied) cpSync(join(root, path), join(directory, path), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Throws where the patch does not fit the tree any more: then it has to be made anew. */
function plant(directory: string, patch: string): void {
  const env = { ...process.env, GIT_CEILING_DIRECTORIES: tmpdir() };
  const { status, stderr } = spawnSync('git', ['apply', '-C1', join(root, patch)], { cwd: directory, env });
  if (status !== 0) throw new Error(`${patch} does not fit: ${stderr}`);
}

/** The first seed that fails. */
async function simulate(directory: string, last: number): Promise<Found | undefined> {
  const args = ['src/cli.ts', 'sim', '--seeds', `1..${last}`, '--bail', '--json', '--jobs', String(jobs)];
  const output = await new Promise<string>((resolve, reject) => {
    execFile(
      process.execPath,
      args,
      { cwd: directory, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (stdout.trim() !== '') return resolve(stdout);
        const why = error?.signal ? `it was ended by ${error.signal}` : stderr.trim();
        reject(new Error(`the simulation gave no answer: ${why}`));
      },
    );
  });
  const { failed } = JSON.parse(output) as { failed: Found[] };
  return failed[0];
}

/** "01 nonce-check-skipped: an answer that was accepted before is accepted again" */
function meaningOf(patch: string): string {
  const [first = ''] = readFileSync(join(root, patch), 'utf8').split('\n');
  const name = basename(patch, '.patch').replace('-', ' ');
  return `${name}: ${first.replace(/^Planted: /, '').replace(/\.$/, '')}`;
}
