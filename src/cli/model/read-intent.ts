/**
 * A text as `confer model` reads it: YAML and JSON by code, sentences by the on-box model with the rules beside it. What
 * comes out has the fields that docs/model.md documents, whoever read it.
 */
import { z } from 'zod';
import { metrics, type ReadIntent } from '../../../models/intent/language.ts';
import { parseIntent } from '../../../models/rules.ts';
import { namedTwice, structuredIntent } from '../../collaboration/intent.ts';
import { intentSchema } from '../../collaboration/intents/index.ts';
import { ConferError } from '../../core/errors.ts';
import { mistakesOf } from '../../core/expectation.ts';
import { limits } from '../../core/limits.ts';
import type { Intent, ServedIntent } from '../../core/records.ts';
import type { OnBoxModel } from '../../system/on-box-model.ts';

const name = z.string().min(1).max(253);
const path = { head: name, tail: name, via: z.array(name).max(16).default([]) };
const count = z.int().min(1).max(1_000_000).exactOptional();
const sizeBytes = z.int().min(1).max(65_535).exactOptional();

/** The intents that a text can mean. */
export const readIntentSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('path-loss'),
    ...path,
    count,
    lossMaxPercent: z.number().min(0).max(100).exactOptional(),
    dscp: z.int().min(0).max(63).exactOptional(),
    sizeBytes,
  }),
  z.strictObject({ kind: z.literal('reachability'), ...path }),
  z.strictObject({ kind: z.literal('path-mtu'), ...path, sizeBytes }),
  z.strictObject({ kind: z.literal('path-latency'), ...path, count }),
  z.strictObject({ kind: z.literal('bgp-session'), head: name.exactOptional(), neighbor: name }),
  z.strictObject({ kind: z.literal('device-status'), head: name, metrics: z.array(z.enum(metrics)) }),
  z.strictObject({ kind: z.literal('unsupported'), reason: z.string() }),
]);

/** Of YAML and JSON whatever agents take; of sentences what the language of the model has. */
export type TextIntent = ReadIntent | Intent;

export interface TextReading {
  intent: TextIntent;
  /** `structure`: YAML or JSON, read by code. `nobody`: it is too long. */
  by: 'structure' | 'model' | 'rules' | 'nobody';
  /** Why the model's reading is not used. */
  why?: string;
  model?: { intent?: ReadIntent; marginMin?: number; logProbability: number; ms: number };
}

/** `model` is undefined where rules alone are to read. Throws nothing but the signal's reason. */
export async function readText(
  text: string,
  model: OnBoxModel | undefined,
  options: { names: readonly string[]; signal: AbortSignal },
): Promise<TextReading> {
  if (Buffer.byteLength(text) > limits.intentTextBytesMax)
    return {
      intent: unsupported(`It is longer than ${limits.intentTextBytesMax} bytes.`),
      by: 'nobody',
    };
  const structured = readStructure(text);
  if (structured !== undefined) return { intent: withTwoEnds(structured), by: 'structure' };
  if (model === undefined) return { intent: withTwoEnds(readByRules(text)), by: 'rules' };
  const reading = await model.read(text, options);
  const intent = reading.by === 'model' ? inOrder(reading.intent) : readByRules(text);
  return { ...reading, intent: withTwoEnds(intent) };
}

/** Refused, as an agent does, where the path ends where it begins. */
function withTwoEnds(intent: TextIntent): TextIntent {
  if (!('tail' in intent) || intent.head.toLowerCase() !== intent.tail.toLowerCase()) return intent;
  return unsupported(namedTwice(intent as ServedIntent) ?? 'it ends where it begins');
}

/** Fields as the documentation lists them. */
function inOrder(intent: ReadIntent): ReadIntent {
  const parsed = readIntentSchema.safeParse(intent);
  return parsed.success ? parsed.data : unsupported(`${mistakesOf(parsed.error, intent, 'intent')}.`);
}

