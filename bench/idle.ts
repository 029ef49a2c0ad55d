/**
 * What an agent costs that has nothing to do: time from the start of its process until it serves, and memory after a
 * while. It is the command that a router runs, over a modelled router; as an installation has it (`npm run build`), and
 * from the sources.
 */
import { type ChildProcess, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { parseTopology } from '../src/core/topology.ts';
import { createModelledWorld } from '../src/lab/modelled-world.ts';
import { installedFile } from '../src/system/installation.ts';
import { createSystemRandom } from '../src/system/random.ts';
import { clock, median, Workplace } from './parties.ts';
import type { Row } from './table.ts';

const rounds = 7;
const settleMs = 2_000;
const node = 'P-2';
const topologyFile = 'topologies/pe1-p2-pe3.yaml';

export async function benchIdle(): Promise<Row[]> {
  using installation = built();
  const installed = await measured(installation.commandFile);
  const sources = await measured(installedFile('src/cli.ts'));
  return [
    { what: 'start until it serves, as installed', figure: ms(installed.startMs), target: '<= 250 ms' },
    { what: 'start until it serves, from the sources', figure: ms(sources.startMs) },
    {
      what: `memory ${settleMs / 1_000} s later, as installed`,
      figure: mib(installed.residentMib),
      target: '<= 60 MB',
    },
    { what: `memory ${settleMs / 1_000} s later, from the sources`, figure: mib(sources.residentMib) },
  ];
}

/** What an installation runs; removed at the end. */
export function built(): Disposable & { commandFile: string } {
  const directory = installedFile('node_modules/.cache/confer-built');
  execFileSync(process.execPath, [installedFile('scripts/build.ts'), directory], { stdio: 'inherit' });
  return {
    commandFile: join(directory, 'cli.js'),
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** Medians. The first start, which compiles, is left out. */
async function measured(commandFile: string): Promise<{ startMs: number; residentMib: number }> {
  const [starts, sizes]: [number[], number[]] = [[], []];
  for (let round = 0; round <= rounds; round++) {
    using workplace = new Workplace();
    const world = await createModelledWorld(parseTopology(readFileSync(topologyFile, 'utf8'), topologyFile), {
      clock,
      random: createSystemRandom(),
      commandFile,
    });
    await using _world = world;
    const file = configured(workplace, { ...world.endpoint(node) }, world.agentSettings(node));
    const beganAt = performance.now();
    const agent = world.spawnAgent(node, ['--config', file]);
    await serving(agent);
    const startMs = performance.now() - beganAt;
    await sleep(settleMs);
    if (round === 0) continue;
    starts.push(startMs);
    sizes.push(residentMib(agent.pid ?? 0));
  }
  return { startMs: median(starts), residentMib: median(sizes) };
}

function configured(workplace: Workplace, listen: object, settings: Record<string, unknown>): string {
  workplace.identity(node);
  const home = join(workplace.directory, 'home');
  mkdirSync(home);
  const file = join(home, 'agent.yaml');
  const store = join(home, 'store');
  const identity = join(workplace.directory, node);
  writeFileSync(file, stringify({ node, identity, store, listen, advertise: listen, ...settings }));
  return file;
}

/** Throws when it ends instead. */
async function serving(agent: ChildProcess): Promise<void> {
  agent.stdout?.resume();
  if (agent.stderr === null) throw new Error('The agent has no log.');
  const lines = createInterface({ input: agent.stderr });
  const serves = (async () => {
    for await (const line of lines) if (line.includes('"serving"')) return;
    throw new Error('The agent ended before it served.');
  })();
  await Promise.race([serves, once(agent, 'error').then(([error]) => Promise.reject(error))]);
  agent.stderr.resume();
}

/** Linux. */
function residentMib(pid: number): number {
  const [, kib] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1_024;
}

const ms = (value: number) => `${value.toFixed(0)} ms`;
const mib = (value: number) => `${value.toFixed(0)} MiB`;
