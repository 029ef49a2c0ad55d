/**
 * Input: trains of probes while a fault of each kind comes into force. Output: the same numbers, whether forwarding looks
 * at every packet or those behind the first repeat its journey.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dataPaths } from '../../../src/core/device-data.ts';
import { type FindingKind, faultKindsOf } from '../../../src/core/fault-kinds.ts';
import type { Fault, Topology } from '../../../src/core/topology.ts';
import { drawFault } from '../../../src/sim/drawn-faults.ts';
import { network, never, seededRandom, shipped, srv6Ping } from './world.ts';

const flowLabels = [11, 22];
/** One is sent at a time. */
const intervalMs = 60;
const probes = { before: 40, all: 120 };
const nothing: Fault = { id: 'none', kind: 'healthy', node: '', active: true };

/** Everything that the routers tell after a train each way. */
async function told(topology: Topology, nodes: readonly string[], fault: Fault, isEveryPacketNew: boolean) {
  const background = topology.links.flatMap(({ a, b }) =>
    [a, b].map(
      (end): Fault => ({ ...end, id: 'background', kind: 'silent-loss', lossPercent: 3, active: true }),
    ),
  );
  const modelled = network(topology, background, { seed: 7 });
  for (const { name } of topology.nodes)
    await modelled
      .router(name)
      .apply({ kind: 'count', id: 'c1', flowLabels, capturePacketsMax: 8, stampsMax: 20 });
  const all: unknown[] = [];
  for (const way of [nodes, nodes.toReversed()]) {
    let sent = 0;
    const onProgress = () => {
      sent += 1;
      if (way === nodes && sent === probes.before) modelled.inject(fault);
      // Whatever is put in force makes every journey a new one.
      if (isEveryPacketNew) modelled.inject({ ...nothing, node: way[0] ?? '' });
    };
    const probe = srv6Ping(topology, way, { flowLabels, count: probes.all, intervalMs });
    const result = await modelled
      .router(way[0] ?? '')
      .run(probe, { signal: never, onProgress })
      .catch((error: Error) => error.message);
    all.push(result);
  }
  const paths = [
    dataPaths.interfaces,
    dataPaths.accessLists,
    dataPaths.forwarding,
    `${dataPaths.counting}=c1`,
  ];
  for (const { name } of topology.nodes)
    for (const path of paths)
      all.push(
        await modelled
          .router(name)
          .read(path, never)
          .catch((error: Error) => error.message),
      );
  return all;
}

const stories = [
  { topology: shipped('pe1-p2-pe3'), nodes: ['PE-1', 'P-2', 'PE-3'] },
  { topology: shipped('ring-6'), nodes: [] },
].map(({ topology, nodes }) => {
  const [, from = '', to = ''] = /from (\S+) to (\S+)/.exec(topology.intent ?? '') ?? [];
  return { topology, nodes: nodes.length > 0 ? nodes : [from, to] };
});

test('a repeated journey draws and counts what forwarding would', async () => {
  const kinds = faultKindsOf('modelled').filter((kind): kind is FindingKind => kind !== 'healthy');
  let drawn = 0;
  for (const { topology, nodes } of stories)
    for (const [index, kind] of kinds.entries()) {
      const random = seededRandom(index);
      const fault = faultOf(topology, kind, () => random.fraction());
      if (fault === undefined) continue;
      drawn += 1;
      const [repeated, looked] = [
        await told(topology, nodes, fault, false),
        await told(topology, nodes, fault, true),
      ];
      assert.deepEqual(repeated, looked, `${topology.name}: ${kind}`);
    }
  assert.ok(drawn > kinds.length, `${drawn} faults`);
});

/** Undefined where the topology has no place for it. */
function faultOf(topology: Topology, kind: FindingKind, fraction: () => number): Fault | undefined {
  try {
    return drawFault(topology, kind, fraction).fault;
  } catch {
    return undefined;
  }
}
