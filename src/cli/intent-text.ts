/**
 * The intent as text, from --intent, --intent-file, the topology or the keyboard, judged before any router is asked: a
 * lab's agents take minutes less to start when nothing has to be asked of them.
 */
import { extname } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import type { LanguageModel } from '../../models/language-model.ts';
import { createRules } from '../../models/rules.ts';
import { nearest } from '../collaboration/domain.ts';
import { understand } from '../collaboration/intent.ts';
import { kindOf } from '../collaboration/intents/index.ts';
import { ConferError, messageOf } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { ServedIntent } from '../core/records.ts';
import { reportSchema } from '../core/report-schema.ts';
import type { Topology } from '../core/topology.ts';
import { parseYaml } from '../core/yaml-document.ts';
import { syntaxMistakes } from '../core/yaml-syntax.ts';
import { createSystemClock } from '../system/clock.ts';
import { modelChoiceUsual, openModel } from '../system/model-store.ts';
import { readInput } from './report-files.ts';

const sessionExample = 'Check the BGP session from PE-1 to PE-3';
const example = 'Verify packet loss on the SRv6 path from PE-1 to PE-3 via P-2';

export interface PlacedIntent {
  text: string;
  /** The head, where the operator would log in, as the topology spells it. */
  node: string;
}

/** Throws ConferError `usage`, `bad-input`, `unsupported-intent` or `unknown-node`. */
export async function chosenIntent(
  topology: Topology,
  { intent, intentFile }: { intent?: string; intentFile?: string },
): Promise<PlacedIntent> {
  if (intentFile !== undefined) return await placed(intentOfFile(intentFile), intentFile, topology);
  if (intent !== undefined && intent.trim() === '')
    throw new ConferError('usage', `--intent is empty: say what to verify, for example "${example}".`);
  const text = intent ?? topology.intent;
  if (text === undefined)
    throw new ConferError('usage', `${topology.name} names no intent of its own: give one with --intent.`);
  return await placed(text, intent === undefined ? `the intent of ${topology.name}` : '--intent', topology);
}

/** Judges what was typed or read from `origin`. Throws like chosenIntent. */
export async function placed(given: string, origin: string, topology: Topology): Promise<PlacedIntent> {
  const text = given.trim();
  requireText(text, origin);
  // Lines are counted as in the file.
  const numbered = `${'\n'.repeat(given.slice(0, given.indexOf(text)).split('\n').length - 1)}${text}`;
  requireWhole(numbered, origin);
  await requireOne(text, origin);
  const intent = await asAgentsRead(text, topology).catch((error) => {
    if (!(error instanceof ConferError)) throw error;
    if (error.code === 'bad-input' && isStructured(origin, text)) requireFields(numbered, origin);
    const prefix = error.code === 'bad-input' ? `${origin}: ` : '';
    throw new ConferError(error.code, `${prefix}${messageOf(error).replaceAll(/\s*\n\s*/g, ' ')}`);
  });
  return { text, node: spelled(intent, topology) };
}

function intentOfFile(file: string): string {
  const bytes = readInput(file);
  bounded(bytes.byteLength, file);
  if (bytes.toString('utf8').trim() === '')
    throw new ConferError('bad-input', `${file} is empty: write what to verify in it.`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw notText(file);
  }
}

function requireText(text: string, origin: string): void {
  bounded(Buffer.byteLength(text), origin);
  if (/[^\P{Cc}\t\n\r]/u.test(text)) throw notText(origin);
}

function notText(origin: string): ConferError {
  return new ConferError(
    'bad-input',
    `${origin} is no text: expected a sentence, YAML or JSON in UTF-8, without control characters.`,
  );
}

function bounded(bytes: number, origin: string): void {
  if (bytes <= limits.intentTextBytesMax) return;
  throw new ConferError(
    'bad-input',
    `${origin}: expected an intent of at most ${limits.intentTextBytesMax} bytes, found ${bytes}.`,
  );
}

/** What has the form of YAML or JSON and is broken would pass for a sentence: here line and column can be told. */
function requireWhole(text: string, origin: string): void {
  if (!isStructured(origin, text.trimStart())) return;
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  const [broken] = syntaxMistakes(document, text);
  if (broken === undefined) return;
  const { line, col } = lines.linePos(broken.offset);
  throw new ConferError('bad-input', `${origin}:${line}: column ${col}: ${broken.expectation}.`);
}

/** Of each kind, the fields that may be left out; what names no kind is about losses. */
const [loss, session, reachability, mtu, latency, status] = reportSchema.shape.intent.options;
const fieldsOfLoss = loss.partial({ kind: true, via: true });
const fieldsOf: Record<string, z.ZodType> = {
  'bgp-session': session.partial({ head: true }),
  reachability: reachability.partial({ via: true }),
  'path-mtu': mtu.partial({ via: true }),
  'path-latency': latency.partial({ via: true }),
  'device-status': status.partial({ metrics: true }),
};

/** Throws ConferError `bad-input` with the line of each field that does not fit. */
function requireFields(text: string, origin: string): void {
  const named = /\bkind['"]?\s*:\s*['"]?([a-z-]+)/.exec(text)?.[1] ?? '';
  parseYaml(fieldsOf[named] ?? fieldsOfLoss, text, origin);
}

/** Said by the name of the file, or by its beginning. */
function isStructured(origin: string, text: string): boolean {
  const isNamed = ['.yaml', '.yml', '.json'].includes(extname(origin).toLowerCase());
  return isNamed || /^(?:[{[]|---|(?:kind|head|tail|neighbor)\s*:)/.test(text);
}

/** One sentence may have several lines; of several sentences only one would be measured. */
async function requireOne(text: string, origin: string): Promise<void> {
  if (isStructured(origin, text)) return;
  const own: number[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const isIntent = await understood(line).then(
      () => true,
      () => false,
    );
    if (isIntent) own.push(index + 1);
  }
  if (own.length < 2) return;
  throw new ConferError(
    'bad-input',
    `${origin} holds ${own.length} intents, in lines ${own.join(', ')}: one is measured at a time, so give one.`,
  );
}

/** By the model that the agents have, where there is one: what it alone understands is no mistake. */
async function asAgentsRead(text: string, { nodes }: Topology): Promise<ServedIntent> {
  const log = { info: () => {}, warn: () => {} }; // the agent itself says what is wrong with the model
  const { model, close } = openModel(modelChoiceUsual, { clock: createSystemClock(), log });
  try {
    const names = nodes.map(({ name }) => name);
    return await understood(text, model.open?.({ names, observe: () => {} }) ?? model);
  } finally {
    await close();
  }
}

async function understood(text: string, model: LanguageModel = createRules()): Promise<ServedIntent> {
  return await understand(text, model, new AbortController().signal);
}

/** The head as the topology spells it. */
function spelled(intent: ServedIntent, { name, nodes }: Topology): string {
  if (intent.head === undefined)
    throw new ConferError(
      'bad-input',
      `The intent does not say who is to look: name both routers, for example "${sessionExample}".`,
    );
  const spellings = new Map(nodes.map((node) => [node.name.toLowerCase(), node.name]));
  const missing = kindOf(intent)
    .names(intent)
    .filter((one) => !spellings.has(one.toLowerCase()));
  const found = spellings.get(intent.head.toLowerCase());
  if (missing.length === 0 && found !== undefined) return found;
  const known = nodes.map((node) => node.name);
  const near = [...new Set(missing.flatMap((one) => nearest(one, known)))];
  throw new ConferError(
    'unknown-node',
    `The topology ${name} has no node ${missing.join(', ')}; nearest names: ${near.join(', ')}.`,
  );
}
