/** `confer model`: what the on-box language model reads out of texts, and what it is. docs/model.md documents it. */
import { nearest } from '../collaboration/domain.ts';
import { ConferError } from '../core/errors.ts';
import { parseTopology } from '../core/topology.ts';
import { hasModel, modelChoiceUsual, modelFolder } from '../system/model-store.ts';
import { shortHash } from '../system/on-box-model.ts';
import { exitCodes } from './exit-codes.ts';
import { type ModelOptions, openedModel } from './model/open.ts';
import { namesIn, readText, type TextReading, wordingOf } from './model/read-intent.ts';
import { readersGone } from './readers.ts';
import { readInput } from './report-files.ts';
import { visibleLine } from './visible-text.ts';

interface ParseOptions extends ModelOptions {
  file?: string;
  json?: boolean;
  topology?: string;
}

/** Returns the exit code: what is not supported is an answer too. Throws ConferError `usage` or `bad-input`. */
export async function parseTexts(text: string | undefined, options: ParseOptions): Promise<number> {
  const { file, json } = options;
  if ((text === undefined) === (file === undefined))
    throw new ConferError('usage', 'Give a text to read, or --file with one JSON string a line.');
  const texts = file === undefined ? [text ?? ''] : textsOf(readInput(file).toString('utf8'), file);
  const names = namesOf(options.topology);
  const opened = openedModel(options);
  try {
    for (const one of texts) {
      const reading = await readText(one, opened.onBox, { names, signal: readersGone });
      if (json) console.log(JSON.stringify(reading.intent));
      else describe(one, reading, opened.model.name, names);
    }
  } finally {
    await opened.close();
  }
  return exitCodes.done;
}

function textsOf(content: string, file: string): string[] {
  const lines = content.split('\n');
  if (lines.at(-1)?.trim() === '') lines.pop();
  return lines.map((line, index) => {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      value = undefined;
    }
    if (typeof value === 'string') return value;
    throw new ConferError(
      'bad-input',
      `${file}:${index + 1}: expected a JSON string, such as "packet loss from PE-1 to PE-3".`,
    );
  });
}

function namesOf(topology: string | undefined): string[] {
  if (topology === undefined) return [];
  return parseTopology(readInput(topology).toString('utf8'), topology).nodes.map(({ name }) => name);
}

function describe(text: string, reading: TextReading, model: string, names: readonly string[]): void {
  const { intent, by, why, model: said } = reading;
  console.log(visibleLine(text));
  console.log(`  understood as ${visibleLine(wordingOf(intent))}`);
  console.log(`  ${JSON.stringify(intent)}`);
  const sure = said?.marginMin === undefined ? '' : `, margin ${said.marginMin.toFixed(2)}`;
  const reader = { structure: 'its structure', rules: 'the rules', model: `${model}${sure}` }[by];
  console.log(`  read by ${reader}${why === undefined ? '' : `; ${visibleLine(why)}`}`);
  const known = new Set(names.map((name) => name.toLowerCase()));
  for (const name of names.length > 0 ? namesIn(intent) : [])
    if (!known.has(name.toLowerCase()))
      console.log(
        `  ${visibleLine(name)} is not in the topology; nearest names: ${nearest(name, names).join(', ')}`,
      );
}

/** Returns the exit code: 1 where the model cannot be used. */
export async function showModel(options: ModelOptions & { json?: boolean }): Promise<number> {
  const name = options.model ?? modelChoiceUsual.name;
  const opened = openedModel(options);
  const { cell, reader } = opened;
  try {
    if (cell === undefined || reader === undefined) {
      const why =
        name === modelChoiceUsual.name && !hasModel(name)
          ? `there is no model in ${modelFolder(name)}`
          : 'chosen';
      if (options.json) console.log(JSON.stringify({ name: 'rules', why }));
      else console.log(`rules (${why}): no weights; the same answer every time`);
      return exitCodes.done;
    }
    const info = await reader.start().catch((error: Error) => {
      throw new ConferError('bad-input', `${name} cannot be used: ${error.message}`);
    });
    const memoryMib = Math.round(cell.residentMib ?? 0);
    if (options.json) console.log(JSON.stringify({ name, ...info, memoryMib }));
    else {
      const { about, digest, isVerified, type, graph, layers, vocabularySize, contextTokensMax, keyValues } =
        info;
      console.log(`${name} (${shortHash(info)})`);
      const rows: [string, string][] = [
        ['hash', `${digest}${isVerified ? ', every file as its manifest says' : '; it has no manifest'}`],
        ['graph', `${graph}: ${type}, ${layers} layers, vocabulary ${vocabularySize}`],
        ['context', `${contextTokensMax} tokens, cache ${keyValues.type} ${keyValues.mode}`],
        [
          'asked',
          { own: 'in its own language', chat: 'by its chat template', plain: 'by examples' }[info.speaks],
        ],
        ['loaded', `in ${info.loadMs.toFixed(0)} ms; ${memoryMib} MiB`],
        ...Object.entries(about).map(([key, value]): [string, string] => [
          key,
          typeof value === 'string' ? value : JSON.stringify(value),
        ]),
      ];
      for (const [key, value] of rows) console.log(`  ${visibleLine(key).padEnd(12)} ${visibleLine(value)}`);
    }
    return exitCodes.done;
  } finally {
    await opened.close();
  }
}
