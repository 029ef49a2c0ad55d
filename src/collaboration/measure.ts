/**
 * Step 3: measures the paths. State before, warm-up, marking counters on, probes in both directions until the
 * measurements decide (probing.ts), counters off, state after.
 */
import type { JsonObject } from '../../crypto/canonical.ts';
import { counted } from '../core/counted.ts';
import { dataPaths } from '../core/device-data.ts';
import type { Clock } from '../core/ports.ts';
import type { Flow, Path } from '../core/records.ts';
import { capabilities, toolNames } from '../core/tools.ts';
import type { ProbeCaps } from './caps.ts';
import { silentIntervals } from './causes/hearing.ts';
import { closingFault, isClosing } from './closing.ts';
import type { Directory } from './domain.ts';
import { type Effort, effortLeft } from './effort.ts';
import { nodesOf } from './elements.ts';
import { fanOut } from './fanout.ts';
import type { Awaited, OpenPlace } from './open-questions.ts';
import { probeUntilDecided, warmUp } from './probing.ts';
import type { Observer } from './progress.ts';
import { resourceUri } from './resources.ts';
import type { Question, Session } from './session.ts';

/** For telling routers to stop counting, also when the intent itself was cancelled or ran out of time. */
const cleanUpTimeoutMs = 30_000;
const discoveryWaitMsMax = 20_000;
/** Places that let nothing through, one behind the other, that are looked behind. */
const behindRoundsMax = 4;
/** Share of the report's room that is left for what is read at the end. */
const roomKept = 0.25;
/** A link that comes and goes does so within it at least once. */
const carrierWatchMs = 2_000;

export interface Measuring {
  session: Session;
  paths: readonly Path[];
  flows: readonly Flow[];
  effort: Effort;
  caps: ProbeCaps;
  clock: Clock;
  signal: AbortSignal;
  observe: Observer;
  /** That the probes carry; none when absent. */
  dscp?: number;
  /** Address of the tail of a path, where its probes are going. */
  addressOf(node: string): string | undefined;
}

/** By a node's own signed word; as it announced itself, where it has not told. */
export function addressesBy(
  session: Session,
  directory: Pick<Directory, 'loopbackOf'>,
): Measuring['addressOf'] {
  return (node) => session.readings().get(node)?.device?.value.address ?? directory.loopbackOf(node);
}

/** What has been measured so far, judged by step 4. */
export interface Judgement {
  /** Where more probes could change the verdict, the most suspicious place first. */
  openPlaces(): OpenPlace[];
  /** Where packets are lost most probably; undefined where that is not asked. */
  worstPlace(): OpenPlace | undefined;
  /** Whether one place loses packets for sure. */
  isFaultSure(): boolean;
  /** Whether one of parallel links is left that no probe is known to have taken. */
  isLinkUnseen(): boolean;
  /** Questions that may tell why packets are lost where it is known that they are. */
  followUps(): Question[];
  /** What may tell when it is read again later. */
  worthWaitingFor(): Awaited | undefined;
  /** What lies behind places that let nothing through, and has not been measured. */
  behind(): Promise<Pick<Measuring, 'paths' | 'flows'>>;
}

export async function measure(work: Measuring, judgement: Judgement): Promise<void> {
  const { clock, session } = work;
  const startedMs = clock.elapsed();
  const nodes = nodesOf(work.paths);
  let cost = await count(work, nodes, judgement);
  for (let round = 0; round < behindRoundsMax && !work.effort.firstFaultOnly; round++) {
    if (work.caps.isSpent) break;
    const effort = effortLeft(work.effort, clock.elapsed() - startedMs + cost.besidesMs);
    const isRoom = session.roomLeft() > cost.room + roomKept;
    const behind = effort && isRoom ? await judgement.behind() : undefined;
    if (effort === undefined || behind === undefined || behind.paths.length === 0) break;
    const text = `nothing passes; ${counted(behind.paths.length, 'path')} from behind that place`;
    work.observe({ step: 'calls', text, fraction: 0.7 });
    const fresh = nodesOf(behind.paths).filter((node) => !nodes.includes(node));
    nodes.push(...fresh);
    cost = await count({ ...work, ...behind, effort }, fresh, judgement);
  }
  await readAll(work, nodes, [
    dataPaths.interfaces,
    dataPaths.accessLists,
    dataPaths.forwarding,
    dataPaths.discovery,
  ]);
  const questions = work.caps.grantedPings(judgement.followUps());
  if (questions.length > 0) {
    const text = `packets are lost for no reason that shows; ${counted(questions.length, 'closer look')}`;
    work.observe({ step: 'calls', text, fraction: 0.8 });
    await fanOut(work.session, questions);
  }
  await readAgainLater(work, nodes, judgement.worthWaitingFor(), startedMs);
}

/** What a round of probes took besides their own time, milliseconds, and of the report's room, share. */
interface Cost {
  besidesMs: number;
  room: number;
}

