/** What a report of Confer claims in a case: an agent that the case took away is no claim, any other is. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { diagnosisOf } from '../../../src/arena/confer-method.ts';
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
