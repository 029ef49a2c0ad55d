/**
 * Asks a model in its cell for the sentence of a conclusion, and reads what it wrote again before anybody uses it. A model that is
 * not there, late or unsure words nothing, and says why; one that was not trained for it is not asked.
 */
import { mistakeIn } from '../../models/evidence/sentence.ts';
import { templateWord } from '../../models/evidence/slots.ts';
import type { SentenceQuestion, WordedSentence } from '../../models/language-model.ts';
import { orAborted } from '../core/abort.ts';
import { messageOf } from '../core/errors.ts';
import type { Clock } from '../core/ports.ts';
import type { CauseRankerSettings, RankingCell } from './cause-ranker.ts';
import { isTrainedFor } from './model-cell-messages.ts';
import { shortHash } from './on-box-model.ts';

/** Longest sentence, in tokens: a word of our vocabulary is one. */
const tokensMax = 128;
/**
 * Mean natural logarithm of the probability of a choice, below which a sentence is a guess: several wordings are honest, so that
 * one of four is no doubt.
 */
export const sureMin = -0.7;

export class SentenceTeller {
  readonly #settings: CauseRankerSettings;
  readonly #cell: RankingCell;
  readonly #clock: Clock;

  constructor(settings: CauseRankerSettings, ports: { cell: RankingCell; clock: Clock }) {
    this.#settings = settings;
    this.#cell = ports.cell;
    this.#clock = ports.clock;
  }

  get name(): string {
    const { info } = this.#cell;
    return info === undefined ? this.#settings.name : `${this.#settings.name} (${shortHash(info)})`;
  }

  /** `words`: what the model wrote, used or not. Rejects with the signal's reason alone. */
  async say(
    { prompt, about }: SentenceQuestion,
    { signal }: { signal: AbortSignal },
  ): Promise<(WordedSentence & { words?: readonly string[] }) | undefined> {
    const { sha256, answerTimeoutMs, startTimeoutMs } = this.#settings;
    try {
      using deadline = this.#clock.deadline(
        answerTimeoutMs + (this.#cell.info === undefined ? startTimeoutMs : 0),
        signal,
      );
      const info = await orAborted(this.#cell.start(), deadline.signal);
      if (sha256 !== undefined && sha256 !== info.digest)
        return this.#none(`its hash is ${info.digest}, the configuration expects ${sha256}`);
      if (info.speaks !== 'own' || !isTrainedFor('sentence', info)) return undefined;
      const { answer, cost } = await this.#cell.ask(
        { task: 'sentence', prompt, slots: [...about.slots] },
        { tokensMax, signal: deadline.signal },
      );
      if (answer.task !== 'sentence') return this.#none('it answered something else');
      const { words, logProbability } = answer;
      const template = words.map(templateWord);
      const why =
        mistakeIn(template, about) ??
        (logProbability / Math.max(1, cost.steps) < sureMin ? 'it was not sure' : undefined);
      return why === undefined ? { model: this.name, template, words } : { ...this.#none(why), words };
    } catch (error) {
      signal.throwIfAborted();
      return this.#none(messageOf(error).replace(/\.$/, ''));
    }
  }

  #none(why: string): { model: string; why: string } {
    return { model: this.name, why };
  }
}
