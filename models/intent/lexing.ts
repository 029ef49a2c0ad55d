/**
 * Text of an operator, cut into pieces: what is a word, a number with its unit, an address, a name or a sign. Nothing is
 * understood here, and no piece can be a special token: `<` and `|` are signs of their own.
 */

import { address } from './addresses.ts';
import { withArrowsForward } from './arrows.ts';
import { dscpOf, kilobytesOf, numberOf, numberPiece } from './number-pieces.ts';
import type { Lexicon, Piece } from './pieces.ts';
import { splitRun } from './runs.ts';

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
  // "10 Gbit/s" and "50 Mbps" are no names.
  ['rate', /(\d+(?:[.,]\d+)?)\s?(?:[kmgt]bits?(?:\/s|ps)?|[kmgt]bps|[kmgt]b\/s|pps)(?![\p{L}\p{N}_/-])/iuy],
  ['hex', /0x[0-9a-f]{1,4}\b/iuy],
  [
    'number',
    /(\d{1,3}(?:[,'_]\d{3})+(?:\.\d+)?|\d{1,3}(?: \d{3})+(?![.\d])|\d+(?:[.,]\d+)?)(?:\s?([%‰])|(ms|msec|us|µs|sec|secs|s|min|bytes?|octets?|b|k|m|kb|pps|kbps|mbps|gbps|g|h|hrs?|bit|bits|x|st|nd|rd|th)(?![\p{L}\p{N}_-]))?(?![\p{L}\p{N}_])(?!-[\p{L}\p{N}])/iuy,
  ],
  ['run', /[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}§_./:@+#'’-]*[\p{L}\p{N}\p{M}])?/uy],
  ['sign', /[\s\S]/uy],
];

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
    case 'rate':
      return [numberPiece(text, Number((match[1] ?? '').replace(',', '.')), 'other')];
    case 'number':
      return [numberOf(text, match[1] ?? '', (match[2] ?? match[3] ?? '').toLowerCase())];
    case 'run':
      return splitRun(text, lexicon);
    default:
      return [{ kind: 'sign', text }];
  }
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
