/** A list of texts, read in the process of the test. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { it } from 'node:test';
import { parseTexts } from '../../../src/cli/model-command.ts';
import { scratch } from '../../cli/confer.ts';

it('between two texts timers fire, so that a model whose process has ended comes back', async (t) => {
  using directory = scratch({ 'texts.jsonl': '"packet loss from a1 to b1"\n'.repeat(300) });
  const at: number[] = [];
  const log = t.mock.method(console, 'log', () => {});
  const timer = setInterval(() => at.push(log.mock.callCount()), 0);
  try {
    await parseTexts(undefined, { file: join(directory.path, 'texts.jsonl'), json: true, model: 'rules' });
  } finally {
    clearInterval(timer);
  }
  assert.equal(log.mock.callCount(), 300);
  assert.ok(
    at.some((lines) => lines > 0 && lines < 300),
    `fired behind ${at.join(', ')} lines`,
  );
});
