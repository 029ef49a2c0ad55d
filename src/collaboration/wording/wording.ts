/**
 * Who words a report's sentence: a model, where there is one and code can read its sentence again, clause by clause; else the rules.
 * Names and numbers are never a model's: it writes slots.
 */
import { mistakeIn } from '../../../models/evidence/sentence.ts';
import { filled } from '../../../models/evidence/slots.ts';
import type { LanguageModel, SummaryFacts } from '../../../models/language-model.ts';
import { rulesName, wordSummary } from '../../../models/rules.ts';
import { limits } from '../../core/limits.ts';
import type { Conclusion, Report, ServedIntent, Wording } from '../../core/records.ts';
import { shortened } from '../../core/shortened.ts';
import type { Measured } from '../intents/kind.ts';
import { type Said, saidOf } from './sayable.ts';

const sentenceBy = ', sentence by ';

/** Undefined where there is nobody to ask, or nothing to word. Rejects with the signal's reason alone. */
export async function wordingBy(
  model: LanguageModel,
  conclusion: Conclusion,
  measured: Measured<ServedIntent>,
  facts: SummaryFacts,
  signal: AbortSignal,
): Promise<{ wording: Wording; summary?: string } | undefined> {
  if (model.say === undefined) return undefined;
  const said = saidOf(conclusion, measured, facts);
  if (said.length === 0 || said.length > limits.wordedFindingsMax) return undefined;
  const templates: string[][] = [];
  let by = '';
  for (const { prompt, about } of said) {
    const { kind, slots, required, signs } = about; // no names
    const answer = await model.say({ prompt, about: { kind, slots, required, signs } }, { signal });
    if (answer === undefined) return undefined;
    by = shortened(answer.model, limits.peerTextCharactersMax);
    const why = 'why' in answer ? answer.why : mistakeIn(answer.template, about);
    if (why !== undefined)
      return { wording: { model: by, why: shortened(why, limits.peerTextCharactersMax) } };
    if ('template' in answer) templates.push([...answer.template]);
  }
  return {
    wording: { model: by, templates: templates.map((words) => words.join(' ')) },
    summary: summaryOf(facts, templates, said),
  };
}

/** "confer-1 (sha256:0123456789ab), sentence by confer-evidence-1 (sha256:ba9876543210)"; one name where the rules did both. */
export function reasonerOf(name: string, wording: Wording | undefined): string {
  const worder = wording?.templates === undefined ? rulesName : wording.model;
  return worder === rulesName && isReadByRules(name) ? name : `${parserIn(name)}${sentenceBy}${worder}`;
}

/** Who read the intent, of a reasoner that names two. */
function parserIn(reasoner: string): string {
  return reasoner.split(sentenceBy)[0] ?? reasoner;
}

/** What of the sentence does not follow from the conclusion: the rules', or a model's whose slots the conclusion fills. */
export function wordingFault(
  { summary, reasoner, wording }: Pick<Report, 'summary' | 'reasoner' | 'wording'>,
  conclusion: Conclusion,
  measured: Measured<ServedIntent>,
  facts: SummaryFacts,
): string | undefined {
  const notSaid = 'summary says what does not follow from the signed answers';
  if (wording?.templates === undefined) {
    const worder = reasoner.slice(parserIn(reasoner).length);
    if (worder !== '' && worder !== `${sentenceBy}${rulesName}`)
      return 'reasoner names who worded the summary, and wording has no sentence of it';
    return summary === wordSummary(facts) ? undefined : notSaid;
  }
  if (reasonerOf(reasoner, wording) !== reasoner) return 'reasoner does not name who worded the summary';
  const said = saidOf(conclusion, measured, facts);
  const templates = wording.templates.map((template) => template.split(' '));
  const isWhole =
    templates.length === said.length &&
    said.every(({ about }, index) => mistakeIn(templates[index] ?? [], about) === undefined);
  if (!isWhole) return 'the templates of wording are no sentences of this conclusion';
  return summary === summaryOf(facts, templates, said) ? undefined : notSaid;
}

/** What a model worded, a template of each, with the values that code has for the slots. */
export function summaryOf(
  facts: SummaryFacts,
  templates: readonly (readonly string[])[],
  said: readonly Said[],
): string {
  const parts = templates.map((template, index) =>
    filled(template, said[index]?.values ?? {}, { isBeginning: index === 0 && facts.answer === undefined }),
  );
  return wordSummary(facts, parts);
}

/** Whether the rules read an intent: "rules", and "rules (confer-1: why it was not used)". */
export function isReadByRules(reasoner: string): boolean {
  const parser = parserIn(reasoner);
  return parser === rulesName || parser.startsWith(`${rulesName} (`);
}
