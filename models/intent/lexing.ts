/**
 * Text of an operator, cut into pieces: what is a word, a number with its unit, an address, a name or a sign. Nothing is
 * understood here, and no piece can be a special token: `<` and `|` are signs of their own.
 */

import { withArrowsForward } from './arrows.ts';
import { numberWords } from './number-words.ts';
import { wordTable } from './word-table.ts';

export type Piece =
  /** `text` as typed; a word is looked up by its lower case without apostrophes. */
  | { kind: 'word'; text: string; isQuoted?: boolean }
  /** Known words that were typed as one, which is no word that is known. */
  | { kind: 'compound'; text: string; words: readonly string[] }
  /** Letters with digits, or with signs that only names have. `mark` says what kind of name it can only be. */
  | { kind: 'name'; text: string; mark?: 'address' | 'port' | 'other' }
  | { kind: 'number'; text: string; value: number; unit?: Unit }
  /** A DSCP by its name (RFC 2474, RFC 2597, RFC 3246): EF is 46. */
  | { kind: 'dscp'; text: string; value: number }
  | { kind: 'sign'; text: string }
  | { kind: 'time'; text: string };

export type Unit = '%' | 'ms' | 's' | 'bytes' | 'count' | 'other';

export interface Lexicon {
  /** Words that the model knows, in lower case. */
  isKnown: (word: string) => boolean;
  /** Names of the domain. */
  isName: (text: string) => boolean;
}

const address = [
  String.raw`(?:\d{1,3}\.){3}\d{1,3}(?:\/\d{1,2})?`,
  // RFC 4291 in any of its forms; at least two colons, so that "pe1:pe3" is none.
  String.raw`(?:[0-9a-f]{1,4}:){2,7}(?::?[0-9a-f]{1,4})?(?:(?::[0-9a-f]{1,4}){0,6}|:)(?:\/\d{1,3})?`,
  String.raw`[0-9a-f]{1,4}::(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,6})?(?:\/\d{1,3})?`,
  String.raw`::(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,6})?(?:\/\d{1,3})?`,
].join('|');
const notInside = String.raw`(?![\p{L}\p{N}_])`;
const port =
  String.raw`(?:(?:ge|xe|et|te|fe|gi|hu|fo|eth|ethernet|gigabitethernet|tengige|tengigabitethernet|hundredgige|hundredgigabitethernet|fortygige|bundle-ether|port-channel)-?\d+(?:[\/:.]\d+)*|` +
  String.raw`(?:ae|lo|loopback|irb|vlan|bvi|ens|enp|eno|po|lag|tunnel|tun|gre|swp)-?\d+(?:s\d+)?(?:\.\d+)?)`;

