/** What comes of asking a model for a sentence. Input: cells that write well, write rubbish, guess, are late, or are not there. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SentenceQuestion } from '../../../models/language-model.ts';
import type { RankingCell } from '../../../src/system/cause-ranker.ts';
import { createSystemClock } from '../../../src/system/clock.ts';
import { ModelCellError } from '../../../src/system/model-cell.ts';
import type { CellInfo, CellTask } from '../../../src/system/model-cell-messages.ts';
import { SentenceTeller } from '../../../src/system/sentence-teller.ts';

const signal = new AbortController().signal;
const question: SentenceQuestion = {
  prompt: '<|evidence|>found node crash<|e0|>both<|line|><|x2|><|say|>',
  about: { kind: 'node-crash', slots: ['node'], required: ['node'], signs: [] },
};
const honest = '<|x2|> has crashed ; look at its console .';
type Written = { words: string[]; logProbability: number };
const surely = (text: string) => async (): Promise<Written> => ({
  words: text.split(' '),
  logProbability: -1,
});

function cellThat(
  about: Record<string, unknown>,
  write: (task: CellTask) => Promise<Written>,
  speaks: CellInfo['speaks'] = 'own',
): RankingCell {
  const info = { digest: 'ab'.repeat(32), about, speaks } as CellInfo;
  return {
    info,
    start: async () => info,
    ask: async (task, { signal: given }) => {
      const aborted = new Promise<never>((_, reject) =>
        given.addEventListener('abort', () => reject(given.reason), { once: true }),
      );
      const written = await Promise.race([write(task), aborted]);
      return { answer: { task: 'sentence', ...written }, cost: { promptTokens: 9, steps: 10, ms: 1 } };
    },
  };
}

function tellerOver(cell: RankingCell, settings: { sha256?: string; answerTimeoutMs?: number } = {}) {
  return new SentenceTeller(
    { name: 'worder', answerTimeoutMs: 1_000, startTimeoutMs: 1_000, ...settings },
    { cell, clock: createSystemClock() },
  );
}

describe('a sentence of a model', () => {
  const trained = { task: 'evidence and sentence' };

  it('is asked for with the slots that there are, and read again', async () => {
    const asked: CellTask[] = [];
    const cell = cellThat(trained, async (task) => {
      asked.push(task);
      return await surely(honest)();
    });
    const { words, ...worded } = (await tellerOver(cell).say(question, { signal })) ?? {};
    assert.deepEqual(worded, {
      model: 'worder (sha256:abababababab)',
      template: '{node} has crashed ; look at its console .'.split(' '),
    });
    assert.deepEqual(words, honest.split(' '));
    assert.deepEqual(asked, [{ task: 'sentence', prompt: question.prompt, slots: ['node'] }]);
  });

  const never = () => new Promise<never>(() => {});
  const cases: [string, RankingCell, { sha256?: string; answerTimeoutMs?: number }, RegExp][] = [
    ['is another one', cellThat(trained, surely(honest)), { sha256: 'cd'.repeat(32) }, /its hash is abab/],
    ['writes rubbish', cellThat(trained, surely('the the <|x2|>')), {}, /no end/],
    [
      'accuses otherwise',
      cellThat(trained, surely('the link <|x2|> is down .')),
      {},
      /does not tell what was found/,
    ],
    ['names somebody', cellThat(trained, surely('PE-1 has crashed .')), {}, /none of its language/],
    [
      'guesses',
      cellThat(trained, async () => ({ words: honest.split(' '), logProbability: -20 })),
      {},
      /not sure/,
    ],
    ['is late', cellThat(trained, never), { answerTimeoutMs: 20 }, /./],
    [
      'is dead',
      cellThat(trained, () => Promise.reject(new ModelCellError('dead', 'its process ended (SIGKILL)'))),
      {},
      /its process ended \(SIGKILL\)/,
    ],
  ];
  for (const [what, cell, settings, why] of cases)
    it(`is none, and why, where the model ${what}`, async () => {
      const worded = await tellerOver(cell, settings).say(question, { signal });
      assert.ok(worded !== undefined && !('template' in worded));
      assert.match(('why' in worded && worded.why) || '', why);
    });

  it('is not asked of a model that was not trained for it', async () => {
    const unasked = () => assert.fail('asked');
    const others = [cellThat({ task: 'evidence' }, unasked), cellThat(trained, unasked, 'chat')];
    for (const cell of others) assert.equal(await tellerOver(cell).say(question, { signal }), undefined);
  });

  it('rejects with the reason of whoever does not want it any more', async () => {
    const reason = new Error('enough');
    const controller = new AbortController();
    const asking = tellerOver(cellThat(trained, never)).say(question, { signal: controller.signal });
    controller.abort(reason);
    await assert.rejects(asking, reason);
  });
});
