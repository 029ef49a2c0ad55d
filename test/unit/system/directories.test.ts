/** Directories that users name. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, describe, it } from 'node:test';
import { makeDirectory, writableDirectory } from '../../../src/system/directories.ts';

const place = mkdtempSync(join(tmpdir(), 'confer-directories-'));
after(() => rmSync(place, { recursive: true }));
const file = join(place, 'file');
writeFileSync(file, '');

describe('a directory that somebody named', () => {
  it('is made with everything above it, and stays where it is already', () => {
    const wanted = join(place, 'a/b/c');
    makeDirectory(wanted, { mode: 0o700 });
    makeDirectory(wanted);
    assert.equal(statSync(wanted).mode & 0o777, 0o700);
  });

  it('may be relative', () => {
    const own = join(relative('.', place), 'x', 'y');
    writableDirectory(own);
    assert.ok(existsSync(join(place, 'x/y')));
  });

  const refused: [path: string, why: RegExp][] = [
    [file, /file cannot be used as a directory: it is a file\.$/],
    [join(file, 'below'), /below cannot be (used|made).*(is a file|not a directory)/],
    [join(place, 'x'.repeat(300)), /cannot be made: the name is too long\.$/],
  ];
  for (const [path, why] of refused)
    it(`is refused in one sentence: ${path.slice(place.length, place.length + 12)}`, () => {
      const expected = { code: 'bad-input', message: why };
      assert.throws(() => makeDirectory(path), expected);
    });

  it('is refused where the system makes none, and soon', {
    skip: process.platform !== 'linux' && 'needs /proc',
  }, () => {
    const expected = {
      code: 'bad-input',
      message: /^\/proc\/x\/y cannot be made: its file system takes no directory there/,
    };
    assert.throws(() => makeDirectory('/proc/x/y'), expected);
  });
});
