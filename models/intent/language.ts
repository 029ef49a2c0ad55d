/**
 * The language that the model answers in: one token for the kind, one for each field, placeholders of its prompt as values.
 *
 *     <|path-loss|><|head|><|e0|><|tail|><|e2|><|via|><|e1|><|loss-max|><|n0|><|end|>
 *
 * Its grammar allows fields in one order only and values only of the prompt, so that a model which is held to it can
 * neither invent a name nor a number.
 */
import {
  endToken,
  type Field,
  type FieldType,
  fieldsOf,
  head,
  kinds,
  type Metric,
  metrics,
  numberAs,
  via,
} from './fields.ts';
import { promptMarks, type Tagged } from './prompt-writer.ts';
import { leavesNothingOut } from './whole-answers.ts';

export { type Metric, metrics };

/** The fields of an intent (docs/intent.md); what code must still check (ranges, names that are in the domain) is not checked here. */
export type ReadIntent =
  | {
      kind: 'path-loss';
      head: string;
      tail: string;
      via: string[];
      count?: number;
      lossMaxPercent?: number;
      dscp?: number;
      sizeBytes?: number;
    }
  | { kind: 'reachability'; head: string; tail: string; via: string[] }
  | { kind: 'path-mtu'; head: string; tail: string; via: string[]; sizeBytes?: number }
  | { kind: 'path-latency'; head: string; tail: string; via: string[]; count?: number }
  | { kind: 'bgp-session'; head?: string; neighbor: string }
  | { kind: 'device-status'; head: string; metrics: Metric[] }
  | { kind: 'unsupported'; reason: string };

/** Why a request is not served; the model says which, code says it to the operator. */
export const unsupportedReasons = {
  'other-topic':
    'Confer looks at packet loss, reachability, MTU and latency of a path, BGP sessions and the status of a device; this asks for something else.',
  'would-change':
    'This would change a device; Confer only measures. Changes are proposed to a person, after a report.',
  'no-path':
    'It does not say which routers it is about. Write for example "packet loss from PE-1 to PE-3 via P-2".',
  several: 'It asks for several things at once. Ask one after the other.',
  manipulation: 'It tries to talk Confer out of its task instead of asking for a measurement.',
} as const;
export type UnsupportedReason = keyof typeof unsupportedReasons;

const unsupportedToken = '<|unsupported|>';
const reasons = Object.keys(unsupportedReasons) as UnsupportedReason[];
/** Hops between head and tail at most. */
const viaMax = 16;

/** Every token of the language that is no placeholder; they are single tokens of our tokenizer. */
export const answerTokens: readonly string[] = [
  endToken,
  unsupportedToken,
  ...kinds.map((kind) => `<|${kind}|>`),
  ...new Set(Object.values(fieldsOf).flatMap((fields) => fields.map(({ token }) => token))),
  ...reasons.map((reason) => `<|${reason}|>`),
];

/** The prompt, to be encoded without adding special tokens. Words are separated by one space, special tokens by none. */
export function promptOf(tagged: Tagged): string {
  return `${promptMarks.begin}${joinTokens(tagged.tokens)}${promptMarks.answer}`;
}

export function joinTokens(tokens: readonly string[]): string {
  let text = '';
  let wasWord = false;
  for (const token of tokens) {
    const isWord = !isSpecial(token);
    text += isWord && wasWord ? ` ${token}` : token;
    wasWord = isWord;
  }
  return text;
}

function isSpecial(token: string): boolean {
  return /^<\|[a-z0-9-]+\|>$/.test(token);
}

/**
 * Which tokens may follow `written` (tokens of the answer so far); none after the end, and none after anything that the
 * grammar does not allow. An answer that leaves out a hop of a list is not led to, unless all do. Pure: decoding loops call it once a token.
 */
export function legalNext(written: readonly string[], tagged: Tagged): readonly string[] {
  const next = walk(written, tagged)?.next ?? [];
  const whole = next.filter((token) => leavesNothingOut(token, written, tagged));
  return whole.length > 0 ? whole : next;
}

/** The intent of a whole answer; undefined when it is none of the language, for this prompt. */
export function intentOf(completion: string | readonly string[], tagged: Tagged): ReadIntent | undefined {
  const written = typeof completion === 'string' ? (completion.match(/<\|[a-z0-9-]+\|>/g) ?? []) : completion;
  const walked = walk(written, tagged);
  return walked?.isComplete === true ? walked.intent : undefined;
}

/** The answer that means `intent`; undefined when the prompt lacks one of its names or numbers. For training and tests. */
export function completionOf(
  intent: ReadIntent | { kind: 'unsupported'; reason: UnsupportedReason },
  tagged: Tagged,
): string | undefined {
  if (intent.kind === 'unsupported') {
    const reason = reasons.find((one) => one === intent.reason || unsupportedReasons[one] === intent.reason);
    return reason === undefined ? undefined : `${unsupportedToken}<|${reason}|>${endToken}`;
  }
  const values = intent as unknown as Record<string, string | number | string[] | undefined>;
  let answer = `<|${intent.kind}|>`;
  for (const field of fieldsOf[intent.kind]) {
    const value =
      field.type === 'flag'
        ? (values.metrics as string[]).includes(field.property) || undefined
        : values[field.property];
    if (value === undefined || (Array.isArray(value) && value.length === 0)) continue;
    answer += field.token;
    if (field.type === 'flag') continue;
    for (const one of Array.isArray(value) ? value : [value]) {
      const placeholder =
        typeof one === 'number'
          ? numbersFor(field.type, tagged).find(
              (key) => numberAs(field.type, tagged.numbers.get(key)) === one,
            )
          : [...tagged.names].find(([, text]) => text.toLowerCase() === String(one).toLowerCase())?.[0];
      if (placeholder === undefined) return undefined;
      answer += placeholder;
    }
  }
  return answer + endToken;
}

