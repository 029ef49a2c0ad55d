/**
 * The model that is asked once a report is there: how it ranks causes, by the likelihood of each behind what was seen, from one
 * shared prefix; and for the sentence of a conclusion, which is read again before anybody uses it. One that is not there, late, not
 * sure, or was not trained for it has no opinion, and says why.
 */
import { mistakeIn } from '../../models/evidence/sentence.ts';
import { templateWord } from '../../models/evidence/slots.ts';
import type {
  CausesOpinion,
  CausesQuestion,
  SentenceQuestion,
  WordedSentence,
} from '../../models/language-model.ts';
import { orAborted } from '../core/abort.ts';
import { messageOf } from '../core/errors.ts';
import type { Clock } from '../core/ports.ts';
import type { CellModel } from './model-cell.ts';
import { type CellInfo, isTrainedFor, shortHash } from './model-cell-messages.ts';

export interface CompanionSettings {
  /** Of the folder. */
  name: string;
  /** The only model that may be used, as SHA-256 of its files in lower-case hex; any when absent. */
  sha256?: string;
  /** For all that is asked about one report, together. */
  answerTimeoutMs: number;
  /** As much longer may take the first one, for which the model is loaded. */
  startTimeoutMs: number;
}

/** What is asked of a cell. */
export type CompanionCell = Pick<CellModel, 'info' | 'ask' | 'start'>;

/** What a model saw: the prompt, and each cause behind it. */
export interface AskedCauses {
  prompt: string;
  causes: readonly string[];
}

type Options = { signal: AbortSignal };
/** `asked`: what was shown to a model that is not asked in our own language. */
export type Ranks = (
  question: CausesQuestion,
  options: Options,
) => Promise<CausesOpinion & { asked?: AskedCauses }>;
/** `words`: what the model wrote, used or not. Undefined of a model that was not trained for it: it is not asked. */
export type Says = (
  question: SentenceQuestion,
  options: Options,
) => Promise<(WordedSentence & { words?: readonly string[] }) | undefined>;

/** Both reject with the signal's reason alone. */
export interface CompanionPort {
  /** Whether there is somebody to ask; else what is said of that is no exchange with a model. */
  readonly isThere: boolean;
  /** Loads the model meanwhile, so that it is there when a report is. */
  prepare(): void;
  /** For one report: all that is asked has one deadline, which begins with the first question. */
  open(): { rank: Ranks; say: Says };
}

/** Longest sentence, in tokens: a word of our vocabulary is one. */
const tokensMax = 128;
/**
 * Mean natural logarithm of the probability of a choice, below which a sentence is a guess: several wordings are honest, so that
 * one of four is no doubt.
 */
const sureMin = -0.7;

export class Companion implements CompanionPort {
  readonly isThere = true;
  readonly #settings: CompanionSettings;
  readonly #cell: CompanionCell;
  readonly #clock: Clock;

  constructor(settings: CompanionSettings, ports: { cell: CompanionCell; clock: Clock }) {
    this.#settings = settings;
    this.#cell = ports.cell;
    this.#clock = ports.clock;
  }

  prepare(): void {
    this.#cell.start().catch(() => {}); // whoever asks is told why
  }

