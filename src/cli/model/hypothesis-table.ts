/** Asks a model about every case of a set, and tells how well it ranks beside the correlation. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { LanguageModel } from '../../../models/language-model.ts';
import { counted } from '../../core/counted.ts';
import { ConferError } from '../../core/errors.ts';
import { installedFile } from '../../system/installation.ts';
import { readersGone } from '../readers.ts';
import { readInput } from '../report-files.ts';
import {
  type HypothesisCase,
  type HypothesisScores,
  hypothesisScores,
  parseCases,
  type Ranker,
} from './hypotheses.ts';
import { type ModelOptions, openedRanker } from './open.ts';
import { percent } from './percent.ts';

const evidence = installedFile('models/training/evidence');

/** Networks that were simulated for this. No model was trained on any of them, nor on any of the shape of the last set. */
export const caseSets: readonly (readonly [name: string, file: string])[] = [
  ['known shapes, other cases', join(evidence, 'held-out-cases.jsonl')],
  ['the same, answers left out', join(evidence, 'held-out-answers.jsonl')],
  ['held-out shape', join(evidence, 'held-out-shape.jsonl')],
];

export interface RankedSets {
  /** Name and hash of the model that was asked; absent where there was no case. */
  ranker?: string;
  ranked: { set: string; by: Ranker; scores: HypothesisScores }[];
  /** Why no model ranked. */
  why?: string;
}

/** Throws ConferError `bad-input`. */
export async function rankCases(
  sets: readonly (readonly [name: string, file: string])[],
  { isQuiet, ...options }: ModelOptions & { isQuiet: boolean },
): Promise<RankedSets> {
  const there = sets
    .filter(([, file]) => existsSync(file))
    .map(([set, file]) => ({ set, cases: casesOf(file) }));
  const found: RankedSets = { ranked: [] };
  if (there.length === 0) return found;
  const opened = openedRanker(options);
  try {
    for (const { set, cases } of there) {
      if (!isQuiet) console.error(`confer: ranking ${counted(cases.length, 'case')} of ${set}`);
      const { model, shares, why } = await rankAll(cases, opened.rank);
      if (model !== undefined) found.ranker = model;
      if (why !== undefined) found.why = why;
      const rows = hypothesisScores(cases, shares);
      found.ranked.push(...rows.map(({ ranker, scores }) => ({ set, by: ranker, scores })));
    }
    return found;
  } finally {
    await opened.close();
  }
}

/** Of faults of which nothing shows no ranking is right: they are not counted. */
function casesOf(file: string): HypothesisCase[] {
  const { cases, badLine } = parseCases(readInput(file).toString('utf8'));
  if (badLine !== undefined)
    throw new ConferError(
      'bad-input',
      `${file}:${badLine}: expected a case as models/training/evidence writes it.`,
    );
  return cases.filter(({ expected }) => expected !== 'nothing shows');
}

async function rankAll(
  cases: readonly HypothesisCase[],
  rank: NonNullable<LanguageModel['rank']>,
): Promise<{ model?: string; shares?: (readonly number[])[]; why?: string }> {
  const shares: (readonly number[])[] = [];
  let model: string | undefined;
  for (const { prompt, causes } of cases) {
    const opinion = await rank({ prompt, causes }, { signal: readersGone });
    model = opinion.model;
    if ('why' in opinion) return opinion;
    shares.push(opinion.shares);
  }
  return { ...(model !== undefined && { model }), shares };
}

const columns: readonly (readonly [string, (scores: HypothesisScores) => string])[] = [
  ['cases', ({ cases }) => String(cases)],
  ['first is right', ({ top1 }) => percent(top1)],
  ['of faults', ({ faults }) => percent(faults)],
  ['of healthy', ({ healthy }) => percent(healthy)],
  ['of undetermined', ({ undetermined }) => percent(undetermined)],
  ['wrong accusations', ({ wrong }) => percent(wrong)],
  ['calibration error', ({ calibrationError }) => calibrationError?.toFixed(3) ?? ''],
];

/** Lines; none where there was no case. */
export function rankedTable({ ranker, ranked, why }: RankedSets): string[] {
  if (ranked.length === 0) return [];
  return [
    '',
    `Causes, as ranked by ${ranker}${why === undefined ? '' : `: ${why}`}`,
    '',
    `| set | by | ${columns.map(([name]) => name).join(' | ')} |`,
    `|-|-|${'-|'.repeat(columns.length)}`,
    ...ranked.map(
      ({ set, by, scores }) => `| ${set} | ${by} | ${columns.map(([, cell]) => cell(scores)).join(' | ')} |`,
    ),
  ];
}
