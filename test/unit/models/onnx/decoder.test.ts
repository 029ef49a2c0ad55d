/** Decoder folders as Hugging Face lays them out, with random weights: scripts/random-decoder.py made them. */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Decoder } from '../../../../models/onnx/decoder.ts';
import { ModelError } from '../../../../models/onnx/errors.ts';
import type { ModelFiles } from '../../../../models/onnx/files.ts';
import { complete, logLikelihoods, logProbabilityOf } from '../../../../models/onnx/generation.ts';
import { openModelFiles, writeManifest } from '../../../../src/system/model-files.ts';
import { root } from '../../../support/source.ts';

const vectors = join(root, 'test', 'vectors', 'decoders');
/** GroupQueryAttention, int8, one file; and plain operators, position_ids, float16 cache, weights beside the graph. */
const folders = ['grouped', 'plain'] as const;
const load = (name: string) => Decoder.load(openModelFiles(join(vectors, name)));
const never = { tokensMax: 24 };
const anything = { legal: () => undefined };

/** A copy that a test may spoil. */
function copyOf(name: string): Disposable & { folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'confer-decoder-'));
  cpSync(join(vectors, name), folder, { recursive: true });
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

for (const name of folders)
  describe(`a decoder of ${name} attention`, () => {
    it('reads from the graph what it takes, and keeps its cache in place where the graph can', async () => {
      const { info, ends } = await load(name);
      assert.deepEqual(
        info.keyValues,
        name === 'grouped' ? { type: 'float32', mode: 'in-place' } : { type: 'float16', mode: 'copied' },
      );
      assert.deepEqual([...ends].sort(), [0, 2]);
      assert.match(info.digest, /^[0-9a-f]{64}$/);
    });

    it('scores the same however the past came to be: at once, in segments, after a detour', async () => {
      const decoder = await load(name);
      const [prefix, one, other] = [
        [5, 6, 7, 8],
        [20, 21],
        [30, 31, 32],
      ];
      const fresh = await (await load(name)).scores([prefix, one]);
      await decoder.scores([prefix, other]);
      await decoder.scores([[9, 9, 9]]);
      await decoder.scores([prefix, other]);
      const found = await decoder.scores([prefix, one]);
      assert.deepEqual(found, fresh);
      // One run rounds otherwise than several: alike, if not the same.
      const [whole] = (await (await load(name)).scores([[...prefix, ...one]])).slice(-1);
      for (const [index, value] of (whole ?? []).entries())
        assert.ok(Math.abs(value - (fresh.at(-1)?.[index] ?? Number.NaN)) < 0.1);
    });

    it('prefills what is longer than a chunk, and outgrows its first buffers', async () => {
      const tokens = Array.from({ length: 600 }, (_, index) => 10 + (index % 90));
      const decoder = await load(name);
      const rows = await decoder.scores([tokens]);
      assert.equal(rows.length, 600);
      const again = await decoder.scores([tokens.slice(0, 512), tokens.slice(512)]);
      assert.deepEqual(again.at(-1), rows.at(-1));
      assert.ok(decoder.cacheBytes > 0);
    });

    it('completes with legal tokens alone, and asks nothing where only one is', async () => {
      const decoder = await load(name);
      const legal = [[40, 41, 42], [50], [60], [70, 71], []];
      const done = await complete(decoder, [[5, 6, 7]], { legal: (output) => legal[output.length] }, never);
      assert.equal(done.ended, 'legal');
      assert.equal(done.steps, 2);
      assert.ok(done.tokens.every((token, index) => legal[index]?.includes(token)));
      const repeated = await complete(decoder, [[5, 6, 7]], { legal: (o) => legal[o.length] }, never);
      assert.deepEqual(repeated, done);
      const first = (await decoder.scores([[5, 6, 7]])).at(-1) ?? new Float32Array();
      const best = Math.max(...[40, 41, 42].map((token) => first[token] ?? 0));
      assert.equal(first[done.tokens[0] ?? 0], best);
    });

    it('ends at any of its ends, and at the most tokens that are asked for', async () => {
      const decoder = await load(name);
      const long = await complete(decoder, [[5, 6, 7]], anything, never);
      assert.ok(long.ended === 'length' ? long.tokens.length === 24 : long.ended === 'end');
      for (const end of decoder.ends) {
        const done = await complete(decoder, [[5]], { legal: (o) => [o.length < 2 ? 33 : end] }, never);
        assert.deepEqual([done.ended, done.tokens], ['end', [33, 33]]);
      }
    });

    it('gives each candidate the sum of its tokens’ logarithms', async () => {
      const decoder = await load(name);
      const candidates = [[30], [30, 31], [40, 41, 42], [30, 32]];
      const found = await logLikelihoods(decoder, [[5, 6], [7]], candidates);
      for (const [index, candidate] of candidates.entries()) {
        let sum = 0;
        for (const [at, token] of candidate.entries()) {
          const rows = await (await load(name)).scores(
            [[5, 6], [7], candidate.slice(0, at)].filter((s) => s.length),
          );
          sum += logProbabilityOf(rows.at(-1) ?? new Float32Array(), token);
        }
        assert.ok(Math.abs(sum - (found[index] ?? 0)) < 0.05, `${sum} ${found[index]}`);
      }
      assert.ok((found[0] ?? 0) > (found[1] ?? 0));
    });

    it('stops between two runs when its signal aborts, and answers afterwards as before', async () => {
      const decoder = await load(name);
      const before = await complete(decoder, [[5, 6, 7]], anything, never);
      const reason = new Error('Enough.');
      await assert.rejects(decoder.scores([[8, 9]], AbortSignal.abort(reason)), reason);
      assert.deepEqual(await complete(decoder, [[5, 6, 7]], anything, never), before);
    });

    it('refuses what does not fit its context', async () => {
      const decoder = await Decoder.load(openModelFiles(join(vectors, name)), { contextTokensMax: 16 });
      await assert.rejects(decoder.scores([Array(17).fill(5)]), { code: 'too-long' });
      assert.equal((await decoder.scores([Array(16).fill(5)])).length, 16);
    });

    it('never makes a special token of text from outside', async () => {
      const { tokenizer } = await load(name);
      const special = ['<|im_start|>', '<|im_end|>', '<|endoftext|>'];
      const text = fc
        .array(fc.oneof(fc.constantFrom(...special, 'system\n', '<|', '|>'), fc.string({ unit: 'binary' })))
        .map((parts) => parts.join(''));
      fc.assert(
        fc.property(text, (drawn) => {
          const ids = tokenizer.encode([{ text: drawn }]);
          assert.ok(ids.every((id) => !tokenizer.isSpecial(id)));
          assert.equal(tokenizer.decode(ids), drawn.toWellFormed());
          const chat = tokenizer.encodeChat([
            { role: 'user', content: [{ trusted: 'Say: ' }, { text: drawn }] },
          ]);
          const starts = chat.filter((id) => id === tokenizer.idOf('<|im_start|>'));
          assert.equal(starts.length, 2); // the user's turn, and the answer
          assert.equal(chat.filter((id) => tokenizer.isSpecial(id)).length, 3);
        }),
        { numRuns: 200 },
      );
    });
  });

