/** Input: the write-ahead log of a store, as left, changed or cut. Output: whether a commit is behind what SQLite reads. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { openSqliteStore } from '../../../src/system/sqlite-store.ts';
import { remainsOfLog } from '../../../src/system/write-ahead-log.ts';
import { node, scratch } from '../../cli/confer.ts';
import { root } from '../../support/source.ts';

const headOctets = 32;
const frameOctets = 24 + 4_096;
const directory = scratch();
const file = join(directory.path, 'log');
/** The log of a store that ran twice as long before, so that frames of an earlier round are behind those of this one. */
let whole: Buffer;
/** Ends with the last frame of this round. */
let ended: Buffer;
/** Numbers of the frames that are commits. */
let commits: number[];
/** Of these frames ends this round. */
let frames: number;

before(async () => {
  const place = join(directory.path, 'store');
  const store = openSqliteStore(place);
  const record = { text: 'x'.repeat(6_000) };
  for (let count = 0; count < 40; count += 1) await store.append('audit', record);
  const reader = new DatabaseSync(join(place, 'confer.sqlite'));
  reader.exec('PRAGMA wal_checkpoint(FULL)');
  reader.close();
  for (let count = 0; count < 12; count += 1) await store.append('audit', record);
  whole = readFileSync(join(place, 'confer.sqlite-wal'));
  await store.close();
  const salts = whole.subarray(16, 24);
  frames = 0;
  commits = [];
  for (let at = headOctets; whole.subarray(at + 8, at + 16).equals(salts); at += frameOctets) {
    frames += 1;
    if (whole.readUInt32BE(at + 4) !== 0) commits.push(frames);
  }
  ended = whole.subarray(0, headOctets + frames * frameOctets);
});
after(() => directory[Symbol.dispose]());

function judged(log: Uint8Array) {
  writeFileSync(file, log);
  return remainsOfLog(file);
}

function changed(log: Buffer, at: number): Buffer {
  const copy = Buffer.from(log);
  copy[at] = (copy[at] ?? 0) ^ 0x41;
  return copy;
}

describe('what a write-ahead log holds behind its last commit [threat 27]', () => {
  it('is nothing where it is whole, empty or absent', () => {
    assert.ok(whole.length > ended.length, 'there are frames of an earlier round');
    assert.ok(commits.length >= 12 && frames > commits.length);
    for (const log of [whole, ended, whole.subarray(0, headOctets), Buffer.alloc(0)])
      assert.deepEqual(judged(log), { state: 'clean' });
    assert.deepEqual(remainsOfLog(join(directory.path, 'absent')), { state: 'clean' });
  });

  it('is told when any one octet of any commit but the last is changed: SQLite passes over it', () => {
    const last = commits.at(-2) ?? 0;
    const offsets = fc.integer({ min: 0, max: headOctets + last * frameOctets - 1 });
    fc.assert(
      fc.property(fc.constantFrom(whole, ended), offsets, (log, at) => {
        assert.equal(judged(changed(log, at)).state, 'damaged', `octet ${at}`);
      }),
    );
  });

  it('is told when an octet of the head, of the frame before last or of the last page is changed', () => {
    for (let at = 0; at < headOctets; at += 1) assert.equal(judged(changed(whole, at)).state, 'damaged');
    for (const number of [frames - 1, frames])
      for (const inFrame of [8, 15, 16, 23, 24, 1_000, frameOctets - 1]) {
        const at = headOctets + (number - 1) * frameOctets + inFrame;
        assert.equal(judged(changed(whole, at)).state, 'damaged', `frame ${number}, octet ${inFrame}`);
      }
  });

  it('says what is certain, and what a power cut may have left as well', () => {
    const [, second = 0] = commits;
    const early = judged(changed(whole, headOctets + (second - 1) * frameOctets + 100));
    assert.ok(early.state === 'damaged');
    const passed = commits.length - 1;
    assert.equal(
      early.what,
      `frame ${second} of ${file} does not hold, so that SQLite passes over ${passed} commits from there on: it was changed after it was written`,
    );
    const late = judged(changed(whole, headOctets + (frames - 1) * frameOctets + 100));
    assert.ok(late.state === 'damaged');
    assert.match(late.what, /passes over a commit from there on: it was changed, or the device lost power/);
  });

  it('is told when the end is cut off in the middle of a commit; at the end of one it is an older copy', () => {
    const length = fc.integer({ min: 1, max: ended.length - 1 });
    fc.assert(
      fc.property(length, (octets) => {
        const { state } = judged(ended.subarray(0, octets));
        const full = Math.floor((octets - headOctets) / frameOctets);
        const rest = (octets - headOctets) % frameOctets;
        const isCommit = commits.includes(full + 1);
        if (octets < headOctets) assert.equal(state, 'damaged');
        else if (rest === 0)
          assert.equal(state, full === 0 || commits.includes(full) ? 'clean' : 'unfinished');
        else if (rest === 24 || (octets % 4_096 === 0 && !isCommit)) assert.equal(state, 'unfinished');
        else assert.equal(state, 'damaged');
      }),
      { examples: [[headOctets + 24], [4_096 * 3], [ended.length - 1]] },
    );
  });

  it('accuses nobody of what kill -9 leaves: frames without a commit, also where a later write is before them', () => {
    const upTo = (number: number) => ended.subarray(0, headOctets + number * frameOctets);
    const begun = Array.from({ length: frames }, (_, index) => index + 1).findLast(
      (number) => !commits.includes(number),
    );
    assert.ok(begun !== undefined, 'some transaction has several frames');
    assert.equal(judged(upTo(begun)).state, 'unfinished');
    const leftover = upTo(begun).subarray(upTo(begun - 1).length);
    assert.equal(judged(Buffer.concat([ended, leftover])).state, 'unfinished');
  });
});

describe('the log of a store that a process writes', () => {
  it('is never damaged for long while it runs, and not at all once it was killed with -9', async () => {
    const place = join(directory.path, 'killed');
    mkdirSync(place);
    for (let kills = 0; kills < 3; kills += 1) {
      const child = writer(place);
      await once(child.stdout ?? child, 'data');
      for (let looks = 0; looks < 8; looks += 1) {
        const now = remainsOfLog(join(place, 'confer.sqlite-wal'));
        if (now.state !== 'damaged') continue;
        await new Promise((resolve) => setTimeout(resolve, 100));
        const later = remainsOfLog(join(place, 'confer.sqlite-wal'));
        assert.ok(later.state !== 'damaged' || later.mark !== now.mark, JSON.stringify(later));
      }
      child.kill('SIGKILL');
      await once(child, 'close');
      const left = remainsOfLog(join(place, 'confer.sqlite-wal'));
      assert.notEqual(left.state, 'damaged', JSON.stringify(left));
    }
  });
});

/** Appends as fast as it can, and says when it has begun. */
function writer(place: string): ChildProcess {
  const script = `
    const { openSqliteStore } = await import(${JSON.stringify(join(root, 'src/system/sqlite-store.ts'))});
    const store = openSqliteStore(${JSON.stringify(place)});
    for (let count = 0; ; count += 1) {
      await store.append('audit', { text: 'x'.repeat(count % 9000) });
      if (count === 20) console.log('begun');
    }`;
  return spawn(node, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
}
