/** What a report of Confer claims in a case: an agent that the case took away is no claim, any other is. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { drawCase } from '../../../src/arena/cases.ts';
import { diagnosisOf, runConfer } from '../../../src/arena/confer-method.ts';
import { shapeNames } from '../../../src/arena/shapes.ts';
import type { Finding, Report } from '../../../src/core/records.ts';

const finding: Finding = {
  kind: 'agent-only',
  element: { node: 'B' },
  direction: 'both',
  probability: 0.99,
  lossPercent: 0,
  lossPercentInterval: [0, 0.4],
  supportedBy: [],
};
const told: Partial<Report> = { verdict: 'CONFIRMED', findings: [finding], suspects: [] };
const report = told as Report;

it('an agent-only finding counts unless the case made that agent silent', () => {
  const claims = (...missing: Parameters<typeof diagnosisOf>[1]) =>
    diagnosisOf(report, missing).claims.map(({ element }) => element.node);
  assert.deepEqual(claims({ node: 'B', how: 'silent' }), []);
  assert.deepEqual(claims({ node: 'B', how: 'uncounted' }), ['B']);
  assert.deepEqual(claims({ node: 'C', how: 'silent' }), ['B']);
});

const flapping = {
  world: 'modelled',
  kinds: ['link-flap'],
  tiers: ['standard'],
  shapes: shapeNames,
} as const;

// A search for the first fault is over within one period of the link: once it was down only, once up at both readings.
for (const index of [3, 5])
  it(`confer-first names a link that comes and goes, seed 31 case ${index}`, async () => {
    const { claims } = await runConfer(drawCase(31, index, flapping), 'confer-first');
    assert.deepEqual(
      claims.map(({ kind }) => kind),
      ['link-flap'],
    );
  });
