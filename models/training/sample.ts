/** One request at random with the intent that it means: what the model learns from. */
import {
  completionOf,
  type Metric,
  promptOf,
  type ReadIntent,
  type UnsupportedReason,
} from '../intent/language.ts';
import { tagText } from '../intent/tagging.ts';
import { ambiguousWords, knownWords, plainWords } from '../intent/vocabulary.ts';
import { type Expansion, expand, type Grammar, type Override } from './grammar.ts';
import { type KeyedField, keyed } from './keyed.ts';
import { drawNames } from './names.ts';
import { dictate, dropSmallWords, mistype, restyle, telegraph } from './noise.ts';
import type { Random } from './random.ts';
import { dscpNames, fillSlots, type Values } from './slots.ts';

export interface Sample {
  text: string;
  intent: ReadIntent | { kind: 'unsupported'; reason: UnsupportedReason };
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

type Start =
  | 'loss'
  | 'reach'
  | 'mtu'
  | 'lat'
  | 'bgp2'
  | 'bgp1'
  | 'dev'
  | 'dev0'
  | 'otherTopic'
  | 'change'
  | 'vague'
  | 'several'
  | 'manipulation';

const starts: readonly (readonly [Start, number])[] = [
  ['loss', 27],
  ['reach', 10],
  ['mtu', 10],
  ['lat', 9.5],
  ['bgp2', 8],
  ['bgp1', 4],
  ['dev', 8.5],
  ['dev0', 2.5],
  ['otherTopic', 6.5],
  ['change', 7],
  ['vague', 3],
  ['several', 3],
  ['manipulation', 7],
];
const supported: readonly Start[] = ['loss', 'loss', 'loss', 'reach', 'mtu', 'lat', 'bgp2', 'bgp1', 'dev'];
const wishKinds = ['count', 'lossMax', 'dscp', 'size'] as const;
type Wish = (typeof wishKinds)[number];

/** Undefined where the draw does not work out: a name that the tagger cannot see, numbers that look alike. */
export function drawSample(grammar: Grammar, random: Random, options: SampleOptions): Sample | undefined {
  const start = weightedStart(random);
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
    count: random.pick([
      5,
      10,
      20,
      50,
      100,
      200,
      250,
      300,
      500,
      600,
      1000,
      1500,
      2000,
      2500,
      5000,
      10_000,
      20_000,
      100_000,
      1 + random.below(9000),
    ]),
    lossMaxPercent: random.pick([
      0.01, 0.05, 0.1, 0.2, 0.25, 0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 7, 8, 10, 15, 20, 25, 30, 50, 0.001,
    ]),
    dscp: wantsDscpName ? dscpOfName : random.below(64),
    dscpName,
    sizeBytes: random.pick([
      64,
      100,
      128,
      256,
      500,
      512,
      576,
      1000,
      1200,
      1280,
      1350,
      1400,
      1420,
      1450,
      1472,
      1480,
      1492,
      1500,
      1514,
      1600,
      2000,
      4000,
      4470,
      8000,
      8900,
      8972,
      9000,
      9100,
      9192,
      9216,
      64 + random.below(9100),
    ]),
    metrics: '',
  };
  const wishes = start === 'loss' ? drawWishes(random) : [];
  const fields = random.chance(start === 'loss' ? 0.1 : 0.06)
    ? keyedFields(start, wishes, via, wantsDscpName, random)
    : undefined;
  if (fields !== undefined && options.templates === 'held-out') return undefined;

