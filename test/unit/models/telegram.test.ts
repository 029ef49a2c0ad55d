import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isPlainSentence } from '../../../models/plain-sentence.ts';
import { parseIntent } from '../../../models/rules.ts';
import { readTelegram } from '../../../models/telegram.ts';

describe('a topic and a list of routers [T20]', () => {
  for (const [text, kind, ...names] of [
    ['loss pe-7 p-4 pe-9', 'path-loss', 'pe-7', 'p-4', 'pe-9'],
    ['lat 10.0.0.1->10.0.0.3->10.0.0.7', 'path-latency', '10.0.0.1', '10.0.0.3', '10.0.0.7'],
    ['loss bx-1 - bx-2 - bx-3 - bx-4', 'path-loss', 'bx-1', 'bx-2', 'bx-3', 'bx-4'],
    ['verify: PE-1 | P-2 | PE-3 | loss', 'path-loss', 'PE-1', 'P-2', 'PE-3'],
    ['mtu a1, b2, c3?', 'path-mtu', 'a1', 'b2', 'c3'],
    ['PLS CHECK PACKET LOSS PE-1/P-2/PE-3', 'path-loss', 'PE-1', 'P-2', 'PE-3'],
    ['ping 2001:db8::1 2001:db8::3', 'reachability', '2001:db8::1', '2001:db8::3'],
  ] as const)
    it(`is a path: ${text}`, () => {
      const [head, tail] = [names[0], names.at(-1)];
      const read = { kind, head, tail, via: names.slice(1, -1) };
      assert.deepEqual(readTelegram(text), read);
      assert.deepEqual(parseIntent(text), read);
      assert.ok(isPlainSentence(text, read));
    });

  for (const text of [
    'loss PE-1',
    'loss PE-1 P-2 PE-1',
    'loss PE-1 -> P-2, PE-3',
    'loss PE-1 PE-3 500',
    'loss and latency PE-1 PE-3',
    'loss PE-1 P-2 or PE-3',
    'bgp PE-1 PE-3',
    'reboot PE-1 PE-3',
    'loss core edge',
  ])
    it(`is none: ${text}`, () => assert.equal(readTelegram(text), undefined));

  it('is looked for in bounded time, whatever was typed', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 2_000, unit: fc.constantFrom('a', '1', '-', ' ', '>', ',', '/') }),
        (tail) => {
          readTelegram(`loss ${tail}`);
        },
      ),
      { numRuns: 200 },
    );
  });
});
