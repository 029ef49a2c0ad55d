/**
 * A text as `confer model` reads it: YAML and JSON by code, sentences by the on-box model with the rules beside it. What
 * comes out has the fields that docs/model.md documents, whoever read it.
 */
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { metrics, type ReadIntent } from '../../../models/intent/language.ts';
import { parseIntent } from '../../../models/rules.ts';
import { mistakesOf } from '../../core/expectation.ts';
import { limits } from '../../core/limits.ts';
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

export interface TextReading {
  intent: ReadIntent;
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
  if (structured !== undefined) return { intent: structured, by: 'structure' };
  if (model === undefined) return { intent: readByRules(text), by: 'rules' };
  const reading = await model.read(text, options);
  return { ...reading, intent: reading.by === 'model' ? inOrder(reading.intent) : readByRules(text) };
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
    firstFaultOnly: _first,
    ...intent
  } = parseIntent(text);
  const parsed = readIntentSchema.safeParse(intent);
  return parsed.success ? parsed.data : unsupported('the rules read something that is no intent.');
}

/** Undefined for a sentence. */
function readStructure(text: string): ReadIntent | undefined {
  let value: unknown;
  try {
    value = parseYaml(text, { maxAliasCount: 0, logLevel: 'error' });
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  if (!('kind' in value) && !('head' in value && 'tail' in value)) return undefined;
  const whole = { kind: 'path-loss', ...value };
  const parsed = readIntentSchema.safeParse(whole);
  return parsed.success ? parsed.data : unsupported(`${mistakesOf(parsed.error, whole, 'intent')}.`);
}

function unsupported(reason: string): ReadIntent {
  return { kind: 'unsupported', reason };
}

/** "packet loss from PE-1 to PE-3 via P-2, 500 probes": how it was understood, in words. */
export function wordingOf(intent: ReadIntent): string {
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
  lossMaxPercent?: number;
  dscp?: number;
  sizeBytes?: number;
}

function wishesOf({ count, lossMaxPercent, dscp, sizeBytes }: Wishes): string[] {
  return [
    ...(count === undefined ? [] : [`${count} probes`]),
    ...(lossMaxPercent === undefined ? [] : [`at most ${lossMaxPercent} % lost`]),
    ...(dscp === undefined ? [] : [`DSCP ${dscp}`]),
    ...(sizeBytes === undefined ? [] : [`packets of ${sizeBytes} bytes`]),
  ];
}

/** Every name that an intent has. */
export function namesIn(intent: ReadIntent): string[] {
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