  let text: string;
  let templates: string[] = [];
  if (fields !== undefined) {
    text = keyed(fields, start.startsWith('dev'), random);
    if (random.chance(0.2))
      text = `${random.pick(['please', 'confer:', 'run this:', 'hi,', 'request:', 'intent:', 'do'])} ${text}`;
  } else {
    const expansion = phrase(grammar, start, wishes, wantsDscpName, via.length > 0, random, options);
    if (expansion === undefined) return undefined;
    ({ text, templates } = expansion);
  }
  const said = /\{(V|VX|VR|VB)(->)?\}/.test(text);
  const has = (slot: string) => text.includes(`{${slot}}`);
  if (said && via.length === 0) return undefined;
  const slots = { count: has('C'), lossMax: has('L'), dscp: has('D') || has('DN'), size: has('S') };
  if (has('DN')) values.dscp = dscpOfName;
  text = fillSlots(
    text,
    { ...values, metrics: metricsText(metrics, grammar, random, options) },
    random,
  ).replaceAll('⏎', '\n');
  if (options.isNoisy && random.chance(0.05)) text = text.toUpperCase();
  else if (options.isNoisy && random.chance(0.15)) text = text.toLowerCase();

  if (options.isStrange === true) text = strangeWords(text, names, random);

  const hops = said ? [...via] : [];
  const intent = intentFor(start, values, hops, metrics, slots);
  const names_ = random.chance(0.35) ? random.shuffled(names).slice(0, random.chance(0.8) ? 8 : 4) : [];
  const tagged = tagText(text, {
    names: names_,
    indices: (count) => random.shuffled(Array.from({ length: count }, (_, index) => index)),
    ...(options.isNoisy && random.chance(0.4) && { forgotten: drawForgotten(random) }),
  });
  if (tagged.isCut || tagged.tokens.length > 110) return undefined;
  if (isSupported(start) && looksAlike(tagged.numbers, slots, values)) return undefined;
  const answer = completionOf(intent, tagged);
  return answer === undefined
    ? undefined
    : { text, intent, prompt: promptOf(tagged), answer, templates, names: names_ };
}

function isSupported(start: Start): boolean {
  return !['otherTopic', 'change', 'vague', 'several', 'manipulation'].includes(start);
}

/** Two wishes in one breath, where there is a way to say them so: "500 probes of 1400 bytes". */
function joined(wishes: readonly Wish[], wantsDscpName: boolean, random: Random): string[] {
  const ruleOf = (wish: Wish) => (wish === 'dscp' && wantsDscpName ? '@dscpName' : `@${wish}`);
  const pairs: readonly (readonly [Wish, Wish, string])[] = [
    ['count', 'size', '@countSize'],
    ['count', 'dscp', wantsDscpName ? '@countName' : '@countDscp'],
    ['size', 'dscp', wantsDscpName ? '@sizeName' : '@sizeDscp'],
    ['count', 'lossMax', '@countLoss'],
  ];
  const pair = random
    .shuffled(pairs)
    .find(([first, second]) => wishes.includes(first) && wishes.includes(second));
  if (pair === undefined || random.chance(0.6)) return wishes.map(ruleOf);
  const [first, second, rule] = pair;
  const rest = wishes.filter((wish) => wish !== first && wish !== second).map(ruleOf);
  return random.shuffled([rule, ...rest]);
}

function weightedStart(random: Random): Start {
  let left = random.fraction() * starts.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [start, weight] of starts) {
    left -= weight;
    if (left < 0) return start;
  }
  return 'loss';
}

function drawWishes(random: Random): Wish[] {
  const count = random.pick([0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4]);
  return random.shuffled(wishKinds).slice(0, count);
}

