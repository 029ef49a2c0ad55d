/** Scores of all methods over many cases: per tier, per number of faults, per kind. A pure function of the outcomes. */
import { type Tier, tiers } from './cases.ts';
import { type Found, foundByKind } from './found.ts';
import {
  bootstrap,
  calibrationError,
  type Forecast,
  type Interval,
  quantile,
  type ReliabilityBin,
  reliability,
  wilson,
} from './intervals.ts';
import { type Hits, hitsOf, holdsTruth, rightClaims, type Strictness } from './judge.ts';
import { methodNames, modelOf } from './opponents/index.ts';
import type { CaseOutcome, MethodOutcome } from './run-case.ts';
import { streamOf } from './streams.ts';

export interface Rates {
  precision: number;
  recall: number;
  f1: number;
  /** 95 %: Wilson for the first two, bootstrap over cases for the last. */
  intervals: { precision: Interval; recall: Interval; f1: Interval | null };
}

export interface Spread {
  median: number | null;
  p90: number | null;
}

export interface MethodScore {
  cases: number;
  where: Rates;
  full: Rates;
  healthy: number;
  /** Healthy cases in which something is accused. */
  falseAccusations: number;
  falseAccusationsInterval: Interval;
  inconclusive: number;
  /** Of these, where the suspects hold every fault. */
  inconclusiveRight: number;
  probes: Spread;
  /** Over the floor of what the method can see; only where there is one. */
  probesOverFloor: Spread & { cases: number };
  /** Of virtual time. */
  tookMs: Spread;
  calibrationError: number | null;
  reliability: readonly ReliabilityBin[];
}

export interface ArenaScore {
  cases: number;
  /** Over the standard tier. */
  methods: Record<string, MethodScore>;
  tiers: Record<string, Record<string, MethodScore>>;
  /** Of the standard tier: cases with one fault, with two. */
  faults: Record<'single' | 'double', Record<string, MethodScore>>;
  /** Of the standard tier: cases with that one fault. */
  kinds: Record<string, Record<string, MethodScore>>;
  /** Of the standard tier: all faults of that kind, beside another one too. */
  found: Record<string, Record<string, Found>>;
  /** Of the standard tier: by length of the way. */
  hops: Record<string, Record<string, MethodScore>>;
}

const hopBands = [
  [2, 3],
  [4, 7],
  [8, 15],
  [16, 31],
  [32, 64],
] as const;

export function scoreOf(outcomes: readonly CaseOutcome[], seed: number): ArenaScore {
  const names = methodNames.filter((name) => outcomes.some(({ methods }) => name in methods));
  const scores = (cell: string, chosen: readonly CaseOutcome[]) =>
    Object.fromEntries(names.map((name) => [name, methodScore(name, chosen, `${seed} ${cell} ${name}`)]));
  const standard = outcomes.filter(({ tier }) => tier === 'standard');
  const single = standard.filter(({ truths }) => truths.length === 1);
  const kinds = [...new Set(single.flatMap(({ truths }) => truths.map(({ kind }) => kind)))].sort();
  return {
    cases: outcomes.length,
    methods: scores('standard', standard),
    tiers: Object.fromEntries(
      tiers
        .map((tier): [Tier, CaseOutcome[]] => [tier, outcomes.filter((one) => one.tier === tier)])
        .filter(([, chosen]) => chosen.length > 0)
        .map(([tier, chosen]) => [tier, scores(tier, chosen)]),
    ),
    faults: {
      single: scores('single', single),
      double: scores(
        'double',
        standard.filter(({ truths }) => truths.length === 2),
      ),
    },
    kinds: Object.fromEntries(
      kinds.map((kind) => [
        kind,
        scores(
          kind,
          single.filter(({ truths }) => truths[0]?.kind === kind),
        ),
      ]),
    ),
    found: foundByKind(standard, names),
    hops: Object.fromEntries(
      hopBands.map(([from, to]) => [
        `${from}-${to}`,
        scores(
          `${from}-${to} hops`,
          standard.filter(({ hops }) => hops >= from && hops <= to),
        ),
      ]),
    ),
  };
}

