/**
 * The modelled world: routers and links in the memory of the lab's process, each agent in a process of its own.
 *
 *   lab process: ModelledNetwork --serveDevice--> IPC channel --> agent process (mutual TLS on 127.0.0.1)
 *
 * In-band, agents advertise their loopbacks, as in the kernel world, and reach each other's through relays that stall
 * where the modelled network carries nothing.
 */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { ConferError } from '../core/errors.ts';
import { killsAgent } from '../core/fault-kinds.ts';
import type { Clock, Random } from '../core/ports.ts';
import type { Fault, Topology } from '../core/topology.ts';
import { canonicalAddress } from '../core/topology-nodes.ts';
import { serveDevice } from '../sim/device-server.ts';
import { ModelledNetwork } from '../sim/network.ts';
import { installedFile } from '../system/installation.ts';
import { type Endpoint, ManagementRelay } from './management-relay.ts';
import type { World } from './world.ts';

const host = '127.0.0.1';
/** What agents advertise in-band, together with their loopback. */
const inBandPort = 9514;
const announceIntervalMs = 500;
/** From asking a process to end until it is made to. */
const gracePeriodMs = 3_000;

export interface ModelledWorldOptions {
  clock: Clock;
  random: Random;
  /** The `confer` command; this package's own when absent. */
  commandFile?: string;
}

/** Builds the network; no fault is in force and no agent runs. */
export async function createModelledWorld(topology: Topology, options: ModelledWorldOptions): Promise<World> {
  const ports = await freePorts(topology.nodes.length);
  const endpoints = new Map(
    topology.nodes.map((node, index) => [node.name, { host, port: ports[index] ?? 0 }]),
  );
  return new ModelledWorld(topology, endpoints, options);
}

class ModelledWorld implements World {
  readonly name = 'modelled';
  readonly topology: Topology;
  readonly #network: ModelledNetwork;
  readonly #endpoints: ReadonlyMap<string, Endpoint>;
  readonly #clock: Clock;
  readonly #commandFile: string;
  readonly #agents = new Map<string, ChildProcess>();
  readonly #children = new Set<ChildProcess>();
  /** "A B": what carries the calls of A to B; at most one for each ordered pair of nodes. */
  readonly #relays = new Map<string, Promise<ManagementRelay>>();
  #disposed = false;

  constructor(
    topology: Topology,
    endpoints: ReadonlyMap<string, Endpoint>,
    { clock, random, commandFile }: ModelledWorldOptions,
  ) {
    this.topology = topology;
    this.#network = new ModelledNetwork(topology, { clock, random });
    this.#endpoints = endpoints;
    this.#clock = clock;
    this.#commandFile = commandFile ?? installedFile('src/cli.ts');
    process.on('exit', this.#killAll);
  }

  endpoint(node: string): Endpoint {
    const endpoint = this.#endpoints.get(node);
    if (endpoint === undefined) throw unknownNode(node, this.topology);
    return endpoint;
  }

  /** In-band also `listen` and `advertise`, which then differ: whoever writes agent.yaml lets these win. */
  agentSettings(node: string): Record<string, unknown> {
    const listen = this.endpoint(node);
    const address = this.topology.nodes.find(({ name }) => name === node)?.address;
    return {
      driver: 'modelled',
      discovery: { source: 'modelled', intervalMs: announceIntervalMs },
      ...(this.topology.management === 'in-band'
        ? { listen, advertise: { host: address, port: inBandPort } }
        : {}),
    };
  }

  spawnAgent(node: string, args: readonly string[]): ChildProcess {
    this.endpoint(node);
    if (this.#network.isCrashed(node)) {
      throw new ConferError('device-failure', `${node} has crashed: no agent starts on it.`);
    }
    const child = fork(this.#commandFile, args[0] === 'agent' ? [...args] : ['agent', ...args], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    serveDevice(child, {
      driver: this.#network.router(node),
      frames: this.#network.framePort(node),
      reach: (toHost, port) => this.#reach(node, toHost, port),
    });
    this.#agents.set(node, child);
    return this.#keep(child);
  }

  /** Every agent is on this machine, whatever the modelled network carries. */
  spawnOperator(node: string, args: readonly string[]): ChildProcess {
    this.endpoint(node);
    const child = spawn(process.execPath, [...process.execArgv, this.#commandFile, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return this.#keep(child);
  }

  entrance(): readonly string[] {
    return [];
  }

  async inject(fault: Fault): Promise<void> {
    this.#network.inject(fault);
    for (const relay of await Promise.all(this.#relays.values())) relay.refresh();
    const agent = this.#agents.get(fault.node);
    if (killsAgent(fault.kind) && agent !== undefined) {
      agent.kill('SIGKILL');
      await ended(agent);
    }
  }

  async repair(fault: Fault): Promise<void> {
    this.#network.repair(fault);
    for (const relay of await Promise.all(this.#relays.values())) relay.refresh();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    const children = [...this.#children];
    for (const child of children) child.kill('SIGTERM');
    using deadline = this.#clock.deadline(gracePeriodMs);
    await Promise.race([Promise.all(children.map(ended)), aborted(deadline.signal)]);
    this.#killAll();
    await Promise.all(children.map(ended));
    for (const relay of await Promise.all(this.#relays.values())) await relay[Symbol.asyncDispose]();
    process.off('exit', this.#killAll);
  }

  /** The loopback of another node in-band; everything else is where it says. */
  async #reach(from: string, toHost: string, port: number): Promise<Endpoint> {
    const to = this.topology.nodes.find(({ address }) => address === canonicalAddress(toHost))?.name;
    if (to === undefined || port !== inBandPort || this.topology.management !== 'in-band') {
      return { host: toHost, port };
    }
    const key = `${from} ${to}`;
    const isCarried = () => this.#network.linkCarries(from, to) && this.#network.linkCarries(to, from);
    const relay = this.#relays.get(key) ?? ManagementRelay.open(this.endpoint(to), isCarried);
    this.#relays.set(key, relay);
    return (await relay).endpoint;
  }

  #keep(child: ChildProcess): ChildProcess {
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    return child;
  }

  /** Also the last thing that this process does, so that no agent outlives the lab. */
  readonly #killAll = (): void => {
    for (const child of this.#children) child.kill('SIGKILL');
  };
}

function unknownNode(node: string, topology: Topology): ConferError {
  return new ConferError('unknown-node', `${node} is no node of the topology ${topology.name}.`);
}

async function ended(child: ChildProcess): Promise<void> {
  // A process that could not be started never exits.
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  await once(child, 'exit');
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

/** Ports that nobody uses now; all are held until the last is found, so that they differ. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  try {
    return await Promise.all(
      servers.map(async (server) => {
        server.listen(0, host);
        await once(server, 'listening');
        const address = server.address();
        if (address === null || typeof address === 'string') throw new Error('a TCP server has no port');
        return address.port;
      }),
    );
  } finally {
    for (const server of servers) server.close();
  }
}
