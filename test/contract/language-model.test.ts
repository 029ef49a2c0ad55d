/** What every LanguageModel must do, over each of them. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import { completionOf, type ReadIntent } from '../../models/intent/language.ts';
import { tagText } from '../../models/intent/tagging.ts';
import type { LanguageModel, Prompt, SummaryFacts } from '../../models/language-model.ts';
import { createRules, parseIntent } from '../../models/rules.ts';
import { intentSchema } from '../../src/collaboration/intents/index.ts';
import { createSystemClock } from '../../src/system/clock.ts';
import { ModelCell, modelCellUsual } from '../../src/system/model-cell.ts';
import { hasModel, modelFolder, shippedModel } from '../../src/system/model-store.ts';
import { type AskedCell, cellTagged, OnBoxModel } from '../../src/system/on-box-model.ts';
import { root } from '../support/source.ts';

const lost: SummaryFacts = {
  verdict: 'CONFIRMED',
  head: 'PE-1',
  tail: 'PE-3',
  findings: [
    {
      place: 'P-2 egress ACL 2001',
      from: 'P-2',
      to: 'PE-3',
      direction: 'forward',
      loss: '7.25 %',
      interval: '95 % interval 5.5 to 9.5 %',
      octets: 1400,
    },
  ],
  oppositeLoss: '0 %',
  suspects: [],
  untrusted: [],
  probes: 4800,
};
const untrusted = ['P-9 (timeout)'];
const clean: SummaryFacts = { ...lost, verdict: 'NO_FAULT', findings: [], untrusted };
const open: SummaryFacts = { ...clean, verdict: 'INCONCLUSIVE', suspects: ['PE-1 pe1-p2', 'P-2'] };

const never = new AbortController().signal;
const tokensMax = 256;

function contract(name: string, make: () => LanguageModel): void {
  describe(`LanguageModel: ${name}`, () => {
    const ask = (prompt: Prompt, model = make()) => model.complete(prompt, { tokensMax, signal: never });
    const intentOf = async (text: string) =>
      intentSchema.parse(JSON.parse(await ask({ task: 'intent', text })));
    const summaryOf = (facts: SummaryFacts) =>
      ask({ task: 'summary', instruction: 'Say in a single sentence where packets are lost.', facts });

    it('has a name, by which reports tell who worded them', () => {
      assert.match(make().name, /^\S.*$/);
      assert.equal(make().name, make().name);
    });

    it('reads the path out of the draft’s sentence, as JSON and nothing else', async () => {
      const text = 'Verify packet loss on the SRv6 path from PE-1 to PE-3 via P-2';
      assert.deepEqual(await intentOf(text), {
        kind: 'path-loss',
        head: 'PE-1',
        tail: 'PE-3',
        via: ['P-2'],
      });
    });

    it('says why it reads no path out of what asks for something else', async () => {
      for (const text of [
        '',
        'hello',
        'Shut down interface eth0 of PE-1',
        'Reboot PE-3, then verify packet loss from PE-1 to PE-3',
        'Show me the OSPF neighbours of PE-1',
      ])
        assert.equal((await intentOf(text)).kind, 'unsupported', text);
    });

    it('answers any text in the shape of an intent, within bounds', async () => {
      const piece = fc.oneof(
        fc.constantFrom(
          'packet loss',
          'from',
          'to',
          'via',
          'PE-1',
          'P-2',
          '->',
          '","',
          '\n',
          '{"kind":',
          '\\',
        ),
        fc.string({ unit: 'binary', maxLength: 20 }),
      );
      const text = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(' '));
      await fc.assert(
        fc.asyncProperty(text, async (drawn) => {
          const completion = await ask({ task: 'intent', text: drawn });
          intentSchema.parse(JSON.parse(completion));
          assert.ok(completion.length <= 1_000 + 6 * drawn.length, `${completion.length} characters`);
        }),
        { numRuns: 100 },
      );
    });

    it('words the facts, all that matter and no others', async () => {
      for (const [facts, needed] of [
        [lost, ['P-2', 'PE-3', '7.25 %', 'forward', '1400', 'P-2 egress ACL 2001']],
        [clean, ['PE-1', 'PE-3', 'P-9']],
        [open, ['PE-1', 'PE-3', 'P-9', 'PE-1 pe1-p2', 'P-2']],
      ] as const) {
        const summary = await summaryOf(facts);
        for (const one of needed) assert.ok(summary.includes(one), `${one} is missing: ${summary}`);
        const given = JSON.stringify(facts);
        for (const word of summary.match(/\S*\d\S*/g) ?? []) {
          const bare = word.replace(/^[("]+|[.,;:)"]+$/g, '');
          assert.ok(given.includes(bare), `nobody told it of ${bare}: ${summary}`);
        }
        assert.match(summary, /^\P{Cc}+$/u);
        assert.ok(summary.length <= 1_000 + 6 * given.length);
      }
    });

    it('gives up with the reason of its signal', async () => {
      const reason = new Error('Enough.');
      const model = make();
      const prompts: Prompt[] = [
        { task: 'intent', text: 'Verify packet loss from PE-1 to PE-3' },
        { task: 'summary', instruction: 'Say it.', facts: lost },
      ];
      for (const prompt of prompts) {
        const aborted = model.complete(prompt, { tokensMax, signal: AbortSignal.abort(reason) });
        await assert.rejects(aborted, reason);
        const controller = new AbortController();
        const running = model.complete(prompt, { tokensMax, signal: controller.signal });
        controller.abort(reason);
        // It may have been done already; but it never fails for another reason.
        await running.catch((error) => assert.equal(error, reason));
        assert.notEqual(await ask(prompt, model), '');
      }
    });

    it('keeps completions apart that are asked for at once, and leaves its prompts alone', async () => {
      const model = make();
      const tails = Array.from({ length: 8 }, (_, index) => `PE-${index + 2}`);
      const facts = structuredClone(lost);
      const [summary, ...intents] = await Promise.all([
        ask({ task: 'summary', instruction: 'Say it.', facts }, model),
        ...tails.map((tail) => ask({ task: 'intent', text: `packet loss from PE-1 to ${tail}` }, model)),
      ]);
      assert.ok(summary?.includes('7.25 %'));
      assert.deepEqual(
        intents.map((completion) => JSON.parse(completion).tail),
        tails,
      );
      assert.deepEqual(facts, lost);
    });
  });
}

