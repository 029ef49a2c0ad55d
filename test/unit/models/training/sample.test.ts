import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { intentOf, legalNext, unsupportedReasons } from '../../../../models/intent/language.ts';
import { tagText } from '../../../../models/intent/tagging.ts';
import { knownWords } from '../../../../models/intent/vocabulary.ts';
import { readGrammar } from '../../../../models/training/grammar.ts';
import { leftWords } from '../../../../models/training/left-words.ts';
import { createRandom } from '../../../../models/training/random.ts';
import { drawSample, type Sample, type SampleOptions } from '../../../../models/training/sample.ts';

const grammar = readGrammar();
const noisy: SampleOptions = { templates: 'trained', nameStyles: 'trained', isNoisy: true };

function draw(count: number, seed: number, options: SampleOptions): Sample[] {
  const random = createRandom(seed);
  const samples: Sample[] = [];
  for (let draws = 0; samples.length < count && draws < 100 * count; draws++) {
    const sample = drawSample(grammar, random, options);
    if (sample !== undefined) samples.push(sample);
  }
  return samples;
}

describe('the generator of training data [T20]', () => {
  it('makes the same data of the same seed', () => {
    assert.deepEqual(draw(50, 1, noisy), draw(50, 1, noisy));
    assert.notDeepEqual(draw(50, 1, noisy), draw(50, 2, noisy));
  });

  it('answers in the language, for what the tagger sees of the text', () => {
    for (const { text, names, intent, answer } of draw(300, 3, { ...noisy, isNoisy: false })) {
      const tagged = tagText(text, { names });
      const placeholders = new Map<string, string>();
      for (const [placeholder, name] of tagged.names) placeholders.set(name.toLowerCase(), placeholder);
      assert.ok(answer.endsWith('<|end|>'));
      if (intent.kind === 'unsupported') {
        assert.equal(answer, `<|unsupported|><|${intent.reason}|><|end|>`);
        assert.ok(intent.reason in unsupportedReasons);
      } else
        for (const name of Object.values(intent)
          .flat()
          .filter((value) => typeof value === 'string')
          .slice(1))
          if (intent.kind !== 'device-status' || name === intent.head)
            assert.ok(placeholders.has(name.toLowerCase()), `${name} in ${text}`);
    }
  });

  it('gives answers that the grammar of answers allows', () => {
    for (const { prompt, answer, intent } of draw(200, 4, noisy)) {
      const named = (pattern: RegExp) => [...new Set(prompt.match(pattern) ?? [])];
      const tagged = {
        tokens: [],
        names: new Map(named(/<\|[ewp]\d+\|>/g).map((one) => [one, one])),
        numbers: new Map(named(/<\|n\d+\|>/g).map((one) => [one, { text: one, value: 1 }])),
        isCut: false,
      };
      const written = answer.match(/<\|[^|]+\|>/g) ?? [];
      for (let length = 0; length < written.length; length++)
        assert.ok(legalNext(written.slice(0, length), tagged).includes(written[length] ?? ''), answer);
      assert.equal(intentOf(answer, tagged)?.kind, intent.kind);
    }
  });

  it('never trains a template that is held out', () => {
    const heldOut = new Set(
      [...grammar].flatMap(([name, all]) =>
        all.filter((one) => one.isHeldOut).map((one) => `${name}: ${one.text}`),
      ),
    );
    assert.ok(heldOut.size > 300);
    for (const { templates } of draw(300, 5, noisy))
      for (const template of templates) assert.ok(!heldOut.has(template), template);
    const other = draw(100, 6, { templates: 'held-out', nameStyles: 'held-out', isNoisy: false });
    assert.equal(other.length, 100);
    for (const { templates } of other) assert.ok(templates.some((one) => heldOut.has(one)));
  });

  it('refuses and serves alike what sounds like an order or a change', () => {
    const samples = draw(3_500, 8, noisy).filter(({ text }) =>
      /\b(?:ignore|reboot|restart|reset|delete|system|admin|shut|override|password|prompt)/i.test(text),
    );
    const served = samples.filter(({ intent }) => intent.kind !== 'unsupported').length;
    assert.ok(samples.length > 200);
    assert.ok(
      served > 0.25 * samples.length && served < 0.75 * samples.length,
      `${served} of ${samples.length}`,
    );
  });

  it('has more than 1,500 templates, whose words are known', () => {
    const templates = [...grammar].filter(([name]) =>
      /^(path[01]|via|loss|reach|mtu|lat|bgp[12]|dev)$/.test(name),
    );
    assert.ok(templates.reduce((sum, [, all]) => sum + all.length, 0) > 1_500);
    for (const [, all] of templates)
      for (const { text } of all)
        for (const word of text.replace(/\{[^}]*\}|@\w+/g, ' ').match(/(?<![\w'-])[a-z]{4,}(?![\w'-])/g) ??
          [])
          assert.ok(
            knownWords.has(word) || leftWords.has(word),
            `run models/training/collect-words.ts: ${word}`,
          );
  });
});
