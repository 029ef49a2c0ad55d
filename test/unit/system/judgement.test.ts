/** What is served of a reading. Input: what the model read, and the text as the rules read it. Output: the intent. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { ReadIntent } from '../../../models/intent/language.ts';
import { parseIntent } from '../../../models/rules.ts';
import { asServed } from '../../../src/system/judgement.ts';

const path = { kind: 'path-loss' as const, head: 'PE-1', tail: 'PE-3', via: [] };
const cases: [text: string, model: ReadIntent, wishes: object][] = [
  ['packet loss from PE-1 to PE-3, max 50 pps', { ...path, lossMaxPercent: 50 }, { perSecondMax: 50 }],
  ['packet loss from PE-1 to PE-3, 50 probes/s', { ...path, count: 50 }, { perSecondMax: 50 }],
  ['packet loss from PE-1 to PE-3, 50 probes in total', { ...path, count: 50 }, { totalMax: 50 }],
  [
    'packet loss from PE-1 to PE-3, 50 pps, at most 50 probes',
    { ...path, count: 50 },
    { perSecondMax: 50, count: 50 },
  ],
  [
    'packet loss from PE-1 to PE-3, 50 pps, five probes',
    { ...path, count: 5 },
    { perSecondMax: 50, count: 5 },
  ],
  ['packet loss from PE-1 to PE-3, 50 probes', { ...path, count: 50 }, { count: 50 }],
];

for (const [text, model, wishes] of cases)
  it(`takes a rate for nothing else: ${text}`, () => {
    assert.deepEqual(asServed(model, parseIntent(text)), { ...path, ...wishes });
  });
