/** Where models lie, and the one that a configuration names. */
import { existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { LanguageModel } from '../../models/language-model.ts';
import { createRules, rulesName } from '../../models/rules.ts';
import type { Clock, Log } from '../core/ports.ts';
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

/** The rules alone where they are wanted, or where the usual model is not installed. */
export function openModel(
  choice: ModelChoice,
  ports: { clock: Clock; log: Log },
): { model: LanguageModel; onBox?: OnBoxModel; cell?: ModelCell; close(): Promise<void> } {
  const { name, sha256, graph, memoryMaxMib, answerTimeoutMs } = choice;
  if (name === rulesName || (name === shippedModel && sha256 === undefined && !hasModel(name)))
    return { model: createRules(), close: async () => {} };
  const cell = new ModelCell(
    { ...modelCellUsual, memoryMaxMib, folder: modelFolder(name), ...(graph !== undefined && { graph }) },
    ports.log,
  );
  const model = new OnBoxModel(
    {
      name,
      answerTimeoutMs,
      startTimeoutMs: modelCellUsual.startTimeoutMs,
      ...(sha256 !== undefined && { sha256 }),
    },
    { cell, clock: ports.clock },
  );
  return { model, onBox: model, cell, close: () => cell.close() };
}
