/**
 * Step 3: how many probes an intent is worth, and in what portions. Whoever asks sets the least loss that matters; the
 * rest follows.
 *
 *   all faults    a path is clean when such a loss would have shown with 99 %; what is open then gets more
 *   first fault   small portions at first, to the paths that look worst, until one fault is sure
 */
import { limits } from '../core/limits.ts';
import type { PathLossIntent } from '../core/records.ts';
import { sizeTrain, warmUpCount } from './plan.ts';

export interface Effort {
  /** Probes over a path after which more are sent only where something showed. */
  enough: number;
  /** Probes over a path at most. */
  probesMax: number;
  firstFaultOnly: boolean;
  /** Between two probes over a path that has no parallel links. */
  intervalMs: number;
}

const lossMinPercentUsual = 0.5;
/** A loss that would show with this probability, had it been there. */
const power = 0.99;
/** More than this times `enough` rarely decides anything: the loss lies between background and fault. */
const patience = 8;
/** Of an intent, all portions together: the intent itself has its limit. */
const probingMsMax = 75_000;
/** The first portion when one fault is enough; each next one is a share of what was sent, and at least so many probes. */
const firstPortion = 16;
const portionMin = 4;
/**
 * What is sent beyond the probe that decides is wasted, and each portion is one more signed answer of each end; of everybody,
 * where all counters have to be read although nothing is suspicious.
 */
const shares = { suspicious: 0.05, quiet: 0.1, costly: 0.2 };
export type Pace = keyof typeof shares;
/** A path with parallel links shares its probes among them: it gets so many times more in the same time. */
export const parallelFactor = 2;
/** Where nobody asked for less: 500 a second over each path. */
const intervalMsUsual = parallelFactor * limits.probeIntervalMsMin;

/** The least loss that is told, share: a third of what the effort is for, as what shows is not held back. */
export function lossToldFrom(intent: PathLossIntent): number {
  return lossMinPercentOf(intent) / 300;
}

/** Nobody can tell that less is lost than is acceptable who does not look for as little. */
export function lossMinPercentOf({ lossMinPercent, lossMaxPercent }: PathLossIntent): number {
  return lossMinPercent ?? Math.min(lossMinPercentUsual, lossMaxPercent ?? lossMinPercentUsual);
}

/** Probes over a path after which the least loss that matters would have shown. */
export function probesToBeSure(intent: PathLossIntent): number {
  return Math.ceil(Math.log(1 - power) / Math.log1p(-lossMinPercentOf(intent) / 100));
}

/** `paths` at first, whether any has parallel links. */
export function effortOf(intent: PathLossIntent, paths: number, isParallel: boolean): Effort {
  const { count, totalMax = Infinity, perSecondMax = Infinity, firstFaultOnly = false } = intent;
  const factor = isParallel ? parallelFactor : 1;
  const intervalMs = Math.min(
    limits.probeIntervalMsMax,
    Math.max(intervalMsUsual, factor * Math.ceil((1_000 * paths) / perSecondMax)),
  );
  // Before the small probes, and not beside them, as many others are sent where a rate holds them back.
  const othersMs = (1_000 * paths * (warmUpCount + sizeTrain(isParallel).count)) / perSecondMax;
  const wanted = probesToBeSure(intent);
  const probesMax = Math.max(
    1,
    Math.min(
      count ?? patience * wanted,
      Math.floor((probingMsMax - othersMs) / intervalMs),
      Math.floor(totalMax / (factor * paths)),
    ),
  );
  return { enough: Math.min(wanted, probesMax), probesMax, firstFaultOnly, intervalMs };
}

/** What is left of an effort so long after the first probe; undefined when no path could be cleared any more. */
export function effortLeft(effort: Effort, elapsedMs: number): Effort | undefined {
  const probesMax = Math.min(effort.probesMax, Math.floor((probingMsMax - elapsedMs) / effort.intervalMs));
  return probesMax < effort.enough ? undefined : { ...effort, probesMax };
}

/**
 * How many probes a path should have had after its next portion; as many as it has had when no more are due. `pace`: of
 * portions for the first fault.
 */
export function nextTotal(
  { enough, probesMax, firstFaultOnly }: Effort,
  sent: number,
  pace: Pace = 'suspicious',
): number {
  if (sent >= enough || !firstFaultOnly) {
    let total = enough;
    while (total <= sent) total *= 2;
    return Math.max(sent, Math.min(total, probesMax));
  }
  if (sent < firstPortion) return Math.min(firstPortion, enough);
  return Math.min(sent + Math.max(portionMin, Math.floor(shares[pace] * sent)), enough);
}
