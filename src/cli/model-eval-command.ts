/**
 * `confer model eval`: how well intents are read, by the model and by the rules alone, and how well causes are ranked, by the
 * correlation, by the model and by both, and how often a model words a conclusion. docs/model.md has the tables.
 */
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { counted } from '../core/counted.ts';
import { ConferError } from '../core/errors.ts';
import { installedFile } from '../system/installation.ts';
import { exitCodes } from './exit-codes.ts';
import { parseExamples, type Reader, readAll, readers } from './model/evaluate.ts';
import { caseSets, rankCases, rankedTable } from './model/hypothesis-table.ts';
import { type ModelOptions, openedModel } from './model/open.ts';
import { percent } from './model/percent.ts';
import { type Example, fittedTemperature, type Read, type Scores, scoresOf } from './model/scores.ts';
import { saidTable, sayCases, sentenceCases } from './model/sentence-table.ts';
import { readersGone } from './readers.ts';
import { readInput } from './report-files.ts';

interface EvalOptions extends ModelOptions {
  json?: boolean;
  /** NAME=FILE. */
  set?: string[];
  /** NAME=FILE. */
  cases?: string[];
  /** Conclusions to word. */
  sentences?: string;
}

interface Evaluated {
  set: string;
  reader: Reader;
  scores: Scores;
}

const training = installedFile('models/training');
/** On this one the temperature of a model is fitted; it is no test. */
const calibrationSet = 'held-out wording';
const sets: readonly (readonly [name: string, file: string])[] = [
  ['known wording, unseen names', join(training, 'validation', 'known.jsonl')],
  [calibrationSet, join(training, 'validation', 'held-out.jsonl')],
  ['independent paraphrases', join(training, 'test-split', 'paraphrases.jsonl')],
  ['unsupported and hostile', join(training, 'test-split', 'hostile.jsonl')],
];

/** Returns the exit code. Throws ConferError `usage` or `bad-input`. */
export async function evaluateModel(options: EvalOptions): Promise<number> {
  const asked = [options.set, options.cases, options.sentences].some((one) => one !== undefined);
  const chosen = options.set?.map((one) => namedSet('--set', one)) ?? (asked ? [] : sets);
  const played = options.cases?.map((one) => namedSet('--cases', one)) ?? (asked ? [] : caseSets);
  const missing = [...chosen, ...played].filter(([, file]) => !existsSync(file));
  // Our own sets may not be installed; those that somebody names are there, or it is told why they cannot be read.
  if (asked) for (const [, file] of missing) readInput(file);
  if (options.sentences !== undefined) readInput(options.sentences);
  const loaded = chosen
    .filter(([, file]) => existsSync(file))
    .map(([name, file]) => ({ name, examples: examplesOf(file) }));
  const opened = openedModel(options);
  try {
    const read: { set: string; by: Partial<Record<Reader, Read[]>> }[] = [];
    for (const { name, examples } of loaded) {
      if (!options.json) console.error(`confer: reading ${counted(examples.length, 'text')} of ${name}`);
      read.push({ set: name, by: await readAll(examples, opened.onBox, readersGone) });
    }
    const told = opened.reader?.info?.about.temperature;
    const held = read.find(({ set }) => set === calibrationSet)?.by.model ?? [];
    const fitted = held.length > 0 ? fittedTemperature(held) : undefined;
    const temperature = typeof told === 'number' ? told : (fitted ?? 1);
    const rows = read.flatMap(({ set, by }) =>
      readers.flatMap((reader): Evaluated[] => {
        const reads = by[reader];
        return reads === undefined ? [] : [{ set, reader, scores: scoresOf(reads, temperature) }];
      }),
    );
    const ranked = await rankCases(played, { ...options, isQuiet: options.json === true });
    const said =
      asked && options.sentences === undefined
        ? { said: [] }
        : await sayCases(options.sentences ?? sentenceCases, { ...options, isQuiet: options.json === true });
    const { name } = opened.model;
    if (options.json)
      console.log(JSON.stringify({ model: name, temperature, fitted, rows, ...ranked, ...said }));
    else {
      if (rows.length > 0) print(name, temperature, rows);
      for (const line of [...rankedTable(ranked), ...saidTable(said)]) console.log(line);
    }
    for (const [set, file] of missing)
      console.error(`confer: ${set} is left out: ${relative(process.cwd(), file)} is not here.`);
    return exitCodes.done;
  } finally {
    await opened.close();
  }
}

function namedSet(option: string, text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1)
    throw new ConferError('usage', `${option} ${text}: expected NAME=FILE, such as mine=texts.jsonl.`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function examplesOf(file: string): Example[] {
  const { examples, badLine } = parseExamples(readInput(file).toString('utf8'));
  if (badLine !== undefined)
    throw new ConferError('bad-input', `${file}:${badLine}: expected {"text": "...", "intent": {...}}.`);
  if (examples.length === 0) throw new ConferError('bad-input', `${file} has no examples.`);
  return examples;
}

const columns: readonly (readonly [string, (scores: Scores) => string])[] = [
  ['texts', ({ texts }) => String(texts)],
  ['exact', ({ exact }) => percent(exact)],
  ['kind', ({ kind }) => percent(kind)],
  ['invented names', ({ invented }) => String(invented)],
  ['refused', ({ refused }) => percent(refused)],
  ['refused wrongly', ({ refusedWrongly }) => percent(refusedWrongly)],
  ['calibration error', ({ calibrationError }) => calibrationError?.toFixed(3) ?? ''],
];

function print(model: string, temperature: number, rows: readonly Evaluated[]): void {
  console.log(`${model}, temperature ${temperature.toFixed(2)}\n`);
  console.log(`| set | reader | ${columns.map(([name]) => name).join(' | ')} |`);
  console.log(`|-|-|${'-|'.repeat(columns.length)}`);
  for (const { set, reader, scores } of rows)
    console.log(`| ${set} | ${reader} | ${columns.map(([, cell]) => cell(scores)).join(' | ')} |`);
}