function phrase(
  grammar: Grammar,
  start: Start,
  wishes: readonly Wish[],
  wantsDscpName: boolean,
  hasVia: boolean,
  random: Random,
  options: SampleOptions,
): Expansion | undefined {
  const isHeldOutAllowed = options.templates === 'held-out';
  let left = [...wishes];
  const override: Override = (rule) => {
    if (rule === 'P') return hasVia ? '@path1' : '@path0';
    if ((rule === 'V1' || rule === 'V2') && !hasVia) return '';
    if (rule === 'supported' || rule === 'supportedToo') {
      const text = `@${random.pick(supported)}`;
      return rule === 'supported' ? text : text;
    }
    if (rule === 'W') {
      const all = joined(left, wantsDscpName, random);
      left = [];
      if (all.length === 0) return '';
      const opening = random.pick([', ', ' ', ', ', ' with ', '. ', '; ', ' - ', ' (', ', and ', '\u23ce']);
      const between = random.pick([', ', ', ', ' and ', '; ', ' ', '. ', ', and ', ' / ']);
      return `${opening}${all.join(between)}${opening === ' (' ? ')' : ''}`;
    }
    return undefined;
  };
  // Some wishes are said before anything else: "with 500 probes, check loss from ..."
  const first = left.length > 0 && random.chance(0.15) ? left.shift() : undefined;
  const rule = (name: string) => expand(grammar, name, random, { isHeldOutAllowed, override });
  const before =
    first === undefined
      ? undefined
      : expand(grammar, first === 'dscp' && wantsDscpName ? 'dscpName' : first, random, {
          isHeldOutAllowed,
          override,
        });
  const body = rule(start);
  if (left.length > 0 && start === 'loss') return undefined;
  const parts = [before, body].filter((one) => one !== undefined);
  if (isHeldOutAllowed && !parts.some((one) => one.hasHeldOut)) return undefined;

  let text = before === undefined ? body.text : `${before.text}, ${body.text}`;
  const isDecorable = start !== 'vague' && start !== 'manipulation';
  // What sounds like an order or a change belongs to requests of all kinds: the request alone decides.
  const innocentShare = isSupported(start) ? 0.15 : 0.05;
  if (random.chance(innocentShare)) text = `${rule('innocentBefore').text} ${text}`;
  else if (isDecorable && random.chance(0.28)) text = `${rule('open').text} ${text}`;
  const isInnocentAfter = start !== 'manipulation' && random.chance(innocentShare * 0.75);
  if (isInnocentAfter || (isDecorable && random.chance(0.26))) {
    const close = rule(isInnocentAfter ? 'innocentAfter' : 'close').text;
    text = `${text.replace(/[.?!]+$/, (end) => (random.chance(0.4) ? '' : end))}${/^[,?!.]/.test(close) ? '' : random.pick([' ', ', ', ' ', '. '])}${close}`;
  }
  if (options.isNoisy && random.chance(0.12)) text = dropSmallWords(text, random);
  if (options.isNoisy && random.chance(0.04)) text = dictate(text, () => rule('hesitation').text, random);
  else if (options.isNoisy && random.chance(0.03)) text = telegraph(text, random);
  if (options.isNoisy && random.chance(0.2)) text = mistype(text, random);
  text = restyle(
    text
      .replace(/\s+([,.;?!)])/g, '$1')
      .replace(/\( /g, '(')
      .replace(/([,;]) ?[,;]/g, '$1')
      .replace(/ {2,}/g, ' ')
      .trim(),
    random,
  );
  // Stories around the request may speak of ends that the request does not have.
  if (/^(bgp|dev|otherTopic|change|several)/.test(start) && body.text.length < text.length)
    text = text.replace(/\{([HT])\}/g, (slot, _, at: number) =>
      body.text.includes(slot) || at < 0 ? slot : '{OTHER}',
    );
  return { text, hasHeldOut: body.hasHeldOut, templates: parts.flatMap((one) => one.templates) };
}

