/**
 * What the model sees of a text: known words, and placeholders for everything that could be a name or a number. No name,
 * no number and no character of an operator or of the network passes through the model: names in any style are read
 * equally well, and nothing typed can become a special token, since every literal word comes from the vocabulary.
 */
import { lex } from './lexing.ts';
import { roleOfNumber } from './number-roles.ts';
import { isNumberWord, numberWords } from './number-words.ts';
import { type Piece, plainWord, type Unit } from './pieces.ts';
import { createWriter, type Tagged, type Writer } from './prompt-writer.ts';
import { createSpelling, type Spelling } from './spelling.ts';
import { ambiguousWords, knownWords, nameableWords, neverNames, plainWords } from './vocabulary.ts';
import { wordTable } from './word-table.ts';

export interface TagOptions {
  /** Names of the domain, in any case. */
  names?: Iterable<string>;
  /** Order of the indices of a class; training passes a random one. By default as they appear. */
  indices?: (count: number) => readonly number[];
  /** Known words that are treated as unknown ones; training passes some. */
  forgotten?: ReadonlySet<string>;
}

/** Longer texts are cut; an operator's sentence has about 20. */
export const piecesMax = 160;

const signs = new Set([...',.;:?!()[]{}/=&+*%<>~"\'', '->', '<->']);
const unitTokens: Record<Unit, string> = {
  '%': '%',
  ms: 'ms',
  s: 'seconds',
  bytes: 'bytes',
  count: 'times',
  other: 'units',
};
let spelling: Spelling | undefined;

/** Never throws; the longest text costs a few milliseconds. */
export function tagText(text: string, options: TagOptions = {}): Tagged {
  const domain = new Set([...(options.names ?? [])].map((name) => name.toLowerCase()));
  const isForgotten = (word: string) => options.forgotten?.has(word) === true;
  const isKnown = (word: string) => (knownWords.has(word) || isNumberWord(word)) && !isForgotten(word);
  const isName = (name: string) => {
    const lower = name.toLowerCase();
    return domain.has(lower) && !neverNames.has(lower);
  };
  spelling ??= createSpelling(knownWords);
  const words = { isKnown, isName, isForgotten, spelling, isShouted: text === text.toUpperCase() };
  const { pieces, isCut } = lex(text, { isKnown, isName }, piecesMax);
  const writer = createWriter(
    options.indices ?? ((count) => Array.from({ length: count }, (_, index) => index)),
  );
  for (let index = 0; index < pieces.length; ) {
    const length = writeWrittenNumber(pieces, index, writer);
    if (length === 0) writePiece(pieces, index, writer, words);
    index += Math.max(1, length);
  }
  return writer.tagged(isCut);
}

/** "five hundred", "1.5 thousand": returns how many pieces it takes, 0 where there is none. */
function writeWrittenNumber(pieces: readonly Piece[], index: number, writer: Writer): number {
  const piece = pieces[index];
  const written = numberWords(wordsFrom(pieces, index), 0);
  if (piece === undefined || written === undefined || (piece.kind !== 'word' && written.length < 2)) return 0;
  const last = pieces[index + written.length - 1];
  const unit =
    (last?.kind === 'number' ? last.unit : undefined) ??
    roleOfNumber(pieces, index, written.length, written.value);
  const isPronoun = piece.kind === 'word' && piece.text.toLowerCase() === 'one' && written.length === 1;
  if (isPronoun && unit === undefined) {
    writer.word('one');
    return 1;
  }
  const said = pieces.slice(index, index + written.length).map((one) => one.text);
  writer.number({ text: said.join(' '), value: written.value, ...(unit !== undefined && { unit }) });
  return written.length;
}

