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
  const ask = ({ model = one, signal = AbortSignal.timeout(30_000) } = {}) =>
    model.ask(question, { tokensMax: 8, signal });
  const process = (index: number) => processes[index] ?? assert.fail(`There is no process ${index}.`);
  return { cell, one, other, ask, process, processes, [Symbol.asyncDispose]: () => cell.close() };
}

async function until(isSo: () => boolean): Promise<void> {
  for (let waits = 0; waits < 4_000 && !isSo(); waits++) await sleep(5);
  assert.ok(isSo(), 'It never came so far.');
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

  it('rests too after its process ended and came back, and nobody asks', async () => {
    await using faked = cellOf();
    const asked = faked.ask();
    faked.process(0).load('one');
    await sleep(1);
    faked.process(0).answer(1);
    await asked;
    faked.process(0).end('it crashed');
    await until(() => faked.processes.length === 2);
    faked.process(1).load('one');
    await until(() => faked.cell.processId === undefined);
    assert.equal(faked.one.trouble, undefined);
    assert.equal(await faked.process(1).ended, 'nobody asks');
  });

  it('does not rest while somebody waits for a model to be loaded', async () => {
    await using faked = cellOf();
    const first = faked.one.start();
    const second = faked.other.start();
    faked.process(0).load('one');
    await first;
    await sleep(3 * idleMs);
    faked.process(0).load('other', 'b');
    assert.deepEqual(await second, infoOf('b'));
    await until(() => faked.cell.processId === undefined);
  });

  it('does not rest while somebody waits for a model that began to load in a pause', async () => {
    await using faked = cellOf();
    const first = faked.one.start();
    faked.process(0).load('one');
    await first;
    const second = faked.other.start();
    await sleep(3 * idleMs);
    faked.process(0).load('other', 'b');
    assert.deepEqual(await second, infoOf('b'));
  });

  it('rests after a model was refused beside another', async () => {
    await using faked = cellOf();
    const first = faked.one.start();
    faked.process(0).load('one');
    await first;
    const second = faked.other.start();
    faked.process(0).hear({ say: 'refused', model: 'other', code: 'unfit', message: 'too large' });
    await assert.rejects(second, { code: 'refused' });
    await until(() => faked.cell.processId === undefined);
  });

  it('believes nothing that a process says after it was dismissed', async () => {
    await using faked = cellOf();
    const first = faked.one.start();
    faked.process(0).load('one');
    await first;
    await until(() => faked.cell.processId === undefined);
    const asked = faked.ask();
    const [gone, present] = [faked.process(0), faked.process(1)];
    gone.load('one', 'b');
    gone.hear({ say: 'refused', model: 'one', code: 'unfit', message: 'too large' });
    await sleep(1);
    assert.deepEqual(present.asked(), []);
    assert.deepEqual([faked.one.trouble, faked.one.info], [undefined, infoOf('a')]);
    present.load('one', 'c');
    await sleep(1);
    gone.answer(1);
    gone.hear({ say: 'failed', id: 1, message: 'nothing' });
    present.answer(1);
    assert.deepEqual((await asked).answer, { task: 'score', logLikelihoods: [1] });
    assert.deepEqual(faked.one.info, infoOf('c'));
  });

  it('tells who waits why its process was dismissed', async () => {
    await using faked = cellOf();
    const asked = faked.ask();
    faked.process(0).load('one');
    await sleep(1);
    faked.process(0).hear({ say: 'refused', model: 'one', code: 'unfit', message: 'too large' });
    await assert.rejects(asked, { code: 'refused', message: 'too large' });
    assert.equal(faked.cell.processId, undefined);
  });
});
