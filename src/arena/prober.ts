/**
 * What a method other than Confer can do and see: probes and readings of the routers, through the same drivers that
 * Confer's agents have. It knows the ways of the intent's packets, and never what is wrong with them.
 */
import { accessListsSchema, countingSchema, dataPaths } from '../core/device-data.ts';
import { probeBytesMin } from '../core/driver-arguments.ts';
import { killsAgent } from '../core/fault-kinds.ts';
import { limits } from '../core/limits.ts';
import type { DeviceDriver, Random, Srv6PingProbe } from '../core/ports.ts';
import type { ArenaCase } from './cases.ts';
import type { ProbeMeter } from './driving.ts';
import { segmentsOf, type Way } from './ways.ts';

export interface Counted {
  sent: number;
  lost: number;
}

export interface Prober {
  readonly ways: readonly Way[];
  /** Whether the node's agent answers: one that does not sends nothing and tells nothing. */
  answers(node: string): boolean;
  /** Whether it also tells how many probes arrived. */
  counts(node: string): boolean;
  /** One way along a part of a way, counted where it ends. Undefined when one of the ends does not do its part. */
  send(way: Way, from: number, to: number, count: number): Promise<Counted | undefined>;
  /** To the end of the way and back by normal routing, as a ping shows it. */
  ping(way: Way, from: number, count: number): Promise<Counted | undefined>;
  /** Hits of each access list that is bound there, by name. */
  accessListHits(
    node: string,
    interfaceName: string,
    side: 'ingress' | 'egress',
  ): Promise<Map<string, number>>;
  readonly random: Random;
}

/** Whatever hashes flow labels is met. */
const labelsOfTrain = 16;
const intervalMs = 1;

/** The routers of a case, in whichever world, for all methods one after the other. */
export interface ProbingWorld extends AsyncDisposable {
  /** In the world's own time. */
  readonly elapsedMs: number;
  driver(node: string): DeviceDriver;
  /** Lets the world's time pass until the work is done. */
  pass<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** From now on chance draws from this, where the world leaves anything to ours. */
  draw(packets: Random): void;
}

/** Each method has a meter and random numbers of its own: `packets` for the world's chance, `own` for what it draws. */
export function proberOver(
  world: ProbingWorld,
  given: ArenaCase,
  meter: ProbeMeter,
  { packets, own }: { packets: Random; own: Random },
): Prober {
  world.draw(packets);
  const drivers = new Map<string, DeviceDriver>();
  const driver = (node: string) => {
    const known = drivers.get(node) ?? meter.metered(node, world.driver(node));
    drivers.set(node, known);
    return known;
  };
  const missing = (wanted: 'silent' | 'uncounted') =>
    given.missing.filter(({ how }) => how === wanted).map(({ node }) => node);
  const killed = given.drawn.flatMap(({ fault }) => (killsAgent(fault.kind) ? [fault.node] : []));
  const silent = new Set([...missing('silent'), ...killed]);
  const uncounted = new Set(missing('uncounted'));
  const answers = (node: string) => !silent.has(node);
  const counts = (node: string) => answers(node) && !uncounted.has(node);
  const nodeAt = (way: Way, index: number) => way.nodes[index] ?? '';
  const probe = (way: Way, from: number, to: number, count: number): Srv6PingProbe => {
    const segments = segmentsOf(given.topology, way, from, to);
    const tail = given.topology.nodes.find(({ name }) => name === nodeAt(way, to));
    return {
      kind: 'srv6-ping',
      destination: tail?.address ?? '',
      segments,
      count,
      intervalMs,
      sizeBytes: Math.max(limits.probeSizeBytesMin, probeBytesMin(segments.length)),
      flowLabels: freshLabels(Math.min(labelsOfTrain, count), own),
      dscp: 0,
    };
  };
  let sessions = 0;
  return {
    ways: given.ways,
    random: own,
    answers,
    counts,
    send: async (way, from, to, count) => {
      const [sender, receiver] = [nodeAt(way, from), nodeAt(way, to)];
      if (!answers(sender) || !counts(receiver) || count < 1) return undefined;
      const train = probe(way, from, to, count);
      const id = `probe${++sessions}`;
      return await world.pass(async (signal) => {
        const { flowLabels } = train;
        await using _counting = await driver(receiver).apply({
          kind: 'count',
          id,
          flowLabels,
          capturePacketsMax: 0,
        });
        const { sent } = await driver(sender).run(train, { signal });
        const told = countingSchema.parse(await driver(receiver).read(`${dataPaths.counting}=${id}`, signal));
        const arrived = told['confer-device:counting'].flow.reduce(
          (sum, flow) => sum + Number(flow.delivered),
          0,
        );
        return { sent, lost: Math.max(0, sent - arrived) };
      });
    },
    ping: async (way, from, count) => {
      const sender = nodeAt(way, from);
      if (!answers(sender)) return undefined;
      const train = probe(way, from, way.nodes.length - 1, count);
      return await world.pass(async (signal) => {
        const { sent, received } = await driver(sender).run(train, { signal });
        return { sent, lost: sent - received };
      });
    },
    accessListHits: async (node, interfaceName, side) => {
      if (!answers(node)) return new Map();
      return await world.pass(async (signal) => {
        const told = accessListsSchema.parse(await driver(node).read(dataPaths.accessLists, signal));
        const bound = told['ietf-access-control-list:acls']['attachment-points'].interface.find(
          (one) => one['interface-id'] === interfaceName,
        )?.[side];
        return new Map(
          (bound?.['acl-sets']['acl-set'] ?? []).map((list) => [
            list.name,
            list['ace-statistics'].reduce((sum, entry) => sum + Number(entry['matched-packets']), 0),
          ]),
        );
      });
    },
  };
}

/** 20 bits, never 0 (RFC 6437 section 2). */
function freshLabels(length: number, random: Random): number[] {
  const labels = new Set<number>();
  while (labels.size < length) labels.add(1 + Math.floor(random.fraction() * 0xffffe));
  return [...labels];
}
