/** What every LanguageModel must do, over each of them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import type { LanguageModel, Prompt, SummaryFacts } from '../../models/language-model.ts';
import { createRules } from '../../models/rules.ts';

const intentSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('path-loss'),
    head: z.string().min(1),
    tail: z.string().min(1),
    via: z.array(z.string().min(1)),
  }),
  z.strictObject({ kind: z.literal('unsupported'), reason: z.string().min(1) }),
]);

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
