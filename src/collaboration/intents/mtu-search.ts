/**
 * The probes of a path-mtu intent. Every size has flow labels of its own, by which each hop counts it:
 *
 *   small           does anything pass at all?
 *   carried         what the path should carry if on every link the smaller end were set like the larger
 *   told, told + 1  the least MTU that the routers tell: usually that is all
 *   halving         between the largest size that passed and the smallest that did not, until they are neighbours
 *
 * Labels are few and the search is bounded by them: where they end first, the report has both ends of what is left.
 */
import { dataPaths } from '../../core/device-data.ts';
import { limits } from '../../core/limits.ts';
import type { Random } from '../../core/ports.ts';
import type { Flow, Path, PathMtuIntent } from '../../core/records.ts';
import { nodesOf } from '../elements.ts';
import { fanOut } from '../fanout.ts';
import { followUps } from '../follow-ups.ts';
import { lookUps } from '../look-ups.ts';
import { type Measuring, readAgainLater, readAll, startCounting } from '../measure.ts';
import { unexplainedSections, worthWaitingFor } from '../open-questions.ts';
import { carriedBytes, freshLabel, smallBytes, type Train } from '../plan.ts';
import { questionFor } from '../probe-questions.ts';
import { settleMs } from '../probes.ts';
import { warmUp } from '../probing.ts';
import type { Readings } from '../readings.ts';
import { parallelPaths } from '../sections.ts';
import type { Question } from '../session.ts';
import { engineInput, nextSizes } from './mtu.ts';
import { type MeasuredMtu, probesFor, probesOfSize, type Trial, trialsOf } from './size-trials.ts';

const searchIntervalMs = 5;
/** Of the size that the path should carry: routers count what they could not send on. */
const carriedCount = 20;
const carriedIntervalMs = 10;
/** Small probes over a path share so many labels. */
const smallLabelsMax = 4;
/**
 * Each size takes several labels, so that a hash which leads one of them where nothing passes does not pass for a size; among
 * parallel links more, for eight leave one of two links out in 1 of 128.
 */
const lanesUsual = 4;
const lanesMax = 8;
/** Sizes tried over a path: halving 9,216 octets takes 14. */
const stepsMax = 18;

export interface SizePlan {
  /** All that are counted; those that wait for a size have that of the first. */
  flows: Flow[];
  /** By path: flow labels that wait for a size, as many as a size takes together. */
  spare: Map<string, number[][]>;
}

export function planSizes(paths: readonly Path[], readings: Readings, random: Random): SizePlan {
  const used = new Set<number>();
  const isParallel = parallelPaths(paths);
  const share = Math.floor(limits.countingFlowsMax / Math.max(1, paths.length));
  const spare = new Map<string, number[][]>();
  const flows = paths.flatMap((path) => {
    const small = Math.max(1, Math.min(smallLabelsMax, Math.floor(share / 8)));
    const wanted = isParallel(path) ? lanesMax : lanesUsual;
    const lanes = Math.max(1, Math.min(wanted, Math.floor(share / 6)));
    const steps = Math.min(stepsMax, Math.floor((share - small) / lanes) - 1);
    const labels = (count: number) => Array.from({ length: count }, () => freshLabel(used, random));
    const waiting = Array.from({ length: Math.max(0, steps) }, () => labels(lanes));
    spare.set(path.id, waiting);
    const sizeBytes = carriedBytes(path, readings);
    const flow = (purpose: Flow['purpose'], bytes: number) => (flowLabel: number) => ({
      flowLabel,
      path: path.id,
      purpose,
      sizeBytes: bytes,
    });
    return [
      ...labels(small).map(flow('loss', smallBytes(path))),
      ...[...labels(lanes), ...waiting.flat()].map(flow('size', sizeBytes)),
    ];
  });
  return { flows, spare };
}

/** Whether a train of large probes can have been sent for such an intent. */
export function isSizeTrain({ count, intervalMs }: Train): boolean {
  const lanes = Array.from({ length: lanesMax }, (_, index) => index + 1);
  const isOf = (counts: readonly number[]) =>
    counts.some((one) => lanes.some((factor) => count === factor * one));
  return intervalMs === carriedIntervalMs
    ? isOf([carriedCount])
    : intervalMs === searchIntervalMs && isOf(probesOfSize);
}

