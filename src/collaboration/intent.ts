/**
 * Step 0: what the operator typed becomes an Intent. YAML and JSON are read by code; sentences go to the language
 * model, and code checks what it returns: every name must stand in the text.
 */
import { isDeepStrictEqual } from 'node:util';
import { parse as parseYaml } from 'yaml';
import type { LanguageModel } from '../../models/language-model.ts';
import { parseIntent } from '../../models/rules.ts';
import { ConferError, messageOf } from '../core/errors.ts';
import { mistakesOf } from '../core/expectation.ts';
import { limits } from '../core/limits.ts';
import type { Intent, ServedIntent } from '../core/records.ts';
import { intentKinds, intentSchema, kindOf } from './intents/index.ts';
import { isReadByRules } from './wording/wording.ts';

/** Throws ConferError `bad-input` or `unsupported-intent`. */
export async function understand(
  text: string,
  model: LanguageModel,
  signal: AbortSignal,
): Promise<ServedIntent> {
  if (Buffer.byteLength(text) > limits.intentTextBytesMax)
    throw new ConferError('bad-input', `The intent is longer than ${limits.intentTextBytesMax} bytes.`);
  const intent = structuredIntent(text) ?? (await sentence(plainHyphens(text), model, signal));
  if (intent.kind === 'unsupported')
    throw new ConferError('unsupported-intent', `This intent cannot be served: ${intent.reason}`);
  const twice = namedTwice(intent);
  if (twice !== undefined) throw new ConferError('bad-input', twice);
  return intent;
}

/** That a node is named twice, in a sentence; undefined where none is. */
export function namedTwice(intent: ServedIntent): string | undefined {
  const { subject, names } = kindOf(intent);
  const nodes = names(intent);
  return new Set(nodes.map((node) => node.toLowerCase())).size < nodes.length
    ? `The ${subject} ${nodes.join(', ')} names a node twice.`
    : undefined;
}

/**
 * Why `text` cannot have been understood as `intent`; undefined when it can. What was read by code is read again: YAML,
 * JSON, and sentences when the reasoner was the rules. Of another reasoner's reading, every name must stand in the text.
 */
export function intentFault(
  text: string,
  intent: ServedIntent,
  { reasoner, creator }: { reasoner: string; creator: string },
): string | undefined {
  const plain = plainHyphens(text);
  const plainly = (one: ServedIntent) =>
    kindOf(one).spelled(one, (name) => name.toLowerCase(), creator.toLowerCase());
  let read: Intent | undefined;
  try {
    read = structuredIntent(plain) ?? (isReadByRules(reasoner) ? readByRules(plain) : undefined);
  } catch (error) {
    return messageOf(error);
  }
  if (read !== undefined && read.kind !== intent.kind)
    return 'intentText asks for something else than intent';
  const isSaid =
    read === undefined
      ? kindOf(intent)
          .names(plainly(intent))
          .every((name) => plain.toLowerCase().includes(name))
      : isDeepStrictEqual(plainly(intent), plainly(read as ServedIntent));
  return isSaid
    ? undefined
    : `intentText does not ask for the ${kindOf(intent).subject} ${kindOf(intent).names(intent).join(', ')} of intent`;
}

function readByRules(text: string): Intent {
  const parsed = intentSchema.safeParse(parseIntent(text));
  return parsed.success ? parsed.data : { kind: 'unsupported', reason: 'no path was found in it' };
}

/** Word processors turn the hyphens of names into others that look the same (U+2010 to U+2015, U+2212). */
function plainHyphens(text: string): string {
  return text.replace(/[\u2010-\u2015\u2212]/g, '-');
}

/**
 * "kind: path-loss\nhead: PE-1\ntail: PE-3\nvia: [P-2]", or the same in JSON; undefined for a sentence. Throws ConferError
 * `bad-input` for what does not fit.
 */
export function structuredIntent(text: string): Intent | undefined {
  let value: unknown;
  try {
    value = parseYaml(plainHyphens(text), { maxAliasCount: 0, logLevel: 'error' });
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  if (!('kind' in value) && !('head' in value && 'tail' in value)) return undefined;
  // "kind: path-loss, from PE-1 to PE-3": people begin sentences so.
  if (Object.keys(value).length === 1 && 'kind' in value && /\s/.test(String(value.kind))) return undefined;
  const whole = { kind: 'path-loss', ...value };
  const parsed = intentSchema.safeParse(whole);
  if (parsed.success) return parsed.data;
  throw new ConferError(
    'bad-input',
    `The structured intent does not fit: ${mistakesOf(parsed.error, whole, 'intent')}.`,
  );
}

async function sentence(text: string, model: LanguageModel, signal: AbortSignal): Promise<Intent> {
  const completion = await model.complete(text, { signal });
  const read = parseJson(completion);
  const parsed = intentSchema.safeParse(read);
  if (!parsed.success)
    return {
      kind: 'unsupported',
      reason:
        typeof read === 'object' && read !== null && isKind((read as { kind?: unknown }).kind)
          ? `${model.name} could not read it: ${mistakesOf(parsed.error, read, 'intent')}.`
          : `${model.name} could not read a path in it; name head and tail.`,
    };
  const intent = parsed.data;
  if (intent.kind === 'unsupported') return intent;
  const invented = kindOf(intent)
    .names(intent)
    .filter((node) => !text.includes(node));
  if (invented.length > 0)
    return {
      kind: 'unsupported',
      reason: `${model.name} read ${invented.join(', ')}, which the text does not say.`,
    };
  return intent;
}

function isKind(kind: unknown): boolean {
  return intentKinds.some((one) => one === kind);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
