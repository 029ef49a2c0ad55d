/** What an agent and the cell of its language models say to each other, over the channel that Node makes at the fork. */
import { z } from 'zod';
import { slots } from '../../models/evidence/slots.ts';
import type { NumberSaid } from '../../models/intent/prompt-writer.ts';

/** Placeholders and numbers of a prompt; names themselves never reach the cell. */
const taggedSchema = z.object({
  tokens: z.array(z.string()),
  names: z.array(z.string()),
  numbers: z.array(
    z.tuple([
      z.string(),
      z.object({
        value: z.number(),
        unit: z.custom<NonNullable<NumberSaid['unit']>>((unit) => typeof unit === 'string').exactOptional(),
      }),
    ]),
  ),
});
export type CellTagged = z.infer<typeof taggedSchema>;

const cellTaskSchema = z.discriminatedUnion('task', [
  /** The likeliest answer of the intent language. */
  z.object({ task: z.literal('intent'), tagged: taggedSchema }),
  /** How likely each candidate is behind the prompt; both are written by us, in words of the model's vocabulary. */
  z.object({ task: z.literal('score'), prompt: z.array(z.string()), candidates: z.array(z.string()) }),
  /** A sentence in words of the model's vocabulary and these slots; the prompt is written by us. */
  z.object({ task: z.literal('sentence'), prompt: z.string(), slots: z.array(z.enum(slots)) }),
]);
export type CellTask = z.infer<typeof cellTaskSchema>;

export const toCellSchema = z.discriminatedUnion('say', [
  /** Before anything is asked of it. */
  z.object({
    say: z.literal('load'),
    model: z.string(),
    folder: z.string(),
    graph: z.string().exactOptional(),
    isShipped: z.boolean(),
  }),
  z.object({
    say: z.literal('ask'),
    id: z.number(),
    model: z.string(),
    task: cellTaskSchema,
    tokensMax: z.number(),
  }),
  z.object({ say: z.literal('cancel'), id: z.number() }),
  z.object({ say: z.literal('ping') }),
]);
export type ToCell = z.infer<typeof toCellSchema>;

const infoSchema = z.object({
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  isVerified: z.boolean(),
  about: z.record(z.string(), z.unknown()),
  type: z.string(),
  graph: z.string(),
  layers: z.number(),
  vocabularySize: z.number(),
  contextTokensMax: z.number(),
  keyValues: z.object({ type: z.enum(['float32', 'float16']), mode: z.enum(['in-place', 'copied']) }),
  /** `own`: the tokens of our languages are its tokens. `chat`: asked by its chat template. `plain`: neither. */
  speaks: z.enum(['own', 'chat', 'plain']),
  loadMs: z.number(),
});
export type CellInfo = z.infer<typeof infoSchema>;

export function shortHash({ digest }: Pick<CellInfo, 'digest'>): string {
  return `sha256:${digest.slice(0, 12)}`;
}

/** What the manifest of a model of ours says that it was trained for; of others, nobody knows. */
export function isTrainedFor(
  task: 'intent' | 'evidence' | 'sentence',
  { about }: Pick<CellInfo, 'about'>,
): boolean {
  return typeof about.task === 'string' && about.task.split(' and ').includes(task);
}

const answerSchema = z.discriminatedUnion('task', [
  z.object({
    task: z.literal('intent'),
    /** Words of the intent language. */
    words: z.array(z.string()).max(1_000),
    logProbability: z.number(),
    /** Of the least certain step; absent where there was no choice. */
    marginMin: z.number().exactOptional(),
  }),
  z.object({ task: z.literal('score'), logLikelihoods: z.array(z.number()) }),
  z.object({
    task: z.literal('sentence'),
    /** Words of the sentence language and tokens of slots. */
    words: z.array(z.string().max(100)).max(1_000),
    /** Over the legal words of each step. */
    logProbability: z.number(),
  }),
]);
export type CellAnswer = z.infer<typeof answerSchema>;

/** A context has a few thousand tokens, of a few letters each. */
export const shownCharactersMax = 100_000;

const costSchema = z.object({ promptTokens: z.number(), steps: z.number(), ms: z.number() });
export type CellCost = z.infer<typeof costSchema>;

/** The cell may be hostile, once its model is: what it says is bounded and checked like a peer's. */
export const fromCellSchema = z.discriminatedUnion('say', [
  z.object({ say: z.literal('loaded'), model: z.string().max(4_000), info: infoSchema }),
  z.object({
    say: z.literal('refused'),
    model: z.string().max(4_000),
    code: z.string().max(100),
    message: z.string().max(4_000),
  }),
  /** What the model is about to see, where that is not the text of the question itself. */
  z.object({ say: z.literal('shown'), id: z.number(), prompt: z.string().max(shownCharactersMax) }),
  z.object({ say: z.literal('answer'), id: z.number(), answer: answerSchema, cost: costSchema }),
  z.object({ say: z.literal('failed'), id: z.number(), message: z.string().max(4_000) }),
  z.object({ say: z.literal('pong') }),
]);
export type FromCell = z.infer<typeof fromCellSchema>;