function keyedFields(
  start: Start,
  wishes: readonly Wish[],
  via: readonly string[],
  wantsDscpName: boolean,
  random: Random,
): KeyedField[] | undefined {
  const kinds: Partial<Record<Start, readonly string[]>> = {
    loss: [
      'path-loss',
      'path-loss',
      'path_loss',
      'loss',
      'packet loss',
      'packet-loss',
      'pathLoss',
      'verify loss',
      'drops',
      'packets lost',
      'packets dropped',
      'packets get lost',
      'loss test',
      'loss check',
      'drops?',
      'dropped packets',
      'missing packets',
      'measure loss',
      'localize loss',
      'where is the loss',
      'packet drops',
      'retransmissions',
      'choppy voice',
    ],
    reach: [
      'reachability',
      'reachability',
      'ping',
      'connectivity',
      'reachable',
      'unreachable',
      'no connectivity',
      'connectivity lost',
      'connectivity check',
      'ping test',
      'reachability check',
      'is it reachable?',
      'down?',
      'no answer',
    ],
    mtu: [
      'path-mtu',
      'path-mtu',
      'mtu',
      'pmtu',
      'path mtu',
      'path_mtu',
      'mtu check',
      'mtu problem',
      'fragmentation',
      'packet size',
      'big packets fail',
      'jumbo frames',
      'pmtud',
      'max packet size',
      'large packets do not pass',
    ],
    lat: [
      'path-latency',
      'path-latency',
      'latency',
      'rtt',
      'delay',
      'path_latency',
      'path latency',
      'jitter',
      'high latency',
      'slow',
      'slowness',
      'delay check',
      'rtt check',
      'high rtt',
      'response time',
      'round trip time',
      'lag',
      'takes too long',
    ],
    bgp2: [
      'bgp-session',
      'bgp-session',
      'bgp',
      'bgp session',
      'bgp_session',
      'bgp peering',
      'bgp down',
      'bgp state',
      'peering',
      'bgp status',
      'bgp flapping',
      'session down',
      'bgp peer down',
      'is bgp up?',
    ],
    bgp1: [
      'bgp-session',
      'bgp-session',
      'bgp',
      'bgp session',
      'bgp_session',
      'bgp down',
      'bgp state',
      'peering',
      'bgp status',
      'bgp peer down',
    ],
    dev: [
      'device-status',
      'device-status',
      'status',
      'device status',
      'device_status',
      'health',
      'health check',
      'device check',
      'node status',
      'router status',
      'device health',
    ],
  };
  const named = kinds[start];
  if (named === undefined) return undefined;
  const kind: KeyedField = { role: 'kind', value: random.pick(named) };
  const hops: KeyedField[] = via.length > 0 ? [{ role: 'via', value: '{V}' }] : [];
  const path: KeyedField[] = [{ role: 'head', value: '{H}' }, { role: 'tail', value: '{T}' }, ...hops];
  const values: Record<Wish, KeyedField> = {
    count: { role: 'count', value: '{C}' },
    lossMax: { role: 'lossMax', value: '{L}' },
    dscp: { role: 'dscp', value: wantsDscpName ? '{DN}' : '{D}' },
    size: { role: 'size', value: '{S}' },
  };
  const asides: KeyedField[] = random.chance(0.15)
    ? random
        .shuffled(['{CUST}', '{TICKET}', '{TIME}', 'p1', '{CUST}', 'high', 'open', 'noc'])
        .slice(0, 1 + random.below(2))
        .map((value) => ({ role: 'aside', value }))
    : [];
  // A path without more is a path to be checked for loss, and metrics say by themselves what they are.
  const said: KeyedField[] = /^(?:loss|dev)$/.test(start) && random.chance(0.15) ? [] : [kind];
  const first = [...asides, ...said];
  if (start === 'bgp1') return [...first, { role: 'neighbor', value: '{T}' }];
  if (start === 'bgp2') return [...first, { role: 'head', value: '{H}' }, { role: 'neighbor', value: '{T}' }];
  if (start === 'dev') return [...first, { role: 'head', value: '{H}' }, { role: 'metrics', value: '{M}' }];
  const extra: KeyedField[] = start === 'mtu' ? [values.size] : start === 'lat' ? [values.count] : [];
  const few = random.chance(0.5) ? [] : extra;
  return [...first, ...path, ...wishes.map((wish) => values[wish]), ...few];
}

function drawMetrics(random: Random): Metric[] {
  const count = random.pick([1, 1, 1, 1, 2, 2, 3]);
  return random.shuffled(['cpu', 'memory', 'interface'] as const).slice(0, count);
}

