/** Input: stores whose processes were killed, with a whole and a changed log. Output: a copy and a sentence, or nothing. */
import assert from 'node:assert/strict';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openSqliteStore } from '../../../src/system/sqlite-store.ts';
import { setDamageAside } from '../../../src/system/store-damage.ts';
import { scratch } from '../../cli/confer.ts';

const directory = scratch();
const killed = join(directory.path, 'killed');
const file = join(killed, 'confer.sqlite-wal');

before(async () => {
  const place = join(directory.path, 'running');
  const store = openSqliteStore(place);
  for (let count = 0; count < 8; count += 1) await store.append('audit', { text: 'x'.repeat(6_000) });
  cpSync(place, killed, { recursive: true });
  await store.close();
});
after(() => directory[Symbol.dispose]());

describe('the log of a store that is about to be opened [threat 27]', () => {
  it('is left alone where it is whole, or where there is none', () => {
    assert.equal(setDamageAside(file), undefined);
    assert.equal(setDamageAside(join(directory.path, 'absent')), undefined);
    assert.ok(!existsSync(`${file}.damaged`));
  });

  it('is copied once where a commit of it was changed, and said to be so', () => {
    const log = readFileSync(file);
    const middle = Math.floor(log.length / 2);
    log[middle] = (log[middle] ?? 0) ^ 0x41;
    writeFileSync(file, log);
    assert.match(
      setDamageAside(file) ?? '',
      /turns back to an older state: .* is a copy; "confer audit verify"/,
    );
    assert.deepEqual(readFileSync(`${file}.damaged`), log);
    log[middle] = (log[middle] ?? 0) ^ 0x17;
    writeFileSync(file, log);
    assert.match(setDamageAside(file) ?? '', /\.damaged is of an earlier start\.$/);
    assert.notDeepEqual(readFileSync(`${file}.damaged`), log);
  });

  it('is told by the store that is opened on it, which goes on with what is left', async () => {
    const store = openSqliteStore(killed);
    assert.match(store.damage ?? '', /turns back to an older state/);
    assert.ok(((await store.last('audit'))?.index ?? -1) < 7);
    await store.close();
    const again = openSqliteStore(killed);
    assert.equal(again.damage, undefined);
    await again.close();
  });
});
