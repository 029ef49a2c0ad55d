/**
 * Runs any Hugging Face ONNX decoder, one sequence at a time. It remembers the tokens that it has seen: whoever asks for
 * another sequence with the same beginning pays only for what differs, which makes a fixed prompt free and lets many
 * candidates be scored from one shared prefix.
 */
import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { ModelError } from './errors.ts';
import { type ModelFiles, VerifiedFiles } from './files.ts';
import { type DecoderFolder, readFolder } from './folder.ts';
import { type KeyValueMode, KeyValues } from './key-values.ts';
import { PromptTokenizer } from './prompt-tokenizer.ts';
import { type GraphShape, graphShape, openSession } from './session.ts';

export interface DecoderOptions {
  /** Relative name of one of several graphs in the folder; the smallest when absent. */
  graph?: string;
  /** A model of ours, which has a manifest: without it, it is refused. */
  isShipped?: boolean;
  /** One is fastest for small models. */
  threads?: number;
  /** Longest context, in tokens; no longer than the model's own. */
  contextTokensMax?: number;
}

export interface DecoderInfo {
  /** SHA-256, lower-case hex, over the names and hashes of every file that was loaded. */
  digest: string;
  /** Whether a manifest listed these files; one that lists others refuses to load. */
  isVerified: boolean;
  /** What the manifest says beside the hashes; empty without one. */
  about: Readonly<Record<string, unknown>>;
  /** "llama", "qwen3" ... */
  type: string;
  graph: string;
  layers: number;
  vocabularySize: number;
  contextTokensMax: number;
  keyValues: { type: 'float32' | 'float16'; mode: KeyValueMode };
}

/** Octets of activations grow with what is prefilled at once. */
const chunkTokensMax = 64;
const contextTokensUsual = 2_048;

export class Decoder {
  readonly tokenizer: PromptTokenizer;
  /** Any of these ends a completion. */
  readonly ends: ReadonlySet<number>;
  readonly vocabularySize: number;
  readonly #session: InferenceSession;
  readonly #shape: GraphShape;
  readonly #info: Omit<DecoderInfo, 'keyValues'>;
  /** Attention masks are its beginnings. */
  readonly #ones: BigInt64Array;
  #keyValues: KeyValues;
  /** What the cache remembers: the tokens of each run of the graph. */
  #runs: (readonly number[])[] = [];
  /** Raw scores behind each token of the last segment; undefined after a rewind. */
  #rows: Float32Array[] | undefined;
  #isRunning = false;
  #tokensRun = 0;

  /** Throws ModelError `hash-mismatch` or `unfit`. */
  static async load(files: ModelFiles, options: DecoderOptions = {}): Promise<Decoder> {
    const verified = new VerifiedFiles(files, options);
    const folder = readFolder(verified, options.graph);
    const session = await openSession(verified, folder, options.threads ?? 1);
    const decoder = new Decoder(verified, folder, session, options.contextTokensMax ?? contextTokensUsual);
    await decoder.#chooseMode();
    return decoder;
  }

