/**
 * A case in a kernel lab: real packets, an agent process on each router, wall time. Confer is asked as an operator asks it;
 * the others probe from the same routers' namespaces.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ArenaCase } from '../../arena/cases.ts';
import { type ConferName, diagnosisOf, intentOf, type MethodRun } from '../../arena/confer-method.ts';
import type { PlayedCase } from '../../arena/run-case.ts';
import { ConferError } from '../../core/errors.ts';
import type { Direction, Report } from '../../core/records.ts';
import { toolNames } from '../../core/tools.ts';
import type { Fault } from '../../core/topology.ts';
import { createSystemClock } from '../../system/clock.ts';
import { createKernelWorld } from '../kernel-world.ts';
import { type Lab, startLab } from '../lab.ts';
import { KernelProbing } from './kernel-probing.ts';

/** Throws ConferError `device-failure` where this machine holds no kernel lab. */
export async function openKernel(given: ArenaCase): Promise<PlayedCase> {
  const clock = createSystemClock();
  const directory = mkdtempSync(join(tmpdir(), 'confer-arena-'));
  const { signal } = new AbortController();
  let lab: Lab | undefined;
  const close = async () => {
    await lab?.[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    const world = await createKernelWorld(given.topology);
    const started = await startLab(world, { directory, clock, signal, onLine: () => {} });
    lab = started;
    for (const fault of faultsOf(given)) await started.inject(fault);
    return {
      askConfer: async (name) => {
        const startedMs = clock.elapsed();
        const run = await ask(started, given, name);
        return { ...run, tookMs: clock.elapsed() - startedMs };
      },
      probing: () => KernelProbing.open(world, clock),
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function faultsOf({ background, drawn, missing }: ArenaCase): Fault[] {
  const silent = missing.filter(({ how }) => how === 'silent');
  return [
    ...background,
    ...drawn.map(({ fault }) => fault),
    ...silent.map(({ node }): Fault => ({ id: 'missing', kind: 'agent-only', node, active: true })),
  ];
}

async function ask(lab: Lab, given: ArenaCase, name: ConferName): Promise<Omit<MethodRun, 'tookMs'>> {
  const { stdout, stderr } = await lab.ask(given.route.head, intentOf(given, name), () => {});
  if (stdout === '') {
    const error = new ConferError('device-failure', stderr.slice(-3).join(' | '));
    return { ...diagnosisOf(error, given.missing), probes: { forward: 0, reverse: 0 } };
  }
  const { report } = JSON.parse(stdout) as { report: Report };
  return { ...diagnosisOf(report, given.missing), probes: probesOf(report) };
}

/** What the signed answers say was sent, warm-up and follow-ups too. */
function probesOf({ paths, envelopes }: Report): Record<Direction, number> {
  const probes = { forward: 0, reverse: 0 };
  for (const { node, signed, arguments: args } of envelopes) {
    const { operation } = signed.statement;
    if (!('tool' in operation) || signed.answer.isError) continue;
    if (operation.tool !== toolNames.srv6Ping && operation.tool !== toolNames.ping) continue;
    const { sent } = signed.answer.data as { sent?: number };
    const tail = typeof args.Tail === 'string' ? args.Tail : undefined;
    const isReverse = paths.some(
      ({ direction, nodes }) =>
        direction === 'reverse' && nodes[0] === node && (tail === undefined || nodes.at(-1) === tail),
    );
    probes[isReverse ? 'reverse' : 'forward'] += sent ?? 0;
  }
  return probes;
}
