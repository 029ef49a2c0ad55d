/** `confer model`: what the on-box language model reads out of texts, and what it is. docs/model.md documents it. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { nearest } from '../collaboration/domain.ts';
import { ConferError } from '../core/errors.ts';
import { shortened } from '../core/shortened.ts';
import { parseTopology } from '../core/topology.ts';
import { shortHash } from '../system/model-cell-messages.ts';
import { modelChoiceUsual, type OpenedModel, shippedRanker } from '../system/model-store.ts';
import { exitCodes } from './exit-codes.ts';
import { type ModelOptions, openedModel } from './model/open.ts';
import { namesIn, readText, type TextReading, unservedIn, wordingOf } from './model/read-intent.ts';
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
      await nextTurn(); // rules read without waiting for anything: a process that is to start again would never do so
      const reading = await readText(one, opened.onBox, { names, signal: readersGone });
      if (json) {
        console.log(JSON.stringify(reading.intent));
        for (const line of notesOn(reading, names)) console.error(`confer: ${line}`);
      } else describe(one, reading, opened, names);
    }
  } finally {
    await opened.close();
  }
  return exitCodes.done;
}

function textsOf(content: string, file: string): string[] {
  const lines = content.replace(/^\u{FEFF}/u, '').split('\n');
  return lines.flatMap((line, index) => {
    if (line.trim() === '') return [];
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

/** A longer text says no more to whoever typed it. */
const echoCharactersMax = 300;

function describe(text: string, reading: TextReading, opened: OpenedModel, names: readonly string[]): void {
  const { intent, by, why = opened.why, model: said } = reading;
  const { model, reader } = opened;
  console.log(shortened(visibleLine(text), echoCharactersMax));
  console.log(`  understood as ${visibleLine(wordingOf(intent))}`);
  console.log(`  ${JSON.stringify(intent)}`);
  const sure = said?.marginMin === undefined ? '' : `, margin ${said.marginMin.toFixed(2)}`;
  const instead =
    why === undefined ? '' : ` (${visibleLine(reader === undefined ? why : `${reader.name}: ${why}`)})`;
  const readBy = {
    structure: 'its structure',
    rules: `the rules${instead}`,
    model: `${model.name}${sure}`,
    nobody: 'nobody: it is too long',
  }[by];
  console.log(`  read by ${readBy}`);
  for (const line of notesOn(reading, names)) console.log(`  ${line}`);
}

/** What an agent would say to it. */
function notesOn(reading: TextReading, names: readonly string[]): string[] {
  const unserved = unservedIn(reading.intent);
  return [
    ...(unserved === undefined ? [] : [`no agent measures this: ${unserved}`]),
    ...unknownIn(reading, names),
  ];
}

/** A line about each name that is not known, where names are. */
function unknownIn({ intent }: TextReading, names: readonly string[]): string[] {
  const known = new Set(names.map((name) => name.toLowerCase()));
  const unknown = names.length === 0 ? [] : namesIn(intent).filter((name) => !known.has(name.toLowerCase()));
  return unknown.map(
    (name) =>
      `${visibleLine(name)} is not in the topology; nearest names: ${nearest(name, names).join(', ')}`,
  );
}

/** Throws ConferError `bad-input` where the model cannot be used. */
export async function showModel(options: ModelOptions & { json?: boolean }): Promise<number> {
  const name = options.model ?? modelChoiceUsual.name;
  const silent = { info() {}, warn() {} }; // what is wrong with the model is what is told here
  const opened = openedModel(options, silent);
  const { cell, reader, rankerName } = opened;
  try {
    if (cell === undefined || reader === undefined) {
      const { why = 'chosen' } = opened;
      if (name !== modelChoiceUsual.name && opened.why !== undefined) throw unusable(name, why);
      if (options.json) console.log(JSON.stringify({ name: 'rules', why }));
      else console.log(`rules (${why}): no weights; the same answer every time`);
      return exitCodes.done;
    }
    const info = await reader.start().catch((error: Error) => {
      throw unusable(name, error.message);
    });
    const memoryMib = Math.round(cell.residentMib ?? 0);
    if (options.json) console.log(JSON.stringify({ name, ...info, memoryMib }));
    else {
      const { about, digest, isVerified, type, graph, layers, vocabularySize, contextTokensMax, keyValues } =
        info;
      console.log(`${name} (${shortHash(info)})`);
      const rows: (readonly [string, string])[] = [
        ['hash', `${digest}${isVerified ? ', every file as its manifest says' : '; it has no manifest'}`],
        ['graph', `${graph}: ${type}, ${layers} layers, vocabulary ${vocabularySize}`],
        ['context', `${contextTokensMax} tokens, cache ${keyValues.type} ${keyValues.mode}`],
        [
          'asked',
          { own: 'in its own language', chat: 'by its chat template', plain: 'by examples' }[info.speaks],
        ],
        ['loaded', `in ${info.loadMs.toFixed(0)} ms; ${memoryMib} MiB`],
        ...Object.entries(about).flatMap(([key, value]) => rowsOf(key, value)),
        ...causesRow(name, rankerName),
      ];
      for (const [key, value] of rows) console.log(`  ${visibleLine(key).padEnd(12)} ${visibleLine(value)}`);
    }
    return exitCodes.done;
  } finally {
    await opened.close();
  }
}

/** Who ranks causes, where it is not the model itself. */
function causesRow(name: string, rankerName: string | undefined): (readonly [string, string])[] {
  if (rankerName === name) return [];
  return rankerName === undefined
    ? [['causes', `ranked by the correlation alone: ${shippedRanker} is not there`]]
    : [['causes', `ranked by ${rankerName}: confer model info --model ${rankerName}`]];
}

function unusable(name: string, why: string): ConferError {
  const reason = why.replace(/\.$/, '');
  return new ConferError(
    'bad-input',
    `${name} cannot be used: ${reason}; an agent reads by rules meanwhile.`,
  );
}

/** A row for each member of an object. */
function rowsOf(name: string, value: unknown): (readonly [string, string])[] {
  if (typeof value !== 'object' || value === null) return [[name, String(value)]];
  return Object.entries(value).map(
    ([key, member], index) => [index === 0 ? name : '', `${key}  ${inWords(member)}`] as const,
  );
}

/** "known 0.875, held-out 0.781" */
function inWords(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(([key, member]) =>
      typeof member === 'object' ? `${key} (${inWords(member)})` : `${key} ${inWords(member)}`,
    )
    .join(', ');
}
