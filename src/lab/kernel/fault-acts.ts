/** Faults of the kernel world in force: what is done to wires, links, configurations and daemons, one action after another. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Topology } from '../../core/topology.ts';
import { ipBatch, nft, runScripts, setIpv6, tcBatch } from './commands.ts';
import type { FaultAction } from './faults/index.ts';
import { type Names, type WireEnd, wireEnds, wireName } from './names.ts';
import type { RoutingDaemons } from './routing-daemons.ts';
import type { Teardown } from './teardown.ts';
import { wireChange } from './wires.ts';

/** Twentieths of a second. */
const carrierTriesMax = 60;

interface WireTrouble {
  /** Percent. */
  losses: readonly number[];
  /** nftables expressions of what is not carried. */
  filtered: readonly string[];
}

/** What happens to the agents of a node, whose processes the world keeps. */
interface Agents {
  killAgent(node: string): Promise<void>;
  powerOff(node: string): Promise<void>;
}

export class FaultActs {
  readonly #topology: Topology;
  readonly #names: Names;
  readonly #teardown: Teardown;
  readonly #routing: RoutingDaemons;
  readonly #agents: Agents;
  /** What faults have put into each wire, by the name of the end at which frames come in. */
  readonly #troubles = new Map<string, WireTrouble>();
  /** What takes links down and up, by the number of the link. */
  readonly #flapping = new Map<number, ChildProcess>();
  /** Who is flooded. */
  readonly #flooding = new Map<string, ChildProcess>();

  constructor(topology: Topology, names: Names, teardown: Teardown, routing: RoutingDaemons, agents: Agents) {
    this.#topology = topology;
    this.#names = names;
    this.#teardown = teardown;
    this.#routing = routing;
    this.#agents = agents;
  }

  async act(action: FaultAction): Promise<void> {
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
        return end(this.#flapping, action.link);
      case 'configure':
        await ipBatch(this.#names.node(action.node), action.ip);
        return nft(this.#names.node(action.node), action.nft);
      case 'flood':
        return this.#flood(action);
      case 'quiet':
        return end(this.#flooding, action.node);
      case 'queue':
        return tcBatch(this.#names.node(action.node), action.tc);
      case 'set':
        return setIpv6(this.#names.node(action.node), action.settings);
      case 'vtysh':
        return this.#routing.configure(action.node, action.lines);
      case 'routing':
        return action.running ? this.#routing.start(action.node) : this.#routing.kill(action.node);
      case 'wait':
        return await sleep(action.ms);
      case 'kill-agent':
        return this.#agents.killAgent(action.node);
      case 'power-off':
        return this.#agents.powerOff(action.node);
    }
  }

  /** Linux tells its routing of a lost carrier up to a second late, and sends into the void until then: wait for it. */
  async #setCarrier(link: number, state: 'up' | 'down'): Promise<void> {
    const ends = wireEnds(this.#topology).filter(({ index }) => index === link);
    await ipBatch(
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
    const wires = wireEnds(this.#topology).filter(({ index }) => index === link);
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

  async #trouble(wire: WireEnd, change: (before: WireTrouble) => Partial<WireTrouble>): Promise<void> {
    const name = wireName(wire.index, wire.side);
    const before = this.#troubles.get(name) ?? { losses: [], filtered: [] };
    const { losses, filtered } = { ...before, ...change(before) };
    this.#troubles.set(name, { losses, filtered });
    const { backgroundLossPercent } = this.#topology;
    await nft(this.#names.wires, wireChange(wire, [backgroundLossPercent, ...losses], filtered));
  }
}

async function end<Key>(running: Map<Key, ChildProcess>, key: Key): Promise<void> {
  const child = running.get(key);
  running.delete(key);
  child?.kill('SIGKILL');
  if (child !== undefined) await ended(child);
}

function without<T>(list: readonly T[], entry: T): T[] {
  return list.toSpliced(list.indexOf(entry), 1);
}

/** Once the process is gone. */
export async function ended(child: ChildProcess): Promise<void> {
  // A process that could not be started never exits.
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  await once(child, 'exit');
}
