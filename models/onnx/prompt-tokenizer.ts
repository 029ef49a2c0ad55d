/**
 * From prompts to tokens and back. A prompt is a list of pieces: what this program wrote, which may hold special tokens,
 * and text from outside, which never becomes one: a second tokenizer, which knows none, encodes it, so that
 * `<|im_end|>` typed by an operator or told by a peer is ten letters.
 */
import { Template } from '@huggingface/jinja';
import { Tokenizer } from '@huggingface/tokenizers';
import { ModelError } from './errors.ts';
import { isObject } from './files.ts';
import type { DecoderFolder } from './folder.ts';

export type PromptPiece =
  /** Written by this program. */
  | { trusted: string }
  /** From a person, a peer or a file. */
  | { text: string };

export interface ChatMessage {
  role: 'system' | 'user' | 'assistant';
  content: readonly PromptPiece[];
}

/** Stands for a piece of text while the template is filled in: a private-use character, which no template writes. */
const stand = (index: number) => `\u{F0000}${index}\u{F0001}`;
const stands = /\u{F0000}(\d+)\u{F0001}/u;

export class PromptTokenizer {
  readonly #whole: Tokenizer;
  readonly #plain: Tokenizer;
  readonly #special: ReadonlySet<number>;
  readonly #ids: ReadonlyMap<string, number>;
  readonly #template: string | undefined;
  readonly #names: Record<string, string>;

  /** Throws ModelError `unfit` for a tokenizer that cannot be run. */
  constructor({ tokenizer, tokenizerConfig, chatTemplate }: DecoderFolder) {
    const added = Array.isArray(tokenizer.added_tokens) ? tokenizer.added_tokens.filter(isObject) : [];
    const ids = new Map(vocabularyOf(tokenizer));
    for (const { content, id } of added)
      if (typeof content === 'string' && typeof id === 'number') ids.set(content, id);
    this.#ids = ids;
    this.#special = new Set(added.flatMap(({ id }) => (typeof id === 'number' ? id : [])));
    const { added_tokens_decoder: _, ...bareConfig } = tokenizerConfig;
    try {
      this.#whole = new Tokenizer(tokenizer, tokenizerConfig);
      this.#plain = new Tokenizer({ ...tokenizer, added_tokens: [] }, bareConfig);
    } catch (error) {
      throw new ModelError('unfit', `tokenizer.json cannot be used: ${String(error)}`, { cause: error });
    }
    this.#template = chatTemplate;
    this.#names = Object.fromEntries(
      ['bos_token', 'eos_token', 'pad_token', 'unk_token'].flatMap((name) => {
        const value = tokenizerConfig[name];
        const text = isObject(value) ? value.content : value;
        return typeof text === 'string' ? [[name, text]] : [];
      }),
    );
  }

  get hasTemplate(): boolean {
    return this.#template !== undefined;
  }

  encode(pieces: readonly PromptPiece[]): number[] {
    return pieces.flatMap((piece) =>
      'trusted' in piece ? this.#encoded(this.#whole, piece.trusted) : this.#data(piece.text),
    );
  }

  /** By the chat template of the model. Throws ModelError `unfit` where it has none, or one that fails. */
  encodeChat(messages: readonly ChatMessage[]): number[] {
    if (this.#template === undefined)
      throw new ModelError('unfit', 'The model has no chat template: give it a prompt of pieces.');
    const texts: string[] = [];
    const plain = messages.map(({ role, content }) => ({
      role,
      content: content
        .map((piece) => ('trusted' in piece ? piece.trusted : stand(texts.push(piece.text) - 1)))
        .join(''),
    }));
    let filled: string;
    try {
      // `enable_thinking` is what Qwen3's template asks for; others do not look at it.
      const values = { messages: plain, add_generation_prompt: true, enable_thinking: false, ...this.#names };
      filled = new Template(this.#template).render(values);
    } catch (error) {
      throw new ModelError('unfit', `The chat template fails: ${String(error)}`, { cause: error });
    }
    // Between two stands lies what the program and the template wrote; the captured numbers are every second part.
    const pieces = filled
      .split(new RegExp(stands, 'gu'))
      .map(
        (part, index): PromptPiece =>
          index % 2 === 0 ? { trusted: part } : { text: texts[Number(part)] ?? '' },
      );
    return this.encode(pieces);
  }

  /** Without special tokens, unless they are wanted too. */
  decode(tokens: readonly number[], { isWhole = false } = {}): string {
    if (tokens.length === 0) return '';
    return this.#whole.decode([...tokens], {
      skip_special_tokens: !isWhole,
      clean_up_tokenization_spaces: false,
    });
  }

  /** Of a token as the vocabulary writes it. */
  idOf(token: string): number | undefined {
    return this.#ids.get(token);
  }

  isSpecial(id: number): boolean {
    return this.#special.has(id);
  }

  #encoded(tokenizer: Tokenizer, text: string): number[] {
    return text === '' ? [] : tokenizer.encode(text, { add_special_tokens: false }).ids;
  }

  /** A vocabulary may hold a special token as a word of its own: then letter by letter. */
  #data(text: string): number[] {
    const whole = text.toWellFormed();
    const ids = this.#encoded(this.#plain, whole);
    if (ids.every((id) => !this.#special.has(id))) return ids;
    return [...whole]
      .flatMap((letter) => this.#encoded(this.#plain, letter))
      .filter((id) => !this.#special.has(id));
  }
}

function vocabularyOf({ model }: Record<string, unknown>): [string, number][] {
  if (!isObject(model) || !isObject(model.vocab)) return [];
  return Object.entries(model.vocab).filter(
    (entry): entry is [string, number] => typeof entry[1] === 'number',
  );
}
