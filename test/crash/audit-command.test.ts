/** `confer audit verify` on stores as they are found: running, stopped, killed, after a power cut, locked, none. */
import assert from 'node:assert/strict';
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import { CrashDomain } from '../../scripts/crash/domain.ts';
import { Ledger } from '../../scripts/crash/ledger.ts';
import { Load } from '../../scripts/crash/load.ts';
import { initAuthority } from '../../src/system/pki.ts';
import { createSystemRandom } from '../../src/system/random.ts';
import { confer, refuses, scratch, threeRouters } from '../cli/confer.ts';

const node = 'P-2';
const directory = scratch();
let domain: CrashDomain;
let store: string;

before(async () => {
  domain = await CrashDomain.prepare(join(directory.path, 'lab'), threeRouters, createSystemRandom());
  store = domain.store(node);
  await domain.start(node);
  await answered(20);
});

after(async () => {
  await domain[Symbol.asyncDispose]();
  directory[Symbol.dispose]();
});

const verify = (at: string, ...options: string[]) => confer('audit', 'verify', at, ...options);

describe('confer audit verify [T37]', () => {
  it('reads the trail of an agent that runs, and the agent goes on', async () => {
    const { code, stdout, stderr } = await verify(store, '--trust', domain.trustAnchorFile);
    assert.equal(code, 0, `${stdout}${stderr}`);
    assert.match(stdout, /^P-2: \d+ records from \d{4}-\S+Z to \S+Z, numbers 0 to \d+\.$/m);
    assert.match(stdout, /^The trail holds\.$/m);
    await answered(5);
  });

  it('reads it after kill -9, and after a power cut took the index of the log along', async () => {
    await domain.end(node, 'SIGKILL');
    const killed = await verify(store, '--json');
    assert.equal(killed.code, 0, killed.stdout);
    const copy = join(directory.path, 'power-cut');
    cpSync(store, copy, { recursive: true });
    rmSync(join(copy, 'confer.sqlite-shm'));
    const before = readdirSync(copy);
    const cut = await verify(copy, '--json');
    assert.deepEqual(JSON.parse(cut.stdout), JSON.parse(killed.stdout));
    assert.deepEqual(readdirSync(copy), before, 'nothing is written');
    await domain.start(node);
  });

  it('tells of commits behind a changed octet or a cut in the log of the store, and after kill -9 of none [threat 27]', async () => {
    await answered(5);
    await domain.end(node, 'SIGKILL');
    const name = 'confer.sqlite-wal';
    const whole = readFileSync(join(store, name));
    assert.equal((await verify(store)).code, 0, 'by itself it holds');
    const changed = Buffer.from(whole);
    const middle = Math.floor(whole.length / 2);
    changed[middle] = (changed[middle] ?? 0) ^ 1;
    const logs: [string, Buffer, RegExp][] = [
      [
        'changed',
        changed,
        /passes over \d+ commits from there on: it was changed after it was written; this may/,
      ],
      [
        'cut',
        whole.subarray(0, -100),
        /in the middle of frame \d+: its end was cut off, or the device lost power/,
      ],
      ['headless', Buffer.concat([Buffer.alloc(32), whole.subarray(32)]), /the head of .* does not hold/],
    ];
    for (const [what, log, told] of logs) {
      const copy = join(directory.path, what);
      cpSync(store, copy, { recursive: true });
      writeFileSync(join(copy, name), log);
      rmSync(join(copy, 'confer.sqlite-shm'));
      const { code, stdout, stderr } = await verify(copy);
      assert.equal(code, 1, `${what}: ${stdout}${stderr}`);
      assert.match(stdout, told);
      assert.match(stdout, /^The trail does NOT hold: .*an earlier result tells \(--seen\)\.$/m);
      const json = JSON.parse((await verify(copy, '--json')).stdout);
      assert.equal(json.ok, false);
      assert.match(json.problem.what, told);
    }
    await domain.start(node);
  });

  it('reads it after a clean stop, where everything is signed, and writes nothing', async () => {
    assert.equal(await domain.end(node, 'SIGTERM'), 0, domain.lastWords(node));
    const before = readdirSync(store);
    chmodSync(store, 0o500);
    const { code, stdout } = await verify(store, '--json');
    chmodSync(store, 0o700);
    const { ok, unsigned, trusted, records } = JSON.parse(stdout);
    assert.deepEqual({ code, ok, unsigned, trusted }, { code: 0, ok: true, unsigned: 0, trusted: false });
    assert.ok(records > 25);
    assert.deepEqual(readdirSync(store), before);
  });

  it('tells an older copy by an earlier result [threat 27]', async () => {
    const copy = join(directory.path, 'older');
    cpSync(store, copy, { recursive: true });
    await domain.start(node);
    await answered(5);
    await domain.end(node, 'SIGTERM');
    const seen = join(directory.path, 'seen.json');
    writeFileSync(seen, (await verify(store, '--json')).stdout);
    assert.equal((await verify(store, '--seen', seen)).code, 0);
    const older = await verify(copy, '--seen', seen);
    assert.equal(older.code, 1);
    assert.match(
      older.stdout,
      /^The trail does NOT hold at record \d+: .* was seen earlier: this is an older copy\.$/m,
    );
    assert.equal((await verify(copy)).code, 0, 'by itself it cannot be told');
  });

  it('names the first record that does not hold, with exit code 1', async () => {
    const copy = join(directory.path, 'tampered');
    cpSync(store, copy, { recursive: true });
    const database = new DatabaseSync(join(copy, 'confer.sqlite'));
    database.exec(
      `UPDATE record SET value = replace(value, '"answered"', '"refused"') WHERE log = 'audit' AND position = 7`,
    );
    database.close();
    const told = await verify(copy);
    assert.equal(told.code, 1);
    assert.match(
      told.stdout,
      /^The trail does NOT hold at record 8: record 8 does not carry the hash of record 7/m,
    );
    const json = await verify(copy, '--json');
    assert.deepEqual([json.code, JSON.parse(json.stdout).problem.record], [1, 8]);
  });

  it('tells in one sentence, with one full stop, what another authority signed and what cannot be parsed', async () => {
    const twin = join(directory.path, 'twin');
    initAuthority(twin, { name: 'pe1-p2-pe3 lab', lifetimeMs: 3_600_000, now: Date.now() });
    const strange = await verify(store, '--trust', join(twin, 'ca.pem'));
    assert.equal(strange.code, 1, strange.stderr);
    assert.match(strange.stdout, /^The trail does NOT hold: [^\n]*issued [^\n]*[^.]\.$/m);
    const copy = join(directory.path, 'no-json');
    cpSync(store, copy, { recursive: true });
    const database = new DatabaseSync(join(copy, 'confer.sqlite'));
    database.exec(`UPDATE record SET value = '{' || value WHERE log = 'audit' AND position = 7`);
    database.close();
    const { code, stdout } = await verify(copy);
    assert.equal(code, 1);
    assert.match(stdout, /^The trail does NOT hold at record 7: .*JSON.*[^.]\.$/m);
  });

  it('tells what is no trail: bad input', async () => {
    const empty = join(directory.path, 'empty');
    const database = new DatabaseSync(join(directory.path, 'confer.sqlite'));
    database.exec('CREATE TABLE other (a)');
    database.close();
    await refuses(['audit', 'verify', empty], 2, /There is no store in .*empty; name the directory/);
    await refuses(['audit', 'verify', directory.path], 2, /confer\.sqlite is not the store of an agent/);
    await refuses(['audit', 'verify', store, '--trust', join(store, 'owner.sqlite')], 2, /no trust anchor/);
    await refuses(['audit', 'verify', store, '--seen', domain.trustAnchorFile], 2, /no earlier result/);
    await refuses(['audit', 'verify'], 2, /missing required argument 'dir'/);
  });

  it('tells a store that somebody has locked: bad input', async () => {
    const copy = join(directory.path, 'locked');
    cpSync(store, copy, { recursive: true });
    const holder = new DatabaseSync(join(copy, 'confer.sqlite'));
    holder.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; UPDATE record SET value = value;');
    try {
      assert.ok(existsSync(join(copy, 'confer.sqlite-wal')));
      writeFileSync(join(copy, 'confer.sqlite-shm'), '');
      await refuses(['audit', 'verify', copy], 2, /locked by another process; wait until that is done/);
    } finally {
      holder.close();
    }
  });
});

/** Resolves once the agent has given so many answers. */
async function answered(count: number): Promise<void> {
  const ledger = new Ledger(domain.trustAnchorPem);
  const load = new Load(domain, node, ledger, { readers: 2 });
  while (ledger.answers < count) await new Promise((resolve) => setTimeout(resolve, 20));
  await load.stop();
  assert.deepEqual(ledger.failures, []);
}
