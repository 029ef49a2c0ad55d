/** What each path has been sent, and the next portion of it: who is asked, when counters are read, and what caps allow. */
import type { Flow, Path } from '../core/records.ts';
import { trainMsMax } from './caps.ts';
import { nextTotal, type Pace, parallelFactor } from './effort.ts';
import { fanOut } from './fanout.ts';
import type { Counters, Measuring } from './measure.ts';
import type { OpenPlace } from './open-questions.ts';
import { sizeTrain, type Train } from './plan.ts';
import { questionFor } from './probe-questions.ts';
import { parallelPaths } from './sections.ts';
import type { Outcome } from './session.ts';

/** Probes under way when the senders are done still reach their counters. */
export const settleMs = 100;
/** Trains of large probes over a path. */
const sizeTrainsMax = 3;
/** So many times more probes that all came back clear a place, or nearly. */
const unreadFactorMax = 1.5;
/** Of a cap on all probes, what the large ones of a round may use. */
const sizeShare = 0.25;

interface Shape extends Train {
  path: Path;
  purpose: Flow['purpose'];
  /** Which of the path's flow labels the first probe takes, counted on round their end. */
  firstLabel: number;
}

export class Probes {
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
