/**
 * What comes of asking the companion about a report: how it ranks causes, and how it words a conclusion. Input: cells that answer
 * well, write rubbish, guess, lie, are late, or are not there.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SentenceQuestion } from '../../../models/language-model.ts';
import { createSystemClock } from '../../../src/system/clock.ts';
import { Companion, type CompanionCell } from '../../../src/system/companion.ts';
import { ModelCellError } from '../../../src/system/model-cell.ts';
import type { CellAnswer, CellInfo, CellTask } from '../../../src/system/model-cell-messages.ts';

const signal = new AbortController().signal;
const causes = {
  prompt: { own: '<|evidence|>forward path lost all<|answer|>', plain: ['task\n', 'seen\nCause: '] },
  causes: [
    { own: 'link down<|end|>', plain: 'link down' },
    { own: 'healthy<|end|>', plain: 'healthy' },
  ],
};
const conclusion: SentenceQuestion = {
  prompt: '<|evidence|>found node crash<|e0|>both<|line|><|x2|><|say|>',
  about: { kind: 'node-crash', slots: ['node'], required: ['node'], signs: [] },
};
const honest = '<|x2|> has crashed ; look at its console .';
type Written = { words: string[]; logProbability: number };
const surely = (text: string) => async (): Promise<Written> => ({
  words: text.split(' '),
  logProbability: -1,
});
const never = () => new Promise<never>(() => {});

function cellThat(
  about: Record<string, unknown>,
  answer: (task: CellTask) => Promise<CellAnswer>,
  speaks: CellInfo['speaks'] = 'own',
): CompanionCell {
  const info = { digest: 'ab'.repeat(32), about, speaks } as CellInfo;
  return {
    info,
    start: async () => info,
    ask: async (task, { signal: given }) => {
      given.throwIfAborted();
      const aborted = new Promise<never>((_, reject) =>
        given.addEventListener('abort', () => reject(given.reason), { once: true }),
      );
      const cost = { promptTokens: 9, steps: 10, ms: 1 };
      return { answer: await Promise.race([answer(task), aborted]), cost };
    },
  };
}

function scoring(
  about: Record<string, unknown>,
  score: (task: CellTask) => Promise<number[]>,
  speaks?: CellInfo['speaks'],
): CompanionCell {
  const answer = async (task: CellTask) => ({ task: 'score' as const, logLikelihoods: await score(task) });
  return cellThat(about, answer, speaks);
}

function writing(
  about: Record<string, unknown>,
  write: (task: CellTask) => Promise<Written>,
  speaks?: CellInfo['speaks'],
): CompanionCell {
  return cellThat(about, async (task) => ({ task: 'sentence', ...(await write(task)) }), speaks);
}

function companionOver(
  cell: CompanionCell,
  settings: { sha256?: string; answerTimeoutMs?: number } = {},
): Companion {
  return new Companion(
    { name: 'companion', answerTimeoutMs: 1_000, startTimeoutMs: 1_000, ...settings },
    { cell, clock: createSystemClock() },
  );
}

describe('the opinion of a model', () => {
  const trained = { task: 'evidence' };

  it('is a share for each cause, by likelihoods of whole causes', async () => {
    const asked: CellTask[] = [];
    const cell = scoring(trained, async (task) => {
      asked.push(task);
      return [-1, -1 - Math.log(3)];
    });
    const opinion = await companionOver(cell).open().rank(causes, { signal });
    assert.equal(opinion.model, 'companion (sha256:abababababab)');
    assert.deepEqual('shares' in opinion && opinion.shares.map((share) => share.toFixed(4)), [
      '0.7500',
      '0.2500',
    ]);
    assert.deepEqual(asked, [
      { task: 'score', prompt: [causes.prompt.own], candidates: ['link down<|end|>', 'healthy<|end|>'] },
    ]);
  });

  it('is asked of others in plain words, where long causes compare with short ones', async () => {
    const asked: CellTask[] = [];
    const cell = scoring(
      {},
      async (task) => {
        asked.push(task);
        return [-9, -7];
      },
      'chat',
    );
    const opinion = await companionOver(cell).open().rank(causes, { signal });
    assert.deepEqual('shares' in opinion && opinion.shares.map((share) => share.toFixed(4)), [
      '0.5000',
      '0.5000',
    ]);
    assert.deepEqual(asked, [
      { task: 'score', prompt: causes.prompt.plain, candidates: ['link down', 'healthy'] },
    ]);
  });

  const cases: [
    what: string,
    cell: CompanionCell,
    settings: { sha256?: string; answerTimeoutMs?: number },
    why: RegExp,
  ][] = [
    ['was not trained to rank', scoring({ task: 'intent' }, async () => [0, 0]), {}, /reads intents/],
    ['is another one', scoring(trained, async () => [0, 0]), { sha256: 'cd'.repeat(32) }, /its hash is abab/],
    ['leaves a cause out', scoring(trained, async () => [0]), {}, /something else/],
    ['answers no number', scoring(trained, async () => [0, Number.NaN]), {}, /no number/],
    [
      'is late',
      scoring(trained, () => new Promise(() => {})),
      { answerTimeoutMs: 20 },
      /no answer within 20 ms/,
    ],
    [
      'is dead',
      scoring(trained, () => Promise.reject(new ModelCellError('dead', 'its process ended (SIGKILL)'))),
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
      const opinion = await companionOver(cell, settings).open().rank(causes, { signal });
      assert.match(('why' in opinion && opinion.why) || '', why);
    });

  it('rejects with the reason of whoever does not want it any more', async () => {
    const reason = new Error('enough');
    const cell = scoring(trained, () => new Promise(() => {}));
    const controller = new AbortController();
    const asking = companionOver(cell).open().rank(causes, { signal: controller.signal });
    controller.abort(reason);
    await assert.rejects(asking, reason);
  });

  it('is prepared for without waiting, and without a word where that fails', async () => {
    let starts = 0;
    const cell: CompanionCell = {
      ...scoring(trained, async () => []),
      start: async () => {
        starts += 1;
        throw new ModelCellError('refused', 'a file is missing');
      },
    };
    companionOver(cell).prepare();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(starts, 1);
  });
});

describe('a sentence of a model', () => {
  const trained = { task: 'evidence and sentence' };

  it('is asked for with the slots that there are, and read again', async () => {
    const asked: CellTask[] = [];
    const cell = writing(trained, async (task) => {
      asked.push(task);
      return await surely(honest)();
    });
    const { words, ...worded } = (await companionOver(cell).open().say(conclusion, { signal })) ?? {};
    assert.deepEqual(worded, {
      model: 'companion (sha256:abababababab)',
      template: '{node} has crashed ; look at its console .'.split(' '),
    });
    assert.deepEqual(words, honest.split(' '));
    assert.deepEqual(asked, [{ task: 'sentence', prompt: conclusion.prompt, slots: ['node'] }]);
  });

  const cases: [string, CompanionCell, { sha256?: string; answerTimeoutMs?: number }, RegExp][] = [
    ['is another one', writing(trained, surely(honest)), { sha256: 'cd'.repeat(32) }, /its hash is abab/],
    ['writes rubbish', writing(trained, surely('the the <|x2|>')), {}, /no end/],
    [
      'accuses otherwise',
      writing(trained, surely('the link <|x2|> is down .')),
      {},
      /does not tell what was found/,
    ],
    ['names somebody', writing(trained, surely('PE-1 has crashed .')), {}, /none of its language/],
    [
      'guesses',
      writing(trained, async () => ({ words: honest.split(' '), logProbability: -20 })),
      {},
      /not sure/,
    ],
    ['is late', writing(trained, never), { answerTimeoutMs: 20 }, /no answer within 20 ms/],
    [
      'is dead',
      writing(trained, () => Promise.reject(new ModelCellError('dead', 'its process ended (SIGKILL)'))),
      {},
      /its process ended \(SIGKILL\)/,
    ],
  ];
  for (const [what, cell, settings, why] of cases)
    it(`is none, and why, where the model ${what}`, async () => {
      const worded = await companionOver(cell, settings).open().say(conclusion, { signal });
      assert.ok(worded !== undefined && !('template' in worded));
      assert.match(('why' in worded && worded.why) || '', why);
    });

  it('is not asked of a model that was not trained for it', async () => {
    const unasked = () => assert.fail('asked');
    const others = [writing({ task: 'evidence' }, unasked), writing(trained, unasked, 'chat')];
    for (const cell of others)
      assert.equal(await companionOver(cell).open().say(conclusion, { signal }), undefined);
  });

  it('rejects with the reason of whoever does not want it any more', async () => {
    const reason = new Error('enough');
    const controller = new AbortController();
    const asking = companionOver(writing(trained, never))
      .open()
      .say(conclusion, { signal: controller.signal });
    controller.abort(reason);
    await assert.rejects(asking, reason);
  });
});

describe('all that is asked about one report', () => {
  it('has one deadline, whatever the number of sentences', async () => {
    let times = 0;
    const slow = cellThat({ task: 'evidence and sentence' }, async (task) => {
      times += 1;
      await new Promise((resolve) => setTimeout(resolve, 40));
      return task.task === 'sentence'
        ? { task: 'sentence', ...(await surely(honest)()) }
        : { task: 'score', logLikelihoods: [-1, -2] };
    });
    const companion = companionOver(slow, { answerTimeoutMs: 100 });
    const { say, rank } = companion.open();
    const began = performance.now();
    const said = [];
    for (let index = 0; index < 4; index++) said.push(await say(conclusion, { signal }));
    const opinion = await rank(causes, { signal });
    assert.ok(performance.now() - began < 180, `${performance.now() - began} ms`);
    assert.ok(said[0] !== undefined && 'template' in said[0]);
    for (const last of [said[3], opinion])
      assert.equal(last !== undefined && 'why' in last && last.why, 'no answer within 100 ms');
    assert.ok(times < 5, `it was asked ${times} times`);
    assert.ok('shares' in (await companion.open().rank(causes, { signal })));
  });
});
