/** `confer sim`: seeded runs of a whole domain in virtual time; each failing seed with the command that repeats it. */
import { createWriteStream } from 'node:fs';
import { ConferError } from '../core/errors.ts';
import { parseTopology } from '../core/topology.ts';
import { type CampaignOutcome, runCampaign } from '../sim/campaign.ts';
import { type FaultMix, faultNames, parseFaultMix } from '../sim/fault-mix.ts';
import { runSeed, type SeedOutcome } from '../sim/run-seed.ts';
import { exitCodes } from './exit-codes.ts';
import { readInput } from './report-files.ts';

export interface SimOptions {
  /** "A..B", both included, or one seed. */
  seeds: string;
  topology: string;
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

/** What to type: npm scripts run where `confer` is on nobody's path. */
const commandName = process.env.npm_lifecycle_event === undefined ? 'confer' : 'npm run -s confer --';
export const defaultTopologyFile = 'topologies/pe1-p2-pe3.yaml';
const seedsMax = 10_000_000;

/** Returns the exit code: 0 all invariants hold, 1 some failed. Throws ConferError. */
export async function runSim(options: SimOptions): Promise<number> {
  const { from, to } = seedRange(options.seeds);
  const faults = options.faults === undefined ? undefined : parseFaultMix(options.faults);
  const topology = parseTopology(readInput(options.topology).toString('utf8'), options.topology);
  if (topology.intent === undefined)
    throw new ConferError(
      'bad-input',
      `${options.topology} has no confer.intent, so that there is nothing to ask; docs/topology.md shows where it goes.`,
    );
  if (options.trace !== undefined) await writeTrace(topology, from, faults, options.trace);
  const failed: Failed[] = [];
  const startedMs = performance.now();
  const onSeed = (outcome: SeedOutcome) => {
    const [first] = outcome.violations;
    if (first === undefined) return true;
    const { seed } = outcome;
    const command = repeatCommand(seed, options);
    failed.push({ seed, invariant: first.invariant, detail: first.detail, command });
    console.error(`seed ${seed}: ${first.invariant}: ${first.detail}\n  repeat: ${command}`);
    return !options.bail;
  };
  const outcome = await runCampaign({
    topology,
    from,
    to,
    ...(faults !== undefined && { faults }),
    jobs: options.jobs,
    onSeed,
  });
  if (options.json) console.log(JSON.stringify(asJson(outcome, failed)));
  else tell(outcome, failed, (performance.now() - startedMs) / 1_000);
  return failed.length === 0 ? exitCodes.done : exitCodes.noReport;
}

/** "A..B", both included. Throws ConferError `usage`. */
export function seedRange(text: string): { from: number; to: number } {
  const [, first = '', last = first] = /^(\d{1,15})(?:\.\.(\d{1,15}))?$/.exec(text) ?? [];
  const [from, to] = [Number(first), Number(last)];
  if (first === '' || to < from)
    throw new ConferError('usage', `--seeds ${text}: write A..B with A not above B, both included.`);
  if (to - from >= seedsMax)
    throw new ConferError('usage', `--seeds ${text}: at most ${seedsMax} seeds at a time.`);
  return { from, to };
}

async function writeTrace(
  topology: Parameters<typeof runSeed>[0],
  seed: number,
  faults: FaultMix | undefined,
  file: string,
): Promise<void> {
  const stream = createWriteStream(file);
  const observe = (line: string) => void stream.write(line);
  await runSeed(topology, { seed, ...(faults !== undefined && { faults }), observe });
  await new Promise<void>((resolve, reject) => {
    stream.once('error', reject);
    stream.end(resolve);
  });
}

function repeatCommand(seed: number, { topology, faults }: SimOptions): string {
  const parts = [`${commandName} sim --seeds ${seed}..${seed}`];
  if (topology !== defaultTopologyFile) parts.push(`--topology ${topology}`);
  if (faults !== undefined) parts.push(`--faults ${faults}`);
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
  console.log(`${seeds} seeds in ${seconds.toFixed(1)} s, ${(seeds / seconds).toFixed(1)} a second`);
  console.log(`${events} events; ${faultEvents} fault events, at least ${faultEventsMin} a seed`);
  console.log(`  ${counts.join(', ') || 'no faults were in force'}`);
  console.log(`intents: ${ends.join(', ')}`);
  console.log(`trace ${traceHash}`);
  console.log(failed.length === 0 ? 'All invariants hold.' : `${failed.length} seeds failed.`);
}