/** Returns the flows with the sizes that were tried under them. */
export async function searchSizes(work: Measuring, plan: SizePlan, intent: PathMtuIntent): Promise<Flow[]> {
  const { session, clock, signal } = work;
  const search = new SizeSearch(work, plan, intent);
  const nodes = nodesOf(work.paths);
  const startedMs = clock.elapsed();
  await readAll(work, nodes, [dataPaths.accessLists, dataPaths.forwarding]);
  await warmUp(work);
  await using counters = await startCounting(work, nodes);
  await fanOut(session, search.firstTrains());
  for (let step = 0; step < stepsMax; step++) {
    await clock.sleep(settleMs, signal);
    await counters.read();
    const questions = search.nextTrains();
    if (questions.length === 0) break;
    await fanOut(session, questions);
  }
  await clock.sleep(settleMs, signal);
  await counters.stop();
  await readAll(work, nodes, [
    dataPaths.interfaces,
    dataPaths.accessLists,
    dataPaths.forwarding,
    dataPaths.discovery,
  ]);
  const input = engineInput(search.measured());
  await fanOut(session, [...followUps(unexplainedSections(input), input), ...lookUps(input)]);
  await readAgainLater(work, nodes, worthWaitingFor(engineInput(search.measured())), startedMs);
  return search.flows();
}

/** Which sizes have been tried over each path, and what to try next. */
class SizeSearch {
  readonly #work: Measuring;
  readonly #plan: SizePlan;
  readonly #intent: PathMtuIntent;
  readonly #isParallel: (path: Path) => boolean;
  /** Octets, by flow label that waited for a size. */
  readonly #sizes = new Map<number, number>();

  constructor(work: Measuring, plan: SizePlan, intent: PathMtuIntent) {
    this.#work = work;
    this.#plan = plan;
    this.#intent = intent;
    this.#isParallel = parallelPaths(work.paths);
  }

  flows(): Flow[] {
    return this.#plan.flows.map((flow) => ({
      ...flow,
      sizeBytes: this.#sizes.get(flow.flowLabel) ?? flow.sizeBytes,
    }));
  }

  measured(): MeasuredMtu {
    const { paths, session } = this.#work;
    return {
      intent: this.#intent,
      paths,
      flows: this.flows(),
      readings: session.readings(),
      untrusted: session.away(),
    };
  }

  /** Small probes, and those as large as the path should carry. */
  firstTrains(): Question[] {
    const { paths, effort } = this.#work;
    const { flows, spare } = this.#plan;
    const waiting = new Set([...spare.values()].flat(2));
    return paths.flatMap((path) => {
      const own = flows.filter((flow) => flow.path === path.id && !waiting.has(flow.flowLabel));
      const small = own.filter(({ purpose }) => purpose === 'loss');
      const carried = own.filter(({ purpose }) => purpose === 'size');
      return [
        ...this.#train(path, small, effort.enough, effort.intervalMs),
        ...this.#train(path, carried, this.#countOf(path, carriedCount, carried), carriedIntervalMs),
      ];
    });
  }

  /** Of the sizes that what was counted so far leaves open; none when the search is at its end. */
  nextTrains(): Question[] {
    const now = this.measured();
    return now.paths.flatMap((path) => {
      const trials = trialsOf(path, now);
      tell(this.#work, path, trials);
      const probes = probesFor(path, now);
      if (probes === undefined) return [];
      return nextSizes(path, trials, now).flatMap((sizeBytes) => {
        const sized = this.#takeSpare(path, sizeBytes);
        return this.#train(path, sized, this.#countOf(path, probes, sized), searchIntervalMs);
      });
    });
  }

  /** The flows under which this size is tried; none where all labels are taken. */
  #takeSpare(path: Path, sizeBytes: number): Flow[] {
    const labels = this.#plan.spare.get(path.id)?.shift() ?? [];
    for (const label of labels) this.#sizes.set(label, sizeBytes);
    return this.#plan.flows
      .filter(({ flowLabel }) => labels.includes(flowLabel))
      .map((flow) => ({ ...flow, sizeBytes }));
  }

  /** Over parallel links each label is judged by itself. */
  #countOf(path: Path, probes: number, own: readonly Flow[]): number {
    return this.#isParallel(path) ? own.length * probes : probes;
  }

  #train(path: Path, own: readonly Flow[], count: number, intervalMs: number): Question[] {
    const [one] = own;
    if (one === undefined) return [];
    const flowLabels = own.map(({ flowLabel }) => flowLabel);
    const question = questionFor(this.#work, path, { count, intervalMs, size: one.sizeBytes, flowLabels });
    return question === undefined ? [] : [question];
  }
}

function tell({ observe }: Measuring, { id }: Path, trials: readonly Trial[]): void {
  const last = trials.map(({ bytes, state }) => `${bytes} ${state}`).join(', ');
  observe({ step: 'calls', text: `${id}: ${last === '' ? 'no size yet' : last}`, fraction: 0.6 });
}
