/** Where models lie, and the one that a configuration names. */
import { existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { LanguageModel } from '../../models/language-model.ts';
import { createRules, rulesName } from '../../models/rules.ts';
import type { Clock, Log } from '../core/ports.ts';
import { CauseRanker } from './cause-ranker.ts';
import { installedFile } from './installation.ts';
import { ModelCell, modelCellUsual } from './model-cell.ts';
import { OnBoxModel } from './on-box-model.ts';

export interface ModelChoice {
  /** A folder below models/weights, or `rules`. */
  name: string;
  /** SHA-256 of the model that may be used alone. */
  sha256?: string | undefined;
  /** Relative name of one of several graphs in the folder. */
  graph?: string | undefined;
  memoryMaxMib: number;
  answerTimeoutMs: number;
}

/** The model that is shipped. */
export const shippedModel = 'confer-1';
/** Its companion, which ranks causes. */
export const shippedRanker = 'confer-evidence-1';
export const modelChoiceUsual: ModelChoice = {
  name: shippedModel,
  memoryMaxMib: modelCellUsual.memoryMaxMib,
  answerTimeoutMs: 2_000,
};

const weights = installedFile('models/weights');

/** Of a folder below models/weights, or of one that is told in full. */
export function modelFolder(name: string): string {
  return isAbsolute(name) ? name : join(weights, name);
}

/** Whether its weights are here at all; whether they are whole, its cell says. */
export function hasModel(name: string): boolean {
  return existsSync(join(modelFolder(name), 'config.json'));
}

export interface OpenedModel {
  model: LanguageModel;
  onBox?: OnBoxModel;
  cell?: ModelCell;
  close(): Promise<void>;
}

/**
 * The rules alone where they are wanted, or where the usual model is not installed. Beside the shipped model, causes are ranked
 * by the one that was trained for that, where it is installed; any other model is asked itself.
 */
export function openModel(choice: ModelChoice, ports: { clock: Clock; log: Log }): OpenedModel {
  const { name, sha256 } = choice;
  if (name === rulesName || (name === shippedModel && sha256 === undefined && !hasModel(name)))
    return { model: createRules(), close: async () => {} };
  const cell = openCell(choice, ports);
  const settings = settingsOf(choice);
  const beside = name === shippedModel && hasModel(shippedRanker) ? openRanker(choice, ports) : undefined;
  const ranker =
    name === shippedModel ? beside?.ranker : new CauseRanker(settings, { cell, clock: ports.clock });
  const model = new OnBoxModel(settings, {
    cell,
    clock: ports.clock,
    ...(ranker !== undefined && {
      rank: (question, options) => ranker.rank(question, options),
      prepareRank: () => ranker.prepare(),
    }),
  });
  const close = async () => {
    await Promise.all([cell.close(), beside?.close()]);
  };
  return { model, onBox: model, cell, close };
}

/** The report is ready but for this: it waits no longer for an opinion that decides nothing. */
const rankerStartTimeoutMs = 3_000;

/** The shipped ranker, with the bounds of a choice. */
function openRanker(
  { memoryMaxMib, answerTimeoutMs }: ModelChoice,
  ports: { clock: Clock; log: Log },
): { ranker: CauseRanker; close(): Promise<void> } {
  const choice = { name: shippedRanker, memoryMaxMib, answerTimeoutMs };
  const cell = openCell(choice, ports);
  const settings = { ...settingsOf(choice), startTimeoutMs: rankerStartTimeoutMs };
  const ranker = new CauseRanker(settings, { cell, clock: ports.clock });
  return { ranker, close: () => cell.close() };
}

function openCell({ name, graph, memoryMaxMib }: ModelChoice, { log }: { log: Log }): ModelCell {
  const folder = modelFolder(name);
  return new ModelCell(
    { ...modelCellUsual, memoryMaxMib, folder, ...(graph !== undefined && { graph }) },
    log,
  );
}

function settingsOf({ name, sha256, answerTimeoutMs }: ModelChoice) {
  const { startTimeoutMs } = modelCellUsual;
  return { name, answerTimeoutMs, startTimeoutMs, ...(sha256 !== undefined && { sha256 }) };
}
