/** Input: directories of labs that live, died, or are somebody else's. Output: which of them the next lab removes. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { openWorkDirectory } from '../../../src/lab/work-directory.ts';
import { root } from '../../support/source.ts';

const parent = mkdtempSync(join(tmpdir(), 'confer-work-directory-test-'));
after(() => rmSync(parent, { recursive: true }));

/** A process that opened a work directory with a secret in it, as a lab does. */
async function holder() {
  const code = `
    const { openWorkDirectory } = await import(${JSON.stringify(join(root, 'src/lab/work-directory.ts'))});
    const { writeFileSync } = await import('node:fs');
    const work = openWorkDirectory(${JSON.stringify(parent)});
    writeFileSync(work.path + '/ca-key.pem', 'secret');
    console.log(work.path);
    setInterval(() => {}, 1000);`;
  const child = spawn(join(root, 'node_modules/.bin/node'), ['--input-type=module-typescript', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout, 'data');
  return { child, path: String(line).trim() };
}

describe("a lab's directory", () => {
  it('is private, and gone when the lab ends', () => {
    const work = openWorkDirectory(parent);
    assert.match(basename(work.path), /^confer-lab-/);
    assert.equal(statSync(work.path).mode & 0o077, 0);
    writeFileSync(join(work.path, 'ca-key.pem'), 'secret');
    work[Symbol.dispose]();
    assert.ok(!existsSync(work.path));
  });

  it('of a lab that was killed is removed by the next one; that of a lab that lives is not', async () => {
    const [killed, alive] = await Promise.all([holder(), holder()]);
    killed.child.kill('SIGKILL');
    await once(killed.child, 'exit');
    assert.ok(existsSync(join(killed.path, 'ca-key.pem')));
    {
      using _next = openWorkDirectory(parent);
      assert.ok(!existsSync(killed.path));
      assert.ok(existsSync(join(alive.path, 'ca-key.pem')));
    }
    alive.child.kill('SIGKILL');
    await once(alive.child, 'exit');
    using _last = openWorkDirectory(parent);
    assert.ok(!existsSync(alive.path));
  });

  it('is known by its owner: another process with the same number is not it, and nothing else is touched', async () => {
    const { child, path } = await holder();
    child.kill('SIGKILL');
    await once(child, 'exit');
    const owner = join(path, 'owner.json');
    const record = JSON.parse(readFileSync(owner, 'utf8'));
    writeFileSync(owner, JSON.stringify({ ...record, pid: process.pid }));
    const named = (name: string) => join(parent, `confer-lab-${name}`);
    mkdirSync(named('nobodys'));
    mkdirSync(named('broken'));
    writeFileSync(join(named('broken'), 'owner.json'), '{');
    mkdirSync(named('elsewhere'));
    writeFileSync(
      join(named('elsewhere'), 'owner.json'),
      JSON.stringify({ ...record, processes: 'pid:[1]' }),
    );
    const treasure = join(parent, 'treasure');
    mkdirSync(treasure);
    writeFileSync(join(treasure, 'owner.json'), JSON.stringify(record));
    symlinkSync(treasure, named('link'));
    using _next = openWorkDirectory(parent);
    if (process.platform === 'linux')
      assert.ok(!existsSync(path), 'the number is in use again, by another process');
    for (const kept of [named('nobodys'), named('broken'), named('elsewhere'), named('link'), treasure])
      assert.ok(existsSync(kept), kept);
  });
});
