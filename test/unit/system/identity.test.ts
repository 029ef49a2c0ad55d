/** Identity directories: what is wrong with one is told by the names of its files. */
import assert from 'node:assert/strict';
import { copyFileSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { loadIdentity } from '../../../src/system/identity.ts';
import { initAuthority, issueIdentity } from '../../../src/system/pki.ts';

const place = mkdtempSync(join(tmpdir(), 'confer-identity-'));
after(() => rmSync(place, { recursive: true }));
const authority = join(place, 'ca');
initAuthority(authority, { name: 'x', lifetimeMs: 3_600_000, now: Date.now() });
for (const node of ['A', 'B'])
  issueIdentity(authority, join(place, node), {
    node,
    role: 'device',
    hosts: [],
    lifetimeMs: 3_600_000,
    now: Date.now(),
  });

describe('an identity directory', () => {
  it('is loaded', () => {
    assert.equal(loadIdentity(join(place, 'A')).node, 'A');
  });

  it('with the key of another certificate is refused by the names of both files', () => {
    const mixed = join(place, 'mixed');
    cpSync(join(place, 'A'), mixed, { recursive: true });
    copyFileSync(join(place, 'B/key.pem'), join(mixed, 'key.pem'));
    const message = /mixed\/certificate\.pem and .*mixed\/key\.pem do not belong together/;
    assert.throws(() => loadIdentity(mixed), { code: 'bad-input', message });
  });

  for (const [file, message] of [
    ['certificate.pem', /certificate\.pem is no certificate in PEM/],
    ['key.pem', /key\.pem is no private key in PEM/],
    ['ca.pem', /ca\.pem is no certificate in PEM/],
  ] as const)
    it(`with a ${file} that is none is refused by its name`, () => {
      const broken = join(place, `broken-${file}`);
      cpSync(join(place, 'A'), broken, { recursive: true });
      writeFileSync(join(broken, file), 'no PEM');
      assert.throws(() => loadIdentity(broken), { code: 'bad-input', message });
    });

  it('that is not there is refused in plain words', () => {
    const message = /none\/certificate\.pem cannot be read: there is no such file or directory\. An identity/;
    assert.throws(() => loadIdentity(join(place, 'none')), { code: 'bad-input', message });
  });
});
