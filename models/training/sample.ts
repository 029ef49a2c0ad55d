/** One request at random with the intent that it means: what the model learns from. */
import { completionOf, promptOf } from '../intent/language.ts';
import { tagText } from '../intent/tagging.ts';
import type { Grammar } from './grammar.ts';
import { keyed } from './keyed.ts';
import { keyedFields } from './keyed-fields.ts';
import { drawNames } from './names.ts';
import type { Random } from './random.ts';
import { dscpNames, fillSlots, type Values } from './slots.ts';
import {
  type DrawnIntent,
  drawMetrics,
  drawWishes,
  intentFor,
  isSupported,
  type Start,
  type Wish,
  weightedStart,
} from './starts.ts';
import { drawForgotten, strangeWords } from './strange-words.ts';
import { metricsText, phrase } from './wording.ts';

export interface Sample {
  text: string;
  intent: DrawnIntent;
  prompt: string;
  answer: string;
  /** Which templates made it; empty for key-and-value forms. */
  templates: string[];
  /** Names of the domain that the tagger was told. */
  names: string[];
}

export interface SampleOptions {
  /** The templates: those of training, or at least one of those held out. */
  templates: 'trained' | 'held-out';
  nameStyles: 'trained' | 'held-out';
  /** Typing errors, forgotten words, random order of placeholders: off in validation, except the order. */
  isNoisy: boolean;
  /** Words of which the meaning does not depend are replaced by others that are not known: a stranger's wording. */
  isStrange?: boolean;
}

/** Undefined where the draw does not work out: a name that the tagger cannot see, numbers that look alike. */
export function drawSample(grammar: Grammar, random: Random, options: SampleOptions): Sample | undefined {
  const start = weightedStart(random);
  const drawn = drawValues(random, options);
  const { names, metrics, values } = drawn;
  const said = drawText(grammar, start, drawn, random, options);
  if (said === undefined) return undefined;
  const { text, slots, hops, templates } = said;
  const intent = intentFor(start, values, hops, metrics, slots);
  const known = random.chance(0.35) ? random.shuffled(names).slice(0, random.chance(0.8) ? 8 : 4) : [];
  const tagged = tagText(text, {
    names: known,
    indices: (count) => random.shuffled(Array.from({ length: count }, (_, index) => index)),
    ...(options.isNoisy && random.chance(0.4) && { forgotten: drawForgotten(random) }),
  });
  if (tagged.isCut || tagged.tokens.length > tokensMax) return undefined;
  if (isSupported(start) && looksAlike(tagged.numbers, slots, values)) return undefined;
  const answer = completionOf(intent, tagged);
  return answer === undefined
    ? undefined
    : { text, intent, prompt: promptOf(tagged), answer, templates, names: known };
}

/** Longer requests are rare, and cost a batch its shape. */
const tokensMax = 110;

const counts = [
  5, 10, 20, 50, 100, 200, 250, 300, 500, 600, 1000, 1500, 2000, 2500, 5000, 10_000, 20_000, 100_000,
];
const lossesMax = [
  0.01, 0.05, 0.1, 0.2, 0.25, 0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 7, 8, 10, 15, 20, 25, 30, 50, 0.001,
];
const sizes = [
  64, 100, 128, 256, 500, 512, 576, 1000, 1200, 1280, 1350, 1400, 1420, 1450, 1472, 1480, 1492, 1500, 1514,
  1600, 2000, 4000, 4470, 8000, 8900, 8972, 9000, 9100, 9192, 9216,
];

interface Drawn {
  names: string[];
  values: Values;
  metrics: ReturnType<typeof drawMetrics>;
  wantsDscpName: boolean;
  dscpOfName: number;
}

/** Names and numbers that the request may say. */
function drawValues(random: Random, options: SampleOptions): Drawn {
  const names = drawNames(8, random, options.nameStyles === 'held-out');
  const [head = '', tail = '', ...more] = names;
  const via = more.slice(0, random.pick([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 3, 3]));
  const [dscpName, dscpOfName] = random.pick(dscpNames);
  const wantsDscpName = random.chance(0.6);
  const metrics = drawMetrics(random);
  const values: Values = {
    head,
    tail,
    via,
    others: more.slice(4),
    count: random.pick([...counts, 1 + random.below(9000)]),
    lossMaxPercent: random.pick(lossesMax),
    dscp: wantsDscpName ? dscpOfName : random.below(64),
    dscpName,
    sizeBytes: random.pick([...sizes, 64 + random.below(9100)]),
    metrics: '',
  };
  return { names, values, metrics, wantsDscpName, dscpOfName };
}

interface Said {
  text: string;
  /** Which numbers it says. */
  slots: Record<Wish, boolean>;
  /** The routers between the ends, where it names them. */
  hops: string[];
  templates: string[];
}

/** The request as somebody types it. */
function drawText(
  grammar: Grammar,
  start: Start,
  { names, values, metrics, wantsDscpName, dscpOfName }: Drawn,
  random: Random,
  options: SampleOptions,
): Said | undefined {
  const { via } = values;
  const template = drawTemplate(grammar, start, { via, wantsDscpName }, random, options);
  if (template === undefined) return undefined;
  const saysVia = /\{(V|VX|VR|VB)(->)?\}/.test(template.text);
  const has = (slot: string) => template.text.includes(`{${slot}}`);
  if (saysVia && via.length === 0) return undefined;
  const slots = { count: has('C'), lossMax: has('L'), dscp: has('D') || has('DN'), size: has('S') };
  if (has('DN')) values.dscp = dscpOfName;
  let text = fillSlots(
    template.text,
    { ...values, metrics: metricsText(metrics, grammar, random, options) },
    random,
  ).replaceAll('⏎', '\n');
  if (options.isNoisy && random.chance(0.05)) text = text.toUpperCase();
  else if (options.isNoisy && random.chance(0.15)) text = text.toLowerCase();
  if (options.isStrange === true) text = strangeWords(text, names, random);
  return { text, slots, hops: saysVia ? [...via] : [], templates: template.templates };
}

/** Keys and values, or a phrase of the grammar; names and numbers are slots. */
function drawTemplate(
  grammar: Grammar,
  start: Start,
  { via, wantsDscpName }: { via: readonly string[]; wantsDscpName: boolean },
  random: Random,
  options: SampleOptions,
): { text: string; templates: string[] } | undefined {
  const wishes = start === 'loss' ? drawWishes(random) : [];
  const fields = random.chance(start === 'loss' ? 0.1 : 0.06)
    ? keyedFields(start, wishes, [...via], wantsDscpName, random)
    : undefined;
  if (fields === undefined)
    return phrase(grammar, start, wishes, wantsDscpName, via.length > 0, random, options);
  if (options.templates === 'held-out') return undefined;
  const text = keyed(fields, start.startsWith('dev'), random);
  const before = ['please', 'confer:', 'run this:', 'hi,', 'request:', 'intent:', 'do'];
  return { text: random.chance(0.2) ? `${random.pick(before)} ${text}` : text, templates: [] };
}

/** Two equal numbers, of which one is meant: the answer could name the wrong one. */
function looksAlike(
  numbers: ReadonlyMap<string, { value: number }>,
  slots: Record<Wish, boolean>,
  values: Values,
): boolean {
  const wanted = [
    slots.count && values.count,
    slots.lossMax && values.lossMaxPercent,
    slots.dscp && values.dscp,
    slots.size && values.sizeBytes,
  ];
  return wanted.some(
    (one) => one !== false && [...numbers.values()].filter(({ value }) => value === one).length > 1,
  );
}
