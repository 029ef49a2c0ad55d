/**
 * npm run crash -- [--what agents|controller] [--kills N] [--seed S] [--keep]
 *
 * Kills real processes by kill -9 at random moments under load and checks that nothing they acknowledged is lost,
 * doubled or forged. Which process is killed after how long comes from the seed; how far it has got by then does not.
 * Prints what was counted; exits 1 when something does not hold, and says with which seed; 2 when it was ended before.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Option } from 'commander';
import { createSeededRandom } from '../src/sim/seeded-random.ts';
import { killAgents } from './crash/kill-agents.ts';
import { killController } from './crash/kill-controller.ts';
import { atLeastOne, scriptCommand, wholeNumber } from './script-command.ts';

interface Options {
  what: 'agents' | 'controller';
  kills: number;
  seed: number;
  loadMs: number;
  short?: boolean;
  keep?: boolean;
}

const { what, kills, seed, loadMs, short, keep } = scriptCommand('crash')
  .addOption(new Option('--what <what>', 'whom to kill').choices(['agents', 'controller']).default('agents'))
  .option('--kills <n>', 'how often', atLeastOne, 500)
  .option('--seed <n>', 'of what is drawn', wholeNumber, 1)
  .option('--load-ms <ms>', 'longest time under load before a kill', atLeastOne, 3_000)
  .option('--short', 'do not wait for the leases of counters at the end')
  .option('--keep', 'keep the directory of stores and identities, and print it')
  .allowExcessArguments(false)
  .parse()
  .opts<Options>();

const directory = mkdtempSync(join(tmpdir(), 'confer-crash-'));
const began = performance.now();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    console.log(`Ended by ${signal} before it was done: nothing can be said.`);
    rmSync(directory, { recursive: true, force: true });
    process.exit(2); // agents end with their channel to this process
  });
console.log(`crash: ${what}, ${kills} kills, seed ${seed}`);
try {
  const campaign = {
    kills,
    random: createSeededRandom(seed),
    directory,
    topologyFile: 'topologies/pe1-p2-pe3.yaml',
    intent: 'Verify packet loss on the SRv6 path from PE-1 to PE-3 via P-2',
    onProgress: (line: string) => console.log(`  ${line}`),
  };
  const { failures, ...counted } =
    what === 'agents'
      ? await killAgents({ ...campaign, loadMsMax: loadMs, waitsForLeases: !short })
      : await killController({ ...campaign, reportsEach: short ? 1 : 4, killsEach: short ? 5 : 10 });
  console.log(JSON.stringify({ ...counted, seconds: Math.round((performance.now() - began) / 1_000) }));
  for (const failure of failures) console.log(`FAILED ${failure}`);
  console.log(
    failures.length === 0
      ? 'Nothing that was acknowledged is lost.'
      : `Again: npm run crash -- --what ${what} --kills ${kills} --seed ${seed}`,
  );
  process.exitCode = failures.length === 0 ? 0 : 1;
} finally {
  if (keep) console.log(`kept ${directory}`);
  else rmSync(directory, { recursive: true, force: true });
}
