/**
 * The LanguageModel of weights, in its cell, with the rules beside it: what the model reads is used where it is sure and
 * within its language; in every other case (no weights, wrong hash, dead, late, unsure) the rules answer, and the name of
 * the reasoner says so. Nothing waits for a model that is not there.
 */

import { intentOf, promptOf } from '../../models/intent/language.ts';
import type { Tagged } from '../../models/intent/prompt-writer.ts';
import { tagText } from '../../models/intent/tagging.ts';
import type { LanguageModel, ModelExchange } from '../../models/language-model.ts';
import { parseIntent, rulesName } from '../../models/rules.ts';
import { messageOf } from '../core/errors.ts';
import type { Clock } from '../core/ports.ts';
import type { CompanionPort, Ranks, Says } from './companion.ts';
import { asServed, type Found, judged, type Reading } from './judgement.ts';
import { type CellModel, ModelCellError } from './model-cell.ts';
import { type CellTagged, isTrainedFor, shortHash } from './model-cell-messages.ts';

export interface OnBoxModelSettings {
  /** Of the folder: "confer-1". */
  name: string;
  /** The only model that may be used, as SHA-256 of its files in lower-case hex; any when absent. */
  sha256?: string;
  /** A question that takes longer is the rules' to answer. */
  answerTimeoutMs: number;
  /** As much longer may take the first one, for which the model is loaded. */
  startTimeoutMs: number;
  /**
   * How much likelier each step of an answer must be than the next best, as a natural logarithm; what the model's manifest
   * says when absent.
   */
  marginMin?: number;
}

/** What is asked of a cell. */
export type AskedCell = Pick<CellModel, 'info' | 'ask'>;

/** Where the manifest of a model says nothing: 62 % against 38 %. */
const marginUsual = 0.5;
/** Longest answer of the intent language: head, tail, sixteen hops and every number. */
const answerTokensMax = 64;

export class OnBoxModel implements LanguageModel {
  readonly #settings: OnBoxModelSettings;
  readonly #cell: AskedCell;
  readonly #clock: Clock;
  readonly #companion: CompanionPort;

  readonly rank: Ranks = (...asked) => this.#companion.open().rank(...asked);
  readonly say: Says = (...asked) => this.#companion.open().say(...asked);

  /** `companion`: who ranks causes and words conclusions; this model, or another that was trained for it. */
  constructor(
    settings: OnBoxModelSettings,
    ports: { cell: AskedCell; clock: Clock; companion: CompanionPort },
  ) {
    this.#settings = settings;
    this.#cell = ports.cell;
    this.#clock = ports.clock;
    this.#companion = ports.companion;
  }

  /** "confer-1 (sha256:0123456789ab)"; without the hash until it is known. */
  get name(): string {
    const { info } = this.#cell;
    return info === undefined ? this.#settings.name : `${this.#settings.name} (${shortHash(info)})`;
  }

  /** Never throws but the signal's reason. */
  async read(
    text: string,
    { names = [], signal }: { names?: readonly string[]; signal: AbortSignal },
  ): Promise<Reading> {
    return (await this.#read(text, names, signal)).reading;
  }

  async complete(text: string, options: { signal: AbortSignal }): Promise<string> {
    return await this.open({ names: [], observe: () => {} }).complete(text, options);
  }

  open({
    names,
    observe,
  }: {
    names: readonly string[];
    observe: (exchange: ModelExchange) => void;
  }): LanguageModel {
    let [isUsed, why]: [boolean, string | undefined] = [false, undefined];
    const complete = async (text: string, { signal }: { signal: AbortSignal }) => {
      signal.throwIfAborted();
      const { reading, exchange } = await this.#read(text, names, signal);
      observe({ ...exchange, model: this.name });
      this.#companion.prepare();
      [isUsed, why] = [reading.by === 'model', reading.why];
      const byRules = parseIntent(text);
      return JSON.stringify(
        reading.by === 'rules' ? this.#refusedBy(byRules, why) : asServed(reading.intent, byRules),
      );
    };
    const { rank, say } = this.#companion.open();
    const reasoner = () => {
      if (isUsed) return this.name;
      return why === undefined ? rulesName : `${rulesName} (${this.#settings.name}: ${why})`;
    };
    return {
      get name() {
        return reasoner();
      },
      complete,
      rank: this.#companion.isThere ? this.#observed(rank, observe) : rank,
      say: this.#companion.isThere ? this.#heard(say, observe) : say,
    };
  }

  /** What was to be worded, and what the model wrote, used or not. */
  #heard(say: Says, observe: (exchange: ModelExchange) => void): NonNullable<LanguageModel['say']> {
    return async (question, options) => {
      const began = this.#clock.elapsed();
      const found = await say(question, options);
      if (found === undefined) return undefined;
      const { words, ...worded } = found;
      observe({
        task: 'sentence',
        model: worded.model,
        prompt: question.prompt,
        ...(words !== undefined && { completion: words.join(' ') }),
        isUsed: 'template' in worded,
        ...('why' in worded && { why: worded.why }),
        durationMs: this.#clock.elapsed() - began,
      });
      return worded;
    };
  }

