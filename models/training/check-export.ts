/**
 * Compares an exported model with torch: the scores behind each prompt of sample-logits.py, and which token is likeliest.
 *
 *     node models/training/check-export.ts MODEL LOGITS.jsonl
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Decoder } from '../onnx/decoder.ts';

const { positionals } = parseArgs({ allowPositionals: true });
const [folder, logits] = positionals;
if (folder === undefined || logits === undefined) throw new Error('Say which model and which logits.');
const decoder = await Decoder.load({
  names: readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /\.\w+$/.test(name)),
  read: (name) => readFileSync(join(folder, name)),
  sha256: (name) =>
    createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex'),
  path: (name) => join(folder, name),
});

/** Of tokens whose scores are nearer than this either may be likeliest: a sentence can begin in several ways. */
const tie = 0.3;
const differenceMax = 1;
let same = 0;
let worst = 0;
let otherIds = 0;
const lines = readFileSync(logits, 'utf8').trim().split('\n');
for (const line of lines) {
  const expected = JSON.parse(line) as { prompt: string; ids: number[]; logits: number[] };
  const ids = decoder.tokenizer.encode([{ trusted: expected.prompt }]);
  if (ids.join() !== expected.ids.join()) otherIds++;
  const row = (await decoder.scores([ids])).at(-1) ?? new Float32Array();
  const likeliest = (scores: ArrayLike<number>) =>
    Array.from(scores).reduce((best, score, at) => (score > (scores[best] ?? 0) ? at : best), 0);
  if ((expected.logits[likeliest(row)] ?? 0) > Math.max(...expected.logits) - tie) same++;
  for (const [index, score] of expected.logits.entries())
    worst = Math.max(worst, Math.abs(score - (row[index] ?? Number.NaN)));
}
console.log(
  `${lines.length} prompts: ${otherIds} encoded otherwise, ${same} with the same likeliest token, scores differ by ${worst.toFixed(3)} at most`,
);
if (otherIds > 0 || same < lines.length * 0.95 || !(worst < differenceMax))
  throw new Error('The export is not what was trained.');
