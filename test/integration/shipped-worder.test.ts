/**
 * The weights that are shipped to word conclusions, in their cell. Input: held-out conclusions. Output: sentences, as
 * `confer model eval` judges them on all of them.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { mistakeIn } from '../../models/evidence/sentence.ts';
import { openedRanker } from '../../src/cli/model/open.ts';
import { type SaidCase, type SentenceCase, sentenceScores } from '../../src/cli/model/sentence-table.ts';
import { root } from '../support/source.ts';

const file = join(root, 'models', 'training', 'evidence', 'held-out-sentences.jsonl');
const cases = readFileSync(file, 'utf8')
  .trim()
  .split('\n')
  .slice(0, 30)
  .map((line): SentenceCase => JSON.parse(line));

describe('the shipped worder', () => {
  it('words most of what it was never trained on, and nothing that does not follow', async () => {
    const opened = openedRanker({});
    try {
      const said: SaidCase[] = [];
      for (const { set, prompt, about } of cases) {
        const worded = await opened.say({ prompt, about }, { signal: AbortSignal.timeout(60_000) });
        assert.match(worded?.model ?? '', /^confer-evidence-1 \(sha256:[0-9a-f]{12}\)$/);
        assert.ok(worded !== undefined);
        if ('template' in worded) assert.equal(mistakeIn(worded.template, about), undefined);
        said.push({ set, about, ...worded });
      }
      const { worded } = sentenceScores(said);
      assert.ok(worded >= 0.7, JSON.stringify(sentenceScores(said)));
    } finally {
      await opened.close();
    }
  });
});
