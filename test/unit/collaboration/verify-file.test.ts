/** Input: a file that is no report, or another authority. Output: a sentence that suits whoever holds a file. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { before, describe, it } from 'node:test';
import { issueAuthority } from '../../../crypto/issue.ts';
import { keyPairFromSeed } from '../../../crypto/keys.ts';
import { reportBytes } from '../../../src/collaboration/report.ts';
import { verifyReport } from '../../../src/collaboration/verify.ts';
import type { Report } from '../../../src/core/records.ts';
import { Domain } from '../../support/domain.ts';
import { shipped } from '../sim/world.ts';

let report: Report;
let anchor: string;

before(async () => {
  await using domain = await Domain.start(shipped('pe1-p2-pe3'), { seed: 1 });
  report = await domain.ask('PE-1', 'loss from PE-1 to PE-3 via P-2');
  anchor = domain.trustAnchorPem;
});

const judged = (bytes: Uint8Array, trustAnchor = anchor) => {
  const { ok, checks } = verifyReport(bytes, trustAnchor);
  assert.equal(ok, false);
  const last = checks.at(-1);
  return `${last?.name}: ${last?.detail}`;
};

describe('a file that is no report', () => {
  it('is told for what it is', () => {
    const whole = Buffer.from(reportBytes(report));
    const cases: [Uint8Array, RegExp][] = [
      [Buffer.alloc(0), /^form: the file is empty$/],
      [whole.subarray(0, whole.length / 2), /^form: the file is no whole JSON: it was cut off or changed/],
      [Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0xff]), /^form: the file is no text, so it is no report/],
      [Buffer.from('hello'), /^form: the file is no JSON, so it is no report/],
      [Buffer.from('{"uri":1}'), /^form: .*: expected /],
    ];
    for (const [bytes, told] of cases) assert.match(judged(bytes), told);
  });
});

describe('the authority of another lab', () => {
  it('of the same name is told by its serial number and fingerprint', () => {
    const { subject } = new X509Certificate(anchor);
    const twin = issueAuthority({
      name: subject.replace(/^.*CN=/s, ''),
      keyPair: keyPairFromSeed(Buffer.alloc(32, 9)),
      serial: Buffer.alloc(16, 7),
      lifetimeMs: 10 * 365 * 24 * 3_600_000,
      now: Date.parse(report.created) - 3_600_000,
    });
    const { serialNumber, fingerprint256 } = new X509Certificate(twin);
    const told = judged(Buffer.from(reportBytes(report)), twin);
    assert.match(told, /^certificates: .*not issued by .*another authority of this name issued it/);
    assert.ok(told.includes(serialNumber) && told.includes(fingerprint256), told);
  });
});
