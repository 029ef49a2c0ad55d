import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  answerTokens,
  completionOf,
  intentOf,
  legalNext,
  promptOf,
  type ReadIntent,
  unsupportedReasons,
} from '../../../../models/intent/language.ts';
import { tagText } from '../../../../models/intent/tagging.ts';

const text =
  'loss from pe1 to pe3 via p2 and p4, 500 probes of 1500 bytes with dscp 46, at most 5 % or 10 ms';
const tagged = tagText(text);

describe('the language of answers [T20]', () => {
  it('has a prompt of words and placeholders', () => {
    assert.equal(
      promptOf(tagText('Loss from PE-1 to PE-3, please')),
      '<|intent|>loss from<|e0|>to<|e1|>, please<|answer|>',
    );
  });

  const intents: ReadIntent[] = [
    { kind: 'path-loss', head: 'pe1', tail: 'pe3', via: ['p2'], count: 500, dscp: 46, sizeBytes: 1500 },
    {
      kind: 'path-loss',
      head: 'pe3',
      tail: 'pe1',
      via: ['p4', 'p2'],
      count: 500,
      lossMaxPercent: 5,
      dscp: 46,
      sizeBytes: 1500,
    },
    { kind: 'reachability', head: 'pe1', tail: 'pe3', via: ['p2'] },
    { kind: 'path-mtu', head: 'pe1', tail: 'pe3', via: ['p2'], sizeBytes: 1500 },
    { kind: 'path-latency', head: 'pe1', tail: 'pe3', via: ['p2', 'p4'], count: 500 },
    { kind: 'bgp-session', neighbor: 'pe3' },
    { kind: 'bgp-session', head: 'p2', neighbor: 'pe3' },
    { kind: 'device-status', head: 'p2', metrics: ['cpu', 'interface'] },
    { kind: 'device-status', head: 'p2', metrics: [] },
    { kind: 'unsupported', reason: unsupportedReasons['would-change'] },
  ];
  for (const intent of intents)
    it(`says and reads ${JSON.stringify(intent)}`, () => {
      const answer = completionOf(intent, tagged);
      assert.ok(answer !== undefined);
      assert.deepEqual(intentOf(answer, tagged), intent);
      const written = answer.match(/<\|[^|]+\|>/g) ?? [];
      for (let length = 0; length < written.length; length++)
        assert.ok(legalNext(written.slice(0, length), tagged).includes(written[length] ?? ''));
      assert.deepEqual(legalNext(written, tagged), []);
    });

  /** What may be said behind each beginning, where only that is true of the text. */
  const loss = '<|path-loss|><|head|>PE-1<|tail|>PE-3';
  const only: [text: string, written: string, next: string][] = [
    ['loss PE-3 <- P-2 <- PE-1', '<|path-loss|><|head|>PE-1<|tail|>', 'PE-3'],
    ['loss between PE-1 (tail) and PE-3 (head) via P-2', '<|path-loss|><|head|>', 'PE-3'],
    ['loss between PE-1 (tail) and PE-3 (head) via P-2', '<|path-loss|><|head|>PE-3<|tail|>', 'PE-1'],
    ['loss PE-1 to PE-3, not over P-2 but over P-4', `${loss}<|via|>`, 'P-4'],
    ['latency PE-1 [the tail], PE-3 [the source]', '<|path-latency|><|head|>', 'PE-3'],
  ];
  for (const [text, written, name] of only)
    it(`lets ${name} alone follow ${written} of "${text}"`, () => {
      const tagged = tagText(text);
      const placeholders = new Map([...tagged.names].map(([key, said]) => [said, key]));
      const tokens = written.match(/<\|[^|]+\|>|[A-Z][\w-]+/g) ?? [];
      const next = legalNext(
        tokens.map((token) => placeholders.get(token) ?? token),
        tagged,
      );
      assert.deepEqual(
        next.map((token) => tagged.names.get(token)),
        [name],
      );
    });

  it('allows no name and no number that the text lacks, and none twice', () => {
    const wrong = [
      '<|path-loss|><|head|><|e0|><|tail|><|e9|><|end|>',
      '<|path-loss|><|head|><|e0|><|tail|><|e0|><|end|>',
      '<|path-loss|><|tail|><|e0|><|head|><|e1|><|end|>',
      '<|path-loss|><|head|><|e0|><|end|>',
      '<|path-loss|><|head|><|e0|><|tail|><|e1|>',
      '<|path-loss|><|head|><|e0|><|tail|><|e1|><|via|><|end|>',
      '<|path-loss|><|head|><|e0|><|tail|><|e1|><|loss-max|><|n0|><|end|>',
      '<|unsupported|><|end|>',
      '<|unsupported|><|several|><|end|><|end|>',
      '<|end|>',
      '',
    ];
    for (const answer of wrong) assert.equal(intentOf(answer, tagged), undefined, answer);
    const twice = '<|path-loss|><|head|><|e0|><|tail|><|e1|><|count|><|n0|><|size|><|n0|><|end|>';
    assert.equal(intentOf(twice, tagText('loss from pe1 to pe3, 600')), undefined);
    assert.equal(completionOf({ kind: 'bgp-session', neighbor: 'pe9' }, tagged), undefined);
    assert.deepEqual(legalNext([], tagText('what is it?')), ['<|unsupported|>']);
    assert.ok(!legalNext([], tagText('ospf neighbours of pe1')).includes('<|bgp-session|>'));
    assert.ok(legalNext([], tagText('bgp of pe1 over isis')).includes('<|bgp-session|>'));
    assert.ok(!legalNext(['<|bgp-session|>'], tagText('bgp to pe1')).includes('<|head|>'));
  });

  it('always leads to an end, and whatever it leads to is an intent of the text', () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat()), (choices) => {
        const written: string[] = [];
        for (const choice of choices) {
          const next = legalNext(written, tagged);
          if (next.length === 0) break;
          written.push(next[choice % next.length] ?? '');
          assert.ok(written.length <= 40);
        }
        const intent = intentOf(written, tagged);
        assert.ok(intent !== undefined, written.join(''));
        assert.ok(
          written.every(
            (token) => answerTokens.includes(token) || tagged.names.has(token) || tagged.numbers.has(token),
          ),
        );
      }),
    );
  });
});
