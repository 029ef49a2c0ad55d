/**
 * Step 3, the probes: portion after portion over the paths, until what they show decides. How large a portion is, and when
 * a path has had enough, stands in effort.ts.
 */
import type { JsonObject } from '../../crypto/canonical.ts';
import { counted } from '../core/counted.ts';
import { limits } from '../core/limits.ts';
import type { Progress } from '../core/ports.ts';
import type { Flow, Path } from '../core/records.ts';
import { toolNames } from '../core/tools.ts';
import { type Effort, nextTotal, type Pace, parallelFactor } from './effort.ts';
import { fanOut } from './fanout.ts';
import type { Counters, Judgement, Measuring } from './measure.ts';
import type { OpenPlace } from './open-questions.ts';
import { sizeTrain, type Train, warmUpCount, warmUpIntervalMs, wavesOf } from './plan.ts';
import { parallelPaths } from './sections.ts';
import type { Outcome, Question } from './session.ts';

/** Probes under way when the senders are done still reach their counters. */
export const settleMs = 100;
/** Of one train: marking counters that nobody reads for longer take themselves away. */
const trainMsMax = limits.countingLeaseMs / 3;
/** Trains of large probes over a path. */
const sizeTrainsMax = 3;
/** From here on the other paths wait for this one, where a single fault is enough. */
const suspiciousFrom = 0.1;
/** Whoever loses replies all the time would else have everybody's counters read after each portion. */
const readInVainMax = 4;
/** So many times more probes that all came back clear a place, or nearly. */
const unreadFactorMax = 1.5;

/** Without counting: resolves every neighbour on the way, in both directions. */
export async function warmUp(work: Measuring): Promise<void> {
  const shape = { count: warmUpCount, intervalMs: warmUpIntervalMs };
  const questions = work.paths.flatMap((path) => {
    const size = work.flows.find((flow) => flow.path === path.id)?.sizeBytes;
    return questionFor(work, path, { ...shape, ...(size !== undefined && { size }) }) ?? [];
  });
  await fanOut(work.session, questions);
}

export async function probeUntilDecided(
  work: Measuring,
  judgement: Judgement,
  counters: Counters,
): Promise<void> {
  const [first = [], ...reserve] = wavesOf(work.flows);
  const probes = new Probes(work, counters, first);
  if (work.effort.firstFaultOnly) {
    await findFirst(work, judgement, probes);
    if (judgement.isFaultSure()) return;
  }
  await probes.send({ loss: probes.belowEnough(), size: work.paths });
  for (const wave of reserve) {
    if (!judgement.isLinkUnseen()) break;
    tell(work, 'a parallel link carried no probe yet, other flows follow');
    await probes.sendWave(wave);
  }
  for (;;) {
    const places = judgement.openPlaces();
    // A slow train ends before the path has had enough: its counters would not wait.
    const loss = new Set([...probes.belowEnough(), ...probes.extensible(places, 'loss')]);
    const next = { loss: [...loss], size: probes.extensible(places, 'size') };
    if (next.loss.length === 0 && next.size.length === 0) return;
    tell(work, `not decided yet, more probes follow; ${beliefOf(places)}`);
    await probes.send(next);
  }
}

/**
 * Small portions, and once a place is suspicious only over its paths, until it is sure. As long as all comes back, nobody is
 * asked what it counted: on long paths the report has no room for so many answers.
 */
async function findFirst(work: Measuring, judgement: Judgement, probes: Probes): Promise<void> {
  let next: Path[] = [...work.paths];
  let pace: Pace = 'quiet';
  let readInVain = 0;
  while (next.length > 0) {
    const isRead = await probes.sendFew(next, pace);
    if (!isRead) {
      tell(work, 'everything came back; more probes follow');
      if (pace !== 'suspicious') next = probes.belowEnough();
      continue;
    }
    if (judgement.isFaultSure()) return;
    const places = judgement.openPlaces();
    const suspicious = places.filter(({ probability }) => probability > suspiciousFrom);
    if (suspicious.length === 0) readInVain += 1;
    pace = suspicious.length > 0 ? 'suspicious' : readInVain > readInVainMax ? 'costly' : 'quiet';
    const worst = probes.extensible(suspicious, 'loss');
    next = worst.length > 0 ? worst : probes.belowEnough();
    tell(work, `${beliefOf(places)}; more probes over ${counted(next.length, 'path')}`);
  }
}

