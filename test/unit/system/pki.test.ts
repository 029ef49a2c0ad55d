/** What a lab authority issues: for names that topologies have too, and for no longer than it lives itself. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { validityOf } from '../../../crypto/certificate.ts';
import { initAuthority, issueIdentity } from '../../../src/system/pki.ts';

const dayMs = 24 * 3_600_000;
const now = 1_800_000_000_000;
const place = mkdtempSync(join(tmpdir(), 'confer-pki-'));
after(() => rmSync(place, { recursive: true }));
const authority = join(place, 'ca');
initAuthority(authority, { name: 'x', lifetimeMs: 365 * dayMs, now });

const issued = (node: string, lifetimeMs: number, at = now) =>
  issueIdentity(authority, join(place, 'out'), { node, role: 'device', hosts: [], lifetimeMs, now: at });
const endOf = () => validityOf(readFileSync(join(place, 'out/certificate.pem'), 'utf8')).toMs;

describe('an identity that is issued', () => {
  it('lives as long as was asked for', () => {
    assert.deepEqual(issued('PE-1', dayMs), { validUntil: new Date(now + dayMs), isCut: false });
    assert.equal(endOf(), now + dayMs);
  });

  it('ends with its authority at the latest', () => {
    assert.deepEqual(issued('PE-1', 366 * dayMs), { validUntil: new Date(now + 365 * dayMs), isCut: true });
    assert.equal(endOf(), now + 365 * dayMs);
  });

  it('is refused once its authority has ended', () => {
    const message = /ca\.pem ended at 2028-01-15T08:00:00\.000Z: make another authority/;
    assert.throws(() => issued('PE-1', dayMs, now + 365 * dayMs), { code: 'bad-input', message });
  });

  for (const node of ['../x', '', '.', 'a b', 'a/b', '-x', 'x'.repeat(64), 'PE-1\n', 'é'])
    it(`is refused for ${JSON.stringify(node)}, which no topology could name`, () => {
      rmSync(join(place, 'out'), { recursive: true, force: true });
      const message = /^--node: expected a node name of letters, digits, .*, at most 63, found "/;
      assert.throws(() => issued(node, dayMs), { code: 'bad-input', message });
      assert.equal(existsSync(join(place, 'out')), false);
    });
});
