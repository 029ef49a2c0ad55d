/**
 * One run of the simulation: a domain starts, hears itself, troubleshoots while the faults of its seed strike, heals,
 * and is judged.
 */
import { digestOf, type JsonObject } from '../../crypto/canonical.ts';
import { notAfterOf } from '../../crypto/certificate.ts';
import type { Agent } from '../agent/agent.ts';
import { ConferError, messageOf } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Report } from '../core/records.ts';
import type { Topology } from '../core/topology.ts';
import { defaultMix, type FaultMix, type FaultName, swarm } from './fault-mix.ts';
import { describePlan, discoveryMs, drawPlan, type FaultPlan, type PlannedIntent } from './fault-plan.ts';
import { worldStartMs } from './identities.ts';
import { judgeFailure, judgeReport } from './invariants.ts';
import type { Violation } from './observations.ts';
import { createSeededRandom } from './seeded-random.ts';
import type { SimulatedAgent } from './simulated-agent.ts';
import { SimulatedWorld } from './simulated-world.ts';

export interface SeedOptions {
  seed: number;
  /** The faults in force; absent: the default mix. */
  faults?: FaultMix;
  /** Reads along, one line an event. */
  observe?: (line: string) => void;
}

export interface SeedOutcome {
  seed: number;
  violations: readonly Violation[];
  events: number;
  faultEvents: number;
  faultCounts: Record<FaultName, number>;
  /** SHA-256 over the ordered events, hex. */
  traceHash: string;
  /** Verdicts of the reports that shipped. */
  verdicts: string[];
}

/** How much later than its limit an intent may be told to have ended: its last write has to become durable. */
const intentSlackMs = 2_000;
/** Discovery goes on for so long where not everybody is heard yet. */
const discoveryPatienceMs = 4_000;
/** After the end of a lease, for the router to do what it has to. */
const leaseSlackMs = 5_000;

export async function runSeed(topology: Topology, options: SeedOptions): Promise<SeedOutcome> {
  const random = createSeededRandom(options.seed);
  const fraction = () => random.fraction();
  const mix = options.faults ?? swarm(defaultMix, fraction);
  const plan = drawPlan(topology, mix, fraction);
  const world = new SimulatedWorld(topology, { ...options, mix, plan });
  world.trace.event('plan', `${options.seed} ${topology.name} ${describePlan(plan)}`);
  const onRejection = (reason: unknown) =>
    world.observations.violated('no-unhandled-failure', messageOf(reason));
  process.on('unhandledRejection', onRejection);
  try {
    const run = new Run(world, plan);
    await run.play();
    return {
      seed: options.seed,
      violations: world.observations.violations,
      events: world.trace.events,
      faultEvents: world.trace.faultEvents,
      faultCounts: world.trace.faultCounts,
      traceHash: world.trace.digest(),
      verdicts: run.verdicts,
    };
  } finally {
    process.off('unhandledRejection', onRejection);
  }
}

interface RunningIntent {
  node: string;
  /** The process that took it; an intent dies with its process. */
  agent: Agent;
  isSettled: boolean;
}

class Run {
  readonly verdicts: string[] = [];
  readonly #world: SimulatedWorld;
  readonly #plan: FaultPlan;
  readonly #acknowledged: { node: string; report: Report; isCreatorValid: boolean }[] = [];

  constructor(world: SimulatedWorld, plan: FaultPlan) {
    this.#world = world;
    this.#plan = plan;
  }

