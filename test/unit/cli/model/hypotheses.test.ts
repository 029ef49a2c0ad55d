/** How well causes are ranked. Input: cases of which the shares are written by hand. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type HypothesisCase, hypothesisScores, parseCases } from '../../../../src/cli/model/hypotheses.ts';

const prompt = { own: '<|evidence|><|answer|>', plain: ['task', 'Cause: '] };
const cause = (plain: string, correlator: number, isRight = false) => ({
  own: `${plain}<|end|>`,
  plain,
  correlator,
  ...(isRight && { isRight }),
});
const fault: HypothesisCase = {
  case: 'chain 1/1',
  tier: 'standard',
  kinds: ['link-down'],
  expected: 'causes',
  prompt,
  causes: [cause('link down', 0.99, true), cause('silent loss', 0), cause('undetermined', 0)],
};
const open: HypothesisCase = {
  ...fault,
  causes: [cause('undetermined', 0.9), cause('link down', 0.1, true), cause('silent loss', 0)],
};
const unknown: HypothesisCase = {
  ...fault,
  expected: 'undetermined',
  causes: [cause('undetermined', 1, true), cause('silent loss', 0)],
};

describe('scores of rankings', () => {
  it('are of the correlation alone without a model', () => {
    const rows = hypothesisScores([fault, open, unknown], undefined);
    assert.equal(rows.length, 1);
    assert.equal(rows[0]?.ranker, 'correlator');
    assert.equal(rows[0]?.scores.top1, 2 / 3);
    assert.equal(rows[0]?.scores.faults, 1 / 2);
    assert.equal(rows[0]?.scores.undetermined, 1);
    assert.equal(rows[0]?.scores.wrong, 0);
  });

  it('let a model that is sure fill what the correlation leaves open, and change nothing else', () => {
    const shares = [
      [0.1, 0.9, 0],
      [0.02, 0.9, 0.08],
      [0.45, 0.55],
    ];
    const rows = new Map(
      hypothesisScores([fault, open, unknown], shares).map(({ ranker, scores }) => [ranker, scores]),
    );
    assert.equal(rows.get('model')?.top1, 1 / 3);
    assert.equal(rows.get('model')?.wrong, 2 / 3);
    assert.equal(rows.get('both')?.top1, 1);
    assert.equal(rows.get('agreed')?.cases, 0);
  });

  it('tell how far shares are from being right', () => {
    const [, model] = hypothesisScores(
      [fault, fault],
      [
        [0.8, 0.1, 0.1],
        [0.1, 0.8, 0.1],
      ],
    );
    assert.ok(Math.abs((model?.scores.calibrationError ?? 0) - 0.3) < 1e-9);
  });
});

describe('cases', () => {
  it('are read line by line, and the first that is none is told', () => {
    const line = JSON.stringify(fault);
    assert.deepEqual(parseCases(`${line}\n\n${line}\n`).cases, [fault, fault]);
    assert.equal(parseCases(`${line}\n{"case": 1}\n`).badLine, 2);
    assert.equal(parseCases('no JSON').badLine, 1);
  });
});
