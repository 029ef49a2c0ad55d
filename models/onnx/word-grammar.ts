/**
 * Holds a model to a language of words, whatever its tokenizer makes of them: a trie over the tokens of the words that may
 * follow. A word that is a token of its own, as in our own vocabulary, is one step; others are spelled.
 */
import type { Constraint } from './generation.ts';

export class WordGrammar implements Constraint {
  readonly #encode: (word: string) => readonly number[];
  readonly #next: (written: readonly string[]) => readonly string[];
  readonly #words: string[] = [];
  /** Tokens of whole words, and of the one that is being spelled. */
  #whole = 0;
  #options: { word: string; tokens: readonly number[] }[];

  /** No word may be the beginning of another that is legal in the same place. */
  constructor(
    encode: (word: string) => readonly number[],
    next: (written: readonly string[]) => readonly string[],
  ) {
    this.#encode = encode;
    this.#next = next;
    this.#options = this.#following();
  }

  /** What was written, word by word; `legal` has seen all of it. */
  get words(): readonly string[] {
    return this.#words;
  }

  /** `output` is what it was at the last call, with further tokens. */
  legal(output: readonly number[]): readonly number[] {
    for (;;) {
      const spelled = output.slice(this.#whole);
      const done = this.#options.find(
        ({ tokens }) => tokens.length <= spelled.length && tokens.every((token, at) => token === spelled[at]),
      );
      if (done === undefined) return this.#continuing(spelled);
      this.#words.push(done.word);
      this.#whole += done.tokens.length;
      this.#options = this.#following();
    }
  }

  #continuing(spelled: readonly number[]): number[] {
    const fitting = this.#options.filter(({ tokens }) => spelled.every((token, at) => token === tokens[at]));
    return [...new Set(fitting.flatMap(({ tokens }) => tokens[spelled.length] ?? []))];
  }

  #following(): { word: string; tokens: readonly number[] }[] {
    return this.#next(this.#words).map((word) => {
      const tokens = this.#encode(word);
      if (tokens.length === 0) throw new RangeError(`The tokenizer makes nothing of ${word}.`);
      return { word, tokens };
    });
  }
}
