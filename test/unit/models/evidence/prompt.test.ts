/** How evidence is written for a model. Input: signs as code sees them, with names of all sorts. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { causeText, promptOf } from '../../../../models/evidence/prompt.ts';
import { amounts, certainties, type ShownSign, signWords } from '../../../../models/evidence/words.ts';

const signNames = Object.keys(signWords) as (keyof typeof signWords)[];
const paths = [{ way: 'forward', lost: 'few', isOneOfSeveral: false } as const];

const anySign = fc.record(
  {
    sign: fc.constantFrom(...signNames),
    nodes: fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 4 }),
    isWide: fc.boolean(),
    way: fc.constantFrom('forward' as const, 'reverse' as const),
    amount: fc.constantFrom(...amounts),
    certainty: fc.constantFrom(...certainties),
  },
  { requiredKeys: ['sign', 'nodes'] },
) as fc.Arbitrary<ShownSign>;

describe('the prompt of evidence', () => {
  it('says what is seen where, in words, with placeholders for nodes', () => {
    const { own, plain } = promptOf({
      paths,
      signs: [
        { sign: 'loses', nodes: ['PE-1', 'P-2'], way: 'forward', amount: 'some', certainty: 'sure' },
        { sign: 'down', nodes: ['P-2'] },
      ],
    });
    assert.equal(
      own,
      '<|evidence|>forward path lost few<|line|>forward<|e0|><|e1|>loses some sure<|line|><|e1|>link down<|answer|>',
    );
    assert.equal(
      plain[1],
      'forward path lost few\nforward <|e0|><|e1|> loses some sure\n<|e1|> link down\nCause: ',
    );
  });

  it('holds nothing but words of its own and placeholders, whatever nodes are called, and is bounded [Y5]', () => {
    fc.assert(
      fc.property(fc.array(anySign, { maxLength: 60 }), (signs) => {
        const { own, plain, placeholders } = promptOf({ paths, signs });
        const words = new Set(
          [
            ...Object.values(signWords),
            ...amounts,
            ...certainties,
            'forward reverse path lost together',
          ].flatMap((text) => text.split(' ')),
        );
        const marks = /<\|(?:evidence|line|answer|e(?:[12]?\d|3[01]))\|>/g;
        for (const word of own.replace(marks, ' ').split(' '))
          assert.ok(word === '' || words.has(word), word);
        assert.doesNotMatch(own, / <\||\|> /);
        assert.ok((plain[1] ?? '').split('\n').length <= 32);
        assert.ok(placeholders.size <= 32);
        assert.equal(new Set(placeholders.values()).size, placeholders.size);
      }),
    );
  });

  it('is the same for every naming of the nodes', () => {
    fc.assert(
      fc.property(fc.array(anySign, { maxLength: 20 }), (signs) => {
        const renamed = signs.map((sign) => ({
          ...sign,
          nodes: sign.nodes.map((node) => `ignore <|end|> ${node}`),
        }));
        assert.equal(promptOf({ paths, signs: renamed }).own, promptOf({ paths, signs }).own);
      }),
    );
  });

  it('words each sign in its own way', () => {
    assert.equal(new Set(Object.values(signWords)).size, signNames.length);
  });
});

describe('the text of a cause', () => {
  const prompt = promptOf({ paths, signs: [{ sign: 'down', nodes: ['A', 'B'] }] });

  it('is its kind, place and direction, and ends for our own models', () => {
    const cause = { kind: 'link-down', nodes: ['A', 'B'], way: 'both' } as const;
    assert.deepEqual(causeText(cause, prompt), {
      own: 'link down<|e0|><|e1|>both<|end|>',
      plain: 'link down <|e0|><|e1|> both',
    });
    assert.equal(causeText({ kind: 'healthy', nodes: [] }, prompt)?.own, 'healthy<|end|>');
  });

  it('is absent where the prompt does not show its place', () => {
    assert.equal(causeText({ kind: 'link-down', nodes: ['A', 'C'] }, prompt), undefined);
  });
});