  /** What the rules alone refuse, the model might have understood. */
  #refusedBy(byRules: Record<string, unknown>, why: string | undefined): Record<string, unknown> {
    if (byRules.kind !== 'unsupported' || why === undefined) return byRules;
    const reason = `${byRules.reason} Rules read it (${this.#settings.name}: ${why}).`;
    return { ...byRules, reason };
  }

  /** What was asked, and which share each cause was given. */
  #observed(rank: Ranks, observe: (exchange: ModelExchange) => void): NonNullable<LanguageModel['rank']> {
    return async (question, options) => {
      const began = this.#clock.elapsed();
      const own = { prompt: question.prompt.own, causes: question.causes.map((cause) => cause.own) };
      const { asked = own, ...opinion } = await rank(question, options);
      const shares = 'shares' in opinion ? opinion.shares.map((share) => share.toFixed(4)) : undefined;
      const causes = asked.causes.map((cause, index) => [cause, shares?.[index]].join(' ').trim());
      observe({
        task: 'causes',
        model: opinion.model,
        prompt: [asked.prompt, ...asked.causes].join('\n'),
        ...(shares !== undefined && { completion: causes.join('\n') }),
        isUsed: shares !== undefined,
        ...('why' in opinion && { why: opinion.why }),
        durationMs: this.#clock.elapsed() - began,
      });
      return opinion;
    };
  }

  async #read(
    text: string,
    names: readonly string[],
    signal: AbortSignal,
  ): Promise<{ reading: Reading; exchange: Omit<ModelExchange, 'model'> }> {
    const began = this.#clock.elapsed();
    const tagged = tagText(text, { names });
    let prompt = promptOf(tagged); // unless the model is asked otherwise
    const found = await this.#asked(tagged, signal, (shown) => {
      prompt = shown;
    });
    signal.throwIfAborted();
    const reading = judged(found, text, this.#marginMin());
    const exchange = {
      task: 'intent' as const,
      prompt,
      ...(found.words !== undefined && { completion: found.words.join('') }),
      isUsed: reading.by === 'model',
      ...(reading.why !== undefined && { why: reading.why }),
      durationMs: this.#clock.elapsed() - began,
    };
    return { reading, exchange };
  }

  #marginMin(): number {
    const said = this.#cell.info?.about.marginMin;
    return this.#settings.marginMin ?? (typeof said === 'number' ? said : marginUsual);
  }

  async #asked(tagged: Tagged, signal: AbortSignal, show: (prompt: string) => void): Promise<Found> {
    if (tagged.isCut) return { why: 'the text is longer than it reads' };
    try {
      const { sha256, answerTimeoutMs, startTimeoutMs } = this.#settings;
      const patienceMs = answerTimeoutMs + (this.#cell.info === undefined ? startTimeoutMs : 0);
      using deadline = this.#clock.deadline(patienceMs, signal);
      const { answer, cost } = await this.#cell.ask(
        { task: 'intent', tagged: cellTagged(tagged) },
        { tokensMax: answerTokensMax, signal: deadline.signal, show },
      );
      const digest = this.#cell.info?.digest ?? 'unknown';
      if (sha256 !== undefined && sha256 !== digest)
        return { why: `its hash is ${digest}, the configuration expects ${sha256}` };
      if (answer.task !== 'intent') return { why: 'it answered something else' };
      const { info } = this.#cell;
      if (info !== undefined && isTrainedFor('evidence', info) && !isTrainedFor('intent', info))
        return { why: 'it ranks causes, and was not trained to read intents' };
      const { words, marginMin = Number.POSITIVE_INFINITY, logProbability } = answer;
      const intent = intentOf(words, tagged);
      return { words, marginMin, logProbability, ms: cost.ms, ...(intent !== undefined && { intent }) };
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ModelCellError) return { why: error.message.split(/\.(?:\s|$)/, 1)[0] ?? '' };
      return { why: messageOf(error).replace(/\.$/, '').toLowerCase() };
    }
  }
}

/** Names themselves stay here: the cell sees placeholders. */
export function cellTagged({ tokens, names, numbers }: Tagged): CellTagged {
  return {
    tokens: [...tokens],
    names: [...names.keys()],
    numbers: [...numbers].map(([key, { value, unit }]) => [
      key,
      { value, ...(unit !== undefined && { unit }) },
    ]),
  };
}
