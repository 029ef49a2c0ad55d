/** Whose reading of a request counts, the model's or the rules', and what is served of it: code decides both. */
import { isDeepStrictEqual } from 'node:util';
import { type ReadIntent, unsupportedReasons } from '../../models/intent/language.ts';
import { isPlainSentence } from '../../models/plain-sentence.ts';
import { refusalOf } from '../../models/refusals.ts';
import { parseIntent } from '../../models/rules.ts';
import { intentSchema } from '../collaboration/intents/index.ts';
import { mistakesOf } from '../core/expectation.ts';

/** How a sentence was read. */
export interface Reading {
  intent: ReadIntent;
  /** `model`, or `rules` where the model's reading is not used. */
  by: 'model' | 'rules';
  /** Why the model's reading is not used, in words. */
  why?: string;
  /** What the model read, used or not. */
  model?: { intent?: ReadIntent; marginMin?: number; logProbability: number; ms: number };
}

/** What came of asking the model. */
export type Found =
  | { why: string; words?: undefined }
  | { words: string[]; intent?: ReadIntent; marginMin: number; logProbability: number; ms: number };

/** Code decides whose reading counts: where the text leaves nothing to interpret, the rules'. */
export function judged(found: Found, text: string, marginMin: number): Reading {
  const byRules = parseIntent(text) as unknown as ReadIntent;
  if (found.words === undefined) return { intent: byRules, by: 'rules', why: found.why };
  const { intent, logProbability, ms } = found;
  const model = {
    ...(intent !== undefined && { intent }),
    ...(Number.isFinite(found.marginMin) && { marginMin: found.marginMin }),
    logProbability,
    ms,
  };
  const rules = (why: string): Reading => ({ intent: byRules, by: 'rules', why, model });
  if (intent === undefined) return rules('its answer is none of its language');
  const refusal = refusalOf(text, intent);
  if (refusal !== undefined) return { intent: { kind: 'unsupported', reason: refusal }, by: 'model', model };
  const plain: Record<string, unknown> = { ...byRules };
  if (isPlainSentence(text, plain))
    return isDeepStrictEqual({ ...intent, ...wishesFor(intent, plain) }, plain)
      ? { intent, by: 'model', model }
      : rules('it read a plain sentence otherwise');
  return found.marginMin < marginMin
    ? rules(`it was not sure, margin ${found.marginMin.toFixed(2)} of ${marginMin}`)
    : { intent, by: 'model', model };
}

/**
 * As it is served: with what the rules read beside the same path, for which the model's language has no words, and refused
 * where Confer cannot measure what it understood.
 */
export function asServed(intent: ReadIntent, byRules: Record<string, unknown>): Record<string, unknown> {
  if (intent.kind === 'unsupported') {
    // Where both refuse, the rules say more of what is missing.
    const { 'other-topic': topic, 'no-path': path } = unsupportedReasons;
    if (byRules.kind === 'unsupported' && [topic, path].some((one) => one === intent.reason)) return byRules;
    // It is read in the middle of a sentence.
    return { ...intent, reason: intent.reason.replace(/^(?:This|It) /, (word) => word.toLowerCase()) };
  }
  const wishes = wishesFor(intent, byRules);
  const served: Record<string, unknown> = { ...intent, ...wishes };
  // The model has no word for a rate or a total: in "max 50 pps" the number is no count and no share that is accepted.
  for (const cap of [wishes.perSecondMax, wishes.totalMax])
    for (const key of ['count', 'lossMaxPercent'])
      if (cap !== undefined && served[key] === cap && byRules[key] === undefined) delete served[key];
  // Who names no metric wants all of them.
  if (intent.kind === 'device-status' && intent.metrics.length === 0) delete served.metrics;
  const parsed = intentSchema.safeParse(served);
  if (parsed.success) return served;
  return {
    kind: 'unsupported',
    reason: `it was understood as ${JSON.stringify(intent)}, which Confer cannot measure: ${mistakesOf(parsed.error, served, 'intent')}.`,
  };
}

function wishesFor(intent: ReadIntent, byRules: Record<string, unknown>): Record<string, unknown> {
  const said: Record<string, unknown> = { ...intent };
  const isSame = ['kind', 'head', 'tail', 'via'].every((key) => isDeepStrictEqual(said[key], byRules[key]));
  if (intent.kind !== 'path-loss' || !isSame) return {};
  const wishes = ['lossMinPercent', 'totalMax', 'perSecondMax', 'firstFaultOnly'] as const;
  return Object.fromEntries(
    wishes.flatMap((key) => (byRules[key] === undefined ? [] : [[key, byRules[key]]])),
  );
}
