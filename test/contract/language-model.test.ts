/** What every LanguageModel must do, over each of them. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import { completionOf, type ReadIntent } from '../../models/intent/language.ts';
import { tagText } from '../../models/intent/tagging.ts';
import type { LanguageModel } from '../../models/language-model.ts';
import { createRules, parseIntent } from '../../models/rules.ts';
import { intentSchema } from '../../src/collaboration/intents/index.ts';
import { createSystemClock } from '../../src/system/clock.ts';
import { absentCompanion } from '../../src/system/companion.ts';
import { ModelCell, modelCellUsual } from '../../src/system/model-cell.ts';
import { hasModel, modelFolder, shippedModel } from '../../src/system/model-store.ts';
import { type AskedCell, cellTagged, OnBoxModel } from '../../src/system/on-box-model.ts';
import { root } from '../support/source.ts';

const never = new AbortController().signal;

function contract(name: string, make: () => LanguageModel): void {
  describe(`LanguageModel: ${name}`, () => {
    const ask = (text: string, model = make()) => model.complete(text, { signal: never });
    const intentOf = async (text: string) => intentSchema.parse(JSON.parse(await ask(text)));

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
          const completion = await ask(drawn);
          intentSchema.parse(JSON.parse(completion));
          assert.ok(completion.length <= 1_000 + 6 * drawn.length, `${completion.length} characters`);
        }),
        { numRuns: 100 },
      );
    });

    it('gives up with the reason of its signal', async () => {
      const reason = new Error('Enough.');
      const model = make();
      const text = 'Verify packet loss from PE-1 to PE-3';
      const aborted = model.complete(text, { signal: AbortSignal.abort(reason) });
      await assert.rejects(aborted, reason);
      const controller = new AbortController();
      const running = model.complete(text, { signal: controller.signal });
      controller.abort(reason);
      // It may have been done already; but it never fails for another reason.
      await running.catch((error) => assert.equal(error, reason));
      assert.notEqual(await ask(text, model), '');
    });

    it('keeps completions apart that are asked for at once, whatever else is asked', async () => {
      const model = make();
      const tails = Array.from({ length: 8 }, (_, index) => `PE-${index + 2}`);
      const intents = await Promise.all(tails.map((tail) => ask(`packet loss from PE-1 to ${tail}`, model)));
      assert.deepEqual(
        intents.map((completion) => JSON.parse(completion).tail),
        tails,
      );
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
    { cell, clock, companion: absentCompanion('nobody', 'it is not there') },
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
    complete(text, options) {
      texts.set(keyOf(cellTagged(tagText(text))), text);
      return model.complete(text, options);
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
