/** Asks a model to word conclusions that it was never trained on, and tells how often its sentence may be used. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { clausesFor } from '../../../models/evidence/clauses.ts';
import { kindPhrases, type PhrasedKind } from '../../../models/evidence/kind-phrases.ts';
import { readings, type Sayable } from '../../../models/evidence/sentence.ts';
import { slots } from '../../../models/evidence/slots.ts';
import { type SignName, signWords } from '../../../models/evidence/words.ts';
import type { LanguageModel } from '../../../models/language-model.ts';
import { counted } from '../../core/counted.ts';
import { ConferError } from '../../core/errors.ts';
import { installedFile } from '../../system/installation.ts';
import { readersGone } from '../readers.ts';
import { readInput } from '../report-files.ts';
import { type ModelOptions, openedRanker } from './open.ts';
import { percent } from './percent.ts';

export const sentenceCases = installedFile(
  join('models', 'training', 'evidence', 'held-out-sentences.jsonl'),
);

const kinds = Object.keys(kindPhrases) as PhrasedKind[];
const signNames = Object.keys(signWords) as SignName[];
const slot = z.enum(slots);

const caseSchema = z.object({
  case: z.string(),
  set: z.string(),
  prompt: z.string(),
  about: z.object({
    kind: z.enum([...kinds, 'healthy', 'undetermined']),
    slots: z.array(slot),
    required: z.array(slot),
    signs: z.array(z.enum(signNames)),
  }),
});
export type SentenceCase = z.infer<typeof caseSchema>;

/** What became of one conclusion. */
export interface SaidCase {
  set: string;
  about: Sayable;
  /** Absent where the rules' sentence stands. */
  template?: readonly string[];
  /** Why it stands. */
  why?: string;
}

export interface SentenceScores {
  conclusions: number;
  /** Share of which the model's sentence is used; of all others, the rules' stands. */
  worded: number;
  /** Of those used that could tell what was seen at the place, the share that does. */
  shown?: number;
  /** Different sentences among those used. */
  different: number;
  /** How often each reason why not. */
  reasons: Record<string, number>;
}

export interface SaidSets {
  worder?: string;
  said: { set: string; scores: SentenceScores }[];
}

/** Throws ConferError `bad-input`. None where the file is not here. */
export async function sayCases(
  file: string,
  { isQuiet, ...options }: ModelOptions & { isQuiet: boolean },
): Promise<SaidSets> {
  if (!existsSync(file)) return { said: [] };
  const cases = casesIn(readInput(file).toString('utf8'), file);
  const opened = openedRanker(options);
  try {
    if (!isQuiet) console.error(`confer: wording ${counted(cases.length, 'conclusion')}`);
    const { worder, said } = await sayAll(cases, opened.say);
    const sets = Map.groupBy(said, ({ set }) => set);
    return {
      ...(worder !== undefined && { worder }),
      said: [...sets].map(([set, own]) => ({ set, scores: sentenceScores(own) })),
    };
  } finally {
    await opened.close();
  }
}

function casesIn(content: string, file: string): SentenceCase[] {
  return content
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line, index) => {
      const parsed = caseSchema.safeParse(jsonOf(line));
      if (parsed.success) return parsed.data;
      throw new ConferError(
        'bad-input',
        `${file}:${index + 1}: expected a conclusion as models/training/evidence writes it.`,
      );
    });
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

async function sayAll(
  cases: readonly SentenceCase[],
  say: NonNullable<LanguageModel['say']>,
): Promise<{ worder?: string; said: SaidCase[] }> {
  const said: SaidCase[] = [];
  let worder: string | undefined;
  for (const { set, prompt, about } of cases) {
    const found = await say({ prompt, about }, { signal: readersGone });
    if (found === undefined) return { said: [] };
    const { model, ...worded } = found;
    worder = model;
    said.push({ set, about, ...worded });
  }
  return { ...(worder !== undefined && { worder }), said };
}

export function sentenceScores(said: readonly SaidCase[]): SentenceScores {
  const used = said.flatMap(({ about, template }) => (template === undefined ? [] : [{ about, template }]));
  const showing = used.filter(({ about }) => clausesFor(about).some(({ role }) => role === 'S'));
  const reasons: Record<string, number> = {};
  for (const { why } of said) if (why !== undefined) reasons[why] = (reasons[why] ?? 0) + 1;
  return {
    conclusions: said.length,
    worded: shareOf(used.length, said.length),
    ...(showing.length > 0 && { shown: shareOf(showing.filter(tellsSigns).length, showing.length) }),
    different: new Set(used.map(({ template }) => template.join(' '))).size,
    reasons,
  };
}

function tellsSigns({ about, template }: { about: Sayable; template: readonly string[] }): boolean {
  return readings(template, clausesFor(about)).some((roles) => roles.includes('S'));
}

function shareOf(some: number, all: number): number {
  return all === 0 ? 0 : some / all;
}

const columns: readonly (readonly [string, (scores: SentenceScores) => string])[] = [
  ['conclusions', ({ conclusions }) => String(conclusions)],
  ['worded by the model', ({ worded }) => percent(worded)],
  ['tells what was seen', ({ shown }) => percent(shown)],
  ['different sentences', ({ different }) => String(different)],
  ['why the rules word the rest', ({ reasons }) => wordsOf(reasons)],
];

function wordsOf(reasons: Record<string, number>): string {
  return Object.entries(reasons)
    .map(([why, times]) => `${times}: ${why}`)
    .join('; ');
}

/** Lines; none where there was no conclusion. */
export function saidTable({ worder, said }: SaidSets): string[] {
  if (said.length === 0) return [];
  return [
    '',
    `Sentences, as worded by ${worder}`,
    '',
    `| set | ${columns.map(([name]) => name).join(' | ')} |`,
    `|-|${'-|'.repeat(columns.length)}`,
    ...said.map(({ set, scores }) => `| ${set} | ${columns.map(([, cell]) => cell(scores)).join(' | ')} |`),
  ];
}
