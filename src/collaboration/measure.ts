/**
 * Step 3: measures the paths. State before, warm-up, marking counters on, probes in both directions until the
 * measurements decide, counters off, state after.
 */
import type { JsonObject } from '../../crypto/canonical.ts';
import { counted } from '../core/counted.ts';
import { dataPaths } from '../core/device-data.ts';
import { limits } from '../core/limits.ts';
import type { Clock, Progress } from '../core/ports.ts';
import type { Flow, Path } from '../core/records.ts';
import { capabilities, toolNames } from '../core/tools.ts';
import { silentIntervals } from './causes/hearing.ts';
import { closingFault, isClosing } from './closing.ts';
import { fanOut } from './fanout.ts';
import {
  lossRounds,
  lossTrain,
  sizeTrain,
  type Train,
  warmUpCount,
  warmUpIntervalMs,
  wavesOf,
} from './plan.ts';
import type { Observer } from './progress.ts';
import { readingsOf } from './readings.ts';
import { resourceUri } from './resources.ts';
import { parallelPaths } from './sections.ts';
import type { Question, Session } from './session.ts';

/** For telling routers to stop counting, also when the intent itself was cancelled or ran out of time. */
const cleanUpTimeoutMs = 30_000;
const discoveryWaitMsMax = 20_000;

/** Probes under way when the senders are done still reach their counters. */
const settleMs = 100;

export interface Measuring {
  session: Session;
  paths: readonly Path[];
  flows: readonly Flow[];
  clock: Clock;
  signal: AbortSignal;
  observe: Observer;
  /** Address of the tail of a path, where its probes are going. */
  addressOf(node: string): string | undefined;
}

/** What has been measured so far, judged by step 4. */
export interface Judgement {
  /** Whether another round of probes could change the verdict. */
  isDecided(): boolean;
  /** Whether one of parallel links is left that no probe is known to have taken. */
  isLinkUnseen(): boolean;
  /** Questions that may tell why packets are lost where it is known that they are. */
  followUps(): Question[];
  /** Whether discovery, read again once it has forgotten whom it no longer hears, could. */
  isWorthWaiting(): boolean;
}

export async function measure(work: Measuring, judgement: Judgement): Promise<void> {
  const nodes = [...new Set(work.paths.flatMap((path) => path.nodes))];
  await readAll(work, nodes, [dataPaths.accessLists, dataPaths.forwarding]);
  await fanOut(work.session, warmUps(work));
  await using counters = await startCounting(work, nodes);
  const send = async (questions: Question[]) => {
    await fanOut(work.session, questions);
    await work.clock.sleep(settleMs, work.signal);
    await counters.read();
  };
  const [first = [], ...reserve] = wavesOf(work.flows);
  const sent = [...first];
  await send([...sizeTrains(work, first), ...lossTrains(work, first, lossRounds[0])]);
  for (const wave of reserve) {
    if (!judgement.isLinkUnseen()) break;
    work.observe({
      step: 'calls',
      text: 'a parallel link carried no probe yet, other flows follow',
      fraction: 0.4,
    });
    await send([...sizeTrains(work, wave), ...lossTrains(work, wave, lossRounds[0])]);
    sent.push(...wave);
  }
  for (const count of lossRounds.slice(1)) {
    if (judgement.isDecided()) break;
    work.observe({ step: 'calls', text: 'not decided yet, more probes follow', fraction: 0.5 });
    await send([...sizeTrains(work, sent), ...lossTrains(work, sent, count)]);
  }
  await counters.stop();
  await readAll(work, nodes, [
    dataPaths.interfaces,
    dataPaths.accessLists,
    dataPaths.forwarding,
    dataPaths.discovery,
  ]);
  const questions = judgement.followUps();
  if (questions.length > 0) {
    const text = `packets are lost for no reason that shows; ${counted(questions.length, 'closer look')}`;
    work.observe({ step: 'calls', text, fraction: 0.8 });
    await fanOut(work.session, questions);
  }
  if (!judgement.isWorthWaiting()) return;
  work.observe({ step: 'calls', text: 'nothing passes; waiting to see who is still heard', fraction: 0.85 });
  await work.clock.sleep(discoveryWaitMs(work.session), work.signal);
  await readAll(work, nodes, [dataPaths.discovery]);
}

