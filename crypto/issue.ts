/** Makes certificates and revocation lists of an authority; certificate.ts reads and judges them. */
import { type KeyObject, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { type CertificateRole, commonName, nodeUri } from './certificate.ts';
import { CryptoError } from './errors.ts';
import type { KeyPair } from './keys.ts';
import {
  authorityKeyIdentifier,
  basicConstraints,
  extendedKeyUsage,
  keyUsage,
  oids,
  signCertificate,
  signRevocationList,
  subjectAltName,
  subjectKeyIdentifier,
} from './x509.ts';

/**
 * The one allowance for clocks that disagree, in milliseconds: a certificate or revocation list is dated this much
 * before it is issued, so that a peer whose clock is behind takes it. There is none after the end: expired is expired.
 */
export const clockSkewGraceMs = 10_000;

/** A certificate authority that can sign. */
export interface Authority {
  certificatePem: string;
  privateKey: KeyObject;
}

/** A self-signed authority certificate: PEM. `now` is in milliseconds since 1970, `serial` up to 20 random bytes. */
export function issueAuthority(request: {
  name: string;
  now: number;
  lifetimeMs: number;
  serial: Uint8Array;
  keyPair: KeyPair;
}): string {
  const { name, keyPair } = request;
  const extensions = [
    basicConstraints(true),
    keyUsage(5, 6), // signs certificates and revocation lists, and nothing else
    subjectKeyIdentifier(keyPair.publicKey),
  ];
  const fields = {
    issuer: name,
    subject: name,
    serial: asSerial(request.serial),
    publicKey: keyPair.publicKey,
  };
  return signCertificate({ ...fields, ...validity(request), extensions }, keyPair.privateKey);
}

/**
 * A device certificate: PEM. The URI `mcp://<node>` among the alternative names is the device's identity; `hosts` (IP
 * addresses and DNS names) only help clients that look for one. Usable as client and as server, never as authority.
 */
export function issueDevice(request: {
  authority: Authority;
  node: string;
  /** organizationalUnitName of the subject; device when absent. */
  role?: CertificateRole;
  publicKey: KeyObject;
  hosts: readonly string[];
  now: number;
  lifetimeMs: number;
  serial: Uint8Array;
}): string {
  const { authority, node, publicKey } = request;
  const issuer = new X509Certificate(authority.certificatePem);
  const names = request.hosts.map((host) =>
    isIP(host) ? { address: addressBytes(host) } : { dns: asDnsName(host) },
  );
  const extensions = [
    basicConstraints(false),
    keyUsage(0), // digital signatures: TLS 1.3 handshakes and our records
    extendedKeyUsage(oids.clientAuth, oids.serverAuth),
    subjectAltName({ uri: nodeUri(node) }, ...names),
    subjectKeyIdentifier(publicKey),
    authorityKeyIdentifier(issuer.publicKey),
  ];
  const fields = {
    issuer: commonName(issuer),
    subject: node,
    unit: request.role ?? 'device',
    serial: asSerial(request.serial),
    publicKey,
  };
  return signCertificate({ ...fields, ...validity(request), extensions }, authority.privateKey);
}

/** A revocation list of the authority: PEM. `number` grows with each list; `at` is in milliseconds since 1970. */
export function issueRevocationList(request: {
  authority: Authority;
  revoked: readonly { certificatePem: string; at: number }[];
  number: number;
  now: number;
  lifetimeMs: number;
}): string {
  const { authority, revoked, number } = request;
  const { notBefore: thisUpdate, notAfter: nextUpdate } = validity(request);
  const entries = revoked.map(({ certificatePem, at }) => {
    return { serial: Buffer.from(new X509Certificate(certificatePem).serialNumber, 'hex'), at: new Date(at) };
  });
  const issuer = commonName(new X509Certificate(authority.certificatePem));
  const issuerCertificatePem = authority.certificatePem;
  const fields = { issuer, thisUpdate, nextUpdate, number, revoked: entries, issuerCertificatePem };
  return signRevocationList(fields, authority.privateKey);
}

function validity({ now, lifetimeMs }: { now: number; lifetimeMs: number }): {
  notBefore: Date;
  notAfter: Date;
} {
  if (!(lifetimeMs >= 1000)) {
    throw new CryptoError('bad-argument', 'X.509 counts in seconds; give a lifetime of at least 1,000 ms.');
  }
  // X.509 has no fractions of a second: both ends are rounded down, never beyond what was asked for.
  const notBefore = new Date(Math.floor((now - clockSkewGraceMs) / 1000) * 1000);
  return { notBefore, notAfter: new Date(Math.floor((now + lifetimeMs) / 1000) * 1000) };
}

function asSerial(serial: Uint8Array): Uint8Array {
  if (serial.byteLength < 1 || serial.byteLength > 20 || serial.every((byte) => byte === 0)) {
    throw new CryptoError(
      'bad-argument',
      'A serial number is 1 to 20 bytes, not all zero; pass 16 random ones.',
    );
  }
  // Positive within 20 octets (RFC 5280 section 4.1.2.2) also when all 20 bytes are random.
  const positive = Uint8Array.from(serial);
  if (positive.byteLength === 20) positive[0] = ((positive[0] ?? 0) & 0x7f) | 0x40;
  return positive;
}

function asDnsName(host: string): string {
  if (/^[A-Za-z0-9_*-]+(\.[A-Za-z0-9_-]+)*\.?$/.test(host) && host.length <= 253) return host;
  throw new CryptoError('bad-argument', `"${host}" is neither an IP address nor a DNS name.`);
}

function addressBytes(address: string): Uint8Array {
  if (isIP(address) === 4) return Uint8Array.from(address.split('.').map(Number));
  // An IPv4 tail ("::ffff:192.0.2.1") is the last two groups.
  const text = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) => {
    return `${((Number(a) << 8) | Number(b)).toString(16)}:${((Number(c) << 8) | Number(d)).toString(16)}`;
  });
  const [head = '', tail] = text.split('::');
  const groupsOf = (part: string) =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const left = groupsOf(head);
  const right = tail === undefined ? [] : groupsOf(tail);
  const groups = [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}
