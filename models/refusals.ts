/**
 * What code refuses, whoever read the request and whatever was read: not to measure, orders beside a measurement, a path that
 * must leave a router out, and numbers that no field can have. Each says why, for none of it may be dropped in silence.
 */
import { ranges } from './intent/fields.ts';
import { knownWords, plainWords } from './intent/vocabulary.ts';
import { orderIn } from './orders.ts';

/** What is looked at of an intent. */
interface Read {
  kind?: unknown;
  head?: unknown;
  tail?: unknown;
  via?: unknown;
}

/** Undefined where nothing stands against `intent`, as it was read in `text`. */
export function refusalOf(text: string, intent: Read): string | undefined {
  if (intent.kind === 'unsupported') return undefined;
  const plain = text.replace(/[\u2010-\u2015\u2212]/g, '-').replace(/[“”"`]/g, '');
  return negated(plain) ?? ordered(plain) ?? excluded(plain, intent) ?? outOfRange(plain);
}

const orders =
  '(?:check|verify|measur|test|prob|look|trac|ping|monitor|diagnos|troubleshoot|investigat|examin|inspect)(?:e|es|ing)?';
/** At the beginning: "don't check PE-1 to PE-3". "Do not probe more than ..." is a wish. */
const notTo = new RegExp(
  String.raw`^\W*(?:(?:hi|hello|hey|please|pls|ok|okay|confer)\b\W*)*(?:do\s*n['’]?t|do\s+not|never|stop|no\s+need\s+to)\s+(?:please\s+)?${orders}\b(?!\s+(?:more|less|longer|faster)\s+than)`,
  'i',
);
const butDo = new RegExp(
  String.raw`[,.;:!?-]\s*(?:(?:just|but|instead|please|only|rather|and)\s+)*${orders}\b`,
  'i',
);

function negated(text: string): string | undefined {
  return notTo.test(text) && !butDo.test(text)
    ? 'it asks not to measure; say what is to be measured.'
    : undefined;
}

/** A request that is half served would look as if the order were as well. */
function ordered(text: string): string | undefined {
  const order = orderIn(text);
  if (order === undefined) return undefined;
  return order === 'would-change'
    ? 'it orders a change, and Confer only measures; ask for the measurement alone.'
    : 'it asks for something else than a measurement of what is there; ask for the measurement alone.';
}

const name = String.raw`[\p{L}\p{N}](?:[\p{L}\p{N}_.:/-]*[\p{L}\p{N}_])?`;
const leftOut = new RegExp(
  String.raw`(?<![\p{L}\p{N}_-])(?:not\s+(?:via|through|over|across|crossing|by\s+way\s+of)|avoid|avoiding|bypassing|excluding|without(?:\s+(?:using|crossing|touching|going\s+(?:via|through|over|across)))?)\s+(?:(?:the|router|node|device)\s+)*(${name}(?:\s*(?:/|\bor\b|\bnor\b)\s*${name})*)`,
  'giu',
);

/** The routers that a path must not take: "not via P-2 or P-4". */
export function excludedIn(text: string): string[] {
  return [...text.matchAll(leftOut)].flatMap(([, names = '']) =>
    names.split(/\s*\/\s*|\s+n?or\s+/i).filter(isLikeName),
  );
}

/** "Not over 5 %", "not through the night". */
function isLikeName(text: string): boolean {
  const word = text.toLowerCase();
  return /\p{L}/u.test(text) && !knownWords.has(word) && !plainWords.has(word);
}

/** Routing takes a path, or an SRv6 policy names its routers; that it must leave one out, neither can be told. */
function excluded(text: string, { head, tail, via }: Read): string | undefined {
  if (!Array.isArray(via)) return undefined;
  const names = excludedIn(text);
  const [first] = names;
  const isTaken = names.some((one) =>
    [head, tail, ...via].some((node) => String(node).toLowerCase() === one.toLowerCase()),
  );
  return first !== undefined && (isTaken || via.length === 0)
    ? `it leaves ${names.join(' and ')} out of the path, which Confer cannot measure; name the routers that the path takes, with "via".`
    : undefined;
}

const number = String.raw`(\d{1,12}(?:[.,]\d{1,6})?)`;
const percent = String.raw`${number}\s*(?:%|percent\b)`;
const is = String.raw`\s*(?:(?:of|is|at)\s+|[=:]\s*)?`;
const bound = String.raw`(?:up\s+to|at\s+most|(?:no|not)\s+more\s+than|less\s+than|below|under|<=?)`;
const lossMax = [
  String.raw`\bmax(?:imum|imal)?[-_\s]*(?:packet[-_\s]?)?loss${is}${percent}`,
  String.raw`\bloss[-_ ]?max(?:[-_ ]?percent)?${is}${number}`,
  String.raw`\bloss(?:es)?(?:\s+(?:threshold|limit|tolerance))?${is}(?:${bound}\s*)?${percent}\s+(?:is|are)\s+(?:ok|okay|fine|accept\w+|tolera\w+|allowed)`,
  String.raw`\bloss(?:es)?\s+(?:threshold|limit|tolerance)${is}(?:${bound}\s*)?${percent}`,
  String.raw`\b(?:accept|tolerate|allow)\s+(?:a\s+)?(?:(?:packet\s+)?loss(?:es)?\s+)?(?:of\s+)?(?:${bound}\s*)?${percent}`,
  String.raw`\b${bound}\s*${percent}\s+(?:of\s+)?(?:packet\s+)?(?:loss|lost|(?:is|are|may\s+be)\s+(?:ok|okay|fine|lost|accept\w+|tolera\w+|allowed))`,
];
/** Not what somebody else sends, nor what is sent all the time. */
const sent = String.raw`(?<!\b(?:i|we|they|who|which|that|users|customers|clients|hosts|servers)\s+(?:(?:are|is|were|was|do|did|will|can|keep|kept|still)\s+)?)\b(?:with|using|send|sending)`;
const atOnce = String.raw`(?!\s*/|\s+(?:a|an|per|each|every)\s+(?:second|minute|hour|day|night|week|month))`;
/** Said in so many words: "9000 packets are lost" is no wish. */
const fields: readonly (readonly [
  property: string,
  type: keyof typeof ranges,
  patterns: readonly RegExp[],
])[] = [
  ['dscp', 'dscp', said(String.raw`\bdscp(?:\s+(?:value|class))?${is}${number}(?![\w.%-])`)],
  ['lossMaxPercent', 'percent', said(...lossMax)],
  [
    'count',
    'count',
    said(
      String.raw`(?<!\b(?:error|drop|loss|hit|crc|discard|packet)s?[-_\s])\bcount${is}${number}(?![\w.%-])`,
      String.raw`${sent}\s+${number}\s+(?:probes|packets|pings|samples)\b${atOnce}`,
    ),
  ],
  [
    'sizeBytes',
    'bytes',
    said(
      String.raw`\bsize(?:[-_\s]?bytes)?${is}${number}(?:\s*(?:octets|bytes|b)\b|(?![\w.%-]))`,
      String.raw`${sent}\s+${number}[-\s]+(?:octet|byte)s?\s+(?:probes|packets|pings)\b${atOnce}`,
    ),
  ],
];

function said(...patterns: readonly string[]): RegExp[] {
  return patterns.map((one) => new RegExp(one, 'gi'));
}

function outOfRange(text: string): string | undefined {
  for (const [property, type, patterns] of fields)
    for (const pattern of patterns)
      for (const [, digits = ''] of text.matchAll(pattern)) {
        const value = Number(digits.replace(',', '.'));
        const [low, high] = ranges[type];
        if (value < low || value > high) return `${property}: expected ${low} to ${high}, found ${value}.`;
      }
  return undefined;
}
