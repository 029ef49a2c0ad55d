/** What shows, place by place. Input: counts of the same place by several paths. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { signsOf } from '../../../../src/collaboration/ranking/signs.ts';
import { readingsOf } from '../../../../src/collaboration/readings.ts';
import type { Flow, Path, PathLossIntent } from '../../../../src/core/records.ts';
import { Answers } from '../world.ts';

const intent: PathLossIntent = { kind: 'path-loss', head: 'A', tail: 'B', via: [] };
const path = (id: string): Path => ({
  id,
  direction: 'forward',
  nodes: ['A', 'B'],
  segments: [],
  hops: [{ from: 'A', egress: 'eth0', to: 'B', ingress: 'eth0' }],
});
const flow = (name: string, flowLabel: number): Flow => ({
  flowLabel,
  path: name,
  purpose: 'loss',
  sizeBytes: 128,
});

/** What is said to be lost on the link, of two paths over it; `counts` are what was sent and what arrived, by path. */
function losses(...counts: [sent: number, arrived: number][]) {
  const answers = new Answers();
  for (const [index, [sent, arrived]] of counts.entries()) answers.probes('A', index + 1, sent, arrived);
  const labelled = (pick: (sent: number, arrived: number) => object) =>
    counts.map(([sent, arrived], index) => ({ label: index + 1, ...pick(sent, arrived) }));
  answers.countingAll(
    'A',
    labelled((sent) => ({ out: sent })),
  );
  answers.countingAll(
    'B',
    labelled((_, arrived) => ({ in: arrived, delivered: arrived })),
  );
  const paths = counts.map((_, index) => path(`f${index + 1}`));
  const flows = paths.map(({ id }, index) => flow(id, index + 1));
  const { signs } = signsOf({ intent, paths, flows, readings: readingsOf(answers.envelopes), untrusted: [] });
  return signs
    .filter(({ sign }) => sign === 'loses')
    .map(({ amount, certainty, elements }) => [elements.map(({ node }) => node).join(), amount, certainty]);
}

describe('what several paths show at the same place', () => {
  it('is one sign, the strongest, whichever comes first', () => {
    const few = losses([4_000, 3_960], [60, 30]);
    assert.deepEqual(few, [['A', 'many', 'sure']]);
    assert.deepEqual(losses([60, 30], [4_000, 3_960]), few);
  });
});
