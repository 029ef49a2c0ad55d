/**
 * How fast a model decodes, beside how fast the memory could deliver what each token reads: all weights of its matrices and the
 * keys and values of the tokens before. By processor time, for the machine may be shared; all of it is one thread's.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Decoder } from '../models/onnx/decoder.ts';
import { complete } from '../models/onnx/generation.ts';
import { openModelFiles } from '../src/system/model-files.ts';
import { median } from './parties.ts';
import type { Row } from './table.ts';

const promptTokens = 32;
const decodedTokens = 128;
const rounds = 5;
/** Many times as much as caches hold. */
const memoryBytes = 512 * 2 ** 20;

export async function decodingRows(folder: string, name: string): Promise<Row[]> {
  const decoder = await Decoder.load(openModelFiles(folder));
  try {
    const perSecond = await decodingRate(decoder);
    const { stored, read, type } = weightsOf(folder, decoder);
    const bytes = read + cacheBytes(folder, decoder);
    const caches = cacheLargest();
    const isInCache = bytes < caches;
    const [memory, near] = [readRate(memoryBytes), readRate(bytes)];
    const roofline = (isInCache ? near : memory) / bytes;
    const fits = isInCache ? `fits the cache of ${mb(caches)}` : `larger than the cache of ${mb(caches)}`;
    return [
      {
        what: `${name}: a token reads ${mb(read)} of weights (${type}; ${mb(stored)} on the disk) and ${mb(bytes - read)} of keys and values`,
        figure: fits,
      },
      { what: `${name}: reading ${mb(memoryBytes)} of memory, one core`, figure: perSecondOf(memory) },
      { what: `${name}: reading ${mb(bytes)} again and again`, figure: perSecondOf(near) },
      {
        what: `${name}: roofline of ${isInCache ? 'the cache' : 'memory'}`,
        figure: tokens(roofline),
        ratio: 1,
      },
      { what: `${name}: roofline of memory alone`, figure: tokens(memory / bytes) },
      { what: `${name}: decoding`, figure: tokens(perSecond), ratio: perSecond / roofline },
    ];
  } finally {
    await decoder.close();
  }
}

async function decodingRate(decoder: Decoder): Promise<number> {
  const prompt = [Array.from({ length: promptTokens }, (_, index) => 1 + (index % 50))];
  const vocabulary = Array.from({ length: decoder.vocabularySize }, (_, token) => token);
  const anything = vocabulary.filter((token) => !decoder.ends.has(token));
  const run = () => complete(decoder, prompt, { legal: () => anything }, { tokensMax: decodedTokens });
  await run();
  const rates: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const began = processorMs();
    const { steps } = await run();
    rates.push((steps * 1_000) / (processorMs() - began));
  }
  return median(rates);
}

/** Nodes that multiply by weights as they are stored; others get them as float32, for which they are made when it is loaded. */
const storedKinds = ['MatMulInteger', 'MatMulNBits', 'QLinearMatMul', 'DynamicQuantizeMatMul'];

/** Octets on the disk, and octets that a token reads. Of the embedding it reads one row, of the last matrix all. */
function weightsOf(folder: string, { info }: Decoder): { stored: number; read: number; type: string } {
  const path = join(folder, info.graph);
  const graph = readFileSync(path);
  const beside = readdirSync(join(path, '..'))
    .map((name) => join(path, '..', name))
    .filter((name) => name.startsWith(`${path}_data`));
  const stored = graph.length + beside.reduce((sum, name) => sum + statSync(name).size, 0);
  const isAsStored = storedKinds.some((kind) => graph.includes(kind));
  if (isAsStored) return { stored, read: stored, type: 'as stored' };
  const { width, inner, heads, kvHeads, headSize } = shapeOf(folder);
  const attention = width * headSize * (2 * heads + 2 * kvHeads);
  const parameters = info.layers * (attention + 3 * width * inner) + width * info.vocabularySize;
  return { stored, read: parameters * 4, type: 'float32' };
}

/** Keys and values of a token in the middle of what is decoded. */
function cacheBytes(folder: string, { info }: Decoder): number {
  const { kvHeads, headSize } = shapeOf(folder);
  const width = info.keyValues.type === 'float16' ? 2 : 4;
  return (promptTokens + decodedTokens / 2) * info.layers * 2 * kvHeads * headSize * width;
}

function shapeOf(folder: string) {
  const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as Record<string, number>;
  const { hidden_size: width = 0, intermediate_size: inner = 0, num_attention_heads: heads = 1 } = config;
  const { num_key_value_heads: kvHeads = heads, head_dim: headSize = width / heads } = config;
  return { width, inner, heads, kvHeads, headSize };
}

/** Of a core, or shared by several; nothing where the system does not tell. */
function cacheLargest(): number {
  const folder = '/sys/devices/system/cpu/cpu0/cache';
  try {
    const sizes = readdirSync(folder)
      .filter((name) => name.startsWith('index'))
      .map((name) => /^(\d+)K/.exec(readFileSync(join(folder, name, 'size'), 'utf8'))?.[1] ?? '0');
    return Math.max(0, ...sizes.map((kib) => Number(kib) * 1_024));
  } catch {
    return 0;
  }
}

/** Octets a second: two halves are compared, by the system's own loop. */
function readRate(bytes: number): number {
  const half = Math.max(1, Math.floor(bytes / 2));
  const [one, other] = [Buffer.alloc(half, 7), Buffer.alloc(half, 7)];
  const repeats = Math.max(1, Math.round(1e9 / bytes));
  const rates: number[] = [];
  for (let round = 0; round < rounds + 2; round++) {
    const began = processorMs();
    for (let repeat = 0; repeat < repeats; repeat++)
      if (one.compare(other) !== 0) throw new Error('They differ.');
    rates.push((repeats * 2 * half * 1_000) / (processorMs() - began));
  }
  return median(rates);
}

/** Of this process so far. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

function mb(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e8 ? 1 : 0)} MB`;
}

function perSecondOf(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB/s`;
}

function tokens(perSecond: number): string {
  return `${perSecond.toFixed(0)} tokens/s`;
}
