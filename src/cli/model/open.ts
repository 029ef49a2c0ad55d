/** The model that a command of `confer model` is about. */
import type { LanguageModel } from '../../../models/language-model.ts';
import { rulesName } from '../../../models/rules.ts';
import { ConferError } from '../../core/errors.ts';
import type { Log } from '../../core/ports.ts';
import { createSystemClock } from '../../system/clock.ts';
import { modelChoiceUsual, type OpenedModel, openModel } from '../../system/model-store.ts';

export interface ModelOptions {
  /** A folder below models/weights, or `rules`. */
  model?: string;
}

/** What a person waits for may take longer than what an agent waits for. */
const answerTimeoutMs = 30_000;
const memoryMaxMib = 16_384;

const note = (message: string, fields: object = {}) => {
  const said = Object.entries(fields).map(([key, value]) =>
    typeof value === 'number' ? `${key} ${value}` : value,
  );
  console.error(`confer: ${message}: ${said.join(', ')}`);
};
const told: Log = { info: note, warn: note };

/** Throws ConferError `usage`. */
export function openedModel({ model = modelChoiceUsual.name }: ModelOptions, log: Log = told): OpenedModel {
  if (model.trim() === '')
    throw new ConferError('usage', '--model names a folder below models/weights, or is rules.');
  return openModel({ name: model, memoryMaxMib, answerTimeoutMs }, { clock: createSystemClock(), log });
}

/** Who ranks causes and words conclusions; where nobody does, the opinion says so. */
export function openedRanker(options: ModelOptions): {
  rank: NonNullable<LanguageModel['rank']>;
  say: NonNullable<LanguageModel['say']>;
  close(): Promise<void>;
} {
  const opened = openedModel(options);
  const none = async () => ({ model: rulesName, why: 'rules rank nothing' });
  return {
    rank: opened.model.rank ?? none,
    say: opened.model.say ?? (async () => undefined),
    close: () => opened.close(),
  };
}
