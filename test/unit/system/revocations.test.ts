/** Input: an authority that issued and revoked. Output: a list that OpenSSL and our rule of admission take. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { verifyChain } from '../../../crypto/certificate.ts';
import { ConferError } from '../../../src/core/errors.ts';
import { loadIdentity } from '../../../src/system/identity.ts';
import { initAuthority, issueIdentity, revokeIdentity } from '../../../src/system/pki.ts';

const hourMs = 3_600_000;
const now = Date.now();
const scratch = mkdtempSync(join(tmpdir(), 'confer-revocations-'));
after(() => rmSync(scratch, { recursive: true }));

let authorities = 0;

function authority() {
  const directory = join(scratch, `pki-${++authorities}`);
  initAuthority(directory, { name: 'test', lifetimeMs: 30 * 24 * hourMs, now });
  const authorityPem = readFileSync(join(directory, 'ca.pem'), 'utf8');
  const issue = (node: string, lifetimeMs = 24 * hourMs) => {
    const target = join(directory, node);
    issueIdentity(directory, target, { node, role: 'device', hosts: [], lifetimeMs, now });
    return readFileSync(join(target, 'certificate.pem'), 'utf8');
  };
  const judge = (certificatePem: string, atMs = now + 1_000) => {
    const list = readFileSync(join(directory, 'crl.pem'), 'utf8');
    const verdict = verifyChain(certificatePem, authorityPem, new Date(atMs), list);
    return verdict.ok ? 'good' : verdict.reason;
  };
  const list = () =>
    execFileSync('openssl', ['crl', '-in', join(directory, 'crl.pem'), '-noout', '-text'], {
      encoding: 'utf8',
    });
  return { directory, issue, judge, list };
}

describe('a revocation', () => {
  it('takes every certificate that the node has, renewed ones included, and nobody else', () => {
    const { directory, issue, judge, list } = authority();
    const [first, second, other] = [issue('P-2'), issue('P-2'), issue('PE-3')];
    const { revoked, number, validUntil } = revokeIdentity(directory, 'P-2', now);
    assert.deepEqual([revoked, number], [2, 1]);
    assert.deepEqual([judge(first), judge(second), judge(other)], ['revoked', 'revoked', 'good']);
    assert.equal(judge(other, now + 23 * hourMs), 'good', 'the list lives as long as the authority');
    assert.ok(validUntil.getTime() > now + 29 * 24 * hourMs);
    assert.match(list(), /CRL Number: \n\s+1\n/);
    assert.equal(judge(issue('P-2')), 'good', 'a new identity is another certificate');
  });

  it('keeps what was revoked before, and its numbers grow', () => {
    const { directory, issue, judge, list } = authority();
    const [pe1, p2] = [issue('PE-1'), issue('P-2')];
    revokeIdentity(directory, 'PE-1', now);
    const again = revokeIdentity(directory, 'P-2', now + 5_000);
    assert.deepEqual([again.revoked, again.number], [1, 2]);
    assert.deepEqual([judge(pe1), judge(p2, now + 6_000)], ['revoked', 'revoked']);
    assert.match(list(), /CRL Number: \n\s+2\n/);
  });

  it('comes with every identity that is issued afterwards', () => {
    const { directory, issue } = authority();
    issue('PE-1');
    issue('P-2');
    assert.equal(loadIdentity(join(directory, 'P-2')).revocationListPem, undefined);
    revokeIdentity(directory, 'PE-1', now);
    issue('P-2');
    const crl = readFileSync(join(directory, 'crl.pem'), 'utf8');
    assert.equal(loadIdentity(join(directory, 'P-2')).revocationListPem, crl);
  });

  it('of nobody, or of somebody twice, is refused with what to do', () => {
    const { directory, issue } = authority();
    issue('PE-1');
    revokeIdentity(directory, 'PE-1', now);
    issue('old', 1_000);
    for (const [node, later] of [
      ['nobody', now],
      ['PE-1', now],
      ['old', now + 5_000],
    ] as const)
      assert.throws(
        () => revokeIdentity(directory, node, later),
        (error) =>
          error instanceof ConferError && error.code === 'bad-input' && /no certificate/.test(error.message),
      );
    assert.throws(() => revokeIdentity(join(scratch, 'nowhere'), 'PE-1', now), /no certificate authority/);
  });

  it('does not begin again where its record is lost or broken: what was revoked would be good again', () => {
    const { directory, issue } = authority();
    issue('PE-1');
    issue('P-2');
    revokeIdentity(directory, 'PE-1', now);
    const record = join(directory, 'revocations.json');
    writeFileSync(record, '{');
    assert.throws(() => revokeIdentity(directory, 'P-2', now), /revocations\.json/);
    rmSync(record);
    assert.throws(() => revokeIdentity(directory, 'P-2', now), /revocations\.json/);
    assert.ok(existsSync(join(directory, 'crl.pem')));
  });

  it('needs no memory of certificates that have ended', () => {
    const { directory, issue } = authority();
    issue('PE-1', 1_000);
    const target = join(directory, 'P-2');
    const request = { node: 'P-2', role: 'device', hosts: [], lifetimeMs: hourMs } as const;
    issueIdentity(directory, target, { ...request, now: now + 10_000 });
    assert.equal(readdirSync(join(directory, 'ca-issued')).length, 1);
  });
});
