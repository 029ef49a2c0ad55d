/**
 * A run of letters, digits and the signs that names have, typed without a space: one name, or several words that were typed
 * together. The first way to read it that fits is taken; what is cut in parts is read again, part by part.
 */
import { addressWhole } from './addresses.ts';
import { numberOf } from './number-pieces.ts';
import { numberWords } from './number-words.ts';
import { compoundOf, type Lexicon, type Piece, plainWord } from './pieces.ts';

/** Pieces of `text`; undefined where this is no way to read it. */
type Way = (text: string, lexicon: Lexicon) => Piece[] | undefined;

/** No name is as long (RFC 1035 section 2.3.4), and no words that were typed together. */
const lengthMax = 253;

export function splitRun(run: string, lexicon: Lexicon): Piece[] {
  const text = run.replaceAll('\u00a7', ' ');
  if (text.length > lengthMax) return [{ kind: 'sign', text }];
  if (lexicon.isName(text) || /\s/.test(text)) return [{ kind: 'name', text }];
  for (const way of ways) {
    const pieces = way(text, lexicon);
    if (pieces !== undefined) return pieces;
  }
  const isName = /\p{N}/u.test(text) || /[_/:@+#]|\.\p{L}/u.test(text);
  return [{ kind: isName ? 'name' : 'word', text }];
}

/** In this order. */
const ways: readonly Way[] = [
  (text) => (addressWhole.test(text) ? [{ kind: 'name', text, mark: 'address' }] : undefined),
  (text) => (/^\d+(?:[.,]\d+)?$/.test(text) ? [numberOf(text, text, '')] : undefined),
  keyAndValue,
  dashed,
  withPreposition,
  withSlash,
  severalRouters,
  endOfSentence,
  chainOfRoles,
  numberedHop,
  (text, lexicon) => (isKnown(text, lexicon) ? [{ kind: 'word', text }] : undefined),
  compound,
  owned,
];

function isKnown(word: string, lexicon: Lexicon): boolean {
  return lexicon.isKnown(plainWord(word));
}

function again(part: string, lexicon: Lexicon): Piece[] {
  return part === '' ? [] : splitRun(part.replaceAll(' ', '\u00a7'), lexicon);
}

function around(left: string, sign: string, right: string, lexicon: Lexicon): Piece[] {
  return [...again(left, lexicon), { kind: 'sign', text: sign }, ...again(right, lexicon)];
}

/** "via:P-2" */
function keyAndValue(text: string, lexicon: Lexicon): Piece[] | undefined {
  const [, key, value] = /^([\p{L}_-]+):(.+)$/u.exec(text) ?? [];
  if (key === undefined || value === undefined) return undefined;
  const isKey = isKnown(key, lexicon) || (key === 'n' && /^\d+$/.test(value));
  return isKey ? around(key, ':', value, lexicon) : undefined;
}

/** "PE-1--P-2", "PE-1..PE-3" */
function dashed(text: string, lexicon: Lexicon): Piece[] | undefined {
  const [, left, right] = /^(.+?)-{2,}(.+)$/.exec(text) ?? /^(.+?)\.{2,}(.+)$/.exec(text) ?? [];
  return left === undefined || right === undefined ? undefined : around(left, '->', right, lexicon);
}

/** "PE-1-to-PE-3" */
function withPreposition(text: string, lexicon: Lexicon): Piece[] | undefined {
  const [, left, word, right] = /^(.+)-(to|via)-(.+)$/i.exec(text) ?? [];
  if (left === undefined || word === undefined || right === undefined) return undefined;
  return [...again(left, lexicon), { kind: 'word', text: word }, ...again(right, lexicon)];
}

/** "loss/latency", "pe1/pe2" */
function withSlash(text: string, lexicon: Lexicon): Piece[] | undefined {
  const [, left, right] = /^([^/]+)\/([^/]+)$/.exec(text) ?? [];
  if (left === undefined || right === undefined) return undefined;
  const stem = (one: string) => /^([A-Za-z]+[-_]?)\d+$/.exec(one)?.[1]?.toLowerCase();
  const areWords = isKnown(left, lexicon) && isKnown(right, lexicon);
  const areAlike = stem(left) !== undefined && stem(left) === stem(right);
  return areWords || areAlike ? around(left, '/', right, lexicon) : undefined;
}

function severalRouters(text: string, lexicon: Lexicon): Piece[] | undefined {
  const parts = text.split('/');
  if (parts.length < 2 || !areRouters(parts)) return undefined;
  return parts.flatMap((part, index) =>
    index === 0 ? again(part, lexicon) : [{ kind: 'sign', text: '/' } as const, ...again(part, lexicon)],
  );
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

/** "PE-3.Check": somebody forgot the space. */
function endOfSentence(text: string, lexicon: Lexicon): Piece[] | undefined {
  const [, left, right] = /^(.+)\.([A-Z][a-z]*)$/.exec(text) ?? [];
  if (left === undefined || right === undefined || !isKnown(right, lexicon)) return undefined;
  return around(left, '.', right, lexicon);
}

const roleName = String.raw`(?:pe|p|ce|rr|r|asbr|abr|lsr|core|spine|leaf|edge)-?\d{1,3}`;
const roleChain = new RegExp(`^${roleName}(?:-${roleName})+$`, 'i');

/** "PE1-P2-PE3" */
function chainOfRoles(text: string): Piece[] | undefined {
  if (!roleChain.test(text)) return undefined;
  return [...text.matchAll(new RegExp(roleName, 'gi'))].flatMap(([name], index): Piece[] => [
    ...(index === 0 ? [] : [{ kind: 'sign', text: '->' } as const]),
    { kind: 'name', text: name },
  ]);
}

/** "hop1 PE-1, hop2 P-2": which one it is, is said by the order. */
function numberedHop(text: string): Piece[] | undefined {
  const [, word] = /^(hop)[-_]?\d{1,2}$/i.exec(text) ?? [];
  return word === undefined ? undefined : [{ kind: 'word', text: word }];
}

/** "packet-loss" is two words; "site-a" may be a name. */
function compound(text: string, lexicon: Lexicon): Piece[] | undefined {
  const parts = text
    .split(/[-_/.:]|(?<=[a-z])(?=[A-Z])/u)
    .filter((part) => part !== '' && !/^['’]s?$/.test(part));
  const areKnown = parts.every((part) => isKnown(part, lexicon));
  if (parts.length < 2 || /\d/.test(text) || !areKnown) return undefined;
  const isWords =
    /[a-z][A-Z]/.test(text) ||
    lexicon.isKnown(compoundOf(text)) ||
    numberWords(parts.map(plainWord), 0)?.length === parts.length;
  return isWords
    ? parts.map((part) => ({ kind: 'word', text: part }))
    : [{ kind: 'compound', text, words: parts }];
}

/** "PE-1's" */
function owned(text: string, lexicon: Lexicon): Piece[] | undefined {
  const [, owner] = /^(.+)['’]s$/.exec(text) ?? [];
  return owner === undefined ? undefined : again(owner, lexicon);
}
