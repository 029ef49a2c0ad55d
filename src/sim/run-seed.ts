/**
 * One run of the simulation: a domain starts, hears itself, troubleshoots while the faults of its seed strike, heals,
 * and is judged.
 */
import type { JsonObject } from '../../crypto/canonical.ts';
import { notAfterOf } from '../../crypto/certificate.ts';
import type { Agent } from '../agent/agent.ts';
import { type AuditRecord, auditLog } from '../agent/audit-record.ts';
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
/** An intent is asked again when its agent died, so often at most; and how often we look, milliseconds. */
const launchesMax = 3;
const relaunchMs = 500;
/** In force by default, faults strike at least so often in a run; a quiet one goes on for a while. */
const faultEventsMin = 20;
const lingerStepMs = 500;
const lingerMsMax = 120_000;
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
    const run = new Run(world, plan, options.faults === undefined);
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
  startedMs: number;
  isSettled: boolean;
}

class Run {
  readonly verdicts: string[] = [];
  readonly #world: SimulatedWorld;
  readonly #plan: FaultPlan;
  readonly #isDefaultMix: boolean;
  readonly #acknowledged: { node: string; report: Report; isCreatorValid: boolean }[] = [];

  constructor(world: SimulatedWorld, plan: FaultPlan, isDefaultMix: boolean) {
    this.#world = world;
    this.#plan = plan;
    this.#isDefaultMix = isDefaultMix;
  }

  async play(): Promise<void> {
    await this.#discover();
    await this.#troubleshoot();
    await this.#linger();
    await this.#world.heal();
    for (const { report, isCreatorValid } of this.#acknowledged) {
      const { observations } = this.#world;
      judgeReport(report, { plan: this.#plan, observations, isCreatorValid });
    }
    await this.#judgeKept();
    await this.#judgeLeases();
    await this.#judgeClosing();
    this.#judgeAudit();
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

  /** An intent that died with its agent is asked again once the agent is back, as its operator would. */
  async #troubleshoot(): Promise<void> {
    const { clock, observations } = this.#world;
    const running = this.#plan.intents.map((intent) => ({
      intent,
      launches: 0,
      last: undefined as RunningIntent | undefined,
    }));
    const isDead = (one: RunningIntent) => !one.isSettled && this.#world.agent(one.node).agent !== one.agent;
    const launch = (one: (typeof running)[number]) => {
      one.launches += 1;
      one.last = this.#launch(one.intent);
    };
    for (const one of running) clock.after(one.intent.afterMs, () => launch(one));
    const isOver = ({ intent, launches, last }: (typeof running)[number]) =>
      last === undefined
        ? launches > 0 && this.#world.network.isCrashed(intent.node)
        : last.isSettled || (isDead(last) && launches >= launchesMax);
    const lastMs = Math.max(...this.#plan.intents.map(({ afterMs }) => afterMs));
    const endMs = clock.elapsed() + lastMs + launchesMax * (limits.intentTimeoutMs + intentSlackMs);
    while (!running.every(isOver) && clock.elapsed() < endMs) {
      await clock.runUntil(() => running.every(isOver), relaunchMs);
      for (const one of running) {
        const isGone = one.launches > 0 && (one.last === undefined || isDead(one.last));
        if (isGone && !isOver(one) && this.#world.agent(one.intent.node).isServing) launch(one);
        if (one.last !== undefined && !one.last.isSettled && !isDead(one.last)) this.#judgeTime(one.last);
      }
    }
    for (const { last } of running)
      if (last !== undefined && !last.isSettled && !isDead(last))
        observations.violated('intent-ends', `the intent at ${last.node} has not ended`);
  }

  #judgeTime(one: RunningIntent): void {
    const { clock, observations } = this.#world;
    const tookMs = clock.elapsed() - one.startedMs;
    if (tookMs <= limits.intentTimeoutMs + intentSlackMs) return;
    one.isSettled = true;
    observations.violated(
      'intent-ends',
      `the intent at ${one.node} runs for ${Math.round(tookMs)} ms already`,
    );
  }

  /** Quiet runs go on until enough has failed in them. */
  async #linger(): Promise<void> {
    const { clock, trace } = this.#world;
    if (!this.#isDefaultMix) return;
    const endMs = clock.elapsed() + lingerMsMax;
    while (trace.faultEvents < faultEventsMin && clock.elapsed() < endMs) await clock.advance(lingerStepMs);
  }

  #launch({ node, text }: PlannedIntent): RunningIntent | undefined {
    const { trace, observations, clock } = this.#world;
    const at = this.#world.agent(node);
    const { agent } = at;
    if (agent === undefined) return undefined;
    const startedMs = clock.elapsed();
    const one: RunningIntent = { node, agent, startedMs, isSettled: false };
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
          // The creator's signature covers the whole report.
          trace.event('report', `${node} ${report.verdict} ${report.signatures[node]}`);
          this.verdicts.push(report.verdict);
          this.#acknowledged.push({ node, report, isCreatorValid: wasValid && isValidNow() });
          this.#world.acknowledged(node);
        },
        (error: unknown) => {
          if (!settle()) return;
          trace.event('intent failed', `${node} ${messageOf(error)}`);
          this.verdicts.push(error instanceof ConferError ? error.code : 'error');
          judgeFailure(error, node, { observations, isCreatorValid: wasValid && isValidNow() });
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
      agent.crash('lose', {});
      await this.#world.start(agent);
      for (const { report } of this.#acknowledged.filter((one) => one.node === node)) {
        const kept = await this.#read(agent, report.uri);
        const isSame = JSON.stringify(kept) === JSON.stringify(report);
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

  /** Every answer that left is on record (troubleshooting draft section 7.4). That the chain holds, each start checks. */
  #judgeAudit(): void {
    const { agents, observations } = this.#world;
    for (const { node, disk } of agents.values()) {
      const records = disk.records(auditLog) as unknown as AuditRecord[];
      const recorded = new Set(
        records.map((one) => (one.event === 'exchange' && one.direction === 'in' ? one.answer?.nonce : 0)),
      );
      const missing = observations.noncesOf(node).filter((nonce) => !recorded.has(nonce));
      if (missing.length > 0)
        observations.violated(
          'audit-complete',
          `${missing.length} answers left ${node} and are not in its audit trail, the first with nonce ${missing[0]}`,
        );
    }
  }

  async #judgeClosing(): Promise<void> {
    const { clock, agents, network, observations } = this.#world;
    observations.goodbye();
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
