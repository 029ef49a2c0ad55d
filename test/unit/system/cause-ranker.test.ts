/** What comes of asking a model for its opinion. Input: cells that answer, lie, are late, or are not there. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CauseRanker, type RankingCell } from '../../../src/system/cause-ranker.ts';
import { createSystemClock } from '../../../src/system/clock.ts';
import { ModelCellError } from '../../../src/system/model-cell.ts';
import type { CellInfo, CellTask } from '../../../src/system/model-cell-messages.ts';

const signal = new AbortController().signal;
const question = {
  prompt: { own: '<|evidence|>forward path lost all<|answer|>', plain: ['task\n', 'seen\nCause: '] },
  causes: [
    { own: 'link down<|end|>', plain: 'link down' },
    { own: 'healthy<|end|>', plain: 'healthy' },
  ],
};

function cellThat(
  about: Record<string, unknown>,
  ask: (task: CellTask) => Promise<number[]>,
  speaks: CellInfo['speaks'] = 'own',
): RankingCell {
  const info = { digest: 'ab'.repeat(32), about, speaks } as CellInfo;
  return {
    info,
    start: async () => info,
    ask: async (task, { signal: given }) => {
      given.throwIfAborted();
      const aborted = new Promise<never>((_, reject) =>
        given.addEventListener('abort', () => reject(given.reason), { once: true }),
      );
      const logLikelihoods = await Promise.race([ask(task), aborted]);
      return { answer: { task: 'score', logLikelihoods }, cost: { promptTokens: 9, steps: 2, ms: 1 } };
    },
  };
}

function rankerOver(cell: RankingCell, settings: { sha256?: string; answerTimeoutMs?: number } = {}) {
  return new CauseRanker(
    { name: 'ranker', answerTimeoutMs: 1_000, startTimeoutMs: 1_000, ...settings },
    { cell, clock: createSystemClock() },
  );
}

describe('the opinion of a model', () => {
  const trained = { task: 'evidence' };

  it('is a share for each cause, by likelihoods of whole causes', async () => {
    const asked: CellTask[] = [];
    const cell = cellThat(trained, async (task) => {
      asked.push(task);
      return [-1, -1 - Math.log(3)];
    });
    const opinion = await rankerOver(cell).rank(question, { signal });
    assert.equal(opinion.model, 'ranker (sha256:abababababab)');
    assert.deepEqual('shares' in opinion && opinion.shares.map((share) => share.toFixed(4)), [
      '0.7500',
      '0.2500',
    ]);
    assert.deepEqual(asked, [
      { task: 'score', prompt: [question.prompt.own], candidates: ['link down<|end|>', 'healthy<|end|>'] },
    ]);
  });

  it('is asked of others in plain words, where long causes compare with short ones', async () => {
    const asked: CellTask[] = [];
    const cell = cellThat(
      {},
      async (task) => {
        asked.push(task);
        return [-9, -7];
      },
      'chat',
    );
    const opinion = await rankerOver(cell).rank(question, { signal });
    assert.deepEqual('shares' in opinion && opinion.shares.map((share) => share.toFixed(4)), [
      '0.5000',
      '0.5000',
    ]);
    assert.deepEqual(asked, [
      { task: 'score', prompt: question.prompt.plain, candidates: ['link down', 'healthy'] },
    ]);
  });

  const cases: [
    what: string,
    cell: RankingCell,
    settings: { sha256?: string; answerTimeoutMs?: number },
    why: RegExp,
  ][] = [
    ['was not trained to rank', cellThat({ task: 'intent' }, async () => [0, 0]), {}, /reads intents/],
    [
      'is another one',
      cellThat(trained, async () => [0, 0]),
      { sha256: 'cd'.repeat(32) },
      /its hash is abab/,
    ],
    ['leaves a cause out', cellThat(trained, async () => [0]), {}, /something else/],
    ['answers no number', cellThat(trained, async () => [0, Number.NaN]), {}, /no number/],
    ['is late', cellThat(trained, () => new Promise(() => {})), { answerTimeoutMs: 20 }, /./],
    [
      'is dead',
      cellThat(trained, () => Promise.reject(new ModelCellError('dead', 'its process ended (SIGKILL)'))),
      {},
      /its process ended \(SIGKILL\)/,
    ],
    [
      'does not start',
      {
        info: undefined,
        start: () => Promise.reject(new ModelCellError('refused', 'config.json is not as listed')),
        ask: () => assert.fail('nobody is there to ask'),
      },
      {},
      /not as listed/,
    ],
  ];
  for (const [what, cell, settings, why] of cases)
    it(`is none, and why, where the model ${what}`, async () => {
      const opinion = await rankerOver(cell, settings).rank(question, { signal });
      assert.match(('why' in opinion && opinion.why) || '', why);
    });

  it('rejects with the reason of whoever does not want it any more', async () => {
    const reason = new Error('enough');
    const cell = cellThat(trained, () => new Promise(() => {}));
    const controller = new AbortController();
    const asking = rankerOver(cell).rank(question, { signal: controller.signal });
    controller.abort(reason);
    await assert.rejects(asking, reason);
  });

  it('is prepared for without waiting, and without a word where that fails', async () => {
    let starts = 0;
    const cell: RankingCell = {
      ...cellThat(trained, async () => []),
      start: async () => {
        starts += 1;
        throw new ModelCellError('refused', 'a file is missing');
      },
    };
    rankerOver(cell).prepare();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(starts, 1);
  });
});
