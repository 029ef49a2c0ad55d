import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { sign, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type forge from 'node-forge';
import asn1 from 'node-forge/lib/asn1.js';
import { admit } from '../../../crypto/admission.ts';
import {
  nodeNameOf,
  notAfterOf,
  revocationListHead,
  roleOf,
  roles,
  thumbprintHexOf,
  thumbprintOf,
  verifyChain,
} from '../../../crypto/certificate.ts';
import { clockSkewGraceMs, issueRevocationList } from '../../../crypto/issue.ts';
import {
  basicConstraints,
  type Extension,
  extendedKeyUsage,
  keyUsage,
  oids,
  signCertificate,
  subjectAltName,
} from '../../../crypto/x509.ts';
import { authority, authorityOf, deviceOf, hourMs, keyPairOf, noon } from './fixtures.ts';

type Asn1 = forge.asn1.Asn1;

const device = deviceOf('PE-1', 2);
const trust = { authority: authority.certificatePem, now: noon };

function verdict(
  certificatePem: string | undefined,
  changes: Partial<Parameters<typeof admit>[2]> = {},
): string {
  const admission = admit(certificatePem, undefined, { ...trust, ...changes });
  return admission.ok ? admission.node : admission.reason;
}

// A certificate that our own code would never issue.
function oddDevice(extensions: Extension[], publicKey = keyPairOf(9).publicKey): string {
  const validity = { notBefore: new Date(noon - hourMs), notAfter: new Date(noon + hourMs) };
  const names = { issuer: 'Confer test authority', subject: 'PE-1' };
  const fields = { serial: Buffer.from('0909', 'hex'), ...names, ...validity, publicKey, extensions };
  return signCertificate(fields, authority.privateKey);
}

const usual = {
  constraints: basicConstraints(false),
  usage: keyUsage(0),
  purposes: extendedKeyUsage(oids.clientAuth, oids.serverAuth),
  name: subjectAltName({ uri: 'mcp://PE-1' }),
};

describe('device certificates', () => {
  it('name the node, its hosts and its purposes, and nothing about an authority', () => {
    const read = new X509Certificate(device.certificatePem);
    assert.equal(read.subject, 'OU=device\nCN=PE-1');
    assert.equal(
      read.subjectAltName,
      'URI:mcp://PE-1, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, DNS:localhost',
    );
    assert.equal(read.ca, false);
    assert.deepEqual(read.keyUsage, [oids.clientAuth, oids.serverAuth]);
    assert.equal(read.toString(), device.certificatePem);
    assert.equal(thumbprintOf(device.certificatePem).length, 32);
    assert.equal(
      thumbprintHexOf(device.certificatePem),
      read.fingerprint256.replaceAll(':', '').toLowerCase(),
    );
    assert.equal(notAfterOf(device.certificatePem), noon + 24 * hourMs);
    assert.deepEqual(verifyChain(device.certificatePem, authority.certificatePem, new Date(noon)), {
      ok: true,
      node: 'PE-1',
    });
  });

  it('give the role that they were issued for, which a name cannot claim', () => {
    for (const role of roles) assert.equal(roleOf(deviceOf('PE-1', 2, { role }).certificatePem), role);
    assert.equal(roleOf(device.certificatePem), 'device');
    assert.equal(roleOf(deviceOf('PE-1\nOU=operator', 2).certificatePem), 'device');
    assert.equal(roleOf(authority.certificatePem), 'device');
  });

  it('carry every IPv6 address as its 16 bytes', () => {
    for (const host of ['fc00:2::1', '2001:db8:0:1:2:3:4:5', '::', '::ffff:192.0.2.1', 'fe80::']) {
      const { certificatePem } = deviceOf('PE-1', 2, { hosts: [host] });
      assert.equal(new X509Certificate(certificatePem).checkIP(host), host, host);
    }
  });

  it('carry any node name, percent-encoded', () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 64 })
      .filter((text) => text.length <= 64);
    fc.assert(
      fc.property(name, (node) => {
        assert.equal(nodeNameOf(deviceOf(node, 2).certificatePem), node);
      }),
      { numRuns: 40 },
    );
    const hostile = 'PE-1, URI:mcp://PE-3\0"';
    assert.equal(nodeNameOf(deviceOf(hostile, 2).certificatePem), hostile);
    for (const node of ['', 'x'.repeat(65), '\ud800']) {
      assert.throws(() => deviceOf(node, 2), { code: 'bad-node-name' });
    }
  });

  it('are refused to be issued with nonsense', () => {
    for (const changes of [
      { lifetimeMs: 0 },
      { lifetimeMs: Number.NaN },
      { serial: Buffer.alloc(0) },
      { serial: Buffer.alloc(4) },
      { serial: Buffer.alloc(21, 1) },
      { hosts: ['bad host'] },
    ]) {
      assert.throws(() => deviceOf('PE-1', 2, changes), { code: 'bad-argument' });
    }
  });

  it('stay valid with extreme serial numbers', () => {
    for (const serial of [Buffer.alloc(20, 0xff), Buffer.from([0, 0, 0x80]), Buffer.from([1])]) {
      assert.equal(verdict(deviceOf('PE-1', 2, { serial }).certificatePem), 'PE-1');
    }
  });
});

