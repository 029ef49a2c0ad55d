/**
 * Asks a model in its cell how it ranks causes: by the likelihood of each behind what was seen, from one shared prefix. A model
 * that is not there, late, or was not trained for it has no opinion, and says why.
 */
import type { CausesOpinion, CausesQuestion } from '../../models/language-model.ts';
import { orAborted } from '../core/abort.ts';
import { messageOf } from '../core/errors.ts';
import type { Clock } from '../core/ports.ts';
import type { CellModel } from './model-cell.ts';
import { isTrainedFor } from './model-cell-messages.ts';
import { shortHash } from './on-box-model.ts';

export interface CauseRankerSettings {
  /** Of the folder. */
  name: string;
  /** The only model that may be used, as SHA-256 of its files in lower-case hex; any when absent. */
  sha256?: string;
  answerTimeoutMs: number;
  /** As much longer may take the first one, for which the model is loaded. */
  startTimeoutMs: number;
}

/** What a model saw: the prompt, and each cause behind it. */
export interface AskedCauses {
  prompt: string;
  causes: readonly string[];
}

/** What is asked of a cell. */
export type RankingCell = Pick<CellModel, 'info' | 'ask' | 'start'>;

export class CauseRanker {
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

  /** Loads the model meanwhile, so that it is there when a report is. */
  prepare(): void {
    this.#cell.start().catch(() => {}); // whoever asks is told why
  }

  /** `asked`: what was shown to a model that is not asked in our own language. Rejects with the signal's reason alone. */
  async rank(
    { prompt, causes }: CausesQuestion,
    { signal }: { signal: AbortSignal },
  ): Promise<CausesOpinion & { asked?: AskedCauses }> {
    let asked: AskedCauses | undefined;
    const opinion = await this.#rank(prompt, causes, signal, (shown) => {
      asked = { prompt: shown, causes: causes.map(({ plain }) => plain) };
    });
    return { ...opinion, ...(asked !== undefined && { asked }) };
  }

  async #rank(
    prompt: CausesQuestion['prompt'],
    causes: CausesQuestion['causes'],
    signal: AbortSignal,
    show: (prompt: string) => void,
  ): Promise<CausesOpinion> {
    const { sha256, answerTimeoutMs, startTimeoutMs } = this.#settings;
    try {
      using deadline = this.#clock.deadline(
        answerTimeoutMs + (this.#cell.info === undefined ? startTimeoutMs : 0),
        signal,
      );
      const info = await orAborted(this.#cell.start(), deadline.signal);
      if (sha256 !== undefined && sha256 !== info.digest)
        return this.#none(`its hash is ${info.digest}, the configuration expects ${sha256}`);
      const isOwn = info.speaks === 'own';
      if (isOwn && !isTrainedFor('evidence', info))
        return this.#none('this model reads intents, and was not trained to rank causes');
      const texts = causes.map((cause) => (isOwn ? cause.own : cause.plain));
      const { answer } = await this.#cell.ask(
        { task: 'score', prompt: isOwn ? [prompt.own] : [...prompt.plain], candidates: texts },
        { tokensMax: 1, signal: deadline.signal, show },
      );
      if (answer.task !== 'score' || answer.logLikelihoods.length !== causes.length)
        return this.#none('it answered something else');
      // Ours end each cause, so that theirs is a probability; of others, long ones compare with short ones by their letters.
      const lengths = texts.map((text) => (isOwn ? 1 : Math.max(1, text.length)));
      const scores = answer.logLikelihoods.map((sum, index) => sum / (lengths[index] ?? 1));
      return scores.every(Number.isFinite)
        ? { model: this.name, shares: normalised(scores) }
        : this.#none('its answer is no number');
    } catch (error) {
      signal.throwIfAborted();
      return this.#none(messageOf(error).replace(/\.$/, ''));
    }
  }

  #none(why: string): CausesOpinion {
    return { model: this.name, why };
  }
}

function normalised(logarithms: readonly number[]): number[] {
  const highest = Math.max(...logarithms);
  const weights = logarithms.map((one) => Math.exp(one - highest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}
