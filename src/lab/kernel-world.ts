/**
 * The kernel world: every router of the topology is a Linux network namespace with kernel SRv6, every link a wire, and
 * each agent a process inside its router's namespace.
 *
 *   remove what a killed lab left -> write down what we make -> namespaces -> wires and hub -> routers
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConferError } from '../core/errors.ts';
import { type Fault, misplacements, type Topology, type TopologyNode } from '../core/topology.ts';
import { protocolsOf, type RoutingProtocol, routingMisplacements } from '../core/topology-routing.ts';
import { installedFile } from '../system/installation.ts';
import { ipBatch, requireLab, runIpBatch, runScripts } from './kernel/commands.ts';
import { ended, FaultActs } from './kernel/fault-acts.ts';
import { actionsOf, repairsOf } from './kernel/faults/index.ts';
import {
  agentPort,
  hubPort,
  labPrefix,
  managementAddress,
  type Names,
  namesOf,
  wireEnds,
} from './kernel/names.ts';
import { planOf } from './kernel/plan.ts';
import { RoutingDaemons } from './kernel/routing-daemons.ts';
import { removeAbandonedLabs, Teardown } from './kernel/teardown.ts';
import type { World } from './world.ts';

/** Neighbours appear within two of these. */
const discoveryIntervalMs = 500;
/** From asking a process to end until it is made to. */
const gracePeriodMs = 3_000;
interface LinuxSettings {
  driver: 'linux';
  device: Pick<TopologyNode, 'address' | 'locator' | 'sids'> & {
    interfaces: string[];
    routing?: { protocols: RoutingProtocol[]; socketDirectory: string };
  };
}

export interface KernelWorldOptions {
  /** The `confer` command; this package's own when absent. */
  commandFile?: string;
}

/**
 * Builds the world; root on Linux only. Throws ConferError `device-failure` when this machine cannot hold it, and then
 * leaves nothing behind.
 */
export async function createKernelWorld(
  topology: Topology,
  options: KernelWorldOptions = {},
): Promise<KernelWorld> {
  requireLab();
  removeAbandonedLabs();
  const names = namesOf(topology, `${labPrefix}${randomBytes(3).toString('hex')}`);
  const teardown = new Teardown(names.prefix, names.all());
  try {
    const plan = planOf(topology, names);
    await runIpBatch(plan.namespaces);
    await runScripts(plan.networks);
    await runScripts(plan.routers);
  } catch (error) {
    teardown.run();
    throw error;
  }
  const world = new KernelWorld(topology, names, teardown, options);
  try {
    await world.startRouting();
  } catch (error) {
    teardown.run();
    throw error;
  }
  return world;
}

export class KernelWorld implements World {
  readonly name = 'kernel';
  readonly topology: Topology;
  readonly #names: Names;
  readonly #teardown: Teardown;
  readonly #commandFile: string;
  readonly #agents = new Map<string, ChildProcess[]>();
  readonly #poweredOff = new Set<string>();
  readonly #inForce: Fault[] = [];
  readonly #routing: RoutingDaemons;
  readonly #acts: FaultActs;

