/**
 * The weights that are shipped to rank causes, in their cell, beside those that read intents. Input: held-out cases of the
 * evidence task. Output: shares, as `confer model eval` judges them on all cases.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { hypothesisScores, parseCases } from '../../src/cli/model/hypotheses.ts';
import { openedRanker } from '../../src/cli/model/open.ts';
import { hasModel, shippedRanker } from '../../src/system/model-store.ts';
import { root } from '../support/source.ts';

const file = join(root, 'models', 'training', 'evidence', 'held-out-cases.jsonl');
const cases = parseCases(readFileSync(file, 'utf8'))
  .cases.filter(({ expected }) => expected !== 'nothing shows')
  .slice(0, 40);

describe('the shipped ranker', () => {
  it('is verified, and ranks what it was never trained on', async () => {
    assert.ok(hasModel(shippedRanker));
    const opened = openedRanker({});
    try {
      const signal = AbortSignal.timeout(60_000);
      const shares: (readonly number[])[] = [];
      for (const { prompt, causes } of cases) {
        const opinion = await opened.rank({ prompt, causes }, { signal });
        assert.match(opinion.model, /^confer-evidence-1 \(sha256:[0-9a-f]{12}\)$/);
        assert.ok('shares' in opinion, JSON.stringify(opinion));
        shares.push(opinion.shares);
      }
      const model = hypothesisScores(cases, shares).find(({ ranker }) => ranker === 'model');
      assert.ok((model?.scores.top1 ?? 0) >= 0.8, JSON.stringify(model));
    } finally {
      await opened.close();
    }
  });
});