contract('rules', createRules);

const clock = createSystemClock();
const silent = { info: () => {}, warn: () => {} };

/** Of a model in a cell, which many tests share. */
function onBox(cell: AskedCell, settings: { sha256?: string; marginMin?: number } = {}): OnBoxModel {
  return new OnBoxModel(
    { name: 'model', answerTimeoutMs: 10_000, startTimeoutMs: 20_000, ...settings },
    { cell, clock },
  );
}

function cellOf(folder: string): AskedCell {
  const models = [{ name: 'model', folder }];
  const cell = new ModelCell({ ...modelCellUsual, models, questionsMax: 100 }, silent);
  after(() => cell.close());
  return cell.model('model');
}

/** One that reads what the rules read, and says it in the model's language: what a perfect model would do. */
function oracle(): LanguageModel {
  const texts = new Map<string, string>();
  const keyOf = (value: unknown) => JSON.stringify(value);
  const cell: AskedCell = {
    info: undefined,
    async ask(task) {
      const text = task.task === 'intent' ? (texts.get(keyOf(task.tagged)) ?? '') : '';
      const intent = parseIntent(text) as unknown as ReadIntent;
      const said =
        intent.kind === 'unsupported'
          ? '<|unsupported|><|other-topic|><|end|>'
          : completionOf(intent, tagText(text));
      const words = said?.match(/<\|[a-z0-9-]+\|>/g) ?? [];
      return {
        answer: { task: 'intent', words, logProbability: 0 },
        cost: { promptTokens: 1, steps: 1, ms: 1 },
      };
    },
  };
  const model = onBox(cell);
  return {
    name: model.name,
    complete(prompt, options) {
      if (prompt.task === 'intent') texts.set(keyOf(cellTagged(tagText(prompt.text))), prompt.text);
      return model.complete(prompt, options);
    },
  };
}

const random = join(root, 'test', 'vectors', 'decoders', 'grouped');
contract('a model that reads as the rules do', oracle);
describe('models that are not to be used', () => {
  const unsure = cellOf(random);
  contract('never sure', () => onBox(unsure, { marginMin: Number.POSITIVE_INFINITY }));
  const other = cellOf(random);
  contract('of another hash', () => onBox(other, { sha256: '0'.repeat(64) }));
  const nowhere = cellOf(join(root, 'models', 'weights', 'nobody'));
  contract('not there', () => onBox(nowhere));
});
if (hasModel(shippedModel))
  describe('the shipped model', () => {
    const cell = cellOf(modelFolder(shippedModel));
    contract(shippedModel, () => onBox(cell));
  });
