/** Which answer is honest. Input: signs and causes written by hand. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isAnswer, labelOf } from '../../../../../models/training/evidence/label.ts';
import type { PossibleCause } from '../../../../../src/collaboration/ranking/causes.ts';
import type { Signs } from '../../../../../src/collaboration/ranking/signs.ts';

const link = { node: 'A', interface: 'a', peer: 'B' };
const truth = { kind: 'silent-loss', elements: [link], direction: 'forward' } as const;
const cause = (isShown: boolean): PossibleCause => ({
  kind: 'silent-loss',
  element: link,
  direction: 'forward',
  isShown,
});
const clean: Signs = { paths: [{ way: 'forward', lost: 'few', isOneOfSeveral: false }], signs: [] };
const lossy: Signs = { paths: [{ way: 'forward', lost: 'some', isOneOfSeveral: false }], signs: [] };

describe('the label of a case', () => {
  const broken = { truths: [truth], missing: [] };

  it('is the fault where it shows, and undetermined where only its losses do', () => {
    assert.deepEqual(labelOf(broken, lossy, [cause(true)]), { answer: 'causes', right: [cause(true)] });
    assert.equal(labelOf(broken, lossy, [cause(false)]).answer, 'undetermined');
    assert.equal(labelOf(broken, lossy, []).answer, 'undetermined');
  });

  it('is none where nothing shows of what was done', () => {
    assert.equal(labelOf(broken, clean, []).answer, 'nothing shows');
  });

  it('is healthy where all was measured, and undetermined where it was not', () => {
    const sound = { truths: [], missing: [] };
    assert.equal(labelOf(sound, clean, []).answer, 'healthy');
    const unknown: Signs = { ...clean, paths: [{ way: 'forward', isOneOfSeveral: false }] };
    assert.equal(labelOf(sound, unknown, []).answer, 'undetermined');
  });

  it('is the agent that is gone where nothing else is wrong, and never instead of a fault', () => {
    const gone: PossibleCause = {
      kind: 'agent-only',
      element: { node: 'B' },
      direction: 'both',
      isShown: true,
    };
    const missing = [{ node: 'B', how: 'silent' } as const];
    assert.equal(labelOf({ truths: [], missing }, clean, [gone]).answer, 'causes');
    assert.equal(labelOf({ truths: [truth], missing }, lossy, [gone]).answer, 'undetermined');
    assert.ok(isAnswer(gone, { truths: [], missing }));
    assert.ok(!isAnswer(gone, { truths: [truth], missing }));
  });
});
