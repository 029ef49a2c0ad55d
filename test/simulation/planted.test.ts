/** The planted bugs still fit the code, and some that show at once are found. All of them: npm run planted. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { describe, it } from 'node:test';
import { root } from '../support/source.ts';

const patches = globSync('test/planted/*.patch', { cwd: root }).sort();

describe('planted bugs', () => {
  it('are at least 15', () => {
    assert.ok(patches.length >= 15, String(patches.length));
  });

  for (const patch of patches)
    it(`${patch} fits the code`, () => {
      const { status, stderr } = spawnSync('git', ['apply', '--check', '-C1', patch], {
        cwd: root,
        encoding: 'utf8',
      });
      assert.equal(status, 0, `${stderr}\nmake it anew, as docs/simulation.md says`);
    });

  it('that show at once are found', () => {
    const names = ['acknowledged-before-durable', 'counters-not-removed', 'loops-outlive-the-agent'];
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['scripts/planted.ts', '--seeds', '20', ...names],
      { cwd: root, encoding: 'utf8' },
    );
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, /3 of 3 found\.\n$/);
    for (const invariant of ['report-kept', 'nothing-left']) assert.ok(stdout.includes(invariant), stdout);
  });
});
