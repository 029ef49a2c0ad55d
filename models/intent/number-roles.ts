/**
 * What a number counts, as far as the words around it say: "dscp 34" is no count, and "500 probes" no size. Where nothing is
 * said it may be anything, and the model decides.
 */

import { isNumberWord } from './number-words.ts';
import type { Piece, Unit } from './pieces.ts';
import { wordTable } from './word-table.ts';

/** A number of another unit than a field has is never its value. */
export type NumberUnit = Unit | 'dscp';

const wordsOf = (text: string): ReadonlySet<string> => new Set(text.split(' '));

/** The word behind a number. Things that no intent counts are `other`. */
const unitWords = wordTable<NumberUnit>({
  percent: '%',
  pct: '%',
  percentage: '%',
  '%': '%',
  byte: 'bytes',
  bytes: 'bytes',
  octet: 'bytes',
  octets: 'bytes',
  b: 'bytes',
  sized: 'bytes',
  ms: 'ms',
  msec: 'ms',
  millisecond: 'ms',
  milliseconds: 'ms',
  sec: 's',
  secs: 's',
  second: 's',
  seconds: 's',
  minute: 'other',
  minutes: 'other',
  hour: 'other',
  hours: 'other',
  day: 'other',
  days: 'other',
  week: 'other',
  weeks: 'other',
  months: 'other',
  years: 'other',
  users: 'other',
  customers: 'other',
  sites: 'other',
  routers: 'other',
  calls: 'other',
  alarms: 'other',
  drops: 'other',
  discards: 'other',
  errors: 'other',
  crc: 'other',
  hits: 'other',
  flaps: 'other',
});

const counted = wordsOf(
  'probe probes packets pkts pings sample samples measurements tests shots times datagrams echoes attempts tries',
);
/** Between a count and what is counted: "500 test packets". */
const adjectives = wordsOf('test udp icmp small more single voice ping probe measurement separate tiny');
const markings = wordsOf(
  'dscp codepoint tos class marking mark marked tagged coloured colored diffserv ds phb cos tc qos dscp-value',
);
const sizes = wordsOf('size sized length len payload jumbo jumbos mtu pktsize packetsize framesize');
const limits = wordsOf('loss threshold limit tolerance sla slo');
/** "ticket 214244", "hop 2" */
const references = wordsOf('ticket case incident ref hop acl vlan as step layer version id');
const counts = wordsOf('count n');
/** Between what is said of a number and the number. */
const fillers = wordsOf(
  'of is to at as a an the value be set field code point class with them it probes packets traffic decimal dec number = : ( " \' -',
);
const comparisons = wordsOf(
  'max maximum maximal < <= most below above than under over exceed exceeds exceeding less more lower up must should stay has not may allowed acceptable tolerated rate',
);

/** `length` pieces from `index` are the number `value`. Undefined where nothing is said. */
export function roleOfNumber(
  pieces: readonly Piece[],
  index: number,
  length: number,
  value: number,
): NumberUnit | undefined {
  const behind = unitBehind(pieces, index + length);
  if (behind !== undefined && behind !== 'count') return behind;
  if (behind === undefined && references.has(wordAt(pieces, index - 1))) return 'other';
  if (behind === 'count' && isWholeOfShare(pieces, index)) return 'other';
  return roleBefore(pieces, index, value, behind) ?? behind;
}

/** "One in ten packets is lost", "4 out of 450 probes": how many were lost of how many, and none that is wished for. */
function isWholeOfShare(pieces: readonly Piece[], index: number): boolean {
  const before = wordAt(pieces, index - 1);
  if (before !== 'in' && before !== 'of') return false;
  const back = index - (wordAt(pieces, index - 2) === 'out' ? 3 : 2);
  const part = pieces[back];
  if (part?.kind === 'number') return part.unit === undefined;
  const word = wordAt(pieces, back);
  return word === 'one' || isNumberWord(word);
}

function wordAt(pieces: readonly Piece[], index: number): string {
  const piece = pieces[index];
  if (piece?.kind === 'word' || piece?.kind === 'sign') return piece.text.toLowerCase();
  return piece?.kind === 'compound' ? (piece.words.at(-1) ?? '').toLowerCase() : '';
}

/** A key may stand between quotation marks. */
function keyBefore(pieces: readonly Piece[], index: number): string {
  const word = wordAt(pieces, index);
  return word === '"' || word === "'" ? wordAt(pieces, index - 1) : word;
}

function unitBehind(pieces: readonly Piece[], at: number): NumberUnit | undefined {
  const [first, second] = [wordAt(pieces, at), wordAt(pieces, at + 1)];
  if (first === 'per' && second === 'cent') return '%';
  if (first === 'a' && /^(?:percent|per|pct)$/.test(second)) return '%';
  const unit = unitWords[first];
  if (unit !== undefined) return unit;
  // "500 x 64 bytes"
  const size = pieces[at + 1];
  if (first === 'x' && size?.kind === 'number' && (size.unit ?? unitBehind(pieces, at + 2)) === 'bytes')
    return 'count';
  return counted.has(first) || (adjectives.has(first) && counted.has(second)) ? 'count' : undefined;
}

/** `behind` is what the words behind it say; what stands before it is more, as in "dscp 46 packets". */
function roleBefore(
  pieces: readonly Piece[],
  index: number,
  value: number,
  behind: NumberUnit | undefined,
): NumberUnit | undefined {
  const before = wordAt(pieces, index - 1);
  const isAssigned = before === '=' || before === ':';
  const key = isAssigned ? keyBefore(pieces, index - 2) : '';
  if (isAssigned && (counted.has(key) || counts.has(key) || key === 'c' || key === 'repeat')) return 'count';
  if (isAssigned && /^(?:bytes|octets)$/.test(key)) return 'bytes';
  // "--bytes 600"; of "1500 bytes 600" it is no key.
  if (
    behind === undefined &&
    /^(?:bytes|octets)$/.test(before) &&
    pieces[index - 2]?.kind !== 'number' &&
    !isNumberWord(wordAt(pieces, index - 2))
  )
    return 'bytes';
  // "packets of 1400"
  if (
    behind === undefined &&
    before === 'of' &&
    /^(?:packets|frames|probes|pings|jumbos)$/.test(wordAt(pieces, index - 2))
  )
    return wordAt(pieces, index - 3) === 'of' || wordAt(pieces, index - 3) === 'number' ? 'count' : 'bytes';
  for (let back = 1; back <= 4; back++) {
    const word = wordAt(pieces, index - back);
    if (markings.has(word)) return value <= 63 && Number.isInteger(value) ? 'dscp' : undefined;
    if (sizes.has(word)) return 'bytes';
    if (counts.has(word)) return 'count';
    if (/^(?:probes|packets|pings)$/.test(word) && wordAt(pieces, index - back - 1) === 'of')
      return wordAt(pieces, index - back - 2) === 'number' ? 'count' : undefined;
    if (!fillers.has(word)) break;
  }
  if (behind !== undefined || value > 100) return undefined;
  for (let back = 1; back <= 5; back++) {
    const word = wordAt(pieces, index - back);
    if (limits.has(word)) return '%';
    if (!fillers.has(word) && !comparisons.has(word)) break;
  }
  return undefined;
}
