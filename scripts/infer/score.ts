/** How well beliefs match the truth: names, and probabilities. */
import type { LinkBelief } from '../../src/inference/observation.ts';

const declaredFrom = 0.5;
/** Thousands of links that are surely good would make any calibration look perfect. */
const countedFrom = 0.01;
const binCount = 10;

interface Bin {
  links: number;
  believed: number;
  isTrue: number;
}

export class Score {
  #traces = 0;
  #right = 0;
  #missed = 0;
  #wrong = 0;
  readonly #bins: Bin[] = Array.from({ length: binCount }, () => ({ links: 0, believed: 0, isTrue: 0 }));

  add(beliefs: readonly LinkBelief[], truth: ReadonlySet<number>): { missed: number[]; wrong: number[] } {
    const missed: number[] = [];
    const wrong: number[] = [];
    beliefs.forEach(({ probability }, link) => {
      const isBad = truth.has(link);
      if (isBad && probability < declaredFrom) missed.push(link);
      if (!isBad && probability >= declaredFrom) wrong.push(link);
      if (probability < countedFrom) return;
      const bin = this.#bins[Math.min(Math.floor(probability * binCount), binCount - 1)] as Bin;
      bin.links++;
      bin.believed += probability;
      bin.isTrue += isBad ? 1 : 0;
    });
    this.#traces++;
    this.#right += truth.size - missed.length;
    this.#missed += missed.length;
    this.#wrong += wrong.length;
    return { missed, wrong };
  }

  /** The expected calibration error weighs each bin by its links. */
  total() {
    const [right, missed, wrong] = [this.#right, this.#missed, this.#wrong];
    const share = (part: number, whole: number) => (whole === 0 ? 1 : part / whole);
    const links = this.#bins.reduce((sum, bin) => sum + bin.links, 0);
    const gap = this.#bins.reduce((sum, { believed, isTrue }) => sum + Math.abs(believed - isTrue), 0);
    return {
      traces: this.#traces,
      bad: right + missed,
      right,
      missed,
      wrong,
      precision: share(right, right + wrong),
      recall: share(right, right + missed),
      f1: share(2 * right, 2 * right + missed + wrong),
      calibrationError: links === 0 ? 0 : gap / links,
    };
  }

  /** Bins that have links, each with the mean of what was believed and the share that was true. */
  reliability() {
    return this.#bins.flatMap(({ links, believed, isTrue }, at) =>
      links === 0
        ? []
        : {
            from: at / binCount,
            to: (at + 1) / binCount,
            links,
            believed: believed / links,
            isTrue: isTrue / links,
          },
    );
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
