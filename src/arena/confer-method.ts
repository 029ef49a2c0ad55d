/** Confer on a case: the real agents over the modelled network in virtual time, asked at the head. */
import { ConferError, messageOf } from '../core/errors.ts';
import { killsAgent } from '../core/fault-kinds.ts';
import { limits } from '../core/limits.ts';
import type { Finding, Report } from '../core/records.ts';
import { noFaults } from '../sim/fault-mix.ts';
import type { FaultPlan } from '../sim/fault-plan.ts';
import { SimulatedWorld } from '../sim/simulated-world.ts';
import type { ArenaCase, Missing } from './cases.ts';
import type { Diagnosis } from './claims.ts';
import { ProbeMeter, type ProbesSent } from './driving.ts';
import { asItTells } from './liar.ts';
import { numberOf } from './streams.ts';

export interface MethodRun extends Diagnosis {
  /** As the method words it. */
  verdict: string;
  probes: ProbesSent;
  /** From the question to the answer, milliseconds of virtual time. */
  tookMs: number;
}

/** Rare enough that announcements cost little; what waits for silence counts in intervals. */
const announceIntervalMs = 2_000;
const discoveryMsMax = 30_000;
/** How much later than its limit an intent may end: its last write has to become durable. */
const slackMs = 2_000;
const commitMs = 0.1;

/** Every loss from 0.1 % on, or the first fault that is sure, with as few probes as that takes. */
const wishes = {
  confer: 'from 0.1 % on',
  'confer-first': 'from 0.1 % on, only the first fault',
};

export type ConferName = keyof typeof wishes;
export const conferNames = Object.keys(wishes) as ConferName[];

/** What the head is asked. */
export function intentOf({ topology }: ArenaCase, name: ConferName): string {
  return `${topology.intent}, ${wishes[name]}`;
}

export async function runConfer(given: ArenaCase, name: ConferName): Promise<MethodRun> {
  const { answer, probes, tookMs } = await playConfer(given, intentOf(given, name));
  return { ...diagnosisOf(answer, given.missing), probes, tookMs };
}

/** What the head answers to a text in the network of the case: the whole report, or what the agent failed with. */
export async function playConfer(
  given: ArenaCase,
  text: string,
): Promise<{ answer: Report | ConferError } & Pick<MethodRun, 'probes' | 'tookMs'>> {
  const { topology, route, drawn, background, missing } = given;
  const meter = new ProbeMeter(given);
  const world = new SimulatedWorld(topology, {
    seed: numberOf(given.seed, `confer ${given.index}`),
    mix: noFaults,
    plan: planOf(given),
    isTraced: false,
    device: (node, router) => meter.metered(node, asItTells(node, router, given)),
  });
  await discover(world);
  for (const fault of background) world.network.inject(fault);
  for (const { fault } of drawn) {
    world.network.inject(fault);
    if (killsAgent(fault.kind)) world.agent(fault.node).crash('lose', { isHeard: false });
  }
  for (const { node, how } of missing) if (how === 'silent') world.agent(node).crash('lose', {});
  const startedMs = world.clock.elapsed();
  const answer = await ask(world, route.head, text);
  return { answer, probes: meter.sent, tookMs: world.clock.elapsed() - startedMs };
}

/** All start at once, so that discovery is a matter of milliseconds. */
async function discover(world: SimulatedWorld): Promise<void> {
  const everybody = [...world.agents.values()];
  for (const agent of everybody) void agent.start();
  // Who has heard everybody does not forget it meanwhile: not to be asked again.
  let knowing = 0;
  let nextEvents = 0;
  const hasHeardAll = () => {
    while (world.trace.events >= nextEvents) {
      const missing = everybody.length - 1 - (everybody[knowing]?.beacon?.heard().nodes.length ?? 0);
      // A frame tells of one node, and is an event.
      if (missing > 0) nextEvents = world.trace.events + missing;
      else if (++knowing === everybody.length) return true;
    }
    return false;
  };
  if (!(await world.clock.runUntil(hasHeardAll, discoveryMsMax)))
    throw new Error(`the agents of ${world.topology.name} do not hear each other`);
}

/** The report, or what the agent failed with. */
async function ask(world: SimulatedWorld, head: string, text: string): Promise<Report | ConferError> {
  const { agent } = world.agent(head);
  if (agent === undefined) throw new Error(`nobody is there to ask at ${head}`);
  let outcome: Report | ConferError | undefined;
  let broken: unknown;
  agent
    .troubleshoot(text, new AbortController().signal, () => {})
    .then(
      (report) => {
        outcome = report;
      },
      (error: unknown) => {
        if (error instanceof ConferError) outcome = error;
        else broken = error;
      },
    );
  const isDone = () => outcome !== undefined || broken !== undefined;
  await world.clock.runUntil(isDone, limits.intentTimeoutMs + slackMs);
  if (broken !== undefined) throw broken;
  return outcome ?? new ConferError('timeout', 'The intent has not ended.');
}

/** That an agent is gone which the case took away is neither a claim nor a merit: the methods are asked for lost packets. */
export function diagnosisOf(
  answer: Report | ConferError,
  missing: readonly Missing[],
): Diagnosis & { verdict: string } {
  if (answer instanceof ConferError)
    return {
      verdict: `${answer.code}: ${messageOf(answer)}`,
      claims: [],
      suspects: [],
      isInconclusive: true,
    };
  const { verdict, suspects } = answer;
  const isGiven = ({ kind, element }: Finding) =>
    kind === 'agent-only' && missing.some(({ node, how }) => how === 'silent' && node === element.node);
  const findings = answer.findings.filter((finding) => !isGiven(finding));
  return {
    verdict,
    claims: findings.map(({ element, direction, kind, probability }) => ({
      element,
      direction,
      kind,
      probability,
    })),
    suspects,
    isInconclusive: verdict === 'INCONCLUSIVE',
  };
}

function planOf({ topology }: ArenaCase): FaultPlan {
  const names = topology.nodes.map(({ name }) => name);
  return {
    drawn: undefined,
    injectedAtMs: 0,
    intents: [],
    crashes: [],
    partitions: [],
    skews: new Map(),
    liar: undefined,
    replayer: undefined,
    startMs: new Map(),
    announceIntervalMs,
    isis: true,
    commitMs: new Map(names.map((name) => [name, [commitMs, commitMs] as const])),
  };
}