// Threat 6, without a network; the same certificates meet TLS in mtls.test.ts.
describe('admission', () => {
  it('admits a device of our authority, with its name and thumbprint', () => {
    const thumbprint = thumbprintHexOf(device.certificatePem);
    const admitted = { ok: true, node: 'PE-1', thumbprint };
    assert.deepEqual(admit(device.certificatePem, undefined, trust), admitted);
    assert.deepEqual(admit(device.certificatePem, { node: 'PE-1', thumbprint }, trust), admitted);
    const bytes = thumbprintOf(device.certificatePem);
    assert.deepEqual(admit(device.certificatePem, { thumbprint: new Uint8Array(bytes) }, trust), admitted);
  });

  it('refuses none, garbage, and another authority, also one of the same name', () => {
    assert.equal(verdict(undefined), 'no-certificate');
    assert.equal(
      verdict('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'),
      'bad-certificate',
    );
    assert.equal(
      verdict(deviceOf('PE-1', 2, { authority: authorityOf(7) }).certificatePem),
      'untrusted-authority',
    );
    const rogue = authorityOf(7, 'Other');
    assert.equal(verdict(deviceOf('PE-1', 2, { authority: rogue }).certificatePem), 'untrusted-authority');
    assert.equal(verdict(rogue.certificatePem), 'untrusted-authority');
  });

  it('refuses before the first and from the last moment on', () => {
    const { certificatePem } = deviceOf('PE-1', 2, { now: noon, lifetimeMs: hourMs });
    const at = (now: number) => verdict(certificatePem, { now });
    assert.equal(at(noon - clockSkewGraceMs - 1), 'not-yet-valid');
    assert.equal(at(noon - clockSkewGraceMs), 'PE-1'); // threat 24: a clock that is 10 s behind
    assert.equal(at(noon + hourMs - 1), 'PE-1');
    assert.equal(at(noon + hourMs), 'expired');
    assert.equal(clockSkewGraceMs, 10_000);
  });

  it('refuses once the authority itself has expired', () => {
    const { certificatePem } = deviceOf('PE-1', 2, { lifetimeMs: 5000 * hourMs });
    assert.equal(verdict(certificatePem, { now: noon + 2000 * hourMs }), 'untrusted-authority');
  });

  it('refuses certificates for other purposes', () => {
    const { constraints, usage, purposes, name } = usual;
    assert.equal(verdict(oddDevice([constraints, usage, purposes, name])), 'PE-1');
    assert.equal(verdict(oddDevice([constraints, usage, name])), 'wrong-usage');
    assert.equal(
      verdict(oddDevice([constraints, usage, extendedKeyUsage(oids.serverAuth), name])),
      'wrong-usage',
    );
    assert.equal(
      verdict(oddDevice([constraints, usage, extendedKeyUsage(oids.clientAuth), name])),
      'wrong-usage',
    );
    assert.equal(verdict(oddDevice([basicConstraints(true), keyUsage(0, 5), purposes, name])), 'wrong-usage');
    assert.equal(verdict(authority.certificatePem), 'wrong-usage');
  });

  it('refuses certificates that name no node, two, or one in another spelling', () => {
    const { constraints, usage, purposes } = usual;
    const names = [
      [],
      [subjectAltName({ dns: 'PE-1' })],
      [subjectAltName({ uri: 'mcp://PE-1' }, { uri: 'mcp://PE-3' })],
      [subjectAltName({ uri: 'https://PE-1' })],
      [subjectAltName({ uri: 'mcp://%50E-1' })],
      [subjectAltName({ uri: 'mcp://PE-1%' })],
      [subjectAltName({ uri: 'mcp://' })],
    ];
    for (const name of names) {
      assert.equal(verdict(oddDevice([constraints, usage, purposes, ...name])), 'bad-certificate');
    }
    // An extension twice is no X.509 at all, and OpenSSL takes nothing from it.
    const twice = [subjectAltName({ uri: 'mcp://PE-1' }), subjectAltName({ uri: 'mcp://PE-3' })];
    assert.equal(verdict(oddDevice([constraints, usage, purposes, ...twice])), 'untrusted-authority');
  });

  // Threat 1: what was advertised can only narrow who is admitted.
  it('refuses another node or another certificate than was advertised', () => {
    const thumbprint = thumbprintOf(device.certificatePem);
    const reason = (advertised: Parameters<typeof admit>[1]) => {
      const admission = admit(device.certificatePem, advertised, trust);
      return admission.ok ? 'ok' : admission.reason;
    };
    assert.equal(reason({ node: 'PE-3' }), 'name-mismatch');
    assert.equal(
      reason({ node: 'PE-1', thumbprint: thumbprintOf(deviceOf('PE-1', 3).certificatePem) }),
      'thumbprint-mismatch',
    );
    for (const changed of [Buffer.alloc(0), thumbprint.subarray(1), Buffer.alloc(32), 'zz', '']) {
      assert.equal(reason({ thumbprint: changed }), 'thumbprint-mismatch');
    }
    const rogue = deviceOf('PE-1', 2, { authority: authorityOf(7) }).certificatePem;
    const spoofed = admit(rogue, { node: 'PE-1', thumbprint: thumbprintOf(rogue) }, trust);
    assert.equal(spoofed.ok ? 'ok' : spoofed.reason, 'untrusted-authority');
  });

  it('refuses the revoked, and everybody once the list is stale or not the authority’s', () => {
    const other = deviceOf('P-2', 3);
    const request = { authority, number: 300, now: noon, lifetimeMs: hourMs };
    const list = issueRevocationList({
      ...request,
      revoked: [{ certificatePem: device.certificatePem, at: noon }],
    });
    assert.equal(verdict(device.certificatePem, { revocations: list }), 'revoked');
    assert.equal(verdict(other.certificatePem, { revocations: list }), 'P-2');
    assert.equal(
      verdict(other.certificatePem, { revocations: list, now: noon + hourMs }),
      'stale-revocation-list',
    );
    const empty = issueRevocationList({ ...request, revoked: [] });
    assert.equal(verdict(device.certificatePem, { revocations: empty }), 'PE-1');
    const foreign = issueRevocationList({ ...request, authority: authorityOf(7), revoked: [] });
    assert.equal(verdict(device.certificatePem, { revocations: foreign }), 'stale-revocation-list');
    assert.equal(verdict(device.certificatePem, { revocations: 'garbage' }), 'stale-revocation-list');
    // Offline: what was signed before the revocation stays good.
    const before = new Date(noon - 1000);
    assert.equal(verifyChain(device.certificatePem, authority.certificatePem, before, list).ok, true);
  });

  it('reads the number of a list, and refuses a list that has none: nobody could tell that it is older', () => {
    const request = { authority, now: noon, lifetimeMs: hourMs };
    const revoked = [{ certificatePem: device.certificatePem, at: noon }];
    for (const number of [1, 127, 128, 300, 2 ** 40])
      for (const entries of [revoked, []]) {
        const list = issueRevocationList({ ...request, number, revoked: entries });
        assert.equal(revocationListHead(list, authority.certificatePem).number, BigInt(number));
      }
    const head = revocationListHead(
      issueRevocationList({ ...request, number: 1, revoked }),
      authority.certificatePem,
    );
    assert.equal(head.nextUpdate.getTime(), noon + hourMs);
    for (const spoil of [withoutNumber, withNegativeNumber]) {
      const list = spoil(issueRevocationList({ ...request, number: 1, revoked }));
      assert.throws(() => revocationListHead(list, authority.certificatePem), {
        code: 'bad-revocation-list',
      });
      assert.equal(
        verdict(deviceOf('P-2', 3).certificatePem, { revocations: list }),
        'stale-revocation-list',
      );
    }
  });

  it('refuses a certificate or list with any one byte changed', () => {
    const list = issueRevocationList({
      authority,
      number: 1,
      now: noon,
      lifetimeMs: hourMs,
      revoked: [{ certificatePem: device.certificatePem, at: noon }],
    });
    const original = new X509Certificate(device.certificatePem).raw;
    for (let place = 0; place < original.length; place++) {
      const changed = Buffer.from(original);
      changed[place] = (original[place] ?? 0) ^ (1 << (place % 8));
      assert.notEqual(verdict(asPem(changed, 'CERTIFICATE')), 'PE-1', `byte ${place}`);
    }
    const listDer = Buffer.from(list.split('-----')[2] ?? '', 'base64');
    for (let place = 0; place < listDer.length; place++) {
      const changed = Buffer.from(listDer);
      changed[place] = (listDer[place] ?? 0) ^ (1 << (place % 8));
      const reason = verdict(device.certificatePem, { revocations: asPem(changed, 'X509 CRL') });
      assert.notEqual(reason, 'PE-1', `byte ${place} of the list`);
    }
  });
});

