/**
 * Makes the data of the evidence task of cases that play.ts has played.
 *
 *     node models/training/evidence/generate.ts OUT PLAYED.jsonl.gz... [--without 4] [--samples 3] [--seed 1]
 *         [--validation 0.08] [--cases models/training/evidence/held-out.jsonl]
 *
 * writes OUT/train.jsonl, a line {prompt, answer} a sample, and OUT/known.jsonl of cases that are in no sample of training.
 * `--cases` writes instead, for `confer model eval`, a line a case: the prompt, every possible cause with the correlation's
 * share, and which of them are right. With `--left-out`, each case is written twice: without the answers of a random node, and
 * without those of one at the fault. summary.json has counts and SHA-256.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { weighedCauses } from '../../../src/collaboration/ranking/shares.ts';
import { shownCause, shownPrompt } from '../../../src/collaboration/ranking/shown.ts';
import type { Signs } from '../../../src/collaboration/ranking/signs.ts';
import { createRandom, type Random } from '../random.ts';
import { isAnswer, isTrue, labelOf } from './label.ts';
import { type PlayedReport, readPlayed } from './played.ts';
import { answering, type Case, concluded, mirrored, type Seen, seenOf, silenced } from './samples.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    without: { type: 'string', default: '4' },
    samples: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
    validation: { type: 'string', default: '0.08' },
    cases: { type: 'string' },
    'left-out': { type: 'boolean', default: false },
  },
});
const [out, ...playedFiles] = positionals;
if (out === undefined || playedFiles.length === 0)
  throw new Error('Say where to write and what was played: generate.ts OUT PLAYED.jsonl.gz...');
const random = createRandom(Number(values.seed));
mkdirSync(out, { recursive: true });

const counts: Record<string, number> = {};
const count = (what: string) => {
  counts[what] = (counts[what] ?? 0) + 1;
};
const files: Record<string, { count: number; sha256: string }> = {};
let cases = 0;
const [train, known, evaluated]: [object[], object[], object[]] = [[], [], []];
for (const file of playedFiles)
  for await (const one of readPlayed(file)) {
    cases += 1;
    if (values.cases !== undefined)
      evaluated.push(...(values['left-out'] ? leftOut(one) : [one]).map(caseOf));
    else if (random.chance(Number(values.validation))) known.push(...samplesOf(one, seenOf(one.report), 1));
    else train.push(...trainingOf(one));
  }
if (values.cases !== undefined) write(values.cases, evaluated);
else {
  write(join(out, 'train.jsonl'), train);
  write(join(out, 'known.jsonl'), known);
}
const summary = { seed: Number(values.seed), cases, counts, files };
writeFileSync(join(out, 'summary.json'), `${JSON.stringify(summary, null, 2)}\n`);
console.log(JSON.stringify(summary, null, 2));

function write(path: string, lines: readonly object[]): void {
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  writeFileSync(path, text);
  const sha256 = createHash('sha256').update(text).digest('hex');
  files[basename(path, '.jsonl')] = { count: lines.length, sha256 };
}

/** The case as it was, and some times as if one or two of its nodes had not answered. */
function trainingOf(one: PlayedReport): object[] {
  const variants: Case[] = [one];
  const nodes = answering(one);
  for (let without = Number(values.without); without > 0 && nodes.length > 0; without--)
    variants.push(
      random
        .shuffled(nodes)
        .slice(0, random.chance(0.25) ? 2 : 1)
        .reduce<Case>(silenced, one),
    );
  return variants.flatMap((variant) => samplesOf(variant, seenOf(variant.report), Number(values.samples)));
}

/** None where nothing honest can be answered. */
function samplesOf(one: Case, seen: Seen, samples: number): { prompt: string; answer: string }[] {
  const label = labelOf(one, seen.signs, seen.causes);
  count(label.answer);
  if (label.answer === 'nothing shows') return [];
  return Array.from({ length: samples }, (_, index) => {
    const right =
      label.answer === 'causes'
        ? random.pick(label.right)
        : seen.causes.find(({ kind }) => kind === label.answer);
    if (right === undefined) throw new Error(`${label.answer} is among the causes of every case`);
    const only: Seen = { signs: seen.signs, causes: [right] };
    const { signs, causes } = index % 2 === 0 ? only : mirrored(only);
    const prompt = shownPrompt(shuffled(signs, random));
    const [cause = right] = causes;
    const answer = shownCause(cause, prompt);
    if (answer === undefined) count('not shown');
    return { prompt: prompt.own, answer: answer?.own ?? '' };
  }).filter(({ answer }) => answer !== '');
}

/** The order of what is seen says little: some of it is seen in another. */
function shuffled({ paths, signs }: Signs, dice: Random): Signs {
  if (dice.chance(0.4)) return { paths, signs };
  const shifted = signs
    .filter(({ sign }) => sign !== 'heard' || dice.chance(0.8))
    .map((sign, index) => ({ sign, at: index + 3 * dice.fraction() }));
  return { paths, signs: shifted.sort((one, other) => one.at - other.at).map(({ sign }) => sign) };
}

/** Without the answers of a random node, and of one at the fault. */
function leftOut(one: PlayedReport): PlayedReport[] {
  const nodes = answering(one);
  const atFault = new Set(
    one.truths.flatMap(({ elements }) => elements.flatMap(({ node, peer = node }) => [node, peer])),
  );
  const [anyone, there] = [
    random.shuffled(nodes)[0],
    random.shuffled(nodes).find((node) => atFault.has(node)),
  ];
  return [...new Set([anyone, there])].flatMap((node) =>
    node === undefined ? [] : concluded(silenced(one, node)),
  );
}

/** As `confer model eval` reads it. */
function caseOf(one: PlayedReport): object {
  const { report, seed, index, shape, tier } = one;
  const { signs, causes: possible } = seenOf(report);
  const label = labelOf(one, signs, possible);
  const prompt = shownPrompt(signs);
  const weighed = weighedCauses(possible, report).filter((cause) => isAnswer(cause, one));
  const isRight = (cause: (typeof weighed)[number]) =>
    one.truths.length === 0 && label.answer === 'causes'
      ? label.right.some(({ kind, element }) => kind === cause.kind && element?.node === cause.element?.node)
      : one.truths.some((truth) => isTrue(cause, truth)) || cause.kind === label.answer;
  count(label.answer);
  if (label.answer === 'causes' && !weighed.some(isRight)) count('right cause is not listed');
  const causes = weighed.flatMap((cause) => {
    const text = shownCause(cause, prompt);
    if (text === undefined) {
      count(isRight(cause) ? 'right cause is not shown' : 'cause is not shown');
      return [];
    }
    return { ...text, correlator: cause.correlator, ...(isRight(cause) && { isRight: true }) };
  });
  const kinds = one.truths.map(({ kind }) => kind);
  return {
    case: `${shape} ${seed}/${index}`,
    tier,
    kinds,
    expected: label.answer,
    prompt: { own: prompt.own, plain: prompt.plain },
    causes,
  };
}