function beliefOf([most]: readonly OpenPlace[]): string {
  if (most === undefined) return 'nothing is suspicious so far';
  const { from, to, entered, left, probability } = most;
  return `${Math.round(100 * probability)} % sure that packets are lost between ${from} and ${to} (${entered - left} of ${entered})`;
}

function tell(work: Measuring, text: string): void {
  work.observe({ step: 'calls', text, fraction: 0.5 });
}

/** What each path has been sent. */
class Probes {
  readonly #work: Measuring;
  readonly #counters: Counters;
  readonly #isParallel: (path: Path) => boolean;
  #flows: readonly Flow[];
  /** Whoever counts for us is asked from time to time, or it stops. */
  #readAtMs: number;
  /** What had been sent then. */
  #readAt: ReadonlyMap<string, number> = new Map();
  /** Portions of small probes add up to so many, by path. */
  readonly #totals = new Map<string, number>();
  /** Trains of large probes, by path. */
  readonly #sizeTrains = new Map<string, number>();

  constructor(work: Measuring, counters: Counters, flows: readonly Flow[]) {
    this.#work = work;
    this.#counters = counters;
    this.#isParallel = parallelPaths(work.paths);
    this.#flows = flows;
    this.#readAtMs = work.clock.elapsed();
  }

  belowEnough(): Path[] {
    return this.#work.paths.filter(({ id }) => this.#totalOf(id) < this.#work.effort.enough);
  }

  /** The paths of these places that may get more. */
  extensible(places: readonly OpenPlace[], purpose: Flow['purpose']): Path[] {
    const wanted = new Set(places.filter((one) => one.purpose === purpose).map(({ path }) => path));
    const mayGetMore = ({ id }: Path) =>
      purpose === 'size'
        ? (this.#sizeTrains.get(id) ?? 0) < sizeTrainsMax
        : nextTotal(this.#work.effort, this.#totalOf(id)) > this.#totalOf(id);
    return this.#work.paths.filter((path) => wanted.has(path.id) && mayGetMore(path));
  }

  /** The next portion over each of these paths, all at once; returns when the counters have been read. */
  async send({ loss, size }: Record<Flow['purpose'], readonly Path[]>): Promise<void> {
    await this.#ask(this.#flows, [
      ...size.map((path) => this.#sizeTrain(path)),
      ...loss.map((path) => this.#portion(path)),
    ]);
    await this.#read();
  }

  /**
   * The same of small probes alone; whether the counters have been read, which they are when something was lost or when
   * that is due.
   */
  async sendFew(paths: readonly Path[], pace: Pace): Promise<boolean> {
    const isLossless = await this.#ask(
      this.#flows,
      paths.map((path) => this.#portion(path, pace)),
    );
    const isLeaseFresh = this.#work.clock.elapsed() - this.#readAtMs < trainMsMax;
    // Beyond that, whether these paths or others get more is decided by what was counted.
    const isKnown =
      pace !== 'suspicious' ||
      paths.every(({ id }) => {
        const total = this.#totalOf(id);
        return total < this.#work.effort.enough && total < unreadFactorMax * (this.#readAt.get(id) ?? 0);
      });
    if (isLossless && isLeaseFresh && isKnown) return false;
    await this.#read();
    return true;
  }

  /** The same as the first time under other flow labels; further portions take them all. */
  async sendWave(flows: readonly Flow[]): Promise<void> {
    const shapes = this.#work.paths.flatMap((path) => [
      this.#sizeTrain(path),
      this.#portion(path, 'suspicious', 0),
    ]);
    await this.#ask(flows, shapes);
    await this.#read();
    this.#flows = [...this.#flows, ...flows];
  }

