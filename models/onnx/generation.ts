/** What a decoder is asked for: a completion in which only legal tokens occur, and how likely candidates are. */
import type { Decoder } from './decoder.ts';
import { ModelError } from './errors.ts';

/** The tokens of a prompt, cut where others with the same beginning differ: see Decoder.scores. */
export type Prompt = readonly (readonly number[])[];

export interface Completion {
  /** Without the token that ended it. */
  tokens: number[];
  /** `length`: cut off at `tokensMax`. */
  ended: 'legal' | 'end' | 'length';
  /** Natural logarithm, over the legal tokens of each step. */
  logProbability: number;
  /** How much likelier the token was than the next best legal one, at the least certain step; infinite without a choice. */
  marginMin: number;
  /** Runs of the graph behind the prompt. */
  steps: number;
}

export interface Constraint {
  /**
   * The tokens that may follow `output`: undefined where any may, empty where the output is whole. The end of sequence is
   * a token like others: whoever wants it legal lists it.
   */
  legal(output: readonly number[]): readonly number[] | undefined;
}

/**
 * The likeliest legal token, one after the other. Where only one is legal nothing is asked of the model: it is run
 * together with what follows. Throws what the decoder throws, and ModelError `no-score`.
 */
export async function complete(
  decoder: Decoder,
  prompt: Prompt,
  constraint: Constraint,
  { tokensMax, signal }: { tokensMax: number; signal?: AbortSignal },
): Promise<Completion> {
  const tokens: number[] = [];
  const segments = prompt.filter((segment) => segment.length > 0);
  /** How many of `tokens` the segments hold. */
  let run = 0;
  const completion = { tokens, logProbability: 0, marginMin: Number.POSITIVE_INFINITY, steps: 0 };
  while (tokens.length < tokensMax) {
    signal?.throwIfAborted();
    const legal = constraint.legal(tokens);
    if (legal?.length === 0) return { ...completion, ended: 'legal' };
    const [only] = legal ?? [];
    if (legal?.length === 1 && only !== undefined) {
      if (decoder.ends.has(only)) return { ...completion, ended: 'end' };
      tokens.push(only);
      continue;
    }
    if (tokens.length > run) segments.push(tokens.slice(run));
    run = tokens.length;
    const scores = (await decoder.scores(segments, signal)).at(-1);
    if (scores === undefined) throw new RangeError('Nothing follows an empty prompt.');
    completion.steps += 1;
    const { token, logProbability, margin } = best(scores, legal);
    completion.logProbability += finite(logProbability);
    completion.marginMin = Math.min(completion.marginMin, margin);
    if (decoder.ends.has(token)) return { ...completion, ended: 'end' };
    tokens.push(token);
  }
  return { ...completion, ended: constraint.legal(tokens)?.length === 0 ? 'legal' : 'length' };
}

/** Natural logarithms of the probability of each candidate behind `prompt`; as many, in the same order. Throws as `complete`. */
export async function logLikelihoods(
  decoder: Decoder,
  prompt: Prompt,
  candidates: readonly (readonly number[])[],
  signal?: AbortSignal,
): Promise<number[]> {
  const first = (await decoder.scores(prompt, signal)).at(-1);
  const likelihoods: number[] = [];
  for (const candidate of candidates) {
    const rows =
      candidate.length > 1 ? await decoder.scores([...prompt, candidate.slice(0, -1)], signal) : [];
    const likelihood = candidate.reduce((sum, token, index) => {
      const scores = index === 0 ? first : rows[index - 1];
      return scores === undefined ? Number.NEGATIVE_INFINITY : sum + logProbabilityOf(scores, token);
    }, 0);
    likelihoods.push(finite(likelihood));
  }
  return likelihoods;
}

/** Throws ModelError `no-score`: what is no number cannot be compared, nor told to whoever asked. */
function finite(logProbability: number): number {
  if (Number.isFinite(logProbability)) return logProbability;
  throw new ModelError('no-score', 'It gives this question no score: its answer is no number.');
}

/** Over the whole vocabulary. */
export function logProbabilityOf(scores: Float32Array, token: number): number {
  const score = scores[token];
  return score === undefined ? Number.NEGATIVE_INFINITY : score - logSum(scores, undefined);
}

/** The likeliest of the legal tokens, of all where `legal` is undefined. Plain loops: this runs once a token. */
function best(
  scores: Float32Array,
  legal: readonly number[] | undefined,
): { token: number; logProbability: number; margin: number } {
  let [token, highest, second] = [-1, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const count = legal?.length ?? scores.length;
  for (let index = 0; index < count; index++) {
    const one = legal === undefined ? index : (legal[index] ?? -1);
    const score = scores[one] ?? Number.NEGATIVE_INFINITY;
    if (score > highest) {
      token = one;
      second = highest;
      highest = score;
    } else if (score > second) second = score;
  }
  return { token, logProbability: highest - logSum(scores, legal), margin: highest - second };
}

/** Logarithm of the sum of exponentials. */
function logSum(scores: Float32Array, legal: readonly number[] | undefined): number {
  const count = legal?.length ?? scores.length;
  const at = (index: number) =>
    (legal === undefined ? scores[index] : scores[legal[index] ?? -1]) ?? Number.NEGATIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < count; index++) highest = Math.max(highest, at(index));
  let sum = 0;
  for (let index = 0; index < count; index++) sum += Math.exp(at(index) - highest);
  return highest + Math.log(sum);
}
