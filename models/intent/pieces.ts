/** Of what a text consists, before anybody asks what it means, and how words are looked up. */

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

/** How compounds are looked up: "max_loss" as "max-loss". */
export function compoundOf(text: string): string {
  return plainWord(text).replace(/[-_/.:]+/g, '-');
}

/** How words are looked up. */
export function plainWord(text: string): string {
  return text.toLowerCase().replace(/['’]/g, '');
}
