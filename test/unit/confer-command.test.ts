/** bin/confer.js: what `confer` does before anything of ours is loaded. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { root } from '../support/source.ts';

const command = join(root, 'bin/confer.js');

function confer(program: string, args: string[], nodeOptions: string[] = []) {
  return spawnSync(process.execPath, [...nodeOptions, program, ...args], {
    encoding: 'utf8',
    timeout: 30_000,
  });
}

/** Node with an older version's name: everything else about it is new. */
function asNode(version: string) {
  const pretend = `Object.defineProperty(process, 'version', { value: '${version}' })`;
  return ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`];
}

describe('the command confer', () => {
  for (const version of ['v20.19.2', 'v24.0.0', 'v25.9.1'])
    it(`on Node ${version} says in one sentence what to do, and exits 2`, () => {
      const { status, stdout, stderr } = confer(command, ['--help'], asNode(version));
      assert.equal(status, 2);
      assert.equal(stdout, '');
      assert.equal(stderr.trim().split('\n').length, 1);
      assert.match(stderr, new RegExp(`needs Node 26 and this is ${version}: .*npm run confer`));
    });

  for (const version of ['v26.0.0', 'v27.1.0'])
    it(`on Node ${version} it runs`, () => {
      const { status, stdout, stderr } = confer(command, ['--help'], asNode(version));
      assert.equal(status, 0, stderr);
      assert.match(stdout, /Usage: confer/);
    });

  it('runs through the link that an installation from a checkout makes', () => {
    const directory = mkdtempSync(join(tmpdir(), 'confer-bin-'));
    try {
      symlinkSync(command, join(directory, 'confer'));
      const { status, stderr } = confer(join(directory, 'confer'), ['--help']);
      assert.equal(status, 0, stderr);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
