/** A whole collaboration domain in virtual time: routers, links, disks, agents, and the faults of one plan. */
import { createHash } from 'node:crypto';
import { killsAgent } from '../core/fault-kinds.ts';
import { limits } from '../core/limits.ts';
import type { DeviceDriver, Random } from '../core/ports.ts';
import { allCapabilities } from '../core/tools.ts';
import type { Topology } from '../core/topology.ts';
import { faultyFrames, forgedFrame, repeatingFrames } from './discovery-wire.ts';
import { type FaultMix, noFaults } from './fault-mix.ts';
import type { FaultPlan, PlannedCrash } from './fault-plan.ts';
import { FaultyWire, type FaultyWireOptions } from './faulty-wire.ts';
import { identityOf, worldStartMs } from './identities.ts';
import { lyingDevice } from './lying-device.ts';
import { ManagementNetwork } from './management-network.ts';
import { ModelledNetwork } from './network.ts';
import { Observations } from './observations.ts';
import { replayingService } from './replaying-service.ts';
import { createSeededRandom } from './seeded-random.ts';
import { SimulatedAgent } from './simulated-agent.ts';
import { Trace } from './trace.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';

export interface WorldOptions {
  seed: number;
  mix: FaultMix;
  plan: FaultPlan;
  observe?: (line: string) => void;
  /** False: nobody wants to know more of the trace than how many events it has. */
  isTraced?: boolean;
  /** Stands between each agent and its router: whoever wants to see what is asked of them. */
  device?: (node: string, router: DeviceDriver) => DeviceDriver;
}

export class SimulatedWorld {
  readonly topology: Topology;
  readonly clock: VirtualClock = createVirtualClock(worldStartMs);
  readonly trace: Trace;
  readonly observations: Observations;
  readonly network: ModelledNetwork;
  readonly agents: ReadonlyMap<string, SimulatedAgent>;
  readonly #seed: number;
  readonly #plan: FaultPlan;
  readonly #between: NonNullable<WorldOptions['device']>;
  readonly #hosts: ReadonlyMap<string, string>;
  readonly #writes = new Map<string, number>();
  #mix: FaultMix;
  #isHealed = false;

