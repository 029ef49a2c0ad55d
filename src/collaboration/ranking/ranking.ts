/**
 * Two opinions side by side: how probable the correlation holds each possible cause, and which share of them a model gives it.
 * The correlation's stands, whatever the model says; the report tells both.
 */
import type { Prompt } from '../../../models/evidence/prompt.ts';
import type { CausesOpinion, LanguageModel } from '../../../models/language-model.ts';
import { limits } from '../../core/limits.ts';
import type { Conclusion, Ranking, ServedIntent } from '../../core/records.ts';
import { shortened } from '../../core/shortened.ts';
import type { Measured } from '../intents/kind.ts';
import { possibleCauses } from './causes.ts';
import { type WeighedCause, weighedCauses } from './shares.ts';
import { shownCause, shownPrompt } from './shown.ts';
import { type Signs, signsOf } from './signs.ts';

const bothAgree = 'both agree';

/** Logarithm of how much likelier the likeliest is: below that a model does not decide between two. */
export const marginMin = 0.5;

export interface ListedCause extends WeighedCause {
  /** As a model is asked; absent where the prompt leaves its place out. */
  text?: { own: string; plain: string };
}

export interface Listed {
  prompt: Prompt;
  /** The most probable by the correlation first. */
  causes: ListedCause[];
}

/** Of other questions than that for loss nothing but what was found. */
export function listedCauses(
  conclusion: Pick<Conclusion, 'verdict' | 'findings' | 'measurements'>,
  measured: Measured<ServedIntent>,
): Listed {
  const signs = signsIn(measured);
  const prompt = shownPrompt(signs);
  const weighed = weighedCauses(possibleCauses(signs), conclusion).slice(0, limits.rankedCausesMax);
  const causes = weighed.map((cause): ListedCause => {
    const text = shownCause(cause, prompt);
    return { ...cause, ...(text !== undefined && { text }) };
  });
  return { prompt, causes };
}

function signsIn({ intent, ...measured }: Measured<ServedIntent>): Signs {
  return intent.kind === 'path-loss' ? signsOf({ intent, ...measured }) : { paths: [], signs: [] };
}

/** Undefined where there is nobody to ask. Rejects with the signal's reason alone. */
export async function rankingBy(
  model: LanguageModel,
  conclusion: Conclusion,
  measured: Measured<ServedIntent>,
  signal: AbortSignal,
): Promise<Ranking | undefined> {
  if (model.rank === undefined || measured.intent.kind !== 'path-loss') return undefined;
  const { prompt, causes } = listedCauses(conclusion, measured);
  const opinion = await model.rank({ prompt, causes: causes.flatMap(({ text }) => text ?? []) }, { signal });
  return rankingOf(causes, opinion);
}

export function rankingOf(causes: readonly ListedCause[], opinion: CausesOpinion): Ranking {
  const shares = 'shares' in opinion ? opinion.shares : [];
  let asked = 0;
  const ranked = causes.map(({ kind, element, direction, correlator, text }) => {
    const share = text === undefined ? undefined : shares[asked++];
    return {
      kind,
      ...(element !== undefined && { element }),
      ...(direction !== undefined && { direction }),
      correlator: rounded(correlator),
      ...(share !== undefined && { model: rounded(share) }),
    };
  });
  const why = 'why' in opinion ? shortened(opinion.why, limits.peerTextCharactersMax) : undefined;
  const model = shortened(opinion.model, limits.peerTextCharactersMax);
  return { model, causes: ranked, ...(why !== undefined && { why }), ...judged(ranked, why) };
}

/** What becomes of the model's opinion: a function of the shares. */
export function judged(
  causes: Ranking['causes'],
  why: string | undefined,
): Pick<Ranking, 'agrees' | 'conclusion'> {
  const shares = causes.flatMap(({ model }) => model ?? []);
  if (shares.length === 0)
    return { conclusion: `the correlation's ranking stands alone: ${why ?? 'the model ranks nothing'}` };
  const best = Math.max(...shares);
  const agrees = causes[0]?.model === best;
  if (marginOf(shares) < marginMin)
    return { agrees, conclusion: "the model is not sure; the correlation's ranking stands" };
  return { agrees, conclusion: agrees ? bothAgree : "they disagree; the correlation's ranking stands" };
}

/** How much likelier the likeliest is than the next, as a logarithm; infinite without a choice. */
export function marginOf(shares: readonly number[]): number {
  const [first = 1, second = 0] = [...shares].sort((one, other) => other - one);
  return Math.log(first / second);
}

function rounded(share: number): number {
  return Math.round(share * 10_000) / 10_000;
}
