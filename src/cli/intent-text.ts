/** The intent as text, from --intent, --intent-file or the topology, as far as it can be judged before anybody is asked. */
import { extname } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { createRules } from '../../models/rules.ts';
import { understand } from '../collaboration/intent.ts';
import { ConferError, messageOf } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Topology } from '../core/topology.ts';
import { readInput } from './report-files.ts';

/** Throws ConferError `usage` or `bad-input`. */
export async function chosenIntent(
  topology: Topology,
  { intent, intentFile }: { intent?: string; intentFile?: string },
): Promise<string> {
  if (intentFile !== undefined) return await intentOfFile(intentFile);
  const text = intent ?? topology.intent;
  if (text === undefined || text.trim() === '')
    throw new ConferError('usage', `${topology.name} names no intent of its own: give one with --intent.`);
  return bounded(text.trim(), '--intent');
}

/** A sentence, YAML or JSON. What has the form of YAML or JSON is checked here, so that file and line can be told. */
async function intentOfFile(file: string): Promise<string> {
  const text = bounded(readInput(file).toString('utf8').trim(), file);
  if (text === '') throw new ConferError('bad-input', `${file} is empty: write what to verify in it.`);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  const [broken] = document.errors;
  if (isStructured(file, text)) {
    if (broken !== undefined)
      throw new ConferError('bad-input', `${file}:${lines.linePos(broken.pos[0]).line}: ${broken.message}.`);
    await understand(text, createRules(), new AbortController().signal).catch((error) => {
      throw new ConferError('bad-input', `${file}: ${messageOf(error).replaceAll(/\s*\n\s*/g, ' ')}`);
    });
  }
  return text;
}

/** Said by the name of the file, or by its first character. */
function isStructured(file: string, text: string): boolean {
  return (
    ['.yaml', '.yml', '.json'].includes(extname(file).toLowerCase()) || /^(?:\{|---|kind\s*:)/.test(text)
  );
}

function bounded(text: string, origin: string): string {
  if (Buffer.byteLength(text) <= limits.intentTextBytesMax) return text;
  throw new ConferError(
    'bad-input',
    `${origin}: expected an intent of at most ${limits.intentTextBytesMax} bytes, found ${Buffer.byteLength(text)}.`,
  );
}