  constructor(topology: Topology, options: WorldOptions) {
    this.topology = topology;
    this.#seed = options.seed;
    this.#plan = options.plan;
    this.#mix = options.mix;
    this.#between = options.device ?? ((_node, router) => router);
    this.trace = new Trace(() => this.clock.elapsed(), options);
    this.observations = new Observations(this.trace, limits.untrustedForMs);
    this.network = new ModelledNetwork(topology, { clock: this.clock, random: this.#random('packets') });
    this.#hosts = new Map(
      topology.nodes.map(({ name, address }, index) => [
        topology.management === 'in-band' ? address : `192.0.2.${index + 1}`,
        name,
      ]),
    );
    const management = this.#managementNetwork();
    this.agents = new Map(topology.nodes.map(({ name }) => [name, this.#agent(name, management)]));
    this.#scheduleFaults();
  }

  agent(node: string): SimulatedAgent {
    const agent = this.agents.get(node);
    if (agent === undefined) throw new Error(`no node ${node} in ${this.topology.name}`);
    return agent;
  }

  /** Crashes that wait for a report to be acknowledged at this node happen now. */
  acknowledged(node: string): void {
    for (const crash of this.#plan.crashes)
      if (crash.node === node && crash.when.kind === 'acknowledged') this.#crashSoon(crash);
  }

  /** No more faults, and everybody back: what the invariants judge is what is left. */
  async heal(): Promise<void> {
    this.#isHealed = true;
    this.#mix = noFaults;
    this.trace.event('heal', '');
    for (const agent of this.agents.values())
      if (!agent.isUp && !this.network.isCrashed(agent.node)) await this.start(agent);
  }

  /** Lets time pass until the agent serves. */
  async start(agent: SimulatedAgent): Promise<void> {
    let isServing = false;
    void agent.start().then(() => {
      isServing = true;
    });
    await this.clock.runUntil(() => isServing || !agent.isUp, 60_000);
  }

  #managementNetwork(): ManagementNetwork {
    const { clock, trace, network } = this;
    const inBand = this.topology.management === 'in-band';
    return new ManagementNetwork({
      trace,
      wire: this.#wire('management', { flightMs: [0.2, 1], stalls: true }),
      after: clock.after,
      elapsed: () => clock.elapsed(),
      carries: (from, to) =>
        inBand ? network.linkCarries(from, to) : !network.isCrashed(from) && !network.isCrashed(to),
      isPartitioned: (from, to) => this.#isPartitioned(from, to),
    });
  }

  #isPartitioned(from: string, to: string): boolean {
    if (this.#isHealed) return false;
    const nowMs = this.clock.elapsed();
    return this.#plan.partitions.some(
      ({ nodes, fromMs, toMs }) => nowMs >= fromMs && nowMs < toMs && nodes.has(from) !== nodes.has(to),
    );
  }

  #wire(who: string, options: Pick<FaultyWireOptions, 'flightMs' | 'stalls'>): FaultyWire {
    const { clock, trace } = this;
    const random = this.#random(who);
    return new FaultyWire({
      trace,
      random,
      mix: () => this.#mix,
      elapsed: () => clock.elapsed(),
      ...options,
    });
  }

  #agent(node: string, management: ManagementNetwork): SimulatedAgent {
    const { clock, trace, observations, network, topology } = this;
    const { liar, replayer, skews, commitMs, announceIntervalMs, isis } = this.#plan;
    const capabilities = topology.nodes.find(({ name }) => name === node)?.capabilities ?? allCapabilities;
    const host = [...this.#hosts].find(([, name]) => name === node)?.[0] ?? '';
    const wire = this.#wire(`frames of ${node}`, { flightMs: [0.05, 0.2], stalls: false });
    const faulty = faultyFrames(network.framePort(node), { node, wire, trace, after: clock.after, isis });
    const diskRandom = this.#random(`disk of ${node}`);
    const [commitFromMs, commitToMs] = commitMs.get(node) ?? [0.1, 3];
    return new SimulatedAgent({
      node,
      capabilities,
      host,
      announceIntervalMs,
      skewMs: skews.get(node)?.skewMs ?? 0,
      clock,
      management,
      observations,
      trace,
      device: this.#device(node, liar),
      frames:
        replayer?.node === node
          ? repeatingFrames(faulty, this.#random(`old frames of ${node}`), trace)
          : faulty,
      nodeAt: (at) => this.#hosts.get(at),
      random: (who) => this.#random(who),
      disk: {
        commitMs: () => commitFromMs + (commitToMs - commitFromMs) * diskRandom.fraction(),
        onWrite: () => this.#onWrite(node),
      },
      serve: (service) =>
        replayer?.node === node
          ? replayingService(service, {
              identity: identityOf(node),
              random: this.#random(`replayer ${node}`),
              trace,
              probability: replayer.probability,
              onSpentNonce: (context, { signed }) => observations.answered(node, context, signed),
            })
          : service,
    });
  }

  #device(node: string, liar: string | undefined): DeviceDriver {
    const router = this.#between(node, this.network.router(node));
    return node === liar ? lyingDevice(router, this.#random('liar'), this.trace) : router;
  }

  #scheduleFaults(): void {
    const { skews, crashes, liar, drawn, injectedAtMs } = this.#plan;
    for (const [node, { skewMs, stepAtMs, stepMs }] of skews) {
      this.trace.fault('skew', `${node} is ${skewMs.toFixed(0)} ms ahead`);
      if (stepMs === 0) continue;
      this.clock.after(stepAtMs, () => {
        this.trace.fault('skew', `${node} is set by ${stepMs.toFixed(0)} ms`);
        this.agent(node).step(stepMs);
      });
    }
    for (const crash of crashes)
      if (crash.when.kind === 'time') this.clock.after(crash.when.atMs, () => this.#crashSoon(crash));
    if (drawn !== undefined)
      this.clock.after(injectedAtMs, () => {
        this.trace.event('inject', JSON.stringify(drawn.fault));
        this.network.inject(drawn.fault);
        if (killsAgent(drawn.fault.kind)) this.agent(drawn.fault.node).crash('lose', { isHeard: false });
      });
    if (liar !== undefined) this.#forgeSoon(liar, this.#random('forger'));
  }

  /** The liar tells each neighbour, now and then, that somebody else listens where it does. */
  #forgeSoon(liar: string, random: Random): void {
    this.clock.after(200 + 800 * random.fraction(), () => {
      if (this.#isHealed) return;
      const heard = this.agent(liar).beacon?.heard().nodes ?? [];
      const claimed = heard[Math.floor(random.fraction() * heard.length)];
      const port = this.network.framePort(liar);
      const names = port.interfaces();
      const name = names[Math.floor(random.fraction() * names.length)];
      if (claimed !== undefined && name !== undefined) {
        const host = [...this.#hosts].find(([, node]) => node === liar)?.[0] ?? '';
        this.trace.fault('liar', `claims on ${name} to be ${claimed.node}`);
        port.send(name, forgedFrame(claimed.advertisement, name, host));
      }
      this.#forgeSoon(liar, random);
    });
  }

  #onWrite(node: string): void {
    const count = (this.#writes.get(node) ?? 0) + 1;
    this.#writes.set(node, count);
    for (const crash of this.#plan.crashes)
      if (crash.node === node && crash.when.kind === 'write' && crash.when.nth === count)
        this.#crashSoon(crash);
  }

  /** Dies a moment later, so that whatever led to it has gone on as far as it goes; comes back after a while. */
  #crashSoon(crash: PlannedCrash): void {
    const agent = this.agent(crash.node);
    this.clock.after(crash.delayMs, () => {
      if (!agent.isUp || this.#isHealed) return;
      agent.crash(crash.survival, { ...crash, isFault: true });
      this.clock.after(crash.downMs, () => {
        if (!agent.isUp && !this.network.isCrashed(crash.node)) void agent.start();
      });
    });
  }

  #random(who: string): Random {
    const digest = createHash('sha256').update(`${this.#seed} ${who}`).digest();
    return createSeededRandom(digest.readUIntBE(0, 6));
  }
}
