/**
 * What a method other than Confer can do and see: probes and readings of the routers, through the same drivers that
 * Confer's agents have. It knows the ways of the intent's packets, and never what is wrong with them.
 */
import { accessListsSchema, countingSchema, dataPaths } from '../core/device-data.ts';
import { probeBytesMin } from '../core/driver-arguments.ts';
import { killsAgent } from '../core/fault-kinds.ts';
import { limits } from '../core/limits.ts';
import type { DeviceDriver, Random, Srv6PingProbe } from '../core/ports.ts';
import type { Topology } from '../core/topology.ts';
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

/** Each method has a meter and random numbers of its own. */
export class CaseProber implements Prober {
  readonly ways: readonly Way[];
  readonly random: Random;
  readonly #world: ProbingWorld;
  readonly #topology: Topology;
  readonly #meter: ProbeMeter;
  readonly #drivers = new Map<string, DeviceDriver>();
  readonly #silent: ReadonlySet<string>;
  readonly #uncounted: ReadonlySet<string>;
  #sessions = 0;

  /** `packets` is for the world's chance, `own` for what the method draws. */
  constructor(
    world: ProbingWorld,
    given: ArenaCase,
    meter: ProbeMeter,
    { packets, own }: { packets: Random; own: Random },
  ) {
    world.draw(packets);
    this.ways = given.ways;
    this.random = own;
    this.#world = world;
    this.#topology = given.topology;
    this.#meter = meter;
    const missing = (wanted: 'silent' | 'uncounted') =>
      given.missing.filter(({ how }) => how === wanted).map(({ node }) => node);
    const killed = given.drawn.flatMap(({ fault }) => (killsAgent(fault.kind) ? [fault.node] : []));
    this.#silent = new Set([...missing('silent'), ...killed]);
    this.#uncounted = new Set(missing('uncounted'));
  }

  answers(node: string): boolean {
    return !this.#silent.has(node);
  }

  counts(node: string): boolean {
    return this.answers(node) && !this.#uncounted.has(node);
  }

  async send(way: Way, from: number, to: number, count: number): Promise<Counted | undefined> {
    const [sender, receiver] = [nodeAt(way, from), nodeAt(way, to)];
    if (!this.answers(sender) || !this.counts(receiver) || count < 1) return undefined;
    const train = this.#train(way, from, to, count);
    const id = `probe${++this.#sessions}`;
    return await this.#world.pass(async (signal) => {
      const { flowLabels } = train;
      const counter = this.#driver(receiver);
      await using _counting = await counter.apply({ kind: 'count', id, flowLabels, capturePacketsMax: 0 });
      const { sent } = await this.#driver(sender).run(train, { signal });
      const told = countingSchema.parse(await counter.read(`${dataPaths.counting}=${id}`, signal));
      const arrived = told['confer-device:counting'].flow.reduce(
        (sum, flow) => sum + Number(flow.delivered),
        0,
      );
      return { sent, lost: Math.max(0, sent - arrived) };
    });
  }

  async ping(way: Way, from: number, count: number): Promise<Counted | undefined> {
    const sender = nodeAt(way, from);
    if (!this.answers(sender)) return undefined;
    const train = this.#train(way, from, way.nodes.length - 1, count);
    return await this.#world.pass(async (signal) => {
      const { sent, received } = await this.#driver(sender).run(train, { signal });
      return { sent, lost: sent - received };
    });
  }

  async accessListHits(
    node: string,
    interfaceName: string,
    side: 'ingress' | 'egress',
  ): Promise<Map<string, number>> {
    if (!this.answers(node)) return new Map();
    return await this.#world.pass(async (signal) => {
      const told = accessListsSchema.parse(await this.#driver(node).read(dataPaths.accessLists, signal));
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
  }

  #driver(node: string): DeviceDriver {
    const driver = this.#drivers.get(node) ?? this.#meter.metered(node, this.#world.driver(node));
    this.#drivers.set(node, driver);
    return driver;
  }

  #train(way: Way, from: number, to: number, count: number): Srv6PingProbe {
    const segments = segmentsOf(this.#topology, way, from, to);
    const tail = this.#topology.nodes.find(({ name }) => name === nodeAt(way, to));
    return {
      kind: 'srv6-ping',
      destination: tail?.address ?? '',
      segments,
      count,
      intervalMs,
      sizeBytes: Math.max(limits.probeSizeBytesMin, probeBytesMin(segments.length)),
      flowLabels: freshLabels(Math.min(labelsOfTrain, count), this.random),
      dscp: 0,
    };
  }
}

function nodeAt(way: Way, index: number): string {
  return way.nodes[index] ?? '';
}

/** 20 bits, never 0 (RFC 6437 section 2). */
function freshLabels(length: number, random: Random): number[] {
  const labels = new Set<number>();
  while (labels.size < length) labels.add(1 + Math.floor(random.fraction() * 0xffffe));
  return [...labels];
}
