/** What the tests of the modelled network share: time that passes when somebody sleeps, and seeded randomness. */
import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import {
  accessListsSchema,
  countingSchema,
  dataPaths,
  forwardingSchema,
  interfacesSchema,
  routingSchema,
} from '../../../src/core/device-data.ts';
import type { Clock, Probe, Random, Srv6PingProbe } from '../../../src/core/ports.ts';
import { type Fault, parseTopology, type Topology } from '../../../src/core/topology.ts';
import { ModelledNetwork } from '../../../src/sim/network.ts';

export const never = new AbortController().signal;

/** Sleeping is instant and moves the time. */
export function virtualClock(): Clock {
  let elapsed = 0;
  return {
    now: () => 1_800_000_000_000 + elapsed,
    elapsed: () => elapsed,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      elapsed += ms;
    },
    deadline: () => ({ signal: never, [Symbol.dispose]() {} }),
  };
}

/** mulberry32 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const fraction = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { fraction, bytes: (length) => Uint8Array.from({ length }, () => Math.floor(fraction() * 256)) };
}

export function shipped(name: string): Topology {
  const file = new URL(`../../../topologies/${name}.yaml`, import.meta.url);
  return parseTopology(readFileSync(file, 'utf8'), `topologies/${name}.yaml`);
}

export function network(
  topology: Topology,
  faults: readonly Fault[] = [],
  options: { seed?: number; clock?: Clock } = {},
): ModelledNetwork {
  const modelled = new ModelledNetwork(topology, {
    clock: options.clock ?? virtualClock(),
    random: seededRandom(options.seed ?? 1),
  });
  for (const fault of faults) modelled.inject(fault);
  return modelled;
}

export function fault(topology: Topology, id: string): Fault {
  const found = topology.faults.find((candidate) => candidate.id === id);
  if (found === undefined) throw new Error(`no fault ${id}`);
  return found;
}

export const label = 0xabcde;

/** Probes from the first of these nodes over the others to the last. */
export function srv6Ping(
  topology: Topology,
  nodes: readonly string[],
  options: Partial<Srv6PingProbe> = {},
): Probe {
  const sids = nodes.slice(1).map((name, index) => {
    const node = topology.nodes.find((candidate) => candidate.name === name);
    if (node === undefined) throw new Error(`no node ${name}`);
    return { node, sid: index === nodes.length - 2 ? node.sids.decapsulate : node.sids.end };
  });
  return {
    kind: 'srv6-ping',
    destination: sids.at(-1)?.node.address ?? '',
    segments: sids.map(({ sid }) => sid),
    count: 1_000,
    intervalMs: 1,
    sizeBytes: 256,
    flowLabels: [label],
    dscp: 0,
    ...options,
  };
}

/** The readings of a router, parsed by the schemas that the agents use. */
export function readings(modelled: ModelledNetwork, node: string) {
  const read = async <Schema extends z.ZodType>(schema: Schema, path: string): Promise<z.output<Schema>> =>
    schema.parse(await modelled.router(node).read(path, never));
  return {
    interfaces: async () => {
      const data = await read(interfacesSchema, dataPaths.interfaces);
      return new Map(data['ietf-interfaces:interfaces'].interface.map((one) => [one.name, one]));
    },
    accessLists: async () =>
      (await read(accessListsSchema, dataPaths.accessLists))['ietf-access-control-list:acls'][
        'attachment-points'
      ].interface,
    forwarding: async () => (await read(forwardingSchema, dataPaths.forwarding))['confer-device:forwarding'],
    routes: async () =>
      (await read(routingSchema, dataPaths.routing))['ietf-routing:routing'].ribs.rib.flatMap(
        (rib) => rib.routes.route,
      ),
    counting: async (id: string) =>
      (await read(countingSchema, `${dataPaths.counting}=${id}`))['confer-device:counting'],
  };
}

/** What each counting point of a node saw of a flow: "in p2-pe1" -> packets. */
export async function counts(modelled: ModelledNetwork, node: string, id: string, flowLabel = label) {
  const data = await readings(modelled, node).counting(id);
  const flow = data.flow.find((candidate) => candidate['flow-label'] === flowLabel);
  return {
    in: Object.fromEntries((flow?.interface ?? []).map((one) => [one.name, Number(one.in)])),
    out: Object.fromEntries((flow?.interface ?? []).map((one) => [one.name, Number(one.out)])),
    delivered: Number(flow?.delivered),
  };
}
