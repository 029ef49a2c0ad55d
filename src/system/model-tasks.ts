/** What a loaded decoder is asked in its cell: our languages on one side, its own tokens on the other. */
import { legalSentence } from '../../models/evidence/sentence.ts';
import type { Slot } from '../../models/evidence/slots.ts';
import { legalNext, promptOf } from '../../models/intent/language.ts';
import type { Tagged } from '../../models/intent/prompt-writer.ts';
import type { Decoder } from '../../models/onnx/decoder.ts';
import { complete, logLikelihoods, type Prompt } from '../../models/onnx/generation.ts';
import type { PromptPiece } from '../../models/onnx/prompt-tokenizer.ts';
import { WordGrammar } from '../../models/onnx/word-grammar.ts';
import { intentChat } from '../../models/prompts/intent-chat.ts';
import type { CellAnswer, CellInfo, CellTagged, CellTask } from './model-cell-messages.ts';

/** By which our own models are told from others. */
const ownToken = '<|intent|>';

interface Options {
  tokensMax: number;
  signal: AbortSignal;
  /** Told the prompt of a model that is not asked in the words of the question, before it is run. */
  show: (prompt: string) => void;
}

interface Done {
  answer: CellAnswer;
  promptTokens: number;
  /** Runs of the graph behind the prompt. */
  steps: number;
}

export class ModelTasks {
  readonly info: CellInfo;
  readonly #decoder: Decoder;
  readonly #encoded = new Map<string, readonly number[]>();

  constructor(decoder: Decoder, loadMs: number) {
    this.#decoder = decoder;
    const { tokenizer } = decoder;
    const isOwn = tokenizer.idOf(ownToken) !== undefined;
    this.info = {
      ...decoder.info,
      about: { ...decoder.info.about },
      speaks: isOwn ? 'own' : tokenizer.hasTemplate ? 'chat' : 'plain',
      loadMs,
    };
  }

  async run(task: CellTask, options: Options): Promise<Done> {
    switch (task.task) {
      case 'intent':
        return await this.#intent(task.tagged, options);
      case 'score':
        return await this.#score(task.prompt, task.candidates, options);
      case 'sentence':
        return await this.#sentence(task.prompt, task.slots, options);
    }
  }

  async #intent(cell: CellTagged, options: Options): Promise<Done> {
    const tagged = taggedOf(cell);
    const prompt = this.#intentPrompt(tagged);
    this.#show(prompt, options);
    const grammar = new WordGrammar(
      (word) => this.#word(word),
      (written) => legalNext(written, tagged),
    );
    const { ended, marginMin, logProbability, steps } = await complete(
      this.#decoder,
      prompt,
      grammar,
      options,
    );
    const words = [...grammar.words, ...(ended === 'end' ? ['<|end|>'] : [])];
    return {
      answer: {
        task: 'intent',
        words,
        logProbability,
        ...(Number.isFinite(marginMin) && { marginMin }),
      },
      promptTokens: lengthOf(prompt),
      steps,
    };
  }

  /** Only our own models have special tokens of ours: to others everything here is text, and can be none of theirs. */
  async #score(pieces: readonly string[], candidates: readonly string[], options: Options): Promise<Done> {
    const { tokenizer } = this.#decoder;
    const isOwn = this.info.speaks === 'own';
    const pieceOf = (text: string) => (isOwn ? { trusted: text } : { text });
    const encode = (text: string) => tokenizer.encode([pieceOf(text)]);
    const prompt = this.info.speaks === 'chat' ? this.#chatPrompt(pieces.map(pieceOf)) : pieces.map(encode);
    this.#show(prompt, options);
    const found = await logLikelihoods(this.#decoder, prompt, candidates.map(encode), options.signal);
    return {
      answer: { task: 'score', logLikelihoods: found },
      promptTokens: lengthOf(prompt),
      steps: candidates.length,
    };
  }

  async #sentence(text: string, slots: readonly Slot[], options: Options): Promise<Done> {
    const prompt = [this.#decoder.tokenizer.encode([{ trusted: text }])];
    const grammar = new WordGrammar(
      (word) => this.#word(word),
      (written) => legalSentence(written, slots),
    );
    const { logProbability, steps } = await complete(this.#decoder, prompt, grammar, options);
    return {
      answer: { task: 'sentence', words: [...grammar.words], logProbability },
      promptTokens: lengthOf(prompt),
      steps,
    };
  }

  /** Its tokens, read back: whatever a template and a tokenizer made of the question. */
  #show(prompt: Prompt, { show }: Options): void {
    if (this.info.speaks !== 'own') show(this.#decoder.tokenizer.decode(prompt.flat(), { isWhole: true }));
  }

  /** Cut where the next prompt will differ: what is the same for all is run once. */
  #intentPrompt(tagged: Tagged): Prompt {
    const { tokenizer } = this.#decoder;
    if (this.info.speaks === 'own') return [tokenizer.encode([{ trusted: promptOf(tagged) }])];
    const { fixed, asked } = intentChat(promptOf(tagged));
    const [first, second] = [{ text: fixed }, { text: asked }];
    if (this.info.speaks === 'plain') return [tokenizer.encode([first]), tokenizer.encode([second])];
    return this.#chatPrompt([first, second]);
  }

  /** Cut where the last piece begins. */
  #chatPrompt(pieces: readonly PromptPiece[]): Prompt {
    const { tokenizer } = this.#decoder;
    const whole = tokenizer.encodeChat([{ role: 'user', content: pieces }]);
    const other = tokenizer.encodeChat([{ role: 'user', content: [...pieces.slice(0, -1), { text: '?' }] }]);
    const same = whole.findIndex((token, index) => token !== other[index]);
    return same > 0 ? [whole.slice(0, same), whole.slice(same)] : [whole];
  }

  /** A word of our languages: a token of its own, or spelled, as text that can be no special token. */
  #word(word: string): readonly number[] {
    const before = this.#encoded.get(word);
    if (before !== undefined) return before;
    const { tokenizer } = this.#decoder;
    const own = tokenizer.idOf(word);
    // "a" of a vocabulary may be a letter within words: only special tokens are words as they are.
    const isWhole = own !== undefined && tokenizer.isSpecial(own);
    const tokens = isWhole ? [own] : tokenizer.encode([{ text: word }]);
    this.#encoded.set(word, tokens);
    return tokens;
  }
}

function taggedOf({ tokens, names, numbers }: CellTagged): Tagged {
  return {
    tokens,
    names: new Map(names.map((name) => [name, name])),
    numbers: new Map(numbers.map(([key, said]) => [key, { text: key, ...said }])),
    isCut: false,
  };
}

function lengthOf(prompt: Prompt): number {
  return prompt.reduce((sum, segment) => sum + segment.length, 0);
}
