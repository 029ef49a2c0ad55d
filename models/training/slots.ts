/** Fills the slots of an expanded phrase: names, numbers, times. */
import {
  drawApplication,
  drawBandwidth,
  drawCustomer,
  drawInterface,
  drawNetwork,
  drawPerson,
  drawPriority,
  drawSite,
  drawUnknownWord,
  drawVersion,
  drawZuluTime,
} from './names.ts';
import type { Random } from './random.ts';
import { countText, lost, percentText, seen, sizeText, ticket, time } from './said-values.ts';
import { plainUnknown } from './strange-words.ts';

export interface Values {
  head: string;
  tail: string;
  via: readonly string[];
  others: readonly string[];
  count: number;
  lossMaxPercent: number;
  dscp: number;
  dscpName: string;
  sizeBytes: number;
  /** "cpu and memory" */
  metrics: string;
}

export const dscpNames: readonly (readonly [string, number])[] = [
  ['EF', 46],
  ['ef', 46],
  ['AF11', 10],
  ['AF12', 12],
  ['AF21', 18],
  ['AF22', 20],
  ['AF31', 26],
  ['AF33', 30],
  ['AF41', 34],
  ['af41', 34],
  ['AF42', 36],
  ['CS0', 0],
  ['CS1', 8],
  ['CS2', 16],
  ['CS3', 24],
  ['CS4', 32],
  ['CS5', 40],
  ['CS6', 48],
  ['cs6', 48],
  ['CS7', 56],
  ['expedited forwarding', 46],
];

export function fillSlots(text: string, values: Values, random: Random): string {
  const style = listStyle(random);
  const decorate = random.chance(0.1) ? random.pick(decorations) : undefined;
  const name = (one: string) => (decorate === undefined || random.chance(0.3) ? one : decorate(one));
  return text
    .replace(/\{(\w+)(->)?\}/g, (whole, slot: string, arrow: string | undefined) => {
      const fill = fills[slot];
      if (fill === undefined) throw new Error(`There is no slot ${whole}.`);
      return arrow === undefined ? fill({ values, random, name, style }) : '¤';
    })
    .replace(/(\S*?)( ?)¤( ?)(\S*)/g, (_, before: string, left: string, right: string, after: string) => {
      // "{H} -> {V->} -> {T}": hops are joined by whatever stands around them.
      const joiner = /^(?:[-=>→/]+|to|then|,)/.exec(after)?.[0] ?? /[-=>→/]+$/.exec(before)?.[0] ?? '->';
      return `${before}${left}${values.via.join(`${right}${joiner}${right}`)}${right}${after}`;
    });
}

interface Filling {
  values: Values;
  random: Random;
  /** A name, perhaps with what it is. */
  name: (one: string) => string;
  /** A list of names. */
  style: (names: readonly string[]) => string;
}

const list = ({ values, style }: Filling) => style(values.via);
const drawn = (draw: (random: Random) => string) => (filling: Filling) => draw(filling.random);
const other =
  (index: number) =>
  ({ values }: Filling) =>
    values.others[index] ?? 'it';

const links = [
  'https://evil.example/x',
  'http://10.9.9.9/a.sh',
  'bob@example.com',
  'https://pastebin.example/raw/1',
];

/** What stands in each slot. */
const fills: Record<string, (filling: Filling) => string> = {
  H: ({ values, name }) => name(values.head),
  T: ({ values, name }) => name(values.tail),
  NB: ({ values, name }) => name(values.tail),
  V: list,
  VX: list,
  VR: ({ values }) => [...values.via].reverse().join(' <- '),
  VB: ({ values }) => [...values.via].reverse().join(' and before that '),
  OTHER: other(0),
  A: other(0),
  B: other(1),
  C: ({ values, random }) => countText(values.count, random),
  L: ({ values, random }) => percentText(values.lossMaxPercent, random),
  D: ({ values, random }) => (random.chance(0.1) ? `0x${values.dscp.toString(16)}` : String(values.dscp)),
  DN: ({ values }) => values.dscpName,
  S: ({ values, random }) => sizeText(values.sizeBytes, random),
  M: ({ values }) => values.metrics,
  SEEN: drawn(seen),
  MS: ({ random }) => `${1 + random.below(400)}${random.pick([' ms', 'ms', 'ms', ' milliseconds', ' msec'])}`,
  PCT: ({ random }) => `${1 + random.below(99)}${random.pick(['%', ' %', ' percent'])}`,
  N: ({ random }) => String(1 + random.below(random.chance(0.5) ? 12 : 4000)),
  TIME: drawn(time),
  TICKET: drawn(ticket),
  CUST: drawn(drawCustomer),
  SITE: drawn(drawSite),
  APP: drawn(drawApplication),
  PERSON: drawn(drawPerson),
  WORD: drawn(drawUnknownWord),
  X: drawn((random) => random.pick(plainUnknown)),
  AS: drawn(drawNetwork),
  VER: drawn(drawVersion),
  PRIO: drawn(drawPriority),
  ZT: drawn(drawZuluTime),
  BW: drawn(drawBandwidth),
  LOST: drawn(lost),
  IF: drawn(drawInterface),
  LINK: drawn((random) => random.pick(links)),
};

const decorations: readonly ((name: string) => string)[] = [
  (name) => `router ${name}`,
  (name) => `the router ${name}`,
  (name) => `node ${name}`,
  (name) => `device ${name}`,
  (name) => `the box ${name}`,
  (name) => `our ${name}`,
  (name) => `"${name}"`,
  (name) => `'${name}'`,
  (name) => `\`${name}\``,
  (name) => `the ${name} router`,
  (name) => `${name} router`,
  (name) => `host ${name}`,
  (name) => `the node called ${name}`,
  (name) => `router named ${name}`,
  (name) => `<${name}>`,
  (name) => `[${name}]`,
  (name) => `*${name}*`,
];

function listStyle(random: Random): (names: readonly string[]) => string {
  const join = (between: string, last: string) => (names: readonly string[]) =>
    names.length < 2 ? names.join('') : `${names.slice(0, -1).join(between)}${last}${names.at(-1)}`;
  return random.pick([
    join(', ', ' and '),
    join(', ', ' and '),
    join(', ', ', and '),
    join(', ', ', '),
    join(', ', ', '),
    join(',', ','),
    join(' ', ' '),
    join(' and ', ' and '),
    join(' then ', ' then '),
    join(', then ', ', then '),
    join(', ', ' and then '),
    join(', ', ' then '),
    join(' & ', ' & '),
    join(' -> ', ' -> '),
    join('->', '->'),
    join(' > ', ' > '),
    join(' + ', ' + '),
    join('; ', '; '),
    join(' / ', ' / '),
    join(' followed by ', ' followed by '),
    join(', next ', ', next '),
    join(', ', ', finally '),
    join(' and after that ', ' and after that '),
  ]);
}
