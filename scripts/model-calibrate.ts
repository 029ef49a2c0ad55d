/**
 * Learns from texts with their intents how sure a model must be, and writes that into its manifest.
 *
 *     node scripts/model-calibrate.ts [--model NAME] [--set models/training/validation/held-out.jsonl] [--write]
 *
 * `temperature` makes its probabilities mean what they say; `marginMin` is the margin from which on its reading is right
 * more often than the rules'. The texts must be none that it was trained on, and none that it is judged by.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseExamples } from '../src/cli/model/evaluate.ts';
import { readByRules } from '../src/cli/model/read-intent.ts';
import { calibrationError, fittedTemperature, isExact, type Read } from '../src/cli/model/scores.ts';
import { createSystemClock } from '../src/system/clock.ts';
import { modelChoiceUsual, modelFolder, openModel } from '../src/system/model-store.ts';

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: modelChoiceUsual.name },
    set: { type: 'string', default: 'models/training/validation/held-out.jsonl' },
    write: { type: 'boolean', default: false },
  },
});
const { examples, badLine } = parseExamples(readFileSync(values.set, 'utf8'));
if (badLine !== undefined) throw new Error(`${values.set}:${badLine}: expected text and intent.`);
const log = { info() {}, warn: (message: string, fields?: object) => console.error(message, fields) };
const choice = { ...modelChoiceUsual, name: values.model, answerTimeoutMs: 60_000 };
const opened = openModel(choice, { clock: createSystemClock(), log });
if (opened.onBox === undefined) throw new Error(`There is no model ${values.model}.`);

const reads: (Read & { margin: number; isRulesExact: boolean })[] = [];
const signal = new AbortController().signal;
for (const example of examples) {
  const { model } = await opened.onBox.read(example.text, {
    names: example.names ?? [],
    signal,
  });
  if (model === undefined) continue; // nothing is learnt from a text that is too long for it
  const isRulesExact = isExact({ example, intent: readByRules(example.text) });
  const { intent, logProbability, marginMin: margin = Number.MAX_VALUE } = model;
  reads.push({ example, intent, logProbability, margin, isRulesExact });
}
await opened.close();

/** How many texts are read right where the rules read what is less sure than `margin`. */
const rightFrom = (least: number) =>
  reads.filter((read) => (read.margin >= least ? isExact(read) : read.isRulesExact)).length;
const margins = [0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];
/** To ask again costs less than to measure what nobody asked for: among equals within half a point, the surest. */
const close = Math.max(...margins.map(rightFrom)) - reads.length / 200;
const marginMin = Math.max(...margins.filter((one) => rightFrom(one) >= close));
const temperature = Number(fittedTemperature(reads).toFixed(3));
const percent = (count: number) => `${((100 * count) / reads.length).toFixed(1)} %`;
console.log(
  [
    `${reads.length} texts: model ${percent(reads.filter(isExact).length)}, rules ${percent(reads.filter(({ isRulesExact }) => isRulesExact).length)}`,
    ...margins.map((margin) => `  margin ${margin}: both ${percent(rightFrom(margin))}`),
    `marginMin ${marginMin}; temperature ${temperature}, calibration error ${calibrationError(reads, temperature).toFixed(3)} (${calibrationError(reads, 1).toFixed(3)} without)`,
  ].join('\n'),
);
if (values.write) {
  const file = join(modelFolder(values.model), 'manifest.json');
  const { files, ...about } = JSON.parse(readFileSync(file, 'utf8'));
  const calibrated = {
    ...about,
    marginMin,
    temperature,
    calibratedOn: `${reads.length} texts of ${values.set}`,
    files,
  };
  writeFileSync(file, `${JSON.stringify(calibrated, null, 2)}\n`);
}
