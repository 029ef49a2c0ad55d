/**
 * The kernel world: every router of the topology is a Linux network namespace with kernel SRv6, every link a wire, and
 * each agent a process inside its router's namespace.
 *
 *   remove what a killed lab left -> write down what we make -> namespaces -> wires and hub -> routers
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { ConferError } from '../core/errors.ts';
import { type Fault, misplacements, type Topology } from '../core/topology.ts';
import { requireLab, runIpBatch, runScripts } from './kernel/commands.ts';
import { actionsOf, type FaultAction } from './kernel/faults.ts';
import {
  agentPort,
  hubPort,
  labPrefix,
  managementAddress,
  type Names,
  namesOf,
  type WireEnd,
  wireEnds,
  wireName,
} from './kernel/names.ts';
import { planOf } from './kernel/plan.ts';
import { removeAbandonedLabs, Teardown } from './kernel/teardown.ts';
import { wireChange } from './kernel/wires.ts';
import type { World } from './world.ts';

/** Neighbours appear within two of these. */
const discoveryIntervalMs = 500;
const cliFile = fileURLToPath(
  new URL(`../cli${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
);

/**
 * Builds the world; root on Linux only. Throws ConferError `device-failure` when this machine cannot hold it, and then
 * leaves nothing behind.
 */
export async function createKernelWorld(topology: Topology): Promise<KernelWorld> {
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
  return new KernelWorld(topology, names, teardown);
}

export class KernelWorld implements World {
  readonly name = 'kernel';
  readonly topology: Topology;
  readonly #names: Names;
  readonly #teardown: Teardown;
  readonly #agents = new Map<string, Set<ChildProcess>>();
  readonly #poweredOff = new Set<string>();
  /** Loss that faults have put into each wire, by the name of the end at which frames come in. */
  readonly #losses = new Map<string, number[]>();

  constructor(topology: Topology, names: Names, teardown: Teardown) {
    this.topology = topology;
    this.#names = names;
    this.#teardown = teardown;
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

  agentSettings(node: string): Record<string, unknown> {
    const ends = wireEnds(this.topology).filter(({ end }) => end.node === this.#node(node).name);
    return {
      driver: 'linux',
      interfaces: ends.map(({ end }) => end.interface),
      discovery: { source: 'frames', intervalMs: discoveryIntervalMs },
    };
  }

  spawnAgent(node: string, args: readonly string[]): ChildProcess {
    const child = this.#spawn(this.namespaceOf(node), ['agent', ...args]);
    const agents = this.#agents.get(node) ?? new Set();
    this.#agents.set(node, agents.add(child));
    child.once('exit', () => agents.delete(child));
    if (this.#poweredOff.has(node)) child.kill('SIGKILL');
    return child;
  }

  /** On the management network; in-band on the first node, which is the head of the shipped topologies. */
  spawnOperator(args: readonly string[]): ChildProcess {
    const [first] = this.topology.nodes;
    if (first === undefined) throw new ConferError('bad-input', 'The topology has no node.');
    return this.#spawn(this.#names.hub ?? this.#names.node(first.name), args);
  }

  async inject(fault: Fault): Promise<void> {
    this.#node(fault.node);
    const problems = misplacements(fault, this.topology.links);
    if (problems.length > 0) {
      throw new ConferError('bad-input', `The fault ${fault.id} cannot be injected: ${problems.join('; ')}.`);
    }
    for (const action of actionsOf(fault, this.topology)) await this.#act(action);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#teardown.run();
  }

  async #act(action: FaultAction): Promise<void> {
    switch (action.kind) {
      case 'lose':
        return this.#lose(action.wire, action.lossPercent);
      case 'unplug':
        return this.#ipBatch(
          this.#names.wires,
          action.wires.map((wire) => `link set dev ${wire} down`),
        );
      case 'configure':
        await this.#ipBatch(this.#names.node(action.node), action.ip);
        return this.#nft(this.#names.node(action.node), action.nft);
      case 'power-off':
        return this.#powerOff(action.node);
    }
  }

  async #lose(wire: WireEnd, lossPercent: number): Promise<void> {
    const name = wireName(wire.index, wire.side);
    const losses = [...(this.#losses.get(name) ?? [this.topology.backgroundLossPercent]), lossPercent];
    this.#losses.set(name, losses);
    await this.#nft(this.#names.wires, wireChange(wire, losses));
  }

  /** Unplugged first: a machine without power does not close its connections. */
  async #powerOff(node: string): Promise<void> {
    this.#poweredOff.add(node);
    if (this.#names.hub !== undefined) {
      const index = this.topology.nodes.findIndex(({ name }) => name === node);
      await this.#ipBatch(this.#names.hub, [`link set dev ${hubPort(index)} down`]);
    }
    for (const agent of this.#agents.get(node) ?? []) agent.kill('SIGKILL');
  }

  async #ipBatch(namespace: string, lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return;
    const text = `ip -batch - <<'END_OF_INPUT'\n${lines.join('\n')}\nEND_OF_INPUT\n`;
    await runScripts([{ namespace, text }]);
  }

  async #nft(namespace: string, ruleset: string): Promise<void> {
    if (ruleset === '') return;
    await runScripts([{ namespace, text: `nft -f - <<'END_OF_INPUT'\n${ruleset}END_OF_INPUT\n` }]);
  }

  #spawn(namespace: string, args: readonly string[]): ChildProcess {
    // `ip netns exec` replaces itself by the command: the child's pid is the agent's.
    return spawn(
      'ip',
      ['netns', 'exec', namespace, process.execPath, ...process.execArgv, cliFile, ...args],
      { stdio: ['pipe', 'pipe', 'pipe'] },
    );
  }

  #node(name: string) {
    const node = this.topology.nodes.find((candidate) => candidate.name === name);
    if (node === undefined) {
      const known = this.topology.nodes.map((candidate) => candidate.name).join(', ');
      throw new ConferError('bad-input', `The topology has no node ${name}; it has ${known}.`);
    }
    return node;
  }
}