describe('OpenSSL, judging alone', () => {
  const directory = mkdtempSync(join(tmpdir(), 'confer-certificate-'));
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
  const file = (name: string, text: string) => {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  };
  const verifies = (list: string): string => {
    const anchor = file('ca.pem', authority.certificatePem);
    const args = ['-x509_strict', '-CAfile', anchor, '-crl_check_all', '-CRLfile', file('crl.pem', list)];
    const at = ['-attime', String(noon / 1000)];
    try {
      return execFileSync('openssl', ['verify', ...args, ...at, file('device.pem', device.certificatePem)], {
        stdio: ['ignore', 'pipe', 'pipe'],
      }).toString();
    } catch (error) {
      return String((error as { stderr?: Buffer }).stderr);
    }
  };
  const request = { authority, number: 1, now: noon, lifetimeMs: hourMs };

  it('accepts the certificate and the empty list under its strict rules', () => {
    assert.match(verifies(issueRevocationList({ ...request, revoked: [] })), /device\.pem: OK/);
  });

  it('refuses the revoked certificate', () => {
    const revoked = [{ certificatePem: device.certificatePem, at: noon }];
    assert.match(verifies(issueRevocationList({ ...request, revoked })), /certificate revoked/);
  });
});

function asPem(der: Buffer, label: string): string {
  const lines = der.toString('base64').replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}

