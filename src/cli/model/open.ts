/** The model that a command of `confer model` is about. */
import type { Log } from '../../core/ports.ts';
import { createSystemClock } from '../../system/clock.ts';
import { modelChoiceUsual, openModel } from '../../system/model-store.ts';

export interface ModelOptions {
  /** A folder below models/weights, or `rules`. */
  model?: string;
}

/** What a person waits for may take longer than what an agent waits for. */
const answerTimeoutMs = 30_000;
const memoryMaxMib = 16_384;

export function openedModel({ model = modelChoiceUsual.name }: ModelOptions): ReturnType<typeof openModel> {
  const note = (message: string, fields: object = {}) =>
    console.error(`confer: ${message}: ${Object.values(fields).join(', ')}`);
  const log: Log = { info: note, warn: note };
  return openModel({ name: model, memoryMaxMib, answerTimeoutMs }, { clock: createSystemClock(), log });
}