/** Until everybody has forgotten a neighbour whose last announcement came just now. */
function discoveryWaitMs(session: Session): number {
  const intervals = [...readingsOf(session.envelopes()).values()]
    .flatMap(({ discovery }) => discovery.at(-1)?.value ?? [])
    .flatMap((told) => [told['interval-ms'], ...told.neighbour.map((one) => one['interval-ms'] ?? 0)]);
  return Math.min(discoveryWaitMsMax, (silentIntervals + 1) * Math.max(0, ...intervals));
}

/** Every node's signature over all that it answered (troubleshooting draft step 5, `signatures`). */
export async function conclude({ session }: Pick<Measuring, 'session'>): Promise<void> {
  const operation = { tool: toolNames.sessionConclude };
  await fanOut(
    session,
    [...session.certificates.keys()].map((node) => ({
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

async function readAll({ session }: Measuring, nodes: readonly string[], paths: readonly string[]) {
  await fanOut(
    session,
    paths.flatMap((path) => nodes.map((node) => ({ node, operation: { uri: resourceUri(path) } }))),
  );
}

/** Without counting: resolves every neighbour on the way, in both directions. */
function warmUps(work: Measuring): Question[] {
  return work.paths.flatMap((path) => {
    const size = work.flows.find((flow) => flow.path === path.id)?.sizeBytes;
    const train = { count: warmUpCount, intervalMs: warmUpIntervalMs, ...(size !== undefined && { size }) };
    return probe(work, path, train) ?? [];
  });
}

function sizeTrains(work: Measuring, flows: readonly Flow[]): Question[] {
  return trains(work, flows, 'size', sizeTrain);
}

function lossTrains(work: Measuring, flows: readonly Flow[], round: number): Question[] {
  return trains(work, flows, 'loss', (isParallel) => lossTrain(round, isParallel));
}

/** One over each path; its probes take the labels of the path's flows in turn. */
function trains(
  work: Measuring,
  flows: readonly Flow[],
  purpose: Flow['purpose'],
  trainFor: (isParallel: boolean) => Train,
): Question[] {
  const isParallel = parallelPaths(work.paths);
  return work.paths.flatMap((path) => {
    const mine = flows.filter((flow) => flow.path === path.id && flow.purpose === purpose);
    const [first] = mine;
    if (first === undefined) return [];
    const flowLabels = mine.map(({ flowLabel }) => flowLabel);
    return probe(work, path, { ...trainFor(isParallel(path)), size: first.sizeBytes, flowLabels }) ?? [];
  });
}

/** One train from the path's first node to its last, over the path's SIDs. */
function probe(
  work: Measuring,
  path: Path,
  train: Train & { size?: number; flowLabels?: number[] },
): Question | undefined {
  const [head, tail] = [path.nodes[0], path.nodes.at(-1)];
  const address = tail === undefined ? undefined : work.addressOf(tail);
  if (head === undefined || tail === undefined || address === undefined) return undefined;
  const name = `${head} -> ${tail} ${path.id}`;
  const args: JsonObject = {
    Head: head,
    Tail: tail,
    'Tail-Address': address,
    'SID-List': path.segments,
    Count: train.count,
    Interval: train.intervalMs,
    ...(train.size !== undefined && { Size: train.size }),
    ...(train.flowLabels !== undefined && { 'Flow-Labels': train.flowLabels }),
  };
  return {
    node: head,
    operation: { tool: toolNames.srv6Ping },
    arguments: args,
    timeoutMs: train.count * train.intervalMs + limits.probeSlackMs,
    onProgress: quarters((fraction) =>
      work.observe({
        step: 'calls',
        text: `${toolNames.srv6Ping} ${name}: ${Math.round(fraction * 100)} % of ${train.count} probes of ${train.size} octets`,
        fraction: 0.3 + 0.5 * fraction,
      }),
    ),
  };
}

/** Four lines a train are enough for a person. */
function quarters(tell: (fraction: number) => void): (progress: Progress) => void {
  let told = 0;
  return ({ fraction }) => {
    const quarter = Math.floor(fraction * 4);
    if (quarter > told) tell(quarter / 4);
    told = Math.max(told, quarter);
  };
}

interface Counters extends AsyncDisposable {
  read(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Marking counters on every node that offers them (RFC 9341's principle, announced as the capability `counting`). They
 * are temporary state: leaving the scope takes them away, and a lease does where nobody can be told to.
 */
async function startCounting(work: Measuring, nodes: readonly string[]): Promise<Counters> {
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
  const args = { 'flow-labels': work.flows.map((flow) => flow.flowLabel) };
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
