/** What is asked of a decoder in its cell costs no more than what is new in it: caches stay in place and prefixes are remembered. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { tagText } from '../../../models/intent/tagging.ts';
import { Decoder } from '../../../models/onnx/decoder.ts';
import type { CellTask } from '../../../src/system/model-cell-messages.ts';
import { openModelFiles } from '../../../src/system/model-files.ts';
import { hasModel, modelFolder, shippedModel, shippedRanker } from '../../../src/system/model-store.ts';
import { ModelTasks } from '../../../src/system/model-tasks.ts';
import { cellTagged } from '../../../src/system/on-box-model.ts';
import { root } from '../../support/source.ts';

const seen: string[] = [];
const options = {
  tokensMax: 64,
  signal: new AbortController().signal,
  show: (prompt: string) => void seen.push(prompt),
};

async function opened(folder: string): Promise<{ decoder: Decoder; tasks: ModelTasks } & AsyncDisposable> {
  const decoder = await Decoder.load(openModelFiles(folder));
  return { decoder, tasks: new ModelTasks(decoder, 0), [Symbol.asyncDispose]: () => decoder.close() };
}

/** Tokens of the prompt, and those that the graph was run over for it and the answer. */
async function costOf({ decoder, tasks }: { decoder: Decoder; tasks: ModelTasks }, text: string) {
  const before = decoder.tokensRun;
  const { promptTokens } = await tasks.run({ task: 'intent', tagged: cellTagged(tagText(text)) }, options);
  return { promptTokens, run: decoder.tokensRun - before };
}

describe('tasks of a decoder', () => {
  for (const name of [shippedModel, shippedRanker].filter(hasModel))
    it(`${name} keeps its keys and values in place`, async () => {
      await using model = await opened(modelFolder(name));
      assert.equal(model.decoder.info.keyValues.mode, 'in-place');
      const { cacheBytes } = model.decoder;
      for (const text of ['loss from PE-1 to PE-3', 'latency from PE-1 to PE-3 via P-2'])
        await costOf(model, text);
      assert.equal(model.decoder.cacheBytes, cacheBytes);
    });

  for (const shape of ['grouped', 'plain'])
    it(`runs the fixed part of a prompt once: ${shape}`, async () => {
      await using model = await opened(join(root, 'test', 'vectors', 'decoders', shape));
      const first = await costOf(model, 'loss from PE-1 to PE-3');
      const second = await costOf(model, 'latency from A to B');
      assert.ok(first.run >= first.promptTokens, JSON.stringify(first));
      assert.ok(second.run < second.promptTokens / 2, JSON.stringify(second));
    });

  it('shows what a chat model sees: its template, the task, and what is asked, which cannot become an instruction', async () => {
    await using model = await opened(join(root, 'test', 'vectors', 'decoders', 'grouped'));
    seen.length = 0;
    await costOf(model, 'loss from PE-1 to PE-3');
    const [prompt = ''] = seen;
    assert.equal(seen.length, 1);
    assert.match(prompt, /^<\|im_start\|>user\nTranslate the request of a network operator/);
    assert.match(
      prompt,
      /Request: loss from<\|e0\|>to<\|e1\|>\nAnswer: <\|im_end\|>\n<\|im_start\|>assistant\n$/,
    );
  });

  const tagged = cellTagged(tagText('loss from PE-1 to PE-3'));
  const tasks: CellTask[] = [
    { task: 'intent', tagged },
    { task: 'score', prompt: ['which'], candidates: ['one', 'another of them'] },
    { task: 'sentence', prompt: 'say', slots: ['node'] },
  ];
  for (const task of tasks)
    for (const score of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
      it(`says so where a model gives ${score} instead of a score: ${task.task}`, async () => {
        await using model = await opened(join(root, 'test', 'vectors', 'decoders', 'grouped'));
        const { decoder } = model;
        decoder.scores = async (segments) =>
          (segments.at(-1) ?? []).map(() => new Float32Array(decoder.vocabularySize).fill(score));
        await assert.rejects(model.tasks.run(task, options), {
          code: 'no-score',
          message: 'It gives this question no score: its answer is no number.',
        });
      });

  it('runs what is the same for all reports once, and a report once for all its causes', async () => {
    await using model = await opened(join(root, 'test', 'vectors', 'decoders', 'grouped'));
    const task = 'what every report is asked for, in many words which are the same each time: ';
    const score = async (evidence: string, candidates: string[]) => {
      const before = model.decoder.tokensRun;
      const prompt = [task, evidence];
      const { promptTokens } = await model.tasks.run({ task: 'score', prompt, candidates }, options);
      return { promptTokens, run: model.decoder.tokensRun - before };
    };
    const [first, ...others] = ['link down', 'healthy', 'silent loss forward'] as const;
    await score('errors', [first]);
    const one = await score('1 of 9 lost', [first]);
    const all = await score('2 of 9 lost', [first, ...others]);
    assert.ok(one.run < one.promptTokens, JSON.stringify(one));
    assert.ok(all.run - one.run < all.promptTokens / 2, JSON.stringify({ one, all }));
  });
});