/** Probes over the paths, counted by everybody on them; `unread`: the nodes of which nothing has been read yet. */
async function count(work: Measuring, unread: readonly string[], judgement: Judgement): Promise<Cost> {
  const [startedMs, room] = [work.clock.elapsed(), work.session.roomLeft()];
  await readAll(work, unread, [dataPaths.accessLists, dataPaths.forwarding]);
  await warmUp(work);
  await using counters = await startCounting(work, nodesOf(work.paths));
  await probeUntilDecided(work, judgement, counters);
  await counters.stop();
  const { enough, intervalMs } = work.effort;
  return {
    besidesMs: Math.max(0, work.clock.elapsed() - startedMs - enough * intervalMs),
    room: room - work.session.roomLeft(),
  };
}

/** Waits for what is awaited, as long as that takes from when the intent began to measure, and reads these nodes again. */
export async function readAgainLater(
  work: Measuring,
  nodes: readonly string[],
  awaited: Awaited | undefined,
  startedMs: number,
): Promise<void> {
  const { session, clock, signal } = work;
  const waited = {
    neighbours: { text: 'waiting to see who is still heard', ms: () => discoveryWaitMs(session) },
    carriers: {
      text: 'waiting to see whether a link comes and goes',
      ms: () => carrierWatchMs - (clock.elapsed() - startedMs),
    },
  };
  if (awaited === undefined) return;
  const { text, ms } = waited[awaited];
  if (ms() <= 0) return;
  work.observe({ step: 'calls', text, fraction: 0.85 });
  await clock.sleep(ms(), signal);
  await readAll(work, nodes, [
    dataPaths.interfaces,
    ...(awaited === 'neighbours' ? [dataPaths.discovery] : []),
  ]);
}

/** Until everybody has forgotten a neighbour whose last announcement came just now. */
function discoveryWaitMs(session: Session): number {
  const intervals = [...session.readings().values()]
    .flatMap(({ discovery }) => discovery.at(-1)?.value ?? [])
    .flatMap((told) => [told['interval-ms'], ...told.neighbour.map((one) => one['interval-ms'] ?? 0)]);
  return Math.min(discoveryWaitMsMax, (silentIntervals + 1) * Math.max(0, ...intervals));
}

/** Every node's signature over all that it answered (troubleshooting draft step 5, `signatures`). */
export async function conclude({ session }: Pick<Measuring, 'session'>): Promise<void> {
  const operation = { tool: toolNames.sessionConclude };
  // Whoever only carried for others has said nothing of its own.
  const answered = new Set(session.envelopes().map(({ node }) => node));
  await fanOut(
    session,
    [...answered].map((node) => ({
      node,
      operation,
      arguments: { session: session.id },
    })),
  );
  const envelopes = session.envelopes();
  for (const closing of envelopes.filter(isClosing)) {
    const fault = closingFault(closing, {
      session: session.id,
      envelopes,
      certificate: session.certificates.get(closing.node) ?? '',
    });
    if (fault !== undefined) session.withdraw(closing, fault);
  }
}

export async function readAll({ session }: Measuring, nodes: readonly string[], paths: readonly string[]) {
  await fanOut(
    session,
    paths.flatMap((path) => nodes.map((node) => ({ node, operation: { uri: resourceUri(path) } }))),
  );
}

export interface Counters extends AsyncDisposable {
  read(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Marking counters on every node that offers them (RFC 9341's principle, announced as the capability `counting`). They
 * are temporary state: leaving the scope takes them away, and a lease does where nobody can be told to.
 */
export async function startCounting(
  work: Measuring,
  nodes: readonly string[],
  wishes: JsonObject = {},
): Promise<Counters> {
  const { session } = work;
  const running = new Map<string, string>();
  const offering = await Promise.all(
    nodes.map(async (node) => ((await session.offers(node, capabilities.counting)) ? [node] : [])),
  );
  const stop = async () => {
    using deadline = work.clock.deadline(cleanUpTimeoutMs);
    const questions = [...running].map(([node, id]) => ({
      node,
      operation: { tool: toolNames.countingStop },
      arguments: { id },
      signal: deadline.signal,
    }));
    running.clear();
    await fanOut(session, questions);
  };
  const args = { 'flow-labels': work.flows.map((flow) => flow.flowLabel), ...wishes };
  const started = await fanOut(
    session,
    offering.flat().map((node) => ({
      node,
      operation: { tool: toolNames.countingStart },
      arguments: args,
    })),
  );
  for (const outcome of started)
    if (outcome.status === 'signed' && typeof outcome.data.id === 'string')
      running.set(outcome.node, outcome.data.id);
  return {
    stop,
    // Whoever cannot be told stops when its lease ends; what ended the measurement is the reason to tell.
    [Symbol.asyncDispose]: () => stop().catch(() => {}),
    async read() {
      const uri = resourceUri(dataPaths.counting);
      await fanOut(
        session,
        [...running].map(([node, id]) => ({ node, operation: { uri: `${uri}=${id}` } })),
      );
    },
  };
}