  constructor(topology: Topology, names: Names, teardown: Teardown, { commandFile }: KernelWorldOptions) {
    this.topology = topology;
    this.#names = names;
    this.#teardown = teardown;
    this.#routing = new RoutingDaemons(topology, names, teardown);
    this.#acts = new FaultActs(topology, names, teardown, this.#routing, {
      killAgent: (node) => this.#killAgent(node),
      powerOff: (node) => this.#powerOff(node),
    });
    this.#commandFile = commandFile ?? installedFile('src/cli.ts');
  }

  /** The network namespace of a node, for `ip netns exec`. */
  namespaceOf(node: string): string {
    return this.#names.node(this.#node(node).name);
  }

  endpoint(node: string): { host: string; port: number } {
    const { name, address } = this.#node(node);
    const host = this.#names.hub === undefined ? address : managementAddress(this.topology, name);
    return { host, port: agentPort };
  }

  agentSettings(node: string): LinuxSettings & Record<string, unknown> {
    const { name, address, locator, sids } = this.#node(node);
    const ends = wireEnds(this.topology).filter(({ end }) => end.node === name);
    const protocols = protocolsOf(this.topology, name);
    return {
      driver: 'linux',
      device: {
        address,
        locator,
        sids,
        interfaces: ends.map(({ end }) => end.interface),
        ...(protocols.length > 0 && {
          routing: { protocols, socketDirectory: this.#routing.directoryOf(name) },
        }),
      },
      discovery: { source: 'frames', intervalMs: discoveryIntervalMs },
    };
  }

  spawnAgent(node: string, args: readonly string[]): ChildProcess {
    if (this.#poweredOff.has(node)) {
      throw new ConferError('device-failure', `${node} has crashed: no agent starts on it.`);
    }
    const child = this.#spawn(this.namespaceOf(node), args[0] === 'agent' ? args : ['agent', ...args]);
    this.#agents.set(node, [...(this.#agents.get(node) ?? []), child]);
    return child;
  }

  /** On the management network; in-band at the node itself, for from elsewhere the way may be the fault's. */
  spawnOperator(node: string, args: readonly string[]): ChildProcess {
    const own = this.namespaceOf(node);
    return this.#spawn(this.#names.hub ?? own, args);
  }

  entrance(node: string): readonly string[] {
    return ['ip', 'netns', 'exec', this.#names.hub ?? this.namespaceOf(node)];
  }

  async inject(fault: Fault): Promise<void> {
    this.#node(fault.node);
    const problems = [
      ...misplacements(fault, this.topology.links),
      ...routingMisplacements(fault, this.topology),
    ];
    if (problems.length > 0) {
      throw new ConferError('bad-input', `The fault ${fault.id} cannot be injected: ${problems.join('; ')}.`);
    }
    for (const action of actionsOf(fault, this.topology)) await this.#acts.act(action);
    this.#inForce.push(fault);
  }

  async repair(fault: Fault): Promise<void> {
    const index = this.#inForce.indexOf(fault);
    if (index < 0) throw new ConferError('bad-input', `The fault ${fault.id} is not in force.`);
    const others = this.#inForce.toSpliced(index, 1);
    for (const action of repairsOf(fault, others, this.topology)) await this.#acts.act(action);
    this.#inForce.splice(index, 1);
    if (others.length === 0) await this.#routing.settled();
  }

  /** Resolves once every session and adjacency is up and routes are exchanged. Throws ConferError `device-failure` when they are not in time. */
  async startRouting(): Promise<void> {
    const nodes = this.topology.nodes.map(({ name }) => name);
    await Promise.all(nodes.map((node) => this.#routing.start(node)));
    await this.#routing.settled();
  }

  /** Agents may end in order; then nothing of the lab is left, whatever they did. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { children } = this.#teardown;
    for (const child of children) child.kill('SIGTERM');
    await Promise.race([Promise.all(children.map(ended)), sleep(gracePeriodMs, undefined, { ref: false })]);
    this.#teardown.run();
    await Promise.all(children.map(ended));
  }

  /** Unplugged first: a machine without power does not close its connections. */
  async #powerOff(node: string): Promise<void> {
    this.#poweredOff.add(node);
    if (this.#names.hub !== undefined) {
      const index = this.topology.nodes.findIndex(({ name }) => name === node);
      await ipBatch(this.#names.hub, [`link set dev ${hubPort(index)} down`]);
    }
    await this.#killAgent(node);
  }

  async #killAgent(node: string): Promise<void> {
    const agents = this.#agents.get(node) ?? [];
    for (const agent of agents) agent.kill('SIGKILL');
    await Promise.all(agents.map(ended));
  }

  #spawn(namespace: string, args: readonly string[]): ChildProcess {
    // `ip netns exec` replaces itself by the command: the child's pid is the agent's.
    const node = [process.execPath, ...process.execArgv, '--disable-warning=ExperimentalWarning'];
    const child = spawn('ip', ['netns', 'exec', namespace, ...node, this.#commandFile, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#teardown.add(child);
    return child;
  }

  #node(name: string) {
    const node = this.topology.nodes.find((candidate) => candidate.name === name);
    if (node === undefined) {
      throw new ConferError('unknown-node', `${name} is no node of the topology ${this.topology.name}.`);
    }
    return node;
  }
}