function writePiece(
  pieces: readonly Piece[],
  index: number,
  writer: Writer,
  words: Omit<Words, 'isNamePlace'> & { isShouted: boolean },
): void {
  const piece = pieces[index];
  const { isKnown, isName } = words;
  switch (piece?.kind) {
    case undefined:
      break;
    case 'word': {
      const key = keyLetter(piece, pieces[index + 1]);
      const isArticle = pieces[index + 1]?.kind !== 'sign' && (index === 0 || words.isShouted);
      if (key !== undefined && !isName(piece.text)) writer.word(key);
      else writeWord(piece, isArticle, writer, { ...words, isNamePlace: isNamePlace(pieces, index) });
      break;
    }
    case 'compound':
      for (const word of piece.words.slice(0, -1)) writer.word(plainWord(word));
      writer.word(plainWord(piece.words.at(-1) ?? ''), 'w', piece.text);
      break;
    case 'name': {
      const known = plainWord(piece.text);
      if (isKnown(known)) writer.word(known, 'e', piece.text);
      else writer.name('e', piece.text, isName(piece.text) ? undefined : piece.mark);
      break;
    }
    case 'number': {
      const unit = piece.unit ?? roleOfNumber(pieces, index, 1, piece.value);
      writer.number({ text: piece.text, value: piece.value, ...(unit !== undefined && { unit }) });
      if (piece.unit !== undefined) writer.sign(unitTokens[piece.unit]);
      break;
    }
    case 'dscp':
      writer.mark('dscp');
      writer.number({ text: piece.text, value: piece.value, unit: 'dscp' });
      break;
    case 'time':
      writer.mark('time');
      break;
    case 'sign':
      if (piece.text === '\n') writer.mark('line');
      else if (signs.has(piece.text)) writer.sign(piece.text);
      else writer.mark('sign');
  }
}

/** What could be a written number: at most eight pieces. */
function wordsFrom(pieces: readonly Piece[], index: number): (string | undefined)[] {
  return pieces.slice(index, index + 8).map((piece) => {
    if (piece.kind === 'word') return piece.text.toLowerCase();
    return piece.kind === 'number' && piece.unit === undefined ? String(piece.value) : undefined;
  });
}

/** "n=500", "a=PE-1 b=PE-3": single letters as keys, and the words that they stand for. */
function keyLetter(piece: Piece & { kind: 'word' }, next: Piece | undefined): string | undefined {
  if (piece.text === 'n' && next?.kind === 'number') return 'count';
  if (next?.kind !== 'sign') return undefined;
  if (piece.text === 'n' && (next.text === '=' || next.text === ':')) return 'count';
  if (next.text !== '=') return undefined;
  return { a: 'a-end', b: 'b-end', z: 'b-end', c: 'count' }[piece.text];
}

const namePlaces = new Set(
  'from to between via through over on of with at towards toward into ingress egress router node device box host called named src dst head tail source destination peer neighbor neighbour and then = -> , : ( ['.split(
    ' ',
  ),
);

/** Whether a name is likely here: "from admin to root". */
function isNamePlace(pieces: readonly Piece[], index: number): boolean {
  const before = pieces[index - 1];
  return (before?.kind === 'word' || before?.kind === 'sign') && namePlaces.has(before.text.toLowerCase());
}

interface Words {
  isKnown: (word: string) => boolean;
  isName: (text: string) => boolean;
  isForgotten: (word: string) => boolean;
  spelling: Spelling;
  isNamePlace: boolean;
}

function writeWord(piece: Piece & { kind: 'word' }, isArticle: boolean, writer: Writer, words: Words): void {
  const word = plainWord(piece.text);
  // "from A to B": a capital of its own is no article.
  if (piece.text === 'A' && !isArticle) writer.name('w', piece.text);
  else if (words.isName(piece.text)) writer.word(words.isKnown(word) ? word : undefined, 'e', piece.text);
  else if (words.isKnown(word))
    if (
      (ambiguousWords.has(word) ||
        piece.isQuoted === true ||
        (words.isNamePlace && nameableWords.has(word))) &&
      !neverNames.has(word)
    )
      writer.word(word, 'w', piece.text);
    else writer.word(word);
  else {
    const isPlain = plainWords.has(word) || words.isForgotten(word);
    const stem = words.spelling.stem(word);
    const near = stem ?? confusable[word] ?? (isPlain ? undefined : words.spelling.correct(word));
    const hint = near === undefined || words.isForgotten(near) ? undefined : near;
    writer.word(hint, isPlain ? 'p' : 'w', piece.text);
  }
}

/** What is most often meant by short words, English or not, that are none of ours. */
const confusable = wordTable<string>({
  form: 'from',
  fro: 'from',
  frm: 'from',
  rom: 'from',
  frmo: 'from',
  too: 'to',
  ot: 'to',
  tp: 'to',
  vai: 'via',
  cia: 'via',
  nad: 'and',
  adn: 'and',
  nd: 'and',
  teh: 'the',
  hte: 'the',
  fo: 'of',
  si: 'is',
  lost: 'loss',
  pear: 'peer',
  pat: 'path',
  // Prepositions of neighbours.
  von: 'from',
  nach: 'to',
  zu: 'to',
  und: 'and',
  zwischen: 'between',
  de: 'from',
  desde: 'from',
  hasta: 'to',
  vers: 'to',
  entre: 'between',
});
