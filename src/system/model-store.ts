/** Where models lie, and the one that a configuration names. */
import { existsSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import type { LanguageModel } from '../../models/language-model.ts';
import { createRules, rulesName } from '../../models/rules.ts';
import type { Clock, Log } from '../core/ports.ts';
import { absentCompanion, Companion, type CompanionPort } from './companion.ts';
import { installedFile } from './installation.ts';
import { type CellModel, ModelCell, modelCellUsual } from './model-cell.ts';
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
/** Its companion, which ranks causes and words conclusions. */
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

/** Whether it is one of ours, which come with the hashes of their files. */
export function isShipped(name: string): boolean {
  return [shippedModel, shippedRanker].some((one) => resolve(modelFolder(name)) === modelFolder(one));
}

/** Whether its weights are here at all; whether they are whole, its cell says. */
export function hasModel(name: string): boolean {
  return existsSync(join(modelFolder(name), 'config.json'));
}

export interface OpenedModel {
  model: LanguageModel;
  /** Why there are rules alone, where that was not chosen. */
  why?: string;
  onBox?: OnBoxModel;
  cell?: ModelCell;
  /** The one of the cell that reads intents. */
  reader?: CellModel;
  /** The one of the cell that ranks causes; may be the same. */
  rankerName?: string;
  close(): Promise<void>;
}

/**
 * The rules alone where they are wanted, or where the model is not there. Beside the shipped model, causes are ranked
 * by the one that was trained for that, and where that is not installed, reports say so; any other model is asked itself. All run in
 * one cell.
 */
export function openModel(choice: ModelChoice, { clock, log }: { clock: Clock; log: Log }): OpenedModel {
  const { name, graph, sha256, memoryMaxMib } = choice;
  if (name === rulesName) return { model: createRules(), close: async () => {} };
  if (!hasModel(name)) {
    const why = absence(name);
    log.warn('the language model is not there; rules read intents', { model: name, reason: why });
    const rules = { ...createRules(), name: `${rulesName} (${name}: it is not there)` };
    return { model: rules, why, close: async () => {} };
  }
  const companionName = name === shippedModel ? shippedRanker : name;
  const models = [...new Set([name, companionName])].filter(hasModel).map((one) => ({
    name: one,
    folder: modelFolder(one),
    isShipped: isShipped(one),
    ...(one === name && { graph }),
  }));
  const cell = new ModelCell({ ...modelCellUsual, memoryMaxMib, models }, log);
  const reader = cell.model(name);
  const settings = { ...boundsOf(choice), name, ...(sha256 !== undefined && { sha256 }) };
  const companion = companionIn(cell, companionName, choice, { clock, log });
  const model = new OnBoxModel(settings, { cell: reader, clock, companion });
  return {
    model,
    onBox: model,
    cell,
    reader,
    ...(hasModel(companionName) && { rankerName: companionName }),
    close: () => cell.close(),
  };
}

/** The report is ready but for this: it waits no longer for an opinion that decides nothing. */
const rankerStartTimeoutMs = 3_000;

/** Who ranks causes and words conclusions. */
function companionIn(
  cell: ModelCell,
  name: string,
  choice: ModelChoice,
  { clock, log }: { clock: Clock; log: Log },
): CompanionPort {
  if (!hasModel(name)) {
    log.warn('the model that ranks causes and words conclusions is not there; the rules word them', {
      model: name,
      reason: absence(name),
    });
    return absentCompanion(name, 'it is not there');
  }
  const { sha256 } = choice;
  const isChosen = name === choice.name;
  const settings = {
    ...boundsOf(choice),
    name,
    ...(isChosen ? sha256 !== undefined && { sha256 } : { startTimeoutMs: rankerStartTimeoutMs }),
  };
  return new Companion(settings, { cell: cell.model(name), clock });
}

function absence(name: string): string {
  return `there is no model in ${modelFolder(name)}: put the folder of one there`;
}

function boundsOf({ answerTimeoutMs }: ModelChoice) {
  return { answerTimeoutMs, startTimeoutMs: modelCellUsual.startTimeoutMs };
}