interface Walked {
  next: readonly string[];
  isComplete: boolean;
  intent?: ReadIntent;
}

/** How far an answer is written. */
interface Progress {
  readonly kind: ReadIntent['kind'];
  readonly fields: readonly Field[];
  readonly values: Record<string, string | number | string[]>;
  /** Names and numbers that have a part already. */
  readonly used: Set<string>;
  /** Of the field that was written last. */
  position: number;
  /** A field that may or must still take a value, and how many it has. */
  open: Field | undefined;
  taken: number;
}

function walk(written: readonly string[], tagged: Tagged): Walked | undefined {
  const [first, ...rest] = written;
  if (first === undefined) return { next: kindsFor(tagged), isComplete: false };
  if (first === unsupportedToken) return walkUnsupported(rest);
  const kind = kinds.find((one) => `<|${one}|>` === first);
  if (kind === undefined || !kindsFor(tagged).includes(first)) return undefined;

  const fields = fieldsOf[kind];
  const values = {
    ...(fields.includes(via) && { via: [] }),
    ...(kind === 'device-status' && { metrics: [] }),
  };
  const progress: Progress = {
    kind,
    fields,
    values,
    used: new Set(),
    position: -1,
    open: undefined,
    taken: 0,
  };
  for (const [index, token] of rest.entries()) {
    if (!nextTokens(progress, tagged).includes(token)) return undefined;
    if (token === endToken)
      return index === rest.length - 1
        ? { next: [], isComplete: true, intent: { kind, ...values } as unknown as ReadIntent }
        : undefined;
    advance(progress, token, tagged);
  }
  return { next: nextTokens(progress, tagged), isComplete: false };
}

function nextTokens({ kind, fields, used, position, open, taken }: Progress, tagged: Tagged): string[] {
  const values = open === undefined ? [] : valuesFor(open, tagged, used, taken);
  if (open !== undefined && taken === 0) return values;
  const following: string[] = [];
  let isEnd = true;
  for (const field of fields.slice(position + 1)) {
    if (field.type === 'flag' || valuesFor(field, tagged, used, 0).length > 0) following.push(field.token);
    if (field.isRequired === true) {
      isEnd = false;
      break;
    }
  }
  // An optional head must leave a name for the neighbour.
  const kept = following.filter(
    (token) => !(kind === 'bgp-session' && token === head.token && tagged.names.size < 2),
  );
  return [...values, ...kept, ...(isEnd ? [endToken] : [])];
}

/** Takes a token that may come next: a field, or a value of the one that is open. */
function advance(progress: Progress, token: string, tagged: Tagged): void {
  const { fields, values, used, open } = progress;
  const position = fields.findIndex((one) => one.token === token);
  const field = fields[position];
  if (field !== undefined) {
    progress.position = position;
    progress.taken = 0;
    progress.open = field.type === 'flag' ? undefined : field;
    if (field.type === 'flag') (values.metrics as string[]).push(field.property);
    return;
  }
  if (open === undefined) return;
  progress.taken++;
  used.add(token);
  const name = tagged.names.get(token);
  if (open.type === 'names') (values[open.property] as string[]).push(name ?? '');
  else {
    values[open.property] = name ?? numberAs(open.type, tagged.numbers.get(token)) ?? 0;
    progress.open = undefined;
  }
}

function walkUnsupported(rest: readonly string[]): Walked | undefined {
  const reason = reasons.find((one) => `<|${one}|>` === rest[0]);
  if (rest.length === 0) return { next: reasons.map((one) => `<|${one}|>`), isComplete: false };
  if (reason === undefined || rest.length > 2) return undefined;
  if (rest.length === 1) return { next: [endToken], isComplete: false };
  return rest[1] === endToken
    ? { next: [], isComplete: true, intent: { kind: 'unsupported', reason: unsupportedReasons[reason] } }
    : undefined;
}

/** A path needs two names, a session and a device one. */
function kindsFor(tagged: Tagged): string[] {
  const names = tagged.names.size;
  return [
    ...kinds
      .filter((kind) => names >= (kind === 'bgp-session' || kind === 'device-status' ? 1 : 2))
      .map((kind) => `<|${kind}|>`),
    unsupportedToken,
  ];
}

/** Every name plays one part, and so does every number. */
function valuesFor(field: Field, tagged: Tagged, used: ReadonlySet<string>, taken: number): string[] {
  if (field.type === 'flag') return [];
  if (field.type !== 'name' && field.type !== 'names')
    return taken > 0 ? [] : numbersFor(field.type, tagged).filter((number) => !used.has(number));
  if (taken > 0 && (field.type === 'name' || taken >= viaMax)) return [];
  return [...tagged.names.keys()].filter((name) => !used.has(name));
}

function numbersFor(type: FieldType, tagged: Tagged): string[] {
  return [...tagged.numbers].filter(([, said]) => numberAs(type, said) !== undefined).map(([key]) => key);
}