/** What only Confer's own intents have is left out. */
export function readByRules(text: string): ReadIntent {
  const {
    lossMinPercent: _least,
    perSecondMax: _rate,
    totalMax: _total,
    firstFaultOnly: _first,
    ...intent
  } = parseIntent(text);
  const parsed = readIntentSchema.safeParse(intent);
  return parsed.success ? parsed.data : unsupported(`${mistakesOf(parsed.error, intent, 'intent')}.`);
}

/** As agents read it; undefined for a sentence. */
function readStructure(text: string): TextIntent | undefined {
  try {
    return structuredIntent(text);
  } catch (error) {
    if (error instanceof ConferError) return unsupported(error.message);
    throw error;
  }
}

/** Why no agent measures what was read, as in "count: expected at most 1000, found 5000"; undefined where one does. */
export function unservedIn(intent: TextIntent): string | undefined {
  const { metrics, ...rest } = intent as TextIntent & { metrics?: readonly string[] };
  const served = { ...rest, ...(metrics !== undefined && metrics.length > 0 && { metrics }) };
  const parsed = intentSchema.safeParse(served);
  if (!parsed.success) return mistakesOf(parsed.error, served, 'intent');
  return parsed.data.kind === 'unsupported' ? undefined : namedTwice(parsed.data);
}

function unsupported(reason: string): ReadIntent & { kind: 'unsupported' } {
  return { kind: 'unsupported', reason };
}

/** "packet loss from PE-1 to PE-3 via P-2, 500 probes": how it was understood, in words. */
export function wordingOf(intent: TextIntent): string {
  switch (intent.kind) {
    case 'unsupported':
      return `nothing that Confer does: ${intent.reason}`;
    case 'bgp-session':
      return `BGP session of ${intent.head ?? 'this router'} with ${intent.neighbor}`;
    case 'device-status':
      return `status of ${intent.head}${intent.metrics.length > 0 ? `: ${intent.metrics.join(', ')}` : ''}`;
    default: {
      const what = {
        'path-loss': 'packet loss',
        reachability: 'reachability',
        'path-mtu': 'MTU',
        'path-latency': 'latency',
      };
      const { head, tail, via } = intent;
      const over = via.length > 0 ? ` via ${via.join(', ')}` : '';
      return [`${what[intent.kind]} from ${head} to ${tail}${over}`, ...wishesOf(intent as Wishes)].join(
        ', ',
      );
    }
  }
}

interface Wishes {
  count?: number;
  lossMinPercent?: number;
  lossMaxPercent?: number;
  dscp?: number;
  sizeBytes?: number;
  totalMax?: number;
  perSecondMax?: number;
  firstFaultOnly?: boolean;
}

function wishesOf(wishes: Wishes): string[] {
  const { count, lossMinPercent, lossMaxPercent, dscp, sizeBytes, totalMax, perSecondMax, firstFaultOnly } =
    wishes;
  return [
    ...(count === undefined ? [] : [`${count} probes`]),
    ...(lossMinPercent === undefined ? [] : [`from ${lossMinPercent} % on`]),
    ...(lossMaxPercent === undefined ? [] : [`at most ${lossMaxPercent} % lost`]),
    ...(dscp === undefined ? [] : [`DSCP ${dscp}`]),
    ...(sizeBytes === undefined ? [] : [`packets of ${sizeBytes} bytes`]),
    ...(totalMax === undefined ? [] : [`at most ${totalMax} probes in total`]),
    ...(perSecondMax === undefined ? [] : [`at most ${perSecondMax} probes a second`]),
    ...(firstFaultOnly === true ? ['the first fault'] : []),
  ];
}

/** Every name that an intent has. */
export function namesIn(intent: TextIntent): string[] {
  const {
    head,
    tail,
    via = [],
    neighbor,
  } = intent as {
    head?: string;
    tail?: string;
    via?: string[];
    neighbor?: string;
  };
  return [head, ...via, tail, neighbor].filter((one) => one !== undefined);
}
