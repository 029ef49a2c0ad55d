/** `confer lab`: a topology file becomes a lab, an intent becomes a verified report. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createRules } from '../../models/rules.ts';
import { understand } from '../collaboration/intent.ts';
import { orAborted } from '../core/abort.ts';
import { ConferError } from '../core/errors.ts';
import type { Clock } from '../core/ports.ts';
import type { Report } from '../core/records.ts';
import { type Fault, parseTopology, type Topology } from '../core/topology.ts';
import { createKernelWorld } from '../lab/kernel-world.ts';
import { type Lab, startLab } from '../lab/lab.ts';
import { createModelledWorld } from '../lab/modelled-world.ts';
import { openWorkDirectory } from '../lab/work-directory.ts';
import type { World } from '../lab/world.ts';
import { createSeededRandom } from '../sim/seeded-random.ts';
import { createSystemClock } from '../system/clock.ts';
import { createSystemRandom } from '../system/random.ts';
import { exitCodes } from './exit-codes.ts';
import { chosenIntent } from './intent-text.ts';
import { untilInterrupted } from './interruption.ts';
import { printVerification, readInput, verifyReportFile, writeReport } from './report-files.ts';
import { describeReport } from './report-text.ts';

/** What to type for this command: npm scripts run where `confer` is on nobody's path. */
const commandName = process.env.npm_lifecycle_event === undefined ? 'confer' : 'npm run confer --';

export interface LabOptions {
  world: 'modelled' | 'kernel';
  intent?: string;
  intentFile?: string;
  fault?: string[];
  /** False for --no-faults. */
  faults: boolean;
  once?: boolean;
  json?: boolean;
  out?: string;
  seed?: number;
}

/** Returns the exit code. Throws ConferError. */
export async function runLab(topologyFile: string, options: LabOptions): Promise<number> {
  const clock = createSystemClock();
  const topology = parseTopology(readInput(topologyFile).toString('utf8'), topologyFile);
  const faults = chosenFaults(topology, options);
  const intent = await chosenIntent(topology, options);
  if (options.out !== undefined) mkdirSync(options.out, { recursive: true });
  const say = (line: string) => (options.json ? console.error(line) : console.log(line));
  using stop = untilInterrupted('Interrupted; the lab was taken down.');
  using work = openWorkDirectory();
  const laps = new Laps(clock);
  const world = await createWorld(topology, options, clock);
  await using lab = await startLab(world, { directory: work.path, clock, signal: stop.signal, onLine: say });
  laps.end('start');
  for (const fault of faults) await lab.inject(fault);
  const names = faults.map(({ id }) => id).join(', ') || 'none';
  say(`lab: faults in force, unknown to the agents: ${names}`);
  const running = { lab, topology, options, say, laps, stop: stop.signal, served: 1 };
  const code = await serve(intent, running, options.out);
  if (options.once || options.json) return code;
  return await serveMore(running, code);
}

interface Running {
  lab: Lab;
  topology: Topology;
  options: LabOptions;
  say(line: string): void;
  laps: Laps;
  stop: AbortSignal;
  /** Intents so far. */
  served: number;
}

/**
 * One intent, from the operator's sentence to the verified report in `out`; .confer/SESSION when absent.
 * Returns the exit code.
 */
async function serve(intent: string, running: Running, out: string | undefined): Promise<number> {
  const { lab, topology, options, say, laps, stop } = running;
  const node = await injectionPoint(topology, intent);
  say(`operator: at ${node}: "${intent.replaceAll(/\s+/g, ' ')}"`);
  const relay = (line: string) => {
    if (!stop.aborted) (line.startsWith('confer: ') ? console.error : say)(line);
  };
  const asked = await orAborted(lab.ask(node, intent, relay), stop);
  if (asked.stdout.trim() === '')
    return asked.exitCode === exitCodes.badInput ? asked.exitCode : exitCodes.noReport;
  const { report } = JSON.parse(asked.stdout) as { report: Report };
  laps.end('intent');
  const directory = out ?? join('.confer', report['session-id']);
  const trustAnchor = readInput(lab.trustAnchorFile).toString('utf8');
  const file = await writeReport(directory, report, trustAnchor, console.error);
  const trustFile = join(directory, 'ca.pem');
  const verification = verifyReportFile(file, trustFile);
  laps.end('verify');
  if (options.json) {
    console.log(JSON.stringify({ report, verification, timingsMs: laps.ms }));
  } else {
    say(`\n${describeReport(report)}\n`);
    say(`Offline: ${commandName} report verify ${file} --trust ${trustFile}`);
    printVerification(verification, say);
  }
  return verification.ok ? exitCodes.done : exitCodes.noReport;
}

/** Returns the worst exit code of all intents. */
async function serveMore(running: Running, first: number): Promise<number> {
  running.say('\nThe lab stays up. Type another intent; Ctrl-D or Ctrl-C takes it down.');
  const lines = createInterface({ input: process.stdin });
  running.stop.addEventListener('abort', () => lines.close(), { once: true });
  if (running.stop.aborted) lines.close();
  let worst = first;
  for await (const line of lines) {
    if (running.stop.aborted) break;
    if (line.trim() === '') continue;
    // --out has the first report; the others go beside it.
    const out = running.options.out && join(running.options.out, `report-${++running.served}`);
    worst = Math.max(worst, await serve(line.trim(), running, out));
  }
  return worst;
}

async function createWorld(topology: Topology, options: LabOptions, clock: Clock): Promise<World> {
  if (options.world === 'kernel') return await createKernelWorld(topology);
  const random = options.seed === undefined ? createSystemRandom() : createSeededRandom(options.seed);
  return await createModelledWorld(topology, { clock, random });
}

/** Without --fault, those that the file marks active. Throws ConferError `bad-input`. */
function chosenFaults(topology: Topology, { fault, faults }: LabOptions): Fault[] {
  if (!faults) return [];
  if (fault === undefined) return topology.faults.filter(({ active }) => active);
  return fault.map((id) => {
    const found = topology.faults.find((one) => one.id === id);
    if (found !== undefined) return found;
    const known = topology.faults.map((one) => one.id).join(', ') || 'none';
    throw new ConferError('bad-input', `--fault ${id}: ${topology.name} has no such fault; it has ${known}.`);
  });
}

/** The intent's head, where the operator would log in; the first node when the sentence does not tell. */
async function injectionPoint(topology: Topology, intent: string): Promise<string> {
  const names = topology.nodes.map(({ name }) => name);
  const understood = await understand(intent, createRules(), new AbortController().signal).catch(
    () => undefined,
  );
  const head = names.find((name) => name.toLowerCase() === understood?.head.toLowerCase());
  return head ?? names[0] ?? '';
}

/** How long each stage took. */
class Laps {
  readonly ms: Record<string, number> = {};
  readonly #clock: Clock;
  #at: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#at = clock.elapsed();
  }

  end(stage: string): void {
    const now = this.#clock.elapsed();
    this.ms[stage] = Math.round(now - this.#at);
    this.#at = now;
  }
}
