/** Readers that end before the command does: `confer ... | head -1`. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { describe, it } from 'node:test';
import { cli, node, scratch, threeRouters } from './confer.ts';

/** Closes stdout after the first bytes; returns what stderr told. */
async function readOnce(args: string[], directory: string): Promise<{ code: number | null; stderr: string }> {
  const child = spawn(node, [cli, ...args], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: directory },
    timeout: 60_000,
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdout.once('data', () => child.stdout.destroy());
  const [code] = await once(child, 'close');
  return { code, stderr };
}

describe('when nobody reads stdout any more', { concurrency: 2 }, () => {
  it('a lab is taken down, quietly, and leaves nothing', async () => {
    using place = scratch();
    const { code, stderr } = await readOnce(['lab', threeRouters, '--once'], place.path);
    assert.deepEqual({ code, stderr }, { code: 1, stderr: '' });
    assert.deepEqual(globSync('confer-lab-*', { cwd: place.path }), []);
  });

  it('what was only printed ends quietly', async () => {
    using place = scratch();
    const child = spawn('sh', ['-c', `"${node}" "${cli}" lab --help | true`], {
      cwd: place.path,
      timeout: 60_000,
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    await once(child, 'close');
    assert.equal(stderr, '');
  });
});
