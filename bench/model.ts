/**
 * The on-box language model in its cell, as an agent asks it: intents, candidates behind evidence, decoding beside what
 * memory could deliver, memory and loading. CONFER_BENCH_MODEL names another folder than the shipped model's.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { tagText } from '../models/intent/tagging.ts';
import { Decoder } from '../models/onnx/decoder.ts';
import { complete } from '../models/onnx/generation.ts';
import { ModelCell, modelCellUsual } from '../src/system/model-cell.ts';
import { openModelFiles } from '../src/system/model-files.ts';
import { hasModel, modelFolder, shippedModel } from '../src/system/model-store.ts';
import { cellTagged } from '../src/system/on-box-model.ts';
import { median } from './parties.ts';
import type { Row } from './table.ts';

const rounds = 400;
const evidenceRounds = 60;
const candidatesCount = 24;
const decodedTokens = 128;
const loads = 5;

const sentences = [
  'Verify packet loss on the SRv6 path from PE-1 to PE-3 via P-2',
  'loss lon-core-1 -> ams-core-2, 500 probes',
  'can you check whether r7 still reaches r9 over r8 please',
  'bgp between edge-a and edge-b keeps flapping, why',
  'how big a packet fits from fra01 to muc02, we need 9000 bytes',
  'latency tokyo osaka via nagoya, dscp EF',
  'cpu and memory of spine-12',
  'reboot leaf-3',
];
/** As long as the evidence of a path of three routers. */
const evidence = [
  '<|intent|>',
  sentences
    .join(' ')
    .toLowerCase()
    .replace(/[^a-z ]/g, ''),
];

export async function benchModel(): Promise<Row[]> {
  const folder = process.env.CONFER_BENCH_MODEL ?? modelFolder(shippedModel);
  if (process.env.CONFER_BENCH_MODEL === undefined && !hasModel(shippedModel))
    return [{ what: `no weights in ${folder}: nothing to measure`, figure: '' }];
  const cell = new ModelCell({ ...modelCellUsual, folder, memoryMaxMib: 8_192 }, { info() {}, warn() {} });
  const starts: number[] = [];
  const { loadMs } = await cell.start();
  const intents = await timed(rounds, (round) => intent(cell, sentences[round % sentences.length] ?? ''));
  const candidates = Array.from({ length: candidatesCount }, (_, index) => `<|e${index}|><|answer|><|e1|>`);
  const scored = await timed(evidenceRounds, () => score(cell, candidates));
  const residentMib = cell.residentMib ?? 0;
  await cell.close();
  for (let round = 0; round < loads; round++) {
    const fresh = new ModelCell({ ...modelCellUsual, folder, memoryMaxMib: 8_192 }, { info() {}, warn() {} });
    const began = performance.now();
    await fresh.start();
    starts.push(performance.now() - began);
    await fresh.close();
  }
  const { perSecond, roofline } = await decoding(folder);
  return [
    { what: 'intent, p50', figure: ms(quantile(intents, 0.5)), target: '<= 30 ms' },
    { what: 'intent, p99', figure: ms(quantile(intents, 0.99)) },
    {
      what: `evidence, ${candidatesCount} candidates, p50`,
      figure: ms(quantile(scored, 0.5)),
      target: '<= 100 ms',
    },
    { what: `evidence, ${candidatesCount} candidates, p99`, figure: ms(quantile(scored, 0.99)) },
    { what: 'memory roofline, one core', figure: `${roofline.toFixed(0)} tokens/s`, ratio: 1 },
    { what: 'decoding, one core', figure: `${perSecond.toFixed(0)} tokens/s`, ratio: perSecond / roofline },
    {
      what: 'memory of the cell after all this',
      figure: `${residentMib.toFixed(0)} MiB`,
      target: '<= 220 MB',
    },
    { what: 'loading the model', figure: ms(loadMs) },
    { what: 'start of the cell until it can be asked', figure: ms(median(starts)) },
  ];
}

async function intent(cell: ModelCell, text: string): Promise<void> {
  const signal = AbortSignal.timeout(60_000);
  await cell.ask({ task: 'intent', tagged: cellTagged(tagText(text)) }, { tokensMax: 64, signal });
}

/** Each time behind evidence that was not asked about before. */
async function score(cell: ModelCell, candidates: string[]): Promise<void> {
  const prompt = [...evidence, `case ${scored++}`];
  await cell.ask(
    { task: 'score', prompt, candidates },
    { tokensMax: 1, signal: AbortSignal.timeout(60_000) },
  );
}
let scored = 0;

async function timed(count: number, action: (round: number) => Promise<void>): Promise<number[]> {
  for (let round = 0; round < 10; round++) await action(round);
  const times: number[] = [];
  for (let round = 0; round < count; round++) {
    const began = performance.now();
    await action(round);
    times.push(performance.now() - began);
  }
  return times.sort((a, b) => a - b);
}

/**
 * Each token reads all weights once: a core cannot decode faster than it can read as many octets, from the same caches.
 * What it can read is measured by comparing two buffers that are as large as the graph together.
 */
async function decoding(folder: string): Promise<{ perSecond: number; roofline: number }> {
  const decoder = await Decoder.load(openModelFiles(folder));
  const prompt = [Array.from({ length: 32 }, (_, index) => 1 + (index % 50))];
  const vocabulary = Array.from({ length: decoder.vocabularySize }, (_, token) => token);
  const anything = vocabulary.filter((token) => !decoder.ends.has(token));
  const run = () => complete(decoder, prompt, { legal: () => anything }, { tokensMax: decodedTokens });
  await run();
  const rates: number[] = [];
  for (let round = 0; round < 5; round++) {
    const began = performance.now();
    const { steps } = await run();
    rates.push((steps * 1_000) / (performance.now() - began));
  }
  await decoder.close();
  const names = openModelFiles(folder).names.filter((name) => name.startsWith(decoder.info.graph));
  const bytes = names.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  return { perSecond: median(rates), roofline: readRate(bytes) / bytes };
}

/** Octets a second. */
function readRate(bytes: number): number {
  const [one, other] = [Buffer.alloc(bytes / 2, 7), Buffer.alloc(bytes / 2, 7)];
  const rates: number[] = [];
  for (let round = 0; round < 7; round++) {
    const repeats = Math.max(1, Math.round(2e9 / bytes));
    const began = performance.now();
    for (let repeat = 0; repeat < repeats; repeat++)
      if (one.compare(other) !== 0) throw new Error('They differ.');
    rates.push((repeats * bytes * 1_000) / (performance.now() - began));
  }
  return median(rates);
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}
