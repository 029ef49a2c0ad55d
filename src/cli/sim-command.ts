/** `confer sim`: seeded runs of a whole domain in virtual time; each failing seed with the command that repeats it. */
import { createWriteStream, openSync } from 'node:fs';
import { counted } from '../core/counted.ts';
import { ConferError } from '../core/errors.ts';
import { parseTopology, type Topology } from '../core/topology.ts';
import { type CampaignOutcome, runCampaign } from '../sim/campaign.ts';
import { type FaultMix, faultNames, parseFaultMix } from '../sim/fault-mix.ts';
import { runSeed, type SeedOutcome } from '../sim/run-seed.ts';
import { installedFile } from '../system/installation.ts';
import { pathError } from '../system/system-errors.ts';
import { commandName, shellWord } from './command-name.ts';
import { exitCodes } from './exit-codes.ts';
import { untilInterrupted } from './interruption.ts';
import { Progress } from './progress.ts';
import { readersGone } from './readers.ts';
import { readInput } from './report-files.ts';

export interface SimOptions {
  /** "A..B", both included, or one seed. */
  seeds: string;
  /** The three routers that come with Confer when absent. */
  topology?: string;
  faults?: string;
  jobs: number;
  json?: boolean;
  /** Ends with the first seed that fails. */
  bail?: boolean;
  trace?: string;
}

interface Failed {
  seed: number;
  invariant: string;
  detail: string;
  command: string;
}

/** In the installation: people run Confer anywhere. */
const defaultTopologyFile = installedFile('topologies/pe1-p2-pe3.yaml');
/** Fewer are over before anybody asks how far they are. */
const seedsToldMin = 20;
const seedsMax = 10_000_000;

/**
 * Returns the exit code: 0 all invariants hold, 1 some failed, 130 it was interrupted and said how far it had got. Throws
 * ConferError.
 */
export async function runSim(options: SimOptions): Promise<number> {
  const { from, to } = seedRange(options.seeds);
  const faults = options.faults === undefined ? undefined : parseFaultMix(options.faults);
  const file = options.topology ?? defaultTopologyFile;
  const topology = parseTopology(readInput(file).toString('utf8'), file);
  if (topology.intent === undefined)
    throw new ConferError(
      'bad-input',
      `${file} has no confer.intent, so that there is nothing to ask; docs/topology.md shows where it goes.`,
    );
  const trace = options.trace === undefined ? undefined : openTrace(options.trace);
  using stop = untilInterrupted('Interrupted.');
  if (trace !== undefined) await trace.write(topology, from, faults);
  const failed: Failed[] = [];
  const startedMs = performance.now();
  const progress = new Progress('seeds', to - from + 1, { fewest: seedsToldMin });
  let played = 0;
  const onSeed = (outcome: SeedOutcome) => {
    played += 1;
    const [first] = outcome.violations;
    if (first !== undefined) {
      const { seed } = outcome;
      const command = repeatCommand(seed, options);
      failed.push({ seed, invariant: first.invariant, detail: first.detail, command });
      progress.end();
      console.error(`seed ${seed}: ${first.invariant}: ${first.detail}\n  repeat: ${command}`);
    }
    progress.tell(played);
    return first === undefined || !options.bail;
  };
  const outcome = await runCampaign({
    topology,
    from,
    to,
    ...(faults !== undefined && { faults }),
    jobs: options.jobs,
    onSeed,
    signal: stop.signal,
  });
  progress.end();
  if (stop.signal.aborted && played <= to - from) return interrupted(played, to - from + 1, failed);
  if (options.json) console.log(JSON.stringify(asJson(outcome, failed)));
  else tell(outcome, failed, (performance.now() - startedMs) / 1_000);
  return failed.length === 0 ? exitCodes.done : exitCodes.noReport;
}

/** Throws where nobody reads any more. */
function interrupted(played: number, wanted: number, failed: readonly Failed[]): number {
  if (readersGone.aborted) throw readersGone.reason;
  const found =
    failed.length === 0
      ? 'all invariants hold in these'
      : `${counted(failed.length, 'seed')} failed: ${failed.map(({ seed }) => seed).join(', ')}`;
  console.error(`confer: Interrupted: ${played} of ${counted(wanted, 'seed')} played, ${found}.`);
  return exitCodes.interrupted;
}

/** "A..B", both included. Throws ConferError `usage`. */
function seedRange(text: string): { from: number; to: number } {
  const [, first = '', last = first] = /^(\d{1,15})(?:\.\.(\d{1,15}))?$/.exec(text) ?? [];
  const [from, to] = [Number(first), Number(last)];
  if (first === '' || to < from)
    throw new ConferError('usage', `--seeds ${text}: write A..B with A not above B, both included.`);
  if (to - from >= seedsMax)
    throw new ConferError('usage', `--seeds ${text}: at most ${seedsMax} seeds at a time.`);
  return { from, to };
}

interface Trace {
  write(topology: Topology, seed: number, faults: FaultMix | undefined): Promise<void>;
}

/** Throws ConferError `bad-input` where the file cannot be written: now, before any seed is played, or when it is full. */
function openTrace(file: string): Trace {
  const refused = (error: unknown) => pathError(file, 'cannot be written', error);
  let fd: number;
  try {
    fd = openSync(file, 'w');
  } catch (error) {
    throw refused(error);
  }
  return {
    async write(topology, seed, faults) {
      const stream = createWriteStream(file, { fd });
      const written = new Promise<void>((resolve, reject) => {
        stream.once('error', (error) => reject(refused(error)));
        stream.once('close', resolve);
      });
      written.catch(() => {}); // awaited below
      const observe = (line: string) => void stream.write(line);
      await runSeed(topology, { seed, ...(faults !== undefined && { faults }), observe });
      stream.end();
      await written;
    },
  };
}

/** What to type to play one seed again, as a shell takes it. */
export function repeatCommand(
  seed: number,
  { topology, faults }: Pick<SimOptions, 'topology' | 'faults'>,
): string {
  const parts = [`${commandName} sim --seeds ${seed}..${seed}`];
  if (topology !== undefined) parts.push(`--topology ${shellWord(topology)}`);
  if (faults !== undefined) parts.push(`--faults ${shellWord(faults)}`);
  return parts.join(' ');
}

function asJson(outcome: CampaignOutcome, failed: readonly Failed[]) {
  const { seeds, events, faultEvents, traceHash, faultEventsMin, faultCounts, verdicts } = outcome;
  return { seeds, failed, events, faultEvents, traceHash, faultEventsMin, faultCounts, verdicts };
}

function tell(outcome: CampaignOutcome, failed: readonly Failed[], seconds: number): void {
  const { seeds, events, faultEvents, faultEventsMin, faultCounts, verdicts, traceHash } = outcome;
  const counts = faultNames
    .filter((name) => faultCounts[name] > 0)
    .map((name) => `${name} ${faultCounts[name]}`);
  const ends = Object.entries(verdicts).map(([verdict, count]) => `${verdict} ${count}`);
  console.log(
    `${counted(seeds, 'seed')} in ${seconds.toFixed(1)} s, ${(seeds / seconds).toFixed(1)} a second`,
  );
  console.log(`${events} events; ${faultEvents} fault events, at least ${faultEventsMin} a seed`);
  console.log(`  ${counts.join(', ') || 'no faults were in force'}`);
  console.log(`intents: ${ends.join(', ')}`);
  console.log(`trace ${traceHash}`);
  console.log(failed.length === 0 ? 'All invariants hold.' : `${counted(failed.length, 'seed')} failed.`);
}