/** In this order; each begins where the last ended. */
const patterns: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['line', /[^\S\n]*\n\s*/uy],
  ['space', /\s+/uy],
  [
    'arrow',
    /<-{1,3}>|<={1,3}>|↔|⇔|-{1,3}>|={1,3}>|~+>|→|⇒|➔|➜|⟶|»|>{2,3}|-{2,3}(?=[\s\p{L}\p{N}])|\.{2}(?=[\p{L}\p{N}])/uy,
  ],
  ['link', /(?:https?|ftp|ssh):\/\/\S+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+/iuy],
  [
    'time',
    /(?:\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2})?)?|\d{1,2}:\d{2}(?::\d{2})?(?:\s?[ap]m\b)?|\d{1,2}\s?[ap]m\b|\d{1,2}[./]\d{1,2}[./]\d{4}|(?:[01]\d|2[0-3])[0-5]\dz)(?![\w:])/iuy,
  ],
  ['address', new RegExp(`(?:${address})${notInside}(?!:[0-9a-f:])(?!(?<=:):)`, 'iuy')],
  ['port', new RegExp(`${port}${notInside}(?![-/])`, 'iuy')],
  ['other', /(?:[0-9a-f]{2}:){5}[0-9a-f]{2}|(?:inc|chg|req|tkt|case|ticket|prb|ritm)-?\d{4,}\b|#\w*\d\w*/iuy],
  ['dscpName', /(?:(?:af ?[1-4][1-3]|cs ?[0-7]|ef)(?![\p{L}\p{N}_])(?!-\d)|expedited[ -]forwarding\b)/iuy],
  // "kb" and "KB" may be bits.
  ['kilobytes', /(\d+(?:[.,]\d+)?)\s?([Kk]iB|kB|[Kk]o)(?![\p{L}\p{N}_-])/uy],
  ['hex', /0x[0-9a-f]{1,4}\b/iuy],
  [
    'number',
    /(\d{1,3}(?:[,'_]\d{3})+(?:\.\d+)?|\d{1,3}(?: \d{3})+(?![.\d])|\d+(?:[.,]\d+)?)(?:\s?([%‰])|(ms|msec|us|µs|sec|secs|s|min|bytes?|octets?|b|k|m|kb|pps|kbps|mbps|gbps|g|h|hrs?|bit|bits|x|st|nd|rd|th)(?![\p{L}\p{N}_-]))?(?![\p{L}\p{N}_])(?!-[\p{L}\p{N}])/iuy,
  ],
  ['run', /[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}§_./:@+#'’-]*[\p{L}\p{N}\p{M}])?/uy],
  ['sign', /[\s\S]/uy],
];

const addressWhole = new RegExp(`^(?:${address})$`, 'iu');

/** At most `piecesMax` pieces; `isCut` when there was more. */
export function lex(text: string, lexicon: Lexicon, piecesMax: number): { pieces: Piece[]; isCut: boolean } {
  const plain = joinRoles(plainText(text), lexicon);
  const pieces: Piece[] = [];
  let at = 0;
  while (at < plain.length) {
    if (pieces.length >= piecesMax) return { pieces: pieces.slice(0, piecesMax), isCut: true };
    const known = knownNameAt(plain, at, lexicon);
    if (known !== undefined) {
      pieces.push({ kind: 'name', text: known });
      at += known.length;
      continue;
    }
    for (const [name, pattern] of patterns) {
      pattern.lastIndex = at;
      const match = pattern.exec(plain);
      if (match === null) continue;
      at += match[0].length;
      pieces.push(...piecesOf(name, match, lexicon));
      break;
    }
  }
  while (isLine(pieces.at(-1))) pieces.pop();
  while (isLine(pieces[0])) pieces.shift();
  return { pieces: markQuoted(pieces).slice(0, piecesMax), isCut: pieces.length > piecesMax };
}

/** Hyphens that look alike, letters with what modifies them, and abbreviations with a slash; "1500-byte" is two words. */
function plainText(text: string): string {
  return withArrowsForward(text.replace(/[\u2010-\u2015\u2212]/g, '-').replace(/\p{Cf}/gu, ''))
    .replace(/(?<![\w/.-])w\/(?=\s)/gi, 'with')
    .replace(/(?<![\w/.-])w\/o(?=\s)/gi, 'without')
    .replace(/(?<![\w/.-])b\/w(?=\s)/gi, 'between')
    .replace(/\bper cent\b/gi, 'percent')
    .replace(/\bi\.e\b\.?/gi, 'namely')
    .replace(/\b(?:b g p|m t u|r t t|c p u)\b/gi, (spelled) => spelled.replaceAll(' ', ''))
    .replace(/(?<![\w.-])(\d+k?)\s?[x\u00d7]\s?(?=\d+\s?(?:b|bytes?|octets?)\b)/gi, '$1 x ')
    .replace(/(?<=\d)\s?\u00d7(?!\s?\d)/g, 'x')
    .replace(/(?<![\w.-])(\d+)-(?=(?:samples?|tests|shots)(?![\w-]))/gi, '$1 ')
    .replace(
      /(?<=\d)-?(?=(?:bytes?|octets?|packets?|pkts|probes?|pings?|percent|pct|ms|milliseconds?)(?![\w-]))/gi,
      ' ',
    );
}

function isLine(piece: Piece | undefined): boolean {
  return piece?.kind === 'sign' && piece.text === '\n';
}

/** Names of the domain go first, so that one called "cs6" or "10.0.0.1" is read as that. */
function knownNameAt(text: string, at: number, lexicon: Lexicon): string | undefined {
  const before = text[at - 1];
  if (before !== undefined && /[\p{L}\p{N}_]/u.test(before)) return undefined;
  const run = /^[\p{L}\p{N}][\p{L}\p{N}_./:@+#-]{0,127}/u.exec(text.slice(at, at + 130))?.[0];
  if (run === undefined) return undefined;
  for (let end = run.length; end > 0; end--) {
    const next = run[end];
    if (next !== undefined && /[\p{L}\p{N}_]/u.test(next)) continue;
    const candidate = run.slice(0, end);
    if (lexicon.isName(candidate)) return candidate;
  }
  return undefined;
}

/** "PE 1" and "P 2" are one name; the gap becomes a no-break space until the end. */
function joinRoles(text: string, lexicon: Lexicon): string {
  return text.replace(
    /(?<![\w.-])(PE|P|CE|RR|R|ASBR|ABR|LSR|pe|ce|rr|asbr)[ \t](\d{1,3})(?![\w%]|-(?![->])|[.:]\d)/g,
    (whole, role, number) => (lexicon.isName(role) ? whole : `${role}\u00a7${number}`),
  );
}

function piecesOf(name: string, match: RegExpExecArray, lexicon: Lexicon): Piece[] {
  const [text] = match;
  switch (name) {
    case 'space':
      return [];
    case 'line':
      return [{ kind: 'sign', text: '\n' }];
    case 'arrow':
      return [{ kind: 'sign', text: /^[<↔⇔]/u.test(text) ? '<->' : '->' }];
    case 'time':
      return [{ kind: 'time', text }];
    case 'address':
      return [{ kind: 'name', text, mark: 'address' }];
    case 'port':
      return [{ kind: 'name', text, mark: 'port' }];
    case 'link':
    case 'other':
      return [{ kind: 'name', text, mark: 'other' }];
    case 'dscpName':
      return [{ kind: 'dscp', text, value: dscpOf(text.toLowerCase().replace(' ', '')) }];
    case 'hex':
      return [{ kind: 'number', text, value: Number.parseInt(text.slice(2), 16) }];
    case 'kilobytes':
      return [kilobytesOf(text, match[1] ?? '', match[2] ?? '')];
    case 'number':
      return [numberOf(text, match[1] ?? '', (match[2] ?? match[3] ?? '').toLowerCase())];
    case 'run':
      return splitRun(text, lexicon);
    default:
      return [{ kind: 'sign', text }];
  }
}

function dscpOf(name: string): number {
  const [, kind, first, second] = /^(af|cs)(\d)(\d)?$/.exec(name) ?? [];
  if (kind === 'af') return Number(first) * 8 + Number(second) * 2;
  return kind === 'cs' ? Number(first) * 8 : 46;
}

const factors = wordTable<number>({ k: 1_000, m: 1_000_000, '‰': 0.1 });
const units = wordTable<Unit>({
  '%': '%',
  '‰': '%',
  ms: 'ms',
  msec: 'ms',
  s: 's',
  sec: 's',
  secs: 's',
  byte: 'bytes',
  bytes: 'bytes',
  octet: 'bytes',
  octets: 'bytes',
  b: 'bytes',
  x: 'count',
});

/** "1,000" is a thousand and "0,5" a half, as they are typed by people of different countries. */
function numberOf(text: string, digits: string, unit: string): Piece {
  if (/^(?:st|nd|rd|th)$/.test(unit)) return { kind: 'word', text: 'nth' };
  const thousands = /^\d{1,3}(?:[,'_ ]\d{3})+(?:\.\d+)?$/.test(digits);
  const plain = Number(thousands ? digits.replace(/[,'_ ]/g, '') : digits.replace(',', '.'));
  const factor = factors[unit] ?? 1;
  const said = unit === '' || factor > 1 ? undefined : (units[unit] ?? 'other');
  // Rounded, because 0.1 * 3 is more than 0.3.
  return numberPiece(text, Number((plain * factor).toPrecision(12)), said);
}

/** IEC 80000-13: a kibibyte has 1,024 bytes. "ko" are kilo-octets, in French. */
function kilobytesOf(text: string, digits: string, unit: string): Piece {
  const value = Number(digits.replace(',', '.')) * (/i/.test(unit) ? 1_024 : 1_000);
  return numberPiece(text, Number(value.toPrecision(12)), 'bytes');
}

/** More digits than a number has are none. */
function numberPiece(text: string, value: number, unit: Unit | undefined): Piece {
  if (!Number.isFinite(value)) return { kind: 'sign', text };
  return { kind: 'number', text, value, ...(unit !== undefined && { unit }) };
}

const roleName = String.raw`(?:pe|p|ce|rr|r|asbr|abr|lsr|core|spine|leaf|edge)-?\d{1,3}`;
const roleChain = new RegExp(`^${roleName}(?:-${roleName})+$`, 'i');

/** A run of letters, digits and the signs that names have: one name, or several words that were typed together. */
function splitRun(run: string, lexicon: Lexicon): Piece[] {
  const text = run.replaceAll('\u00a7', ' ');
  // No name is as long (RFC 1035 section 2.3.4), and no words that were typed together.
  if (text.length > 253) return [{ kind: 'sign', text }];
  if (lexicon.isName(text)) return [{ kind: 'name', text }];
  const known = (word: string) => lexicon.isKnown(plainWord(word));
  const again = (part: string) => (part === '' ? [] : splitRun(part.replaceAll(' ', '\u00a7'), lexicon));
  const signed = (left: string, sign: string, right: string): Piece[] => [
    ...again(left),
    { kind: 'sign', text: sign },
    ...again(right),
  ];
  if (/\s/.test(text)) return [{ kind: 'name', text }];
  if (addressWhole.test(text)) return [{ kind: 'name', text, mark: 'address' }];
  if (/^\d+(?:[.,]\d+)?$/.test(text)) return [numberOf(text, text, '')];

  const colon = /^([\p{L}_-]+):(.+)$/u.exec(text);
  const isKey = (word: string, value: string) => known(word) || (word === 'n' && /^\d+$/.test(value));
  if (colon?.[1] !== undefined && colon[2] !== undefined && isKey(colon[1], colon[2]))
    return signed(colon[1], ':', colon[2]);
  const dashes = /^(.+?)-{2,}(.+)$/.exec(text);
  if (dashes?.[1] !== undefined && dashes[2] !== undefined) return signed(dashes[1], '->', dashes[2]);
  const dots = /^(.+?)\.{2,}(.+)$/.exec(text);
  if (dots?.[1] !== undefined && dots[2] !== undefined) return signed(dots[1], '->', dots[2]);
  const between = /^(.+)-(to|via)-(.+)$/i.exec(text);
  if (between?.[1] !== undefined && between[2] !== undefined && between[3] !== undefined)
    return [...again(between[1]), { kind: 'word', text: between[2] }, ...again(between[3])];
  const slash = /^([^/]+)\/([^/]+)$/.exec(text);
  if (slash?.[1] !== undefined && slash[2] !== undefined) {
    const [, left, right] = slash;
    const stem = (one: string) => /^([A-Za-z]+[-_]?)\d+$/.exec(one)?.[1]?.toLowerCase();
    if ((known(left) && known(right)) || (stem(left) !== undefined && stem(left) === stem(right)))
      return signed(left, '/', right);
  }
  const slashes = text.split('/');
  if (slashes.length > 1 && areRouters(slashes))
    return slashes.flatMap((part, index) =>
      index === 0 ? again(part) : [{ kind: 'sign', text: '/' } as const, ...again(part)],
    );
  const sentence = /^(.+)\.([A-Z][a-z]*)$/.exec(text);
  if (sentence?.[1] !== undefined && sentence[2] !== undefined && known(sentence[2]))
    return signed(sentence[1], '.', sentence[2]);
  if (roleChain.test(text))
    return [...text.matchAll(new RegExp(roleName, 'gi'))].flatMap(([name], index): Piece[] => [
      ...(index === 0 ? [] : [{ kind: 'sign', text: '->' } as const]),
      { kind: 'name', text: name },
    ]);
  // "hop1 PE-1, hop2 P-2": which one it is, is said by the order.
  const numbered = /^(hop)[-_]?\d{1,2}$/i.exec(text);
  if (numbered?.[1] !== undefined) return [{ kind: 'word', text: numbered[1] }];
  if (known(text)) return [{ kind: 'word', text }];

  const parts = text
    .split(/[-_/.:]|(?<=[a-z])(?=[A-Z])/u)
    .filter((part) => part !== '' && !/^['’]s?$/.test(part));
  if (parts.length > 1 && !/\d/.test(text) && parts.every(known)) {
    const words = parts.map((part): Piece => ({ kind: 'word', text: part }));
    // "packet-loss" is two words; "site-a" may be a name.
    const isWords =
      /[a-z][A-Z]/.test(text) ||
      lexicon.isKnown(compoundOf(text)) ||
      numberWords(parts.map(plainWord), 0)?.length === parts.length;
    return isWords ? words : [{ kind: 'compound', text, words: parts }];
  }
  const owner = /^(.+)['’]s$/.exec(text);
  if (owner?.[1] !== undefined) return again(owner[1]);
  if (/\p{N}/u.test(text) || /[_/:@+#]|\.\p{L}/u.test(text)) return [{ kind: 'name', text }];
  return [{ kind: 'word', text }];
}

/**
 * "lon-pe1/par-pe2", "mx1.ams/mx4.lon" and "PE-1/P-2/epc-north" are paths; "R_12/a", "pe1/re0" and "pod-1/leaf-3" may be one
 * name each.
 */
function areRouters(parts: readonly string[]): boolean {
  if (parts.length > 2)
    return parts.every((part) => /^[A-Za-z]+[-_]?\d+$|^[A-Za-z]\w*[-.]\w[\w.-]+$/.test(part));
  // How they look: "a-a0" and "a0.a".
  const [left = '', right] = parts.map((part) => part.replace(/[A-Za-z]+/g, 'a').replace(/\d+/g, '0'));
  return left === right && left.includes('0') && /^a0?(?:[-_.]a?0?)*[-_.]a0?(?:[-_.]0)?$/.test(left);
}

/** How compounds are looked up: "max_loss" as "max-loss". */
export function compoundOf(text: string): string {
  return plainWord(text).replace(/[-_/.:]+/g, '-');
}

/** How words are looked up. */
export function plainWord(text: string): string {
  return text.toLowerCase().replace(/['’]/g, '');
}

const quotes = new Set(['"', "'", '`', '“', '”', '‘', '’', '«']);

/** A word alone between quotation marks is meant literally. */
function markQuoted(pieces: Piece[]): Piece[] {
  const isQuote = (piece: Piece | undefined) => piece?.kind === 'sign' && quotes.has(piece.text);
  // The keys of JSON are words.
  const isColon = (piece: Piece | undefined) => piece?.kind === 'sign' && piece.text === ':';
  return pieces.map((piece, index) =>
    piece.kind === 'word' &&
    isQuote(pieces[index - 1]) &&
    isQuote(pieces[index + 1]) &&
    !isColon(pieces[index + 2])
      ? { ...piece, isQuoted: true }
      : piece,
  );
}
