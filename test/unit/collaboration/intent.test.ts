/** Step 0. Input: what an operator typed, and what a language model made of it. Output: an intent, or one sentence. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LanguageModel } from '../../../models/language-model.ts';
import { createRules } from '../../../models/rules.ts';
import { understand } from '../../../src/collaboration/intent.ts';
import { ConferError } from '../../../src/core/errors.ts';
import { limits } from '../../../src/core/limits.ts';

const never = new AbortController().signal;
const rules = createRules();

function saying(completion: unknown): LanguageModel {
  const text = typeof completion === 'string' ? completion : JSON.stringify(completion);
  return { name: 'parrot', complete: async () => text };
}

async function refusal(text: string, model: LanguageModel = rules): Promise<string> {
  try {
    return `understood ${JSON.stringify(await understand(text, model, never))}`;
  } catch (error) {
    assert.ok(error instanceof ConferError);
    return `${error.code}: ${error.message}`;
  }
}

describe('what was read and cannot be measured', () => {
  it('is told with what is wrong', async () => {
    assert.equal(
      await refusal('latency from PE-1 to PE-3 with 5000 probes'),
      'unsupported-intent: This intent cannot be served: rules could not read it: count: expected at most 1000, found 5000.',
    );
  });
});

describe('a structured intent [T5]', () => {
  const intent = { kind: 'path-loss', head: 'PE-1', tail: 'PE-3', via: ['P-2'] };
  for (const text of [
    'kind: path-loss\nhead: PE-1\ntail: PE-3\nvia: [P-2]',
    'head: PE-1\ntail: PE-3\nvia:\n  - P-2\n',
    JSON.stringify(intent),
    '{"head": "PE-1", "tail": "PE-3", "via": ["P-2"]}',
  ])
    it(`is read without the model: ${JSON.stringify(text)}`, async () => {
      assert.deepEqual(await understand(text, saying('must not be asked'), never), intent);
    });

  it('is none where a kind only begins a sentence', async () => {
    assert.deepEqual(
      await understand('kind: path-loss, from PE-1 to PE-3 via P-2', saying(intent), never),
      intent,
    );
    assert.match(await refusal('kind: weather'), /^bad-input: The structured intent does not fit: kind: /);
  });

  it('needs no via', async () => {
    assert.deepEqual(await understand('kind: path-loss\nhead: A\ntail: B', rules, never), {
      ...intent,
      head: 'A',
      tail: 'B',
      via: [],
    });
  });

  const wrong: [text: string, says: RegExp][] = [
    ['{"kind":"path-loss","head":"PE-1"}', /^bad-input: .*tail/],
    ['kind: path-loss\nhead: PE-1\ntail: PE-3\nvia: P-2', /^bad-input: .*via/],
    ['kind: reboot\nhead: PE-1\ntail: PE-3', /^bad-input: .*kind/],
    ['kind: path-loss\nhead: PE-1\ntail: PE-3\nforce: true', /^bad-input: .*force/],
    ['{"head":"A","tail":"B","__proto__":{"via":["C"]}}', /^bad-input: .*__proto__/],
    [`kind: path-loss\nhead: A\ntail: ${'b'.repeat(254)}`, /^bad-input: .*tail/],
    ['head: A\ntail: B\nvia: [C, a]', /^bad-input: .*names a node twice/],
    ['kind: path-loss\nhead: &x A\ntail: *x', /^unsupported-intent/],
  ];
  for (const [text, says] of wrong)
    it(`is refused: ${JSON.stringify(text.slice(0, 60))}`, async () =>
      assert.match(await refusal(text), says));
});

describe('a sentence [T5]', () => {
  it('may have the hyphens of a word processor', async () => {
    const intent = await understand('loss from PE‑1 to PE–3', rules, never);
    assert.deepEqual(intent, { kind: 'path-loss', head: 'PE-1', tail: 'PE-3', via: [] });
  });

  it('names no node twice, in whatever case', async () => {
    assert.match(await refusal('loss from PE-1 to pe-1'), /^bad-input: .*twice/);
    assert.match(await refusal('loss from PE-1 to PE-3 via pe-3'), /^bad-input: .*twice/);
  });

  it('names no more nodes than a path has', async () => {
    const named = (count: number) =>
      `head: A\ntail: B\nvia: [${Array.from({ length: count }, (_, n) => `N${n}`)}]`;
    const longest = await understand(named(limits.pathNodesMax - 2), rules, never);
    assert.ok(longest.kind === 'path-loss');
    assert.equal(longest.via.length, limits.pathNodesMax - 2);
    assert.match(
      await refusal(named(limits.pathNodesMax - 1)),
      /^bad-input: .*via: expected at most 63 items/,
    );
  });

  it('is bounded', async () => {
    assert.match(await refusal(`loss from A to B ${'é'.repeat(2_048)}`), /^bad-input: .*4096 bytes/);
  });

  it('is not believed when the model says what the text does not', async () => {
    const text = 'loss from PE-1 to PE-3';
    const invents = saying({ kind: 'path-loss', head: 'PE-1', tail: 'PE-3', via: ['P-66'] });
    assert.match(await refusal(text, invents), /^unsupported-intent: .*P-66, which the text does not say/);
    for (const nonsense of ['', 'Sure! Here it is', '[]', 'null', '{"kind":"reboot"}', { kind: 'path-loss' }])
      assert.match(await refusal(text, saying(nonsense)), /^unsupported-intent: .*could not read/);
    const wide = {
      kind: 'path-loss',
      head: 'PE-1',
      tail: 'PE-3',
      via: Array.from({ length: 65 }, () => 'PE'),
    };
    assert.match(await refusal(text, saying(wide)), /^unsupported-intent/);
    const acts = { kind: 'path-loss', head: 'PE-1', tail: 'PE-3', via: [], next: 'reboot' };
    assert.match(await refusal(text, saying(acts)), /^unsupported-intent/);
  });
});