function methodScore(name: string, outcomes: readonly CaseOutcome[], seed: string): MethodScore {
  const runs = outcomes.flatMap((outcome) => {
    const run = outcome.methods[name];
    return run === undefined ? [] : [{ outcome, run }];
  });
  const healthy = runs.filter(({ outcome }) => outcome.truths.length === 0);
  const falseAccusations = healthy.filter(({ run }) => run.claims.length > 0).length;
  const undecided = runs.filter(({ run }) => run.isInconclusive);
  const model = modelOf(name);
  const ratios = runs.flatMap(({ outcome, run }) =>
    outcome.floors === undefined ? [] : [probesOf(run) / outcome.floors[model]],
  );
  const forecasts = runs.flatMap(({ outcome, run }) => forecastsOf(outcome, run));
  return {
    cases: runs.length,
    where: ratesOf(runs, 'where', seed),
    full: ratesOf(runs, 'full', seed),
    healthy: healthy.length,
    falseAccusations,
    falseAccusationsInterval: wilson(falseAccusations, healthy.length),
    inconclusive: undecided.length,
    inconclusiveRight: undecided.filter(
      ({ outcome, run }) => outcome.truths.length > 0 && holdsTruth(run, outcome.truths),
    ).length,
    probes: spreadOf(runs.map(({ run }) => probesOf(run))),
    probesOverFloor: { ...spreadOf(ratios), cases: ratios.length },
    tookMs: spreadOf(runs.map(({ run }) => run.tookMs)),
    calibrationError: calibrationError(forecasts) ?? null,
    reliability: reliability(forecasts).filter(({ count }) => count > 0),
  };
}

function ratesOf(
  runs: readonly { outcome: CaseOutcome; run: MethodOutcome }[],
  strictness: Strictness,
  seed: string,
): Rates {
  const hits = runs.map(({ outcome, run }) => hitsOf(run.claims, outcome.truths, strictness));
  const { right, wrong, missed } = sumOf(hits);
  const random = streamOf(0, `bootstrap ${seed} ${strictness}`);
  return {
    precision: shareOf(right, right + wrong),
    recall: shareOf(right, right + missed),
    f1: f1Of({ right, wrong, missed }) ?? 1,
    intervals: {
      precision: wilson(right, right + wrong),
      recall: wilson(right, right + missed),
      f1: bootstrap(hits, (sample) => f1Of(sumOf(sample)), random) ?? null,
    },
  };
}

/** Of the finding's own word for it: that packets are lost in this place. */
function forecastsOf({ truths }: CaseOutcome, { claims }: MethodOutcome): Forecast[] {
  const right = rightClaims(claims, truths, 'where');
  return claims.flatMap(({ probability }, index) =>
    probability === undefined ? [] : [{ probability, isRight: right[index] ?? false }],
  );
}

function sumOf(hits: readonly Hits[]): Hits {
  const sum = { right: 0, wrong: 0, missed: 0 };
  for (const one of hits) {
    sum.right += one.right;
    sum.wrong += one.wrong;
    sum.missed += one.missed;
  }
  return sum;
}

/** Where there was nothing to find and nothing was claimed, there is no such score. */
function f1Of({ right, wrong, missed }: Hits): number | undefined {
  const all = 2 * right + wrong + missed;
  return all === 0 ? undefined : (2 * right) / all;
}

/** Who claims nothing claims nothing wrong. */
function shareOf(part: number, of: number): number {
  return of === 0 ? 1 : part / of;
}

function probesOf({ probes }: MethodOutcome): number {
  return probes.forward + probes.reverse;
}

function spreadOf(values: readonly number[]): Spread {
  return { median: quantile(values, 0.5) ?? null, p90: quantile(values, 0.9) ?? null };
}
