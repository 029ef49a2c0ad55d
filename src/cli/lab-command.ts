/** `confer lab`: a topology file becomes a lab, an intent becomes a verified report. */
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { reportBytes } from '../collaboration/report.ts';
import { verifyReport } from '../collaboration/verify.ts';
import { orAborted } from '../core/abort.ts';
import { ConferError } from '../core/errors.ts';
import type { Clock } from '../core/ports.ts';
import type { Report } from '../core/records.ts';
import { type Fault, parseTopology, type Topology } from '../core/topology.ts';
import { requireConnected } from '../lab/connected.ts';
import { requireLab } from '../lab/kernel/commands.ts';
import { createKernelWorld } from '../lab/kernel-world.ts';
import { type Lab, startLab } from '../lab/lab.ts';
import { createModelledWorld } from '../lab/modelled-world.ts';
import { openWorkDirectory } from '../lab/work-directory.ts';
import type { World } from '../lab/world.ts';
import { createSeededRandom } from '../sim/seeded-random.ts';
import { createSystemClock } from '../system/clock.ts';
import { writableDirectory } from '../system/directories.ts';
import { createSystemRandom } from '../system/random.ts';
import { whyNot } from '../system/system-errors.ts';
import { commandName, shellWord } from './command-name.ts';
import { complain } from './complaints.ts';
import { exitCodes } from './exit-codes.ts';
import { chosenIntent, type PlacedIntent, placed } from './intent-text.ts';
import { untilInterrupted } from './interruption.ts';
import { printVerification, readInput, verifyReportFile, writeReport } from './report-files.ts';
import { describeReport } from './report-text.ts';
import { visibleLine } from './visible-text.ts';

/** Where reports go, a directory each, when --out names no other place. */
const reportsDirectory = '.confer';

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
  requireConnected(topology, topologyFile);
  if (options.world === 'kernel') requireLab();
  requirePlaceForReports(options);
  const say = (line: string) => (options.json ? console.error(line) : console.log(line));
  using stop = untilInterrupted('Interrupted; the lab was taken down.');
  using work = openWorkDirectory();
  const laps = new Laps(clock);
  const world = await createWorld(topology, options, clock);
  const onLoss = (sentence: string) => {
    if (!stop.signal.aborted) console.error(visibleLine(`confer: ${sentence.replace(/\.?$/, '.')}`));
  };
  const starting = { directory: work.path, clock, signal: stop.signal, onLine: say, onLoss };
  await using lab = await startLab(world, starting);
  laps.end('start');
  for (const fault of faults) await lab.inject(fault);
  const names = faults.map(({ id }) => id).join(', ') || 'none';
  say(`lab: faults in force, unknown to the agents: ${names}`);
  const running = { lab, topology, options, say, laps, stop: stop.signal, reports: 0 };
  const code = await serve(intent, running);
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
  /** So far: what is refused is none. */
  reports: number;
}

/**
 * One intent, from the operator's sentence to the verified report in its directory. Returns the exit code. Throws
 * only when it is interrupted.
 */
async function serve({ text, node }: PlacedIntent, running: Running): Promise<number> {
  const { lab, options, say, laps, stop } = running;
  say(`operator: at ${node}: "${visibleLine(text)}"`);
  const relay = (line: string) => {
    if (stop.aborted) return;
    // Whoever runs a lab knows its nodes by their names, and not by the ports of their agents.
    const complaint = /^confer: (.*)$/.exec(line)?.[1];
    if (complaint === undefined) say(visibleLine(line));
    else console.error(visibleLine(`confer: at ${node}: ${complaint}`));
  };
  const asked = await orAborted(lab.ask(node, text, relay), stop).catch((error) => {
    stop.throwIfAborted();
    return complain(error);
  });
  if (typeof asked === 'number') return asked;
  if (asked.stdout.trim() === '')
    return asked.exitCode === exitCodes.badInput ? asked.exitCode : exitCodes.noReport;
  const { report } = JSON.parse(asked.stdout) as { report: Report };
  laps.end('intent');
  const trustAnchor = readInput(lab.trustAnchorFile).toString('utf8');
  running.reports += 1;
  const directory = placeOf(report, running);
  const file = await writeReport(directory, report, trustAnchor, console.error).catch((error) => {
    // The measurement is worth more than the place where it should have been kept.
    console.error(`confer: ${visibleLine(directory)} could not be written: ${whyNot(error)}.`);
  });
  const trustFile = join(directory, 'ca.pem');
  const verification =
    file === undefined ? verifyReport(reportBytes(report), trustAnchor) : verifyReportFile(file, trustFile);
  laps.end('verify');
  if (options.json) {
    console.log(JSON.stringify({ report, verification, timingsMs: laps.ms }));
  } else {
    say(`\n${describeReport(report)}\n`);
    if (file !== undefined)
      say(`Offline: ${commandName} report verify ${shellWord(file)} --trust ${shellWord(trustFile)}`);
    printVerification(verification, say);
  }
  return verification.ok ? exitCodes.done : exitCodes.noReport;
}

/** --out has the first report; the others go beside it. */
function placeOf(report: Report, { options: { out }, reports }: Running): string {
  if (out === undefined) return join(reportsDirectory, report['session-id']);
  return reports === 1 ? out : join(out, `report-${reports}`);
}

/** Before minutes of measuring. Throws ConferError `bad-input`; with --json the report has a place on stdout anyway. */
function requirePlaceForReports({ out, json }: LabOptions): void {
  try {
    writableDirectory(out ?? reportsDirectory);
  } catch (error) {
    if (out !== undefined || !(error instanceof ConferError)) throw error;
    if (json) return;
    throw new ConferError('bad-input', `${error.message} Reports go there; --out names another place.`);
  }
}

/** Returns the worst exit code of all intents. */
async function serveMore(running: Running, first: number): Promise<number> {
  running.say('\nThe lab stays up. Type another intent; quit, Ctrl-D or Ctrl-C takes it down.');
  for (const line of waysToAsk(running)) running.say(line);
  using lines = createInterface({ input: process.stdin });
  running.stop.addEventListener('abort', () => lines.close(), { once: true });
  if (running.stop.aborted) lines.close();
  let worst = first;
  for await (const line of lines) {
    if (running.stop.aborted) break;
    if (line.trim() === '') continue;
    if (['quit', 'exit'].includes(line.trim().toLowerCase())) break;
    const code = await placed(line, 'the intent', running.topology).then(
      (intent) => serve(intent, running),
      complain,
    );
    worst = Math.max(worst, code);
  }
  return worst;
}

/** For another terminal. */
function waysToAsk({ lab, topology }: Running): string[] {
  const [first, ...others] = topology.nodes.map(({ name }) => name);
  if (first === undefined) return [];
  const within = [...lab.world.entrance(first), commandName].join(' ');
  const also = others.map((name) => `${name} ${lab.urlOf(name)}`);
  return [
    `From another terminal: ${within} ask "loss from ..." --agent ${lab.urlOf(first)} --identity ${lab.operator}`,
    ...(also.length > 0 ? [`Others: ${also.join(', ')}`] : []),
  ];
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
