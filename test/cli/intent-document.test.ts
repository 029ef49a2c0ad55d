/** docs/intent.md says what is so: each of its examples is measured, and means the same path. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { placed } from '../../src/cli/intent-text.ts';
import { limits } from '../../src/core/limits.ts';
import { Domain } from '../support/domain.ts';
import { root } from '../support/source.ts';
import { shipped } from '../unit/sim/world.ts';

const page = readFileSync(join(root, 'docs/intent.md'), 'utf8');
const blocks = (kind: string) =>
  [...page.matchAll(new RegExp(`^\`\`\`${kind}\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, text = '']) => text);

/** What some of the examples say besides. */
const wished = {
  'first fault': { firstFaultOnly: true },
  acceptable: { lossMaxPercent: 1, dscp: 46, sizeBytes: 1_400 },
  'or more': { lossMinPercent: 0.1, count: 20_000, perSecondMax: 1_000 },
};

it('every example of the page asks for the same path, and is measured', async () => {
  const topology = shipped('pe1-p2-pe3');
  const examples = [
    ...blocks('text').flatMap((text) => text.trim().split('\n')),
    ...blocks('yaml'),
    ...blocks('json'),
  ];
  assert.equal(examples.length, 12);
  await using domain = await Domain.start(topology, { seed: 1 });
  for (const example of examples) {
    const { text, node } = await placed(example, 'docs/intent.md', topology);
    assert.equal(node, 'PE-1');
    const { intent, verdict } = await domain.ask(node, text);
    const wishes = Object.entries(wished).find(([words]) => example.includes(words))?.[1] ?? {};
    assert.deepEqual(intent, { kind: 'path-loss', head: 'PE-1', tail: 'PE-3', via: ['P-2'], ...wishes });
    assert.equal(verdict, 'NO_FAULT');
  }
});

it('the page names the bound of a file', () => {
  assert.ok(page.includes(`at most ${limits.intentTextBytesMax} bytes`));
});