  async play(): Promise<void> {
    await this.#discover();
    await this.#troubleshoot();
    await this.#world.heal();
    for (const { report, isCreatorValid } of this.#acknowledged) {
      const { observations } = this.#world;
      judgeReport(report, { plan: this.#plan, observations, isCreatorValid });
    }
    await this.#judgeKept();
    await this.#judgeLeases();
    await this.#judgeClosing();
  }

  async #discover(): Promise<void> {
    const { agents, clock } = this.#world;
    for (const [node, startMs] of this.#plan.startMs)
      clock.after(startMs, () => void this.#world.agent(node).start());
    await clock.advance(discoveryMs);
    const everybody = [...agents.values()];
    const heardAll = () =>
      everybody.every(({ beacon }) => (beacon?.heard().nodes.length ?? 0) >= everybody.length - 1);
    for (let waitedMs = 0; waitedMs < discoveryPatienceMs && !heardAll(); waitedMs += 250)
      await clock.advance(250);
  }

  async #troubleshoot(): Promise<void> {
    const { clock, observations } = this.#world;
    const running: RunningIntent[] = [];
    const launched = this.#plan.intents.map(
      (intent) =>
        new Promise<void>((resolve) => {
          clock.after(intent.afterMs, () => {
            const one = this.#launch(intent);
            if (one !== undefined) running.push(one);
            resolve();
          });
        }),
    );
    let isLaunched = false;
    void Promise.all(launched).then(() => {
      isLaunched = true;
    });
    const isOver = ({ node, agent, isSettled }: RunningIntent) =>
      isSettled || this.#world.agent(node).agent !== agent;
    const lastMs = Math.max(...this.#plan.intents.map(({ afterMs }) => afterMs));
    const limitMs = lastMs + limits.intentTimeoutMs + intentSlackMs;
    await clock.runUntil(() => isLaunched && running.every(isOver), limitMs);
    for (const one of running)
      if (!isOver(one)) observations.violated('intent-ends', `the intent at ${one.node} has not ended`);
  }

  #launch({ node, text }: PlannedIntent): RunningIntent | undefined {
    const { trace, observations } = this.#world;
    const at = this.#world.agent(node);
    const { agent } = at;
    if (agent === undefined) return undefined;
    const one: RunningIntent = { node, agent, isSettled: false };
    const isValidNow = () => isWithinCertificate(at);
    const wasValid = isValidNow();
    trace.event('intent', `${node} ${text}`);
    const settle = () => {
      one.isSettled = true;
      return at.agent === agent;
    };
    agent
      .troubleshoot(text, new AbortController().signal, () => {})
      .then(
        (report) => {
          if (!settle()) return;
          trace.event('report', `${node} ${report.verdict} ${digestOf(report as unknown as JsonObject)}`);
          this.verdicts.push(report.verdict);
          this.#acknowledged.push({ node, report, isCreatorValid: wasValid && isValidNow() });
          this.#world.acknowledged(node);
        },
        (error: unknown) => {
          if (!settle()) return;
          trace.event('intent failed', `${node} ${messageOf(error)}`);
          this.verdicts.push(error instanceof ConferError ? error.code : 'error');
          judgeFailure(error, node, observations);
        },
      );
    return one;
  }

  /** A last crash takes everything that is not durable; what was acknowledged must be there afterwards. */
  async #judgeKept(): Promise<void> {
    const { observations, network } = this.#world;
    for (const node of new Set(this.#acknowledged.map((one) => one.node))) {
      if (network.isCrashed(node)) continue;
      const agent = this.#world.agent(node);
      agent.crash('lose', 0, true);
      await this.#world.start(agent);
      for (const { report } of this.#acknowledged.filter((one) => one.node === node)) {
        const kept = await this.#read(agent, report.uri);
        const isSame = kept !== undefined && digestOf(kept) === digestOf(report as unknown as JsonObject);
        if (!isSame)
          observations.violated(
            'report-kept',
            `${node} acknowledged ${report.uri}; after a crash its shelf has ${kept === undefined ? 'nothing' : 'something else'} there`,
          );
      }
    }
  }

  async #read(at: SimulatedAgent, uri: string): Promise<JsonObject | undefined> {
    const caller = { name: 'operator', role: 'operator' as const, thumbprint: '00'.repeat(32) };
    const { signal } = new AbortController();
    const reading = at.agent?.service.readResource(uri, { caller, signal });
    let answer: { data: JsonObject } | undefined;
    let isSettled = false;
    reading?.then(
      (given) => {
        answer = given;
        isSettled = true;
      },
      () => {
        isSettled = true;
      },
    );
    await this.#world.clock.runUntil(() => isSettled, limits.readTimeoutMs);
    return answer?.data;
  }

  async #judgeLeases(): Promise<void> {
    const { clock, network, agents, observations } = this.#world;
    const counting = () => [...agents.keys()].filter((node) => network.countings(node) > 0);
    if (counting().length > 0) await clock.advance(limits.countingLeaseMs + leaseSlackMs);
    for (const node of counting())
      observations.violated(
        'nothing-left',
        `${network.countings(node)} counting sessions are left on ${node} after their leases ended`,
      );
  }

  async #judgeClosing(): Promise<void> {
    const { clock, agents, network, observations } = this.#world;
    for (const agent of agents.values()) {
      const ending = agent.clock;
      let isClosed = false;
      void agent.close().then(() => {
        isClosed = true;
      });
      await clock.runUntil(() => isClosed && (ending?.waiting ?? 0) === 0, limits.intentTimeoutMs);
      if (!isClosed) observations.violated('nothing-left', `${agent.node} does not close`);
      if ((ending?.waiting ?? 0) > 0)
        observations.violated(
          'nothing-left',
          `${ending?.waiting} timers are left of the agent of ${agent.node}`,
        );
      if (network.countings(agent.node) > 0)
        observations.violated('nothing-left', `counters are left on ${agent.node} after its agent closed`);
    }
  }
}

function isWithinCertificate(at: SimulatedAgent): boolean {
  return at.wallMs >= worldStartMs && at.wallMs < notAfterOf(at.certificatePem);
}
