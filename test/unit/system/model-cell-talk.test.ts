/** What the cell says to its process, and what it believes of what it hears: with a process that answers when it is told to. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CellModelSettings, ModelCell, modelCellUsual } from '../../../src/system/model-cell.ts';
import type { CellInfo, CellTask, FromCell, ToCell } from '../../../src/system/model-cell-messages.ts';
import type { CellProcess } from '../../../src/system/model-process.ts';

const question: CellTask = { task: 'score', prompt: ['which'], candidates: ['one', 'two'] };
const models: CellModelSettings[] = [
  { name: 'one', folder: '/models/one' },
  { name: 'other', folder: '/models/other' },
];
const idleMs = 40;
const restartMs = 10;

function infoOf(digit: string): CellInfo {
  return {
    digest: digit.repeat(64),
    isVerified: true,
    about: {},
    type: 'llama',
    graph: 'onnx/model.onnx',
    layers: 1,
    vocabularySize: 10,
    contextTokensMax: 100,
    keyValues: { type: 'float32', mode: 'copied' },
    speaks: 'plain',
    loadMs: 1,
  };
}

class FakeProcess implements CellProcess {
  readonly processId: number;
  readonly residentMib = 1;
  readonly livedMs = 1;
  readonly said: ToCell[] = [];
  readonly hear: (message: FromCell) => void;
  readonly #ended = Promise.withResolvers<string>();
  readonly ended = this.#ended.promise;

  constructor(processId: number, hear: (message: FromCell) => void) {
    this.processId = processId;
    this.hear = hear;
  }

  say(message: ToCell): void {
    this.said.push(message);
  }

  end(reason: string): void {
    this.#ended.resolve(reason);
  }

  /** Says that it did what it was told to: its digest is of this digit. */
  load(model: string, digit = 'a'): void {
    this.hear({ say: 'loaded', model, info: infoOf(digit) });
  }

  asked(): number[] {
    return this.said.flatMap((message) => (message.say === 'ask' ? message.id : []));
  }

  answer(id: number): void {
    const answer = { task: 'score' as const, logLikelihoods: [id] };
    this.hear({ say: 'answer', id, answer, cost: { promptTokens: 1, steps: 1, ms: 1 } });
  }
}

function cellOf(settings: Partial<typeof modelCellUsual> = {}) {
  const processes: FakeProcess[] = [];
  const silent = { info: () => {}, warn: () => {} };
  const cell = new ModelCell(
    { ...modelCellUsual, idleMs, restartMs, models, ...settings },
    silent,
    (_, __, hear) => {
      const process = new FakeProcess(processes.length, hear);
      processes.push(process);
      return process;
    },
  );
  const [one, other] = [cell.model('one'), cell.model('other')];
  const ask = ({ model = one, signal = AbortSignal.timeout(2_000) } = {}) =>
    model.ask(question, { tokensMax: 8, signal });
  const process = (index: number) => processes[index] ?? assert.fail(`There is no process ${index}.`);
  return { cell, one, other, ask, process, processes, [Symbol.asyncDispose]: () => cell.close() };
}

describe('what the cell of the language models says and hears', () => {
  it('never asks what was abandoned while its model was loaded', async () => {
    await using faked = cellOf({ questionsMax: 2 });
    const reason = new Error('Enough.');
    for (let round = 0; round < 5; round++) {
      const controller = new AbortController();
      const abandoned = [faked.ask(controller), faked.ask(controller)];
      await assert.rejects(faked.ask(), { code: 'busy' });
      controller.abort(reason);
      for (const one of abandoned) await assert.rejects(one, reason);
    }
    const wanted = [faked.ask(), faked.ask()];
    const process = faked.process(0);
    process.load('one');
    await sleep(1);
    assert.deepEqual(process.asked(), [11, 12]);
    for (const id of process.asked()) process.answer(id);
    assert.equal((await Promise.all(wanted)).length, 2);
    assert.deepEqual(
      process.said.filter(({ say }) => say === 'cancel'),
      [],
    );
  });

  it('cancels what was asked and is abandoned', async () => {
    await using faked = cellOf();
    const controller = new AbortController();
    const abandoned = faked.ask(controller);
    const process = faked.process(0);
    process.load('one');
    await sleep(1);
    controller.abort(new Error('Enough.'));
    await assert.rejects(abandoned, /Enough/);
    const [id] = process.asked();
    assert.deepEqual(process.said.at(-1), { say: 'cancel', id });
  });
});
