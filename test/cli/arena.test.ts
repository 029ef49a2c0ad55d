/**
 * `confer arena` as it is typed.
 * Input: seeds, kinds, methods. Output: scores as text or JSON, the same for the same seed on any number of threads.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { ArenaScore } from '../../src/arena/index.ts';
import { confer, refuses, scratch, start } from './confer.ts';

const directory = scratch();
after(() => directory[Symbol.dispose]());
const few = ['--kinds', 'silent-loss,link-down', '--tiers', 'standard', '--methods', 'draft-rule,every-hop'];
const run = async (...args: string[]) => {
  const { code, stdout, stderr } = await confer('arena', ...args);
  assert.equal(code, 0, stderr);
  return { stdout, stderr };
};

describe('confer arena', () => {
  it('scores every method on the same cases', async () => {
    const { stdout, stderr } = await run('--cases', '2', '--seed', '281', ...few.slice(0, 4), '--json');
    const score = JSON.parse(stdout) as ArenaScore;
    assert.equal(score.cases, 2);
    assert.deepEqual(Object.keys(score.methods), [
      'confer',
      'confer-first',
      'draft-rule',
      'every-hop',
      'binary-search',
      '007',
      'netbouncer',
    ]);
    for (const { where, full, healthy, falseAccusations, inconclusive } of Object.values(score.methods)) {
      for (const { precision, recall, f1 } of [where, full])
        for (const share of [precision, recall, f1]) assert.ok(share >= 0 && share <= 1);
      assert.ok(falseAccusations <= healthy && healthy + inconclusive <= 2 * score.cases);
    }
    assert.match(stderr, /2 of 2 cases/);
  });

  it('prints the same on one thread and on two', async () => {
    const one = await run('--cases', '3', '--seed', '281', ...few, '--json');
    const two = await run('--cases', '3', '--seed', '281', ...few, '--json', '--jobs', '2');
    assert.equal(one.stdout, two.stdout);
  });

  it('goes on where it was cut off', async () => {
    const file = join(directory.path, 'state');
    const args = ['--cases', '3', '--seed', '281', ...few, '--json'];
    const whole = await run(...args, '--resume', file);
    const lines = readFileSync(file, 'utf8').split('\n');
    writeFileSync(file, `${lines.slice(0, 3).join('\n')}\n${lines[3]?.slice(0, 20)}`);
    const again = await run(...args, '--resume', file);
    assert.equal(again.stdout, whole.stdout);
    assert.equal(readFileSync(file, 'utf8').split('\n').length, lines.length);
    await refuses(['arena', '--cases', '3', '--seed', '282', ...few, '--resume', file], 2, /another seed/);
  });

  it('leaves a file alone that no run has kept its cases in', async () => {
    const file = join(directory.path, 'notes');
    const args = ['arena', '--cases', '1', '--seed', '281', ...few, '--resume', file];
    for (const notes of ['\nbuy milk', 'buy milk', '{"milk": 1}\n', '[]\n', '\n']) {
      writeFileSync(file, notes);
      await refuses(args, 2, /notes is no file that --resume has written/);
      assert.equal(readFileSync(file, 'utf8'), notes);
    }
    await refuses([...args.slice(0, -1), directory.path], 2, /cannot be read: it is a directory/);
  });

  it('names the line of a kept case that is spoilt, and keeps the others', async () => {
    const file = join(directory.path, 'spoilt');
    const args = ['--cases', '2', '--seed', '281', ...few, '--resume', file];
    await run(...args);
    const [header, first, second] = readFileSync(file, 'utf8').split('\n');
    for (const spoilt of ['{broken', '', '7', '{"index":"1"}']) {
      const text = [header, first, spoilt, second, ''].join('\n');
      writeFileSync(file, text);
      await refuses(['arena', ...args], 2, /spoilt, line 3: expected an outcome/);
      assert.equal(readFileSync(file, 'utf8'), text);
    }
  });

  it('says at Ctrl-C what is kept', async () => {
    const file = join(directory.path, 'interrupted');
    const args = ['arena', '--cases', '20', '--seed', '281', ...few.slice(0, 4), '--methods', 'confer'];
    for (const [more, told] of [
      [['--resume', file], /Interrupted: \d+ of 20 cases played; \S+interrupted keeps them/],
      [[], /Interrupted: \d+ of 20 cases played, and none is kept; --resume FILE/],
    ] as const) {
      const running = start([...args, ...more]);
      await running.printed(/of 20 cases,/);
      running.child.kill('SIGINT');
      const { code, stderr } = await running.ended;
      assert.equal(code, 130);
      assert.match(stderr, told);
    }
    const kept = readFileSync(file, 'utf8').split('\n').length - 2;
    assert.ok(kept >= 2 && kept < 20);
  });

  it('says before the first case that a page cannot be written', async () => {
    const args = ['arena', '--cases', '60', '--seed', '281', ...few, '--html'];
    await refuses([...args, join(directory.path, 'nowhere', 'a.html')], 2, /cannot be written: there is no/);
    await refuses([...args, directory.path], 2, /cannot be written: it is a directory/);
    const html = join(directory.path, 'one-case.html');
    await refuses(['arena', '--case', '1', ...few, '--html', html], 2, /--html: a page shows many cases/);
    assert.ok(!existsSync(html));
  });

  it('shows people a table, plots, and one case in detail', async () => {
    const html = join(directory.path, 'arena.html');
    const { stdout } = await run('--cases', '3', '--seed', '281', ...few, '--html', html);
    const page = readFileSync(html, 'utf8');
    assert.equal(page.match(/<svg/g)?.length, 4);
    assert.match(
      page,
      /(?:confer(?: --)?|cli\.ts) arena --seed 281 --kinds silent-loss,link-down .*--cases 3/,
    );
    assert.doesNotMatch(page, /<script|undefined|NaN/);
    assert.match(stdout, /^3 cases; standard tier: 3/);
    assert.match(stdout, /\ndraft-rule +\d/);
    assert.match(
      (await run('--case', '1', '--seed', '281', ...few)).stdout,
      /^case 1: \S+, \d+ hops, tier standard\n[\s\S]*\ndraft-rule: [A-Z_]+, \d+ probes forward, \d+ in reverse\n/,
    );
  });

  it('refuses what it does not know', async () => {
    await refuses(['arena', '--kinds', 'gremlins'], 2, /--kinds: gremlins is none of/);
    await refuses(['arena', '--cases', '0'], 2);
    await refuses(
      ['arena', '--cases', '2', '--kinds', 'link-down', '--tiers', 'low-loss'],
      2,
      /can be drawn/,
    );
  });
});
