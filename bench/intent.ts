/**
 * Wall time of an intent beyond its probes: three agents as an installation has them, in processes of their own, over
 * modelled routers and mutual TLS, without a fault. Probes of a path run side by side, so the longest train is the pure
 * probe time.
 */
import { readFileSync } from 'node:fs';
import { agentUrl, askAgent } from '../src/cli/ask-agent.ts';
import { effortOf } from '../src/collaboration/effort.ts';
import { warmUpCount, warmUpIntervalMs } from '../src/collaboration/plan.ts';
import type { Report } from '../src/core/records.ts';
import { parseTopology } from '../src/core/topology.ts';
import { type Lab, startLab } from '../src/lab/lab.ts';
import { createModelledWorld } from '../src/lab/modelled-world.ts';
import { createSystemRandom } from '../src/system/random.ts';
import { built } from './idle.ts';
import { clock, median, Workplace } from './parties.ts';
import type { Row } from './table.ts';

const rounds = 5;
const topologyFile = 'topologies/pe1-p2-pe3.yaml';
const intent = 'Verify packet loss on the SRv6 path from PE-1 to PE-3 via P-2';

/** Of one intent, milliseconds after it was asked. */
interface Asked {
  endedMs: number;
  /** When each step told of itself first and last. */
  steps: Map<string, { firstMs: number; lastMs: number }>;
  report: Report;
}

export async function benchIntent(): Promise<Row[]> {
  using installation = built();
  const [first, later, processes]: [Asked[], Asked[], number[]] = [[], [], []];
  for (let round = 0; round < rounds; round++) {
    using workplace = new Workplace();
    const { directory } = workplace;
    const topology = parseTopology(readFileSync(topologyFile, 'utf8'), topologyFile);
    const world = await createModelledWorld(topology, {
      clock,
      random: createSystemRandom(),
      commandFile: installation.commandFile,
    });
    const { signal } = new AbortController();
    await using lab = await startLab(world, { directory, clock, signal, onLine() {} });
    // Whoever asks in this process has asked before.
    if (round === 0) await askedOf(lab);
    else first.push(await askedOf(lab));
    later.push(await askedOf(lab), await askedOf(lab));
    const beganAt = performance.now();
    await lab.ask('PE-1', intent, () => {});
    processes.push(performance.now() - beganAt);
  }
  const probes = median(later.map(({ report }) => probeMs(report)));
  const beyond = (all: readonly Asked[]) => median(all.map(({ endedMs }) => endedMs)) - probes;
  return [
    { what: 'pure probe time, three routers, no fault', figure: ms(probes) },
    { what: 'beyond it, agents that have answered before', figure: ms(beyond(later)), target: '<= 0.9 ms' },
    {
      what: 'beyond it, the first intent of agents that have just started',
      figure: ms(beyond(first)),
      target: '<= 8 ms',
    },
    { what: 'beyond it, `confer ask` as a process of its own', figure: ms(median(processes) - probes) },
    ...profile(later),
  ];
}

/** Where the time of the later ones goes. */
function profile(asked: readonly Asked[]): Row[] {
  const at = (step: string, which: 'firstMs' | 'lastMs') =>
    median(asked.map(({ steps }) => steps.get(step)?.[which] ?? Number.NaN));
  const end = median(asked.map(({ endedMs }) => endedMs));
  const parts: [string, number][] = [
    ['connected, sentence read', at('intent', 'firstMs')],
    ['sessions open, state of all routers read, paths known', at('path', 'lastMs') - at('intent', 'firstMs')],
    [
      'counters placed, warm-up, probes, what was counted is read and verified',
      at('verified', 'firstMs') - at('path', 'lastMs'),
    ],
    ['correlated, signed, stored', at('report', 'lastMs') - at('verified', 'firstMs')],
    ['transferred, verified by whoever asked', end - at('report', 'lastMs')],
  ];
  return parts.map(([what, value]) => ({
    what: `... of an intent of ${ms(end)}: ${what}`,
    figure: ms(value),
  }));
}

async function askedOf(lab: Lab): Promise<Asked> {
  const steps: Asked['steps'] = new Map();
  const beganAt = performance.now();
  const { report, verification } = await askAgent(intent, agentUrl(lab.urlOf('PE-1')), lab.operator, {
    signal: new AbortController().signal,
    onProgress: ({ message = '' }) => {
      const step = message.slice(0, message.indexOf(':'));
      const nowMs = performance.now() - beganAt;
      steps.set(step, { firstMs: steps.get(step)?.firstMs ?? nowMs, lastMs: nowMs });
    },
  });
  if (!verification.ok || report.verdict !== 'NO_FAULT') throw new Error(`The verdict is ${report.verdict}.`);
  return { endedMs: performance.now() - beganAt, steps, report };
}

/** The warm-up, and one train a round: how often the most patient flow was sent. */
function probeMs({ intent, paths, measurements }: Report): number {
  if (intent.kind !== 'path-loss') return 0;
  const sent = measurements.filter(({ from, purpose }) => purpose === 'loss' && from.endsWith(' sent'));
  return (
    warmUpCount * warmUpIntervalMs +
    effortOf(intent, paths.length, false).intervalMs * Math.max(...sent.map(({ entered }) => entered))
  );
}

const ms = (value: number) => `${value.toFixed(0)} ms`;
