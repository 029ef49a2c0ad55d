/** `confer report` from outside. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { reportBytes } from '../../src/collaboration/report.ts';
import { Domain } from '../support/domain.ts';
import { shipped } from '../unit/sim/world.ts';
import { confer, scratch } from './confer.ts';

const directory = scratch();
after(() => directory[Symbol.dispose]());
const at = (name: string) => join(directory.path, name);

let bytes: Buffer;

before(async () => {
  const { writeFileSync } = await import('node:fs');
  await using domain = await Domain.start(shipped('pe1-p2-pe3'), { seed: 1 });
  const report = await domain.ask('PE-1', 'loss from PE-1 to PE-3 via P-2');
  bytes = Buffer.from(reportBytes(report));
  writeFileSync(at('report.json'), bytes);
  writeFileSync(at('ca.pem'), domain.trustAnchorPem);
});

describe('confer report show --json', { concurrency: 2 }, () => {
  it('prints the bytes of the report, so that they verify as a file', async () => {
    const { code, stdout, stderr } = await confer('report', 'show', at('report.json'), '--json');
    assert.equal(code, 0, stderr);
    assert.ok(Buffer.from(stdout).equals(bytes), 'not a byte more');
    assert.match(stderr, /^Not verified: run .*(?:cli\.ts|confer --) report verify /);
  });

  it('--out writes them', async () => {
    const { code, stdout } = await confer(
      'report',
      'show',
      at('report.json'),
      '--json',
      '--out',
      at('copy.json'),
    );
    assert.deepEqual({ code, stdout }, { code: 0, stdout: '' });
    assert.ok(readFileSync(at('copy.json')).equals(bytes));
  });
});
