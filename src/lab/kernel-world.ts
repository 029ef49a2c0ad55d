/**
 * The kernel world: every router of the topology is a Linux network namespace with kernel SRv6, every link a wire, and
 * each agent a process inside its router's namespace.
 *
 *   remove what a killed lab left -> write down what we make -> namespaces -> wires and hub -> routers
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConferError } from '../core/errors.ts';
import { type Fault, misplacements, type Topology, type TopologyNode } from '../core/topology.ts';
import { protocolsOf, type RoutingProtocol, routingMisplacements } from '../core/topology-routing.ts';
import { installedFile } from '../system/installation.ts';
import { requireLab, runIpBatch, runScripts } from './kernel/commands.ts';
import { actionsOf, type FaultAction, repairsOf } from './kernel/faults/index.ts';
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
import { RoutingDaemons } from './kernel/routing-daemons.ts';
import { removeAbandonedLabs, Teardown } from './kernel/teardown.ts';
import { wireChange } from './kernel/wires.ts';
import type { World } from './world.ts';

/** Neighbours appear within two of these. */
const discoveryIntervalMs = 500;
/** From asking a process to end until it is made to. */
const gracePeriodMs = 3_000;
/** Twentieths of a second. */
const carrierTriesMax = 60;

interface LinuxSettings {
  driver: 'linux';
  device: Pick<TopologyNode, 'address' | 'locator' | 'sids'> & {
    interfaces: string[];
    routing?: { protocols: RoutingProtocol[]; socketDirectory: string };
  };
}

interface WireTrouble {
  /** Percent. */
  losses: readonly number[];
  /** nftables expressions of what is not carried. */
  filtered: readonly string[];
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
  /** What faults have put into each wire, by the name of the end at which frames come in. */
  readonly #troubles = new Map<string, WireTrouble>();
  /** What takes links down and up, by the number of the link. */
  readonly #flapping = new Map<number, ChildProcess>();
  /** Who is flooded. */
  readonly #flooding = new Map<string, ChildProcess>();
  readonly #inForce: Fault[] = [];
  readonly #routing: RoutingDaemons;

  constructor(topology: Topology, names: Names, teardown: Teardown, { commandFile }: KernelWorldOptions) {
    this.topology = topology;
    this.#names = names;
    this.#teardown = teardown;
    this.#routing = new RoutingDaemons(topology, names, teardown);
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
    for (const action of actionsOf(fault, this.topology)) await this.#act(action);
    this.#inForce.push(fault);
  }

  async repair(fault: Fault): Promise<void> {
    const index = this.#inForce.indexOf(fault);
    if (index < 0) throw new ConferError('bad-input', `The fault ${fault.id} is not in force.`);
    const others = this.#inForce.toSpliced(index, 1);
    for (const action of repairsOf(fault, others, this.topology)) await this.#act(action);
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

  async #act(action: FaultAction): Promise<void> {
    switch (action.kind) {
      case 'lose':
        return this.#trouble(action.wire, ({ losses }) => ({ losses: [...losses, action.lossPercent] }));
      case 'carry':
        return this.#trouble(action.wire, ({ losses }) => ({ losses: without(losses, action.lossPercent) }));
      case 'filter':
        return this.#trouble(action.wire, ({ filtered }) => ({ filtered: [...filtered, action.match] }));
      case 'unfilter':
        return this.#trouble(action.wire, ({ filtered }) => ({ filtered: without(filtered, action.match) }));
      case 'unplug':
      case 'plug':
        return this.#setCarrier(action.link, action.kind === 'plug' ? 'up' : 'down');
      case 'flap':
        return this.#flap(action);
      case 'settle':
        return this.#settle(action.link);
      case 'configure':
        await this.#ipBatch(this.#names.node(action.node), action.ip);
        return this.#nft(this.#names.node(action.node), action.nft);
      case 'flood':
        return this.#flood(action);
      case 'quiet':
        return this.#quiet(action.node);
      case 'queue':
        return this.#tcBatch(this.#names.node(action.node), action.tc);
      case 'set':
        return this.#set(this.#names.node(action.node), action.settings);
      case 'vtysh':
        return this.#routing.configure(action.node, action.lines);
      case 'routing':
        return action.running ? this.#routing.start(action.node) : this.#routing.kill(action.node);
      case 'wait':
        return await sleep(action.ms);
      case 'kill-agent':
        return this.#killAgent(action.node);
      case 'power-off':
        return this.#powerOff(action.node);
    }
  }

