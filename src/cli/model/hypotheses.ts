/**
 * How well causes are ranked: cases of networks that were simulated, of which it is known what was wrong with them. Each has
 * the causes that code lists, the correlation's share of each, and which are right.
 */
import { z } from 'zod';
import { marginMin, marginOf } from '../../collaboration/ranking/ranking.ts';
import { calibrationErrorOf } from './scores.ts';

const caseSchema = z.object({
  case: z.string(),
  tier: z.string(),
  /** What was done to the network. */
  kinds: z.array(z.string()),
  /** `nothing shows`: no packet was lost and no state tells of what was done. */
  expected: z.enum(['causes', 'healthy', 'undetermined', 'nothing shows']),
  prompt: z.object({ own: z.string(), plain: z.array(z.string()) }),
  causes: z
    .array(
      z.object({
        own: z.string(),
        plain: z.string(),
        correlator: z.number(),
        isRight: z.boolean().exactOptional(),
      }),
    )
    .min(1),
});
export type HypothesisCase = z.infer<typeof caseSchema>;

/** One JSON object a line. Returns the number of the first line that is none. */
export function parseCases(content: string): { cases: HypothesisCase[]; badLine?: number } {
  const cases: HypothesisCase[] = [];
  for (const [index, line] of content.split('\n').entries()) {
    if (line.trim() === '') continue;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      return { cases, badLine: index + 1 };
    }
    const parsed = caseSchema.safeParse(value);
    if (!parsed.success) return { cases, badLine: index + 1 };
    cases.push(parsed.data);
  }
  return { cases };
}

/** `agreed`: those cases alone in which both have the same cause first. */
const rankers = ['correlator', 'model', 'both', 'agreed'] as const;
export type Ranker = (typeof rankers)[number];

export interface HypothesisScores {
  cases: number;
  /** Share of cases in which a right cause is ranked first. */
  top1: number;
  /** The same, of cases with a fault of which something shows. */
  faults?: number;
  /** The same, of healthy ones. */
  healthy?: number;
  /** The same, of those of which the evidence does not tell what was done. */
  undetermined?: number;
  /** Share of cases in which a cause is named that is not right: neither healthy nor undetermined. */
  wrong: number;
  /** Expected calibration error in ten bins; absent for a ranker that does not say how sure it is. */
  calibrationError?: number;
}

interface Chosen {
  one: HypothesisCase;
  index: number;
  sure?: number;
}

/** `shares`: of the model, for each case; without a model, the correlator alone. */
export function hypothesisScores(
  cases: readonly HypothesisCase[],
  shares: readonly (readonly number[])[] | undefined,
): { ranker: Ranker; scores: HypothesisScores }[] {
  const judged = cases.map((one, at) => ({ one, model: shares?.[at] }));
  const byCorrelator = judged.map(({ one }): Chosen => {
    const weights = one.causes.map(({ correlator }) => correlator);
    return { one, index: indexOfMax(weights), sure: Math.max(...weights) };
  });
  const rows = [{ ranker: 'correlator' as const, chosen: byCorrelator }];
  if (shares === undefined) return rows.map(({ ranker, chosen }) => ({ ranker, scores: scoresOf(chosen) }));
  const byModel = judged.map(({ one, model = [] }): Chosen => {
    const index = indexOfMax(model);
    return { one, index, sure: model[index] ?? 0 };
  });
  // The correlation's stands; only what it leaves open, a model that is sure may fill.
  const byBoth = judged.map(({ one, model = [] }, at): Chosen => {
    const [first, second] = [byCorrelator[at]?.index ?? 0, byModel[at]?.index ?? 0];
    const isOpen = kindOf(one, first) === 'undetermined';
    return { one, index: isOpen && marginOf(model) >= marginMin ? second : first };
  });
  const agreed = byModel.filter(({ index }, at) => index === byCorrelator[at]?.index);
  return [
    ...rows,
    { ranker: 'model' as const, chosen: byModel },
    { ranker: 'both' as const, chosen: byBoth },
    { ranker: 'agreed' as const, chosen: agreed.map(({ one, index }): Chosen => ({ one, index })) },
  ].map(({ ranker, chosen }) => ({ ranker, scores: scoresOf(chosen) }));
}

function scoresOf(chosen: readonly Chosen[]): HypothesisScores {
  const of = (expected: HypothesisCase['expected']) => chosen.filter(({ one }) => one.expected === expected);
  const share = (some: readonly Chosen[]) =>
    some.length === 0 ? undefined : some.filter(isRight).length / some.length;
  const [faults, healthy, undetermined] = [
    share(of('causes')),
    share(of('healthy')),
    share(of('undetermined')),
  ];
  const accused = chosen.filter(
    (one) => !isRight(one) && !['healthy', 'undetermined'].includes(kindOf(one.one, one.index)),
  );
  const sure = chosen.flatMap(({ sure, ...rest }) =>
    sure === undefined ? [] : [{ sure, isRight: isRight(rest) }],
  );
  return {
    cases: chosen.length,
    top1: share(chosen) ?? 0,
    ...(faults !== undefined && { faults }),
    ...(healthy !== undefined && { healthy }),
    ...(undetermined !== undefined && { undetermined }),
    wrong: chosen.length === 0 ? 0 : accused.length / chosen.length,
    ...(sure.length > 0 && { calibrationError: calibrationErrorOf(sure) }),
  };
}

function isRight({ one, index }: Pick<Chosen, 'one' | 'index'>): boolean {
  return one.causes[index]?.isRight === true;
}

/** Its first words. */
function kindOf({ causes }: HypothesisCase, index: number): string {
  return causes[index]?.plain ?? '';
}

function indexOfMax(values: readonly number[]): number {
  return values.reduce(
    (best, value, index) => (value > (values[best] ?? Number.NEGATIVE_INFINITY) ? index : best),
    0,
  );
}
