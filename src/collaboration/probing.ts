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
import { clean } from './belief.ts';
import { trainMsMax } from './caps.ts';
import { type Effort, nextTotal, type Pace, parallelFactor } from './effort.ts';
import { fanOut } from './fanout.ts';
import type { Counters, Judgement, Measuring } from './measure.ts';
import type { OpenPlace } from './open-questions.ts';
import { sizeTrain, type Train, warmUpCount, warmUpIntervalMs, wavesOf } from './plan.ts';
import { parallelPaths } from './sections.ts';
import type { Outcome, Question } from './session.ts';

/** Probes under way when the senders are done still reach their counters. */
export const settleMs = 100;
/** Trains of large probes over a path. */
const sizeTrainsMax = 3;
/** From here on the other paths wait for this one, where a single fault is enough. */
const suspiciousFrom = 0.1;
/** Whoever loses replies all the time would else have everybody's counters read after each portion. */
const readInVainMax = 4;
/** So many times more probes that all came back clear a place, or nearly. */
const unreadFactorMax = 1.5;
/** Of a cap on all probes, what those that warm up may use, and the large ones of a round. */
const warmUpShare = 0.1;
const sizeShare = 0.25;

/** Without counting: resolves every neighbour on the way, in both directions. */
export async function warmUp(work: Measuring): Promise<void> {
  const trains = work.paths.map((path) => ({ path, count: warmUpCount, intervalMs: warmUpIntervalMs }));
  const questions = work.caps.granted(trains, warmUpShare).flatMap(({ path, ...train }) => {
    const size = work.flows.find((flow) => flow.path === path.id)?.sizeBytes;
    return questionFor(work, path, { ...train, ...(size !== undefined && { size }) }) ?? [];
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
    if (next.loss.length === 0 && next.size.length === 0) break;
    tell(work, `not decided yet, more probes follow; ${beliefOf(places)}`);
    await probes.send(next);
  }
  const worst = judgement.worstPlace();
  if (worst !== undefined) tell(work, `${beliefOf([worst])}; no more probes follow`);
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
  if (most === undefined || most.probability <= clean) return 'nothing is suspicious';
  const { from, to, entered, left, probability } = most;
  return `${Math.floor(100 * probability)} % sure that packets are lost between ${from} and ${to} (${entered - left} of ${entered})`;
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
    if (this.#work.caps.isSpent) return [];
    return this.#work.paths.filter(({ id }) => this.#totalOf(id) < this.#work.effort.enough);
  }

  /** The paths of these places that may get more. */
  extensible(places: readonly OpenPlace[], purpose: Flow['purpose']): Path[] {
    if (this.#work.caps.isSpent) return [];
    const wanted = new Set(places.filter((one) => one.purpose === purpose).map(({ path }) => path));
    const mayGetMore = ({ id }: Path) =>
      purpose === 'size'
        ? (this.#sizeTrains.get(id) ?? 0) < sizeTrainsMax
        : nextTotal(this.#work.effort, this.#totalOf(id)) > this.#totalOf(id);
    return this.#work.paths.filter((path) => wanted.has(path.id) && mayGetMore(path));
  }

  /** The next portion over each of these paths, all at once; returns when the counters have been read. */
  async send({ loss, size }: Record<Flow['purpose'], readonly Path[]>): Promise<void> {
    const large = size.map((path) => this.#sizeTrain(path));
    await this.#sendBoth(this.#flows, large, (path) => this.#portion(path), loss);
  }

  async #sendBoth(
    flows: readonly Flow[],
    large: readonly Shape[],
    portion: (path: Path) => Shape,
    paths: readonly Path[],
  ): Promise<void> {
    const { caps } = this.#work;
    const sizes = caps.granted(large, sizeShare);
    // Beside each other they would share the rate.
    if (caps.hasRate) await this.#ask(flows, sizes);
    const small = this.#granted(paths.map(portion));
    await this.#ask(flows, caps.hasRate ? small : [...sizes, ...small]);
    await this.#read();
  }

  /**
   * The same of small probes alone; whether the counters have been read, which they are when something was lost or when
   * that is due.
   */
  async sendFew(paths: readonly Path[], pace: Pace): Promise<boolean> {
    const isLossless = await this.#ask(
      this.#flows,
      this.#granted(paths.map((path) => this.#portion(path, pace))),
    );
    const isLeaseFresh = this.#work.clock.elapsed() - this.#readAtMs < trainMsMax;
    // Beyond that, whether these paths or others get more is decided by what was counted.
    const isKnown =
      pace !== 'suspicious' ||
      paths.every(({ id }) => {
        const total = this.#totalOf(id);
        return total < this.#work.effort.enough && total < unreadFactorMax * (this.#readAt.get(id) ?? 0);
      });
    if (isLossless && isLeaseFresh && isKnown && !this.#work.caps.isSpent) return false;
    await this.#read();
    return true;
  }

  /** The same as the first time under other flow labels; further portions take them all. */
  async sendWave(flows: readonly Flow[]): Promise<void> {
    const { paths } = this.#work;
    const large = paths.map((path) => this.#sizeTrain(path));
    await this.#sendBoth(flows, large, (path) => this.#portion(path, 'suspicious', 0), paths);
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
    return { path, purpose: 'loss', count, intervalMs, firstLabel: from };
  }

  /** What of these portions may be sent. */
  #granted(portions: readonly Shape[]): Shape[] {
    const granted = this.#work.caps.granted(portions);
    for (const { path, firstLabel, count } of granted) {
      const factor = this.#isParallel(path) ? parallelFactor : 1;
      this.#totals.set(path.id, Math.max(this.#totalOf(path.id), firstLabel + count / factor));
    }
    return granted;
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

/** Whether a train of this purpose can have been sent for an intent of this effort; caps make it slower and shorter. */
export function isTrainFor(
  purpose: Flow['purpose'],
  { count, intervalMs }: Train,
  effort: Effort,
  isCapped = false,
): boolean {
  return [false, true].some((isParallel) => {
    const factor = isParallel ? parallelFactor : 1;
    const [most, usualMs] =
      purpose === 'size'
        ? [sizeTrain(isParallel).count, sizeTrain(isParallel).intervalMs]
        : [factor * effort.probesMax, effort.intervalMs / factor];
    const isWhole = purpose === 'loss' || isCapped ? count <= most : count === most;
    return isWhole && (isCapped ? intervalMs >= usualMs : intervalMs === usualMs);
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
        text: `${toolNames.srv6Ping} ${name}: ${Math.round(fraction * train.count)} of ${train.count} probes of ${train.size} octets sent`,
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