/** The list as an authority would sign it that does not number its lists: without its last extension. */
function withoutNumber(list: string): string {
  return resigned(list, (extensions) => void extensions.pop());
}

function withNegativeNumber(list: string): string {
  return resigned(list, (extensions) => {
    const octets = parts(extensions.at(-1)).at(-1);
    if (octets !== undefined) octets.value = '\x02\x01\xff';
  });
}

function resigned(list: string, change: (extensions: Asn1[]) => void): string {
  const read = asn1.fromDer as unknown as (bytes: string, options: object) => Asn1;
  const der = Buffer.from(list.split('-----')[2] ?? '', 'base64').toString('binary');
  const [body, algorithm, bits] = parts(read(der, { decodeBitStrings: false }));
  if (!body || !algorithm || !bits) return assert.fail('no list');
  change(parts(parts(parts(body).at(-1))[0]));
  const signature = sign(null, Buffer.from(asn1.toDer(body).getBytes(), 'binary'), authority.privateKey);
  bits.value = `\0${signature.toString('binary')}`;
  const whole = asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SEQUENCE, true, [body, algorithm, bits]);
  return asPem(Buffer.from(asn1.toDer(whole).getBytes(), 'binary'), 'X509 CRL');
}

function parts(node: Asn1 | undefined): Asn1[] {
  return Array.isArray(node?.value) ? node.value : assert.fail('it has no parts');
}
