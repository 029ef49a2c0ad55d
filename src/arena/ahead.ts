/** Where an opponent does better than Confer: told, not hidden. */
import type { ArenaScore, MethodScore } from './score.ts';

export interface Ahead {
  method: string;
  /** "tier standard", "kind silent-loss", "hops 8-15" */
  cell: string;
  /** "where F1", "full F1", "false accusations", "probes over floor" */
  measure: string;
  theirs: number;
  confers: number;
}

export function aheadOfConfer(score: ArenaScore): Ahead[] {
  const cells = [
    ...named('tier', score.tiers),
    ...named('faults', score.faults),
    ...named('kind', score.kinds),
    ...named('hops', score.hops),
  ];
  return cells.flatMap(([cell, methods]) => {
    const { confer, 'confer-first': _ours, ...others } = methods;
    if (confer === undefined) return [];
    return Object.entries(others).flatMap(([method, other]) =>
      measures.flatMap(({ measure, value, isBetter }) => {
        const [theirs, confers] = [value(other), value(confer)];
        return theirs !== undefined && confers !== undefined && isBetter(theirs, confers)
          ? [{ method, cell, measure, theirs, confers }]
          : [];
      }),
    );
  });
}

const measures: readonly {
  measure: string;
  value(score: MethodScore): number | undefined;
  isBetter(theirs: number, confers: number): boolean;
}[] = [
  { measure: 'where F1', value: f1('where'), isBetter: (theirs, confers) => theirs > confers },
  { measure: 'full F1', value: f1('full'), isBetter: (theirs, confers) => theirs > confers },
  {
    measure: 'false accusations',
    value: ({ healthy, falseAccusations }) => (healthy === 0 ? undefined : falseAccusations / healthy),
    isBetter: (theirs, confers) => theirs < confers,
  },
];

/** Undefined where there was nothing to find. */
function f1(strictness: 'where' | 'full'): (score: MethodScore) => number | undefined {
  return (score) => (score.cases > score.healthy ? score[strictness].f1 : undefined);
}

function named(
  what: string,
  cells: Record<string, Record<string, MethodScore>>,
): [string, Record<string, MethodScore>][] {
  return Object.entries(cells).map(([name, methods]) => [`${what} ${name}`, methods]);
}
