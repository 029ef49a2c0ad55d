/** How many faults of each kind are found, those that stand beside another fault too. */
import { type Interval, wilson } from './intervals.ts';
import { foundTruths, type Strictness } from './judge.ts';
import type { CaseOutcome } from './run-case.ts';

/** Of the faults of one kind; intervals are Wilson's, 95 %. */
export interface Found {
  faults: number;
  /** How many the method puts at the right place, and how many it names with kind, element and direction. */
  where: number;
  full: number;
  intervals: Record<Strictness, Interval>;
}

/** By kind and method. */
export function foundByKind(
  outcomes: readonly CaseOutcome[],
  methods: readonly string[],
): Record<string, Record<string, Found>> {
  const kinds = [...new Set(outcomes.flatMap(({ truths }) => truths.map(({ kind }) => kind)))].sort();
  const found = (kind: string, method: string): Found => {
    const hits = (strictness: Strictness) =>
      outcomes.flatMap(({ truths, methods: runs }) =>
        foundTruths(runs[method]?.claims ?? [], truths, strictness).filter(
          (_, index) => truths[index]?.kind === kind,
        ),
      );
    const [where, full] = [hits('where'), hits('full')];
    const [whereFound, fullFound] = [where.filter(Boolean).length, full.filter(Boolean).length];
    return {
      faults: where.length,
      where: whereFound,
      full: fullFound,
      intervals: { where: wilson(whereFound, where.length), full: wilson(fullFound, full.length) },
    };
  };
  return Object.fromEntries(
    kinds.map((kind) => [kind, Object.fromEntries(methods.map((method) => [method, found(kind, method)]))]),
  );
}
