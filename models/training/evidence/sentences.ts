/**
 * Makes the data of the sentence of cases that play.ts has played, and of conclusions drawn at random, so that every kind occurs.
 *
 *     node models/training/evidence/sentences.ts OUT PLAYED.jsonl.gz... [--drawn 6000] [--samples 2] [--without 1] [--seed 1]
 *         [--cases models/training/evidence/held-out-sentences.jsonl] [--drawn-cases 4]
 *
 * writes OUT/sentences.jsonl, a line {prompt, answer} a sample. `--cases` writes instead, for `confer model eval`, a line a
 * conclusion: the prompt and what may be said of it; `--drawn-cases` of each kind are drawn.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { kindOf } from '../../../src/collaboration/intents/index.ts';
import { measuredIn } from '../../../src/collaboration/measured.ts';
import { saidOf } from '../../../src/collaboration/wording/sayable.ts';
import type { Report } from '../../../src/core/records.ts';
import type { Sayable } from '../../evidence/sentence.ts';
import { createRandom } from '../random.ts';
import { drawnConclusion, drawnKinds } from './drawn-conclusions.ts';
import { type PlayedReport, readPlayed } from './played.ts';
import { answering, concluded, silenced } from './samples.ts';
import { answerOf, wordingOf } from './wordings.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    drawn: { type: 'string', default: '6000' },
    samples: { type: 'string', default: '2' },
    without: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    cases: { type: 'string' },
    'drawn-cases': { type: 'string', default: '4' },
  },
});
const [out, ...playedFiles] = positionals;
if (out === undefined) throw new Error('Say where to write: sentences.ts OUT PLAYED.jsonl.gz...');
const random = createRandom(Number(values.seed));
/** In no training. */
const heldOutShape = 'fat-tree';

if (values.cases === undefined) {
  mkdirSync(out, { recursive: true });
  const samples: object[] = [];
  for (const file of playedFiles)
    for await (const one of readPlayed(file))
      for (const variant of variantsOf(one, Number(values.without)))
        for (const said of worded(variant.report)) samples.push(...samplesOf(said, Number(values.samples)));
  for (let index = 0; index < Number(values.drawn); index++)
    samples.push(...samplesOf(drawnConclusion(random.pick(drawnKinds), random), 1));
  write(join(out, 'sentences.jsonl'), random.shuffled(samples));
} else {
  const cases: object[] = [];
  for (const file of playedFiles)
    for await (const one of readPlayed(file))
      for (const [index, { prompt, about }] of worded(one.report).entries())
        cases.push({
          case: `${one.shape} ${one.seed}/${one.index}/${index}`,
          set: one.shape === heldOutShape ? 'held-out shape' : 'known shapes, other cases',
          prompt,
          about: bare(about),
        });
  for (const kind of drawnKinds)
    for (let index = 0; index < Number(values['drawn-cases']); index++) {
      const { prompt, about } = drawnConclusion(kind, random);
      cases.push({ case: `drawn ${kind}/${index}`, set: 'every kind, drawn', prompt, about: bare(about) });
    }
  write(values.cases, cases);
}

/** Names are not needed to read a sentence again. */
function bare({ kind, slots, required, signs }: Sayable): Sayable {
  return { kind, slots, required, signs };
}

function worded(report: Report) {
  const measured = measuredIn(report);
  return saidOf(report, measured, kindOf(report.intent).facts(report, measured));
}

/** The case as it was, and as if one of its nodes had not answered. */
function variantsOf(one: PlayedReport, without: number): PlayedReport[] {
  const nodes = random.shuffled(answering(one)).slice(0, without);
  const again = concluded(one);
  return [again, ...nodes.map((node) => concluded(silenced(one, node)))];
}

function samplesOf({ prompt, about }: { prompt: string; about: Sayable }, count: number): object[] {
  const seen = new Set<string>();
  for (let index = 0; index < 4 * count && seen.size < count; index++) {
    const wording = wordingOf(about, random);
    if (wording !== undefined && !wording.isHeldOut) seen.add(answerOf(wording));
  }
  return [...seen].map((answer) => ({ prompt, answer }));
}

function write(path: string, lines: readonly object[]): void {
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  writeFileSync(path, text);
  console.log(`${lines.length} lines in ${path}`);
  if (values.cases !== undefined) return;
  // Beside what generate.ts wrote: the manifest has the hashes of both.
  const file = join(out ?? '', 'summary.json');
  const summary = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const sentences = { count: lines.length, sha256: createHash('sha256').update(text).digest('hex') };
  writeFileSync(file, `${JSON.stringify({ ...summary, files: { ...summary.files, sentences } }, null, 2)}\n`);
}