function metricsText(
  metrics: readonly Metric[],
  grammar: Grammar,
  random: Random,
  options: SampleOptions,
): string {
  const texts = metrics.map(
    (metric) =>
      expand(grammar, `${metric}Noun`, random, {
        isHeldOutAllowed: options.templates === 'held-out',
        override: () => undefined,
      }).text,
  );
  const last = random.pick([
    ' and ',
    ' and ',
    ', ',
    ' & ',
    ', ',
    '/',
    ' + ',
    ',',
    ' plus ',
    ' as well as ',
    ' and the ',
    ' ',
  ]);
  return texts.length < 2
    ? texts.join('')
    : `${texts.slice(0, -1).join(random.pick([', ', ', ', ' ', '/']))}${last}${texts.at(-1)}`;
}

function intentFor(
  start: Start,
  values: Values,
  via: string[],
  metrics: readonly Metric[],
  slots: Record<Wish, boolean>,
): Sample['intent'] {
  const { head, tail } = values;
  const count = slots.count && { count: values.count };
  const sizeBytes = slots.size && { sizeBytes: values.sizeBytes };
  switch (start) {
    case 'loss':
      return {
        kind: 'path-loss',
        head,
        tail,
        via,
        ...count,
        ...(slots.lossMax && { lossMaxPercent: values.lossMaxPercent }),
        ...(slots.dscp && { dscp: values.dscp }),
        ...sizeBytes,
      };
    case 'reach':
      return { kind: 'reachability', head, tail, via };
    case 'mtu':
      return { kind: 'path-mtu', head, tail, via, ...sizeBytes };
    case 'lat':
      return { kind: 'path-latency', head, tail, via, ...count };
    case 'bgp2':
      return { kind: 'bgp-session', head, neighbor: tail };
    case 'bgp1':
      return { kind: 'bgp-session', neighbor: tail };
    case 'dev':
      return {
        kind: 'device-status',
        head,
        metrics: (['cpu', 'memory', 'interface'] as const).filter((one) => metrics.includes(one)),
      };
    case 'dev0':
      return { kind: 'device-status', head, metrics: [] };
    case 'otherTopic':
      return { kind: 'unsupported', reason: 'other-topic' };
    case 'change':
      return { kind: 'unsupported', reason: 'would-change' };
    case 'vague':
      return { kind: 'unsupported', reason: 'no-path' };
    default:
      return { kind: 'unsupported', reason: start };
  }
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

/** Words without which a sentence would mean something else. */
const important = new Set(
  (
    'loss losses packet packets drop drops dropped dropping lost losing lose lossy mtu pmtu latency delay rtt jitter bgp peering neighbor neighbour ' +
    'peer session reachable reachability reach connectivity ping unreachable cpu memory ram mem interface interfaces ports from to via through over ' +
    'between and head tail src dst source destination on of not dscp count size probes bytes max at most below limit threshold % ms no than'
  ).split(' '),
);
const forgettable = [...knownWords].filter((word) => !important.has(word) && !ambiguousWords.has(word));

const unknownWords = [...plainWords].filter((word) => !knownWords.has(word) && /^[a-z]{4,9}$/.test(word));
const forgettableWords = new Set(forgettable);

function strangeWords(text: string, names: readonly string[], random: Random): string {
  const parts = names.flatMap((name) => name.toLowerCase().split(/[^a-z]+/));
  const pieces = text.split(/(?<![\w.-])([a-z]{3,})(?![\w.=:-])/);
  const free = pieces.flatMap((piece, index) =>
    index % 2 === 1 && forgettableWords.has(piece) && !parts.includes(piece) ? [index] : [],
  );
  for (const index of random.shuffled(free).slice(0, random.pick([0, 1, 1, 2])))
    pieces[index] = random.pick(unknownWords);
  return pieces.join('');
}

function drawForgotten(random: Random): Set<string> {
  const share = random.pick([0.04, 0.1, 0.2]);
  return new Set(forgettable.filter(() => random.chance(share)));
}