  /** Linux tells its routing of a lost carrier up to a second late, and sends into the void until then: wait for it. */
  async #setCarrier(link: number, state: 'up' | 'down'): Promise<void> {
    const ends = wireEnds(this.topology).filter(({ index }) => index === link);
    await this.#ipBatch(
      this.#names.wires,
      ends.map(({ index, side }) => `link set dev ${wireName(index, side)} ${state}`),
    );
    await runScripts(
      ends.map(({ end }) => ({
        namespace: this.#names.node(end.node),
        text: `tries=${carrierTriesMax}
while [ $tries -gt 0 ] && ${state === 'up' ? '! ' : ''}grep -qx up /sys/class/net/${end.interface}/operstate; do
  sleep 0.05
  tries=$((tries - 1))
done
`,
      })),
    );
  }

  /** By a process of its own, which dies with the lab whatever happens. */
  #flap({ link, periodMs, downMs }: Extract<FaultAction, { kind: 'flap' }>): void {
    const wires = wireEnds(this.topology).filter(({ index }) => index === link);
    const set = (state: 'up' | 'down') =>
      wires.map(({ index, side }) => `ip link set dev ${wireName(index, side)} ${state}`).join('; ');
    const [down, up] = [downMs, periodMs - downMs].map((ms) => `sleep ${ms / 1_000}`);
    const script = `while :; do ${set('down')}; ${down}; ${set('up')}; ${up}; done`;
    const child = spawn('ip', ['netns', 'exec', this.#names.wires, 'sh', '-c', script], { stdio: 'ignore' });
    this.#teardown.add(child);
    this.#flapping.set(link, child);
  }

  /** By a process of its own, as what flaps. */
  #flood({ from, node, address, perSecond }: Extract<FaultAction, { kind: 'flood' }>): void {
    const ping = ['ping', '-6', '-q', '-n', '-i', String(1 / perSecond), address];
    const child = spawn('ip', ['netns', 'exec', this.#names.node(from), ...ping], { stdio: 'ignore' });
    this.#teardown.add(child);
    this.#flooding.set(node, child);
  }

  async #quiet(node: string): Promise<void> {
    const child = this.#flooding.get(node);
    this.#flooding.delete(node);
    child?.kill('SIGKILL');
    if (child !== undefined) await ended(child);
  }

  async #settle(link: number): Promise<void> {
    const child = this.#flapping.get(link);
    this.#flapping.delete(link);
    child?.kill('SIGKILL');
    if (child !== undefined) await ended(child);
  }

  async #trouble(wire: WireEnd, change: (before: WireTrouble) => Partial<WireTrouble>): Promise<void> {
    const name = wireName(wire.index, wire.side);
    const before = this.#troubles.get(name) ?? { losses: [], filtered: [] };
    const { losses, filtered } = { ...before, ...change(before) };
    this.#troubles.set(name, { losses, filtered });
    const { backgroundLossPercent } = this.topology;
    await this.#nft(this.#names.wires, wireChange(wire, [backgroundLossPercent, ...losses], filtered));
  }

  /** Unplugged first: a machine without power does not close its connections. */
  async #powerOff(node: string): Promise<void> {
    this.#poweredOff.add(node);
    if (this.#names.hub !== undefined) {
      const index = this.topology.nodes.findIndex(({ name }) => name === node);
      await this.#ipBatch(this.#names.hub, [`link set dev ${hubPort(index)} down`]);
    }
    await this.#killAgent(node);
  }

  async #killAgent(node: string): Promise<void> {
    const agents = this.#agents.get(node) ?? [];
    for (const agent of agents) agent.kill('SIGKILL');
    await Promise.all(agents.map(ended));
  }

  async #ipBatch(namespace: string, lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return;
    const text = `ip -6 -batch - <<'END_OF_INPUT'\n${lines.join('\n')}\nEND_OF_INPUT\n`;
    await runScripts([{ namespace, text }]);
  }

  async #tcBatch(namespace: string, lines: readonly string[]): Promise<void> {
    const text = `tc -batch - <<'END_OF_INPUT'\n${lines.join('\n')}\nEND_OF_INPUT\n`;
    await runScripts([{ namespace, text }]);
  }

  async #set(namespace: string, settings: Record<string, number>): Promise<void> {
    const lines = Object.entries(settings).map(
      ([name, value]) => `echo ${value} > /proc/sys/net/ipv6/conf/${name}\n`,
    );
    await runScripts([{ namespace, text: lines.join('') }]);
  }

  async #nft(namespace: string, ruleset: string): Promise<void> {
    if (ruleset === '') return;
    await runScripts([{ namespace, text: `nft -f - <<'END_OF_INPUT'\n${ruleset}END_OF_INPUT\n` }]);
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

function without<T>(list: readonly T[], entry: T): T[] {
  return list.toSpliced(list.indexOf(entry), 1);
}

async function ended(child: ChildProcess): Promise<void> {
  // A process that could not be started never exits.
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  await once(child, 'exit');
}
