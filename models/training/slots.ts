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
  const decorated = (name: string) => (decorate === undefined || random.chance(0.3) ? name : decorate(name));
  return text
    .replace(/\{(\w+)(->)?\}/g, (whole, slot: string, arrow: string | undefined) => {
      switch (slot) {
        case 'H':
          return decorated(values.head);
        case 'T':
        case 'NB':
          return decorated(values.tail);
        case 'V':
        case 'VX':
          return arrow === undefined ? style(values.via) : '¤';
        case 'VR':
          return [...values.via].reverse().join(' <- ');
        case 'VB':
          return [...values.via].reverse().join(' and before that ');
        case 'OTHER':
          return values.others[0] ?? 'it';
        case 'A':
          return values.others[0] ?? 'it';
        case 'B':
          return values.others[1] ?? 'it';
        case 'C':
          return countText(values.count, random);
        case 'L':
          return percentText(values.lossMaxPercent, random);
        case 'D':
          return random.chance(0.1) ? `0x${values.dscp.toString(16)}` : String(values.dscp);
        case 'DN':
          return values.dscpName;
        case 'S':
          return sizeText(values.sizeBytes, random);
        case 'M':
          return values.metrics;
        case 'SEEN':
          return seen(random);
        case 'MS':
          return `${1 + random.below(400)}${random.pick([' ms', 'ms', 'ms', ' milliseconds', ' msec'])}`;
        case 'PCT':
          return `${1 + random.below(99)}${random.pick(['%', ' %', ' percent'])}`;
        case 'N':
          return String(1 + random.below(random.chance(0.5) ? 12 : 4000));
        case 'TIME':
          return time(random);
        case 'TICKET':
          return ticket(random);
        case 'CUST':
          return drawCustomer(random);
        case 'SITE':
          return drawSite(random);
        case 'APP':
          return drawApplication(random);
        case 'PERSON':
          return drawPerson(random);
        case 'WORD':
          return drawUnknownWord(random);
        case 'AS':
          return drawNetwork(random);
        case 'VER':
          return drawVersion(random);
        case 'PRIO':
          return drawPriority(random);
        case 'ZT':
          return drawZuluTime(random);
        case 'BW':
          return drawBandwidth(random);
        case 'LOST':
          return lost(random);
        case 'IF':
          return drawInterface(random);
        case 'LINK':
          return random.pick([
            'https://evil.example/x',
            'http://10.9.9.9/a.sh',
            'bob@example.com',
            'https://pastebin.example/raw/1',
          ]);
        default:
          throw new Error(`There is no slot ${whole}.`);
      }
    })
    .replace(/(\S*?)( ?)¤( ?)(\S*)/g, (_, before: string, left: string, right: string, after: string) => {
      // "{H} -> {V->} -> {T}": hops are joined by whatever stands around them.
      const joiner = /^(?:[-=>→/]+|to|then|,)/.exec(after)?.[0] ?? /[-=>→/]+$/.exec(before)?.[0] ?? '->';
      return `${before}${left}${values.via.join(`${right}${joiner}${right}`)}${right}${after}`;
    });
}

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

const words: Record<number, string> = {
  100: 'a hundred',
  200: 'two hundred',
  500: 'five hundred',
  1000: 'a thousand',
  2000: 'two thousand',
  50: 'fifty',
  20: 'twenty',
  10: 'ten',
};

function countText(count: number, random: Random): string {
  const word = words[count];
  if (word !== undefined && random.chance(0.15)) return word;
  if (count >= 1000 && count % 100 === 0 && random.chance(0.3)) return `${count / 1000}k`;
  if (count >= 1000 && random.chance(0.2)) return thousands(count);
  return String(count);
}

/** "1,500" */
function thousands(value: number): string {
  return String(value).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

function sizeText(size: number, random: Random): string {
  return size >= 1000 && random.chance(0.06) ? thousands(size) : String(size);
}

const fractions: Record<string, string> = {
  '0.5': 'half a percent',
  '1': 'one percent',
  '2': 'two percent',
  '5': 'five percent',
  '10': 'ten percent',
};

function percentText(percent: number, random: Random): string {
  const word = fractions[String(percent)];
  if (word !== undefined && random.chance(0.1)) return word;
  const digits = random.chance(0.08) ? String(percent).replace('.', ',') : String(percent);
  return `${digits}${random.pick(['%', '%', '%', ' %', ' %', ' percent', ' percent', 'percent', ' pct', ' per cent', ''])}`;
}

function seen(random: Random): string {
  return random.pick([
    () => `${1 + random.below(60)}%`,
    () => `${1 + random.below(60)} %`,
    () => `${1 + random.below(60)} percent`,
    () => `${random.below(9)}.${1 + random.below(9)}%`,
    () => 'some percent',
    () => 'a few percent',
    () => 'a lot',
    () => 'half',
  ])();
}

/** What is lost of what is sent. */
function lost(random: Random): string {
  const of = random.pick([10, 20, 50, 100, 200, 300, 500, 1000]);
  const part = 1 + random.below(of - 1);
  return random.pick([
    () => `${part} of ${of} packets`,
    () => `${part} out of ${of} packets`,
    () => `${part} out of ${of} pings`,
    () => `${part} in ${of}`,
    () => `one in ${of} packets`,
    () => `one packet in ${of}`,
    () => `1 of ${of} packets`,
    () => `every ${of}th packet`,
    () => `every tenth packet`,
    () => `every second packet`,
    () => `every other packet`,
    () => `a third of the packets`,
    () => `half of the packets`,
    () => `a quarter of it`,
    () => `${seen(random)} of the packets`,
    () => `${seen(random)} of what is sent`,
    () => `between ${1 + random.below(4)} and ${5 + random.below(9)} percent`,
    () => `${1 + random.below(4)} to ${5 + random.below(9)} %`,
    () => `up to ${seen(random)} of the traffic`,
    () => `more than ${seen(random)} of the probes`,
    () => `nearly everything`,
    () => `most of it`,
    () => `the one or the other packet`,
  ])();
}

function time(random: Random): string {
  const hour = random.below(24);
  const minute = String(random.below(60)).padStart(2, '0');
  return random.pick([
    () => `${hour}:${minute}`,
    () => `${String(hour).padStart(2, '0')}:${minute}`,
    () => `${hour}:${minute} UTC`,
    () => `${1 + random.below(12)}pm`,
    () => `${1 + random.below(12)} am`,
    () => `2026-11-${10 + random.below(20)}`,
    () => 'yesterday',
    () => 'this morning',
    () => 'last night',
    () => 'monday',
    () => 'noon',
    () => `${1 + random.below(20)} minutes ago`,
    () => 'this afternoon',
    () => 'around noon',
    () => 'tonight',
    () => 'last week',
    () => 'friday',
    () => 'the weekend',
    () => `${hour}h${minute}`,
  ])();
}

function ticket(random: Random): string {
  const digits = String(10_000 + random.below(900_000));
  return random.pick([
    `INC${digits}`,
    `INC-${digits}`,
    `#${digits}`,
    `CHG${digits}`,
    `TT-${digits}`,
    `case ${digits}`,
    `ticket ${digits}`,
    digits,
  ]);
}