  private constructor(
    files: VerifiedFiles,
    folder: DecoderFolder,
    session: InferenceSession,
    contextTokensMax: number,
  ) {
    const context = Math.min(contextTokensMax, folder.positionsMax);
    this.tokenizer = new PromptTokenizer(folder);
    this.ends = folder.ends;
    this.vocabularySize = folder.vocabularySize;
    this.#session = session;
    this.#shape = graphShape(session, folder);
    this.#ones = new BigInt64Array(context).fill(1n);
    this.#keyValues = new KeyValues(this.#shape.keyValues, 'copied');
    this.#info = {
      digest: files.digest(),
      isVerified: files.manifest !== undefined,
      about: files.manifest?.about ?? {},
      type: folder.type,
      graph: folder.graph,
      layers: folder.layers,
      vocabularySize: folder.vocabularySize,
      contextTokensMax: context,
    };
  }

  get info(): DecoderInfo {
    return {
      ...this.#info,
      keyValues: { type: this.#shape.keyValues.type, mode: this.#keyValues.mode },
    };
  }

  /** Octets of the key/value cache. */
  get cacheBytes(): number {
    return this.#keyValues.bytes;
  }

  /** Tokens that the graph was run over so far: those that were remembered cost nothing. */
  get tokensRun(): number {
    return this.#tokensRun;
  }

  /**
   * Raw scores, one per entry of the vocabulary, behind each token of the last segment. `segments` are one sequence, cut
   * where others with the same beginning may differ: what is remembered of an earlier call is used by whole segments, so
   * that the same segments always get the same scores (an int8 graph rounds by what is run together). Throws ModelError
   * `too-long`, and the signal's reason between two runs.
   */
  async scores(segments: readonly (readonly number[])[], signal?: AbortSignal): Promise<Float32Array[]> {
    if (this.#isRunning) throw new Error('The decoder runs one sequence at a time.');
    this.#isRunning = true;
    try {
      return await this.#advance(segments, signal);
    } catch (error) {
      this.#keepRuns(0); // a run that failed may have written anything
      throw error;
    } finally {
      this.#isRunning = false;
    }
  }

  async close(): Promise<void> {
    await this.#session.release();
  }

  async #advance(segments: readonly (readonly number[])[], signal?: AbortSignal): Promise<Float32Array[]> {
    const runs = segments.flatMap(chunksOf);
    const last = chunksOf(segments.at(-1) ?? []);
    const length = runs.reduce((sum, run) => sum + run.length, 0);
    if (last.length === 0) throw new RangeError('Nothing follows an empty segment.');
    if (length > this.#info.contextTokensMax)
      throw new ModelError(
        'too-long',
        `${length} tokens do not fit the model's context of ${this.#info.contextTokensMax}.`,
      );
    const shared = this.#shared(runs);
    if (
      shared === runs.length &&
      shared === this.#runs.length &&
      this.#rows?.length === segments.at(-1)?.length
    )
      return this.#rows ?? [];
    this.#keepRuns(Math.min(shared, runs.length - last.length));
    const rows: Float32Array[] = [];
    for (let index = this.#runs.length; index < runs.length; index++) {
      signal?.throwIfAborted();
      const found = await this.#step(runs[index] ?? []);
      if (index >= runs.length - last.length) rows.push(...found);
    }
    this.#rows = rows;
    return rows;
  }

  /** How many of `runs` the cache holds already. */
  #shared(runs: readonly (readonly number[])[]): number {
    const other = runs.findIndex((run, index) => !isSame(run, this.#runs[index]));
    return other < 0 ? runs.length : other;
  }

  #keepRuns(count: number): void {
    if (count >= this.#runs.length) return;
    this.#runs.length = count;
    this.#keyValues.rewind(this.#runs.reduce((sum, run) => sum + run.length, 0));
    this.#rows = undefined;
  }

  /** One run over at most a chunk; returns a row of scores for each of its tokens. */
  async #step(chunk: readonly number[]): Promise<Float32Array[]> {
    const past = this.#keyValues.length;
    const count = chunk.length;
    const feeds: Record<string, Tensor> = this.#keyValues.feeds(count);
    feeds.input_ids = new Tensor('int64', BigInt64Array.from(chunk, BigInt), [1, count]);
    feeds.attention_mask = new Tensor('int64', this.#ones.subarray(0, past + count), [1, past + count]);
    if (this.#shape.takesPositions)
      feeds.position_ids = new Tensor(
        'int64',
        BigInt64Array.from(chunk, (_, index) => BigInt(past + index)),
        [1, count],
      );
    const results = await this.#session.run(feeds, { logits: null, ...this.#keyValues.fetches() });
    this.#keyValues.added(count, results);
    this.#runs.push(chunk);
    this.#tokensRun += count;
    const scores = scoresOf(results.logits, count * this.vocabularySize);
    return chunk.map((_, row) => scores.subarray(row * this.vocabularySize, (row + 1) * this.vocabularySize));
  }

  /**
   * In place where the graph can: asked both ways, it must answer the same. A graph that cannot refuses the buffers, or
   * writes something else.
   */
  async #chooseMode(): Promise<void> {
    const probe = Array.from({ length: 6 }, (_, index) => (index * 7 + 1) % this.vocabularySize);
    const answers = async () => await this.scores([probe.slice(0, 3), probe.slice(3, 4), probe.slice(4)]);
    const expected = await answers();
    const copied = this.#keyValues;
    this.#keepRuns(0);
    this.#keyValues = new KeyValues(this.#shape.keyValues, 'in-place');
    const found = await answers().catch(() => []);
    this.#keepRuns(0);
    if (!isAlike(expected, found)) this.#keyValues = copied;
  }
}

function isSame(one: readonly number[], other: readonly number[] | undefined): boolean {
  return one.length === other?.length && one.every((token, index) => token === other[index]);
}

function chunksOf(segment: readonly number[]): (readonly number[])[] {
  const chunks: (readonly number[])[] = [];
  for (let start = 0; start < segment.length; start += chunkTokensMax)
    chunks.push(segment.slice(start, start + chunkTokensMax));
  return chunks;
}

/** float16 rounds the two ways a little differently. */
const difference = 1e-2;

function isAlike(expected: readonly Float32Array[], found: readonly Float32Array[]): boolean {
  return expected.every((row, index) =>
    row.every((value, at) => Math.abs(value - (found[index]?.[at] ?? Number.NaN)) < difference),
  );
}

function scoresOf(tensor: Tensor | undefined, size: number): Float32Array {
  const data = tensor?.data;
  const scores =
    data instanceof Float32Array ? data : data instanceof Float16Array ? Float32Array.from(data) : undefined;
  if (scores === undefined || scores.length !== size)
    throw new ModelError('unfit', `logits are no ${size} numbers of type float32 or float16.`);
  return scores;
}