  open(): { rank: Ranks; say: Says } {
    let ends: { atMs: number; late: string } | undefined;
    const within = async <T>(
      given: AbortSignal,
      ask: (info: CellInfo, signal: AbortSignal) => Promise<T | string>,
    ): Promise<T | string> => {
      ends ??= this.#ending();
      const leftMs = ends.atMs - this.#clock.elapsed();
      if (leftMs <= 0) return ends.late;
      using deadline = this.#clock.deadline(leftMs, given);
      try {
        const info = await orAborted(this.#cell.start(), deadline.signal);
        const { sha256 } = this.#settings;
        return sha256 !== undefined && sha256 !== info.digest
          ? `its hash is ${info.digest}, the configuration expects ${sha256}`
          : await ask(info, deadline.signal);
      } catch (error) {
        given.throwIfAborted();
        return deadline.signal.aborted ? ends.late : messageOf(error).replace(/\.$/, '');
      }
    };
    return {
      rank: async (question, { signal }) => {
        let asked: AskedCauses | undefined;
        const show = (prompt: string) => {
          asked = { prompt, causes: question.causes.map(({ plain }) => plain) };
        };
        const found = await within(signal, (info, given) => this.#shares(question, info, given, show));
        const opinion = typeof found === 'string' ? { why: found } : { shares: found };
        return { model: this.#name, ...opinion, ...(asked !== undefined && { asked }) };
      },
      say: async (question, { signal }) => {
        const found = await within(signal, (info, given) => this.#sentence(question, info, given));
        if (found === undefined) return undefined;
        return { model: this.#name, ...(typeof found === 'string' ? { why: found } : found) };
      },
    };
  }

  #ending(): { atMs: number; late: string } {
    const { answerTimeoutMs, startTimeoutMs } = this.#settings;
    const patienceMs = answerTimeoutMs + (this.#cell.info === undefined ? startTimeoutMs : 0);
    return { atMs: this.#clock.elapsed() + patienceMs, late: `no answer within ${patienceMs} ms` };
  }

  get #name(): string {
    const { info } = this.#cell;
    return info === undefined ? this.#settings.name : `${this.#settings.name} (${shortHash(info)})`;
  }

  /** Of each cause; or why there are none. */
  async #shares(
    { prompt, causes }: CausesQuestion,
    info: CellInfo,
    signal: AbortSignal,
    show: (prompt: string) => void,
  ): Promise<number[] | string> {
    const isOwn = info.speaks === 'own';
    if (isOwn && !isTrainedFor('evidence', info))
      return 'this model reads intents, and was not trained to rank causes';
    const texts = causes.map((cause) => (isOwn ? cause.own : cause.plain));
    const { answer } = await this.#cell.ask(
      { task: 'score', prompt: isOwn ? [prompt.own] : [...prompt.plain], candidates: texts },
      { tokensMax: 1, signal, show },
    );
    if (answer.task !== 'score' || answer.logLikelihoods.length !== causes.length)
      return 'it answered something else';
    // Ours end each cause, so that theirs is a probability; of others, long ones compare with short ones by their letters.
    const lengths = texts.map((text) => (isOwn ? 1 : Math.max(1, text.length)));
    const scores = answer.logLikelihoods.map((sum, index) => sum / (lengths[index] ?? 1));
    return scores.every(Number.isFinite) ? normalised(scores) : 'its answer is no number';
  }

  async #sentence(
    { prompt, about }: SentenceQuestion,
    info: CellInfo,
    signal: AbortSignal,
  ): Promise<
    { words: readonly string[]; why: string } | { words: string[]; template: string[] } | string | undefined
  > {
    if (info.speaks !== 'own' || !isTrainedFor('sentence', info)) return undefined;
    const { answer, cost } = await this.#cell.ask(
      { task: 'sentence', prompt, slots: [...about.slots] },
      { tokensMax, signal },
    );
    if (answer.task !== 'sentence') return 'it answered something else';
    const { words, logProbability } = answer;
    const template = words.map(templateWord);
    const isSure = logProbability / Math.max(1, cost.steps) >= sureMin;
    const why = mistakeIn(template, about) ?? (isSure ? undefined : 'it was not sure');
    return why === undefined ? { words, template } : { words, why };
  }
}

/** In the place of one that is not installed: whoever reads the report learns that it was not asked, and why. */
export function absentCompanion(name: string, why: string): CompanionPort {
  const none = async () => ({ model: name, why });
  return { isThere: false, prepare() {}, open: () => ({ rank: none, say: none }) };
}

function normalised(logarithms: readonly number[]): number[] {
  const highest = Math.max(...logarithms);
  const weights = logarithms.map((one) => Math.exp(one - highest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}
