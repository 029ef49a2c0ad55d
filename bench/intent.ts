/**
 * Wall time of an intent beyond its probes: the modelled lab as a user runs it (three processes, mutual TLS), without a
 * fault. Probes of a path run side by side, so the longest train is the pure probe time.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { effortOf } from '../src/collaboration/effort.ts';
import { warmUpCount, warmUpIntervalMs } from '../src/collaboration/plan.ts';
import type { Report } from '../src/core/records.ts';
import { median } from './parties.ts';
import type { Row } from './table.ts';

const rounds = 5;
const topology = 'topologies/pe1-p2-pe3.yaml';

export async function benchIntent(): Promise<Row[]> {
  const [walls, probes]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    const args = ['src/cli.ts', 'lab', topology, '--once', '--no-faults', '--json'];
    const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 64 * 1024 * 1024 });
    const { report, timingsMs } = JSON.parse(stdout) as { report: Report; timingsMs: { intent: number } };
    walls.push(timingsMs.intent);
    probes.push(probeMs(report));
  }
  const beyond = walls.map((wall, index) => wall - (probes[index] ?? 0));
  return [
    { what: 'wall time of an intent, three routers, no fault', figure: `${median(walls).toFixed(0)} ms` },
    { what: 'of which probes', figure: `${median(probes).toFixed(0)} ms` },
    {
      what: 'beyond the probes (two hops each way, from a process that asks from cold)',
      figure: `${median(beyond).toFixed(0)} ms`,
      target: '<= 8 ms',
    },
  ];
}

/** The warm-up, and one train a round: how often the most patient flow was sent. */
function probeMs({ intent, paths, measurements }: Report): number {
  if (intent.kind !== 'path-loss') return 0;
  const sent = measurements.filter(({ from, purpose }) => purpose === 'loss' && from.endsWith(' sent'));
  return (
    warmUpCount * warmUpIntervalMs +
    effortOf(intent, paths.length).intervalMs * Math.max(...sent.map(({ entered }) => entered))
  );
}