  #sizeTrain(path: Path): Shape {
    this.#sizeTrains.set(path.id, (this.#sizeTrains.get(path.id) ?? 0) + 1);
    return { path, purpose: 'size', ...sizeTrain(this.#isParallel(path)), firstLabel: 0 };
  }

  #portion(path: Path, pace: Pace = 'suspicious', from = this.#totalOf(path.id)): Shape {
    const factor = this.#isParallel(path) ? parallelFactor : 1;
    const intervalMs = this.#work.effort.intervalMs / factor;
    const wanted = factor * (nextTotal(this.#work.effort, from, pace) - from);
    const count = Math.max(1, Math.min(wanted, Math.floor(trainMsMax / intervalMs)));
    this.#totals.set(path.id, Math.max(this.#totalOf(path.id), from + count / factor));
    return { path, purpose: 'loss', count, intervalMs, firstLabel: from };
  }

  /** Whether all that was sent has come back; what has not has had time to. */
  async #ask(flows: readonly Flow[], shapes: readonly Shape[]): Promise<boolean> {
    const { session, clock, signal } = this.#work;
    const questions = shapes.flatMap(({ path, purpose, firstLabel, ...train }) => {
      const mine = flows.filter((flow) => flow.path === path.id && flow.purpose === purpose);
      const [one] = mine;
      if (one === undefined) return [];
      // Small portions would else know the first labels only.
      const labels = mine.map(({ flowLabel }) => flowLabel);
      const start = Math.floor(firstLabel) % labels.length;
      const flowLabels = [...labels.slice(start), ...labels.slice(0, start)];
      return questionFor(this.#work, path, { ...train, size: one.sizeBytes, flowLabels }) ?? [];
    });
    const outcomes = await fanOut(session, questions);
    const isLossless = !outcomes.some(isUnderWay);
    if (!isLossless) await clock.sleep(settleMs, signal);
    return isLossless;
  }

  async #read(): Promise<void> {
    await this.#counters.read();
    this.#readAtMs = this.#work.clock.elapsed();
    this.#readAt = new Map(this.#totals);
  }

  #totalOf(path: string): number {
    return this.#totals.get(path) ?? 0;
  }
}

/** A probe that has come back has been counted wherever it passed. */
function isUnderWay(outcome: Outcome): boolean {
  if (outcome.status !== 'signed') return true;
  const { sent, received } = outcome.data;
  return typeof sent !== 'number' || typeof received !== 'number' || received < sent;
}

interface Shape extends Train {
  path: Path;
  purpose: Flow['purpose'];
  /** Which of the path's flow labels the first probe takes, counted on round their end. */
  firstLabel: number;
}

/** Whether a train of this purpose can have been sent for an intent of this effort. */
export function isTrainFor(purpose: Flow['purpose'], { count, intervalMs }: Train, effort: Effort): boolean {
  return [false, true].some((isParallel) => {
    if (purpose === 'size') {
      const train = sizeTrain(isParallel);
      return train.count === count && train.intervalMs === intervalMs;
    }
    const factor = isParallel ? parallelFactor : 1;
    return intervalMs === effort.intervalMs / factor && count <= factor * effort.probesMax;
  });
}

/** A train from the path's first node to its last, over the path's SIDs. */
export function questionFor(
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
    ...(work.dscp !== undefined && { DSCP: work.dscp }),
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
function quarters(tellFraction: (fraction: number) => void): (progress: Progress) => void {
  let told = 0;
  return ({ fraction }) => {
    const quarter = Math.floor(fraction * 4);
    if (quarter > told) tellFraction(quarter / 4);
    told = Math.max(told, quarter);
  };
}
