/** `confer sim` from outside: where it may be started, what it refuses at once, what it tells on the way and at Ctrl-C. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { repeatCommand } from '../../src/cli/sim-command.ts';
import { confer, refuses, scratch, start } from './confer.ts';

const directory = scratch();
after(() => directory[Symbol.dispose]());
const at = (name: string) => join(directory.path, name);

describe('confer sim', { concurrency: 2 }, () => {
  it('finds its topology wherever it is started, and says nothing on stderr about a few seeds', async () => {
    const { code, stdout, stderr } = await start(['sim', '--seeds', '1..1'], { cwd: directory.path }).ended;
    assert.equal(code, 0, stderr);
    assert.equal(stderr, '');
    assert.match(stdout, /^1 seed in /);
  });

  it('refuses a trace that cannot be written before any seed is played', async () => {
    const seeds = ['sim', '--seeds', '1..1000000'];
    await refuses(
      [...seeds, '--trace', at('nowhere/trace')],
      2,
      /nowhere\/trace cannot be written: there is no such/,
    );
    await refuses([...seeds, '--trace', directory.path], 2, /cannot be written: it is a directory\.$/m);
    await refuses(
      ['sim', '--seeds', '1', '--trace', '/dev/full'],
      2,
      /cannot be written: the disk is full\.$/m,
    );
  });

  it('prints how to play a seed again as a shell takes it', () => {
    const command = repeatCommand(7, { topology: "it's mine.yaml", faults: 'drop=0.1' });
    assert.match(command, / sim --seeds 7\.\.7 --topology 'it'\\''s mine\.yaml' --faults drop=0\.1$/);
    assert.match(repeatCommand(7, {}), / sim --seeds 7\.\.7$/);
  });

  it('writes the trace of the first seed', async () => {
    const { code, stderr } = await confer('sim', '--seeds', '3..3', '--trace', at('trace'));
    assert.equal(code, 0, stderr);
    assert.ok(readFileSync(at('trace'), 'utf8').length > 10_000);
  });

  it('tells a file how far it is in some lines', async () => {
    const { stderr } = await confer('sim', '--seeds', '1..20', '--json');
    const lines = stderr.trim().split('\n');
    assert.equal(lines.length, 10, stderr);
    for (const line of lines) assert.match(line, /^\d+ of 20 seeds, \d+ s, about \d+ s left$/);
  });

  for (const jobs of ['1', '2'])
    it(`says at Ctrl-C what ${jobs} threads have played and found so far, with exit code 130`, async () => {
      const running = start(['sim', '--seeds', '1..100', '--jobs', jobs, '--json']);
      await running.printed(/^\d+ of 100 seeds, /m);
      running.child.kill('SIGINT');
      const { code, stdout, stderr } = await running.ended;
      assert.equal(code, 130, stderr);
      assert.equal(stdout, '');
      assert.match(
        stderr,
        /^confer: Interrupted: \d\d of 100 seeds played, all invariants hold in these\.$/m,
      );
    });
});