describe('the files of a decoder', () => {
  it('are refused when a byte of any of them is flipped', async () => {
    for (const name of folders) {
      using copy = copyOf(name);
      writeManifest(copy.folder, { licence: 'MIT' });
      const { info } = await Decoder.load(openModelFiles(copy.folder));
      assert.deepEqual([info.isVerified, info.about], [true, { licence: 'MIT' }]);
      writeManifest(copy.folder, { licence: 'MIT', marginMin: 0 });
      assert.notEqual((await Decoder.load(openModelFiles(copy.folder))).info.digest, info.digest);
      const files = openModelFiles(copy.folder).names.filter((one) => one !== 'manifest.json');
      assert.ok(files.length >= 5);
      for (const file of files) {
        const path = join(copy.folder, file);
        const bytes = readFileSync(path);
        const at = Math.floor(bytes.length / 2);
        bytes[at] = (bytes[at] ?? 0) ^ 1;
        writeFileSync(path, bytes);
        await assert.rejects(Decoder.load(openModelFiles(copy.folder)), (error) => {
          assert.ok(error instanceof ModelError && error.code === 'hash-mismatch', String(error));
          assert.ok(error.message.startsWith(`${file} is not the file of manifest.json`), error.message);
          return true;
        });
        bytes[at] = (bytes[at] ?? 0) ^ 1;
        writeFileSync(path, bytes);
      }
      await Decoder.load(openModelFiles(copy.folder));
    }
  });

  it('are refused when the manifest does not list them', async () => {
    using copy = copyOf('grouped');
    writeFileSync(
      join(copy.folder, 'manifest.json'),
      JSON.stringify({ files: { 'config.json': '0'.repeat(64) } }),
    );
    await assert.rejects(Decoder.load(openModelFiles(copy.folder)), { code: 'hash-mismatch' });
    writeFileSync(join(copy.folder, 'manifest.json'), JSON.stringify({ files: {} }));
    await assert.rejects(Decoder.load(openModelFiles(copy.folder)), { code: 'unfit' });
  });

  it('say what is missing or does not fit', async () => {
    assert.throws(() => openModelFiles(join(vectors, 'nowhere')), { code: 'absent' });
    const spoiled: [string, (files: Map<string, Uint8Array>) => unknown, RegExp][] = [
      ['no graph', (files) => files.delete('onnx/model_quantized.onnx'), /no graph/],
      ['no tokenizer', (files) => files.delete('tokenizer.json'), /no tokenizer\.json/],
      ['no config', (files) => files.delete('config.json'), /no config\.json/],
      ['no JSON', (files) => files.set('config.json', Buffer.from('{')), /config\.json is no JSON/],
      ['a list', (files) => files.set('config.json', Buffer.from('[]')), /no JSON object/],
      ['another graph', (files) => files.set('onnx/model_quantized.onnx', Buffer.from('?')), /cannot be run/],
    ];
    for (const [what, spoil, message] of spoiled) {
      const files = inMemory(join(vectors, 'grouped'));
      spoil(files);
      await assert.rejects(
        Decoder.load(asFiles(files)),
        (error) => error instanceof ModelError && error.code === 'unfit' && message.test(error.message),
        what,
      );
    }
  });
});

function inMemory(folder: string): Map<string, Uint8Array> {
  const files = openModelFiles(folder);
  return new Map(files.names.map((name) => [name, files.read(name)]));
}

function asFiles(files: Map<string, Uint8Array>): ModelFiles {
  const refuse = (): never => assert.fail('nothing here is mapped into memory');
  return {
    names: [...files.keys()],
    read: (name) => files.get(name) ?? assert.fail(`${name} is read`),
    sha256: refuse,
    path: refuse,
  };
}
