/** What a certificate says, and whether the authority vouches for it. issue.ts makes them. */
import { createHash, X509Certificate } from 'node:crypto';
import { CryptoError } from './errors.ts';
import { publicKeyOf } from './keys.ts';
import { oids, readRevocationList, subjectUris } from './x509.ts';

/** What the authority vouches for: a router's agent, a person who operates them, or a system that collects reports. */
export const roles = ['device', 'operator', 'controller'] as const;
export type CertificateRole = (typeof roles)[number];

/**
 * Which of the authority's revocation lists it is, and from when to when it is good: the one with the higher number
 * supersedes the other, whatever the times. Throws CryptoError `bad-revocation-list`.
 */
export function revocationListHead(
  listPem: string,
  authorityPem: string,
): { number: bigint; thisUpdate: Date; nextUpdate: Date } {
  const { publicKey } = readCertificate(authorityPem);
  const { number, thisUpdate, nextUpdate } = readRevocationList(listPem, publicKey);
  return { number, thisUpdate, nextUpdate };
}

/** SHA-256 over the DER bytes of the certificate: what a device advertises, 32 bytes. */
export function thumbprintOf(certificatePem: string): Buffer {
  return createHash('sha256').update(readCertificate(certificatePem).raw).digest();
}

/** `thumbprintOf` in lowercase hex: the form in records and logs. */
export function thumbprintHexOf(certificatePem: string): string {
  return thumbprintOf(certificatePem).toString('hex');
}

/** When the certificate is valid: from `fromMs` on, and before `toMs`, in milliseconds since 1970. */
export function validityOf(certificatePem: string): { fromMs: number; toMs: number } {
  const { validFromDate, validToDate } = readCertificate(certificatePem);
  return { fromMs: validFromDate.getTime(), toMs: validToDate.getTime() };
}

/** The end of the certificate's validity, in milliseconds since 1970. */
export function notAfterOf(certificatePem: string): number {
  return validityOf(certificatePem).toMs;
}

/** The node that the certificate names. Throws CryptoError `bad-certificate` unless it names exactly one. */
export function nodeNameOf(certificatePem: string): string {
  const uris = subjectUris(readCertificate(certificatePem));
  const node = uris.length === 1 ? nodeOfUri(uris[0] ?? '') : undefined;
  if (node === undefined) {
    throw new CryptoError(
      'bad-certificate',
      'The certificate must name exactly one mcp:// node; have it reissued.',
    );
  }
  return node;
}

/** The role that the certificate gives; the least of them, a device, when it names none that we know. */
export function roleOf(certificatePem: string): CertificateRole {
  const unit: unknown = readCertificate(certificatePem).toLegacyObject().subject.OU;
  return roles.find((role) => role === unit) ?? 'device';
}

export type ChainRefusal =
  | 'bad-certificate'
  | 'untrusted-authority'
  | 'expired'
  | 'not-yet-valid'
  | 'wrong-usage'
  | 'revoked'
  | 'stale-revocation-list';

export interface ChainRefused {
  ok: false;
  reason: ChainRefusal;
  detail: string;
}

/**
 * Whether `authorityPem` vouches for this certificate at the time `at`: signature, validity, usage, name, revocation.
 * Needs no network and no clock, so a report is judged at the time that it was created.
 */
export function verifyChain(
  certificatePem: string,
  authorityPem: string,
  at: Date,
  revocationListPem?: string,
): { ok: true; node: string } | ChainRefused {
  const certificate = tryRead(certificatePem);
  if (!certificate) return refused('bad-certificate', 'The certificate cannot be read.');
  const authority = readCertificate(authorityPem);
  if (!isIssuedBy(certificate, authority)) {
    // Labs of one topology have authorities of one name.
    const twin = certificate.issuer === authority.subject ? '; another authority of this name issued it' : '';
    return refused(
      'untrusted-authority',
      `The certificate was not issued by ${commonName(authority)}, serial number ${authority.serialNumber}, SHA-256 fingerprint ${authority.fingerprint256}${twin}.`,
    );
  }
  if (at < authority.validFromDate || at >= authority.validToDate) {
    return refused(
      'untrusted-authority',
      `The authority ${commonName(authority)} is not valid at ${at.toISOString()}.`,
    );
  }
  if (at < certificate.validFromDate) {
    return refused(
      'not-yet-valid',
      `The certificate is valid from ${certificate.validFromDate.toISOString()}.`,
    );
  }
  if (at >= certificate.validToDate) {
    return refused('expired', `The certificate expired at ${certificate.validToDate.toISOString()}.`);
  }
  // Node's name for the extended key usage is `keyUsage`; it is absent when the extension is.
  const purposes = certificate.keyUsage ?? [];
  if (certificate.ca || !purposes.includes(oids.clientAuth) || !purposes.includes(oids.serverAuth)) {
    return refused(
      'wrong-usage',
      'The certificate is not one for a device: client and server, and no authority.',
    );
  }
  try {
    publicKeyOf(certificatePem);
    const node = nodeNameOf(certificatePem);
    const revoked = revocationListPem ? revocation(certificate, authority, at, revocationListPem) : undefined;
    return revoked ?? { ok: true, node };
  } catch (error) {
    if (!(error instanceof CryptoError)) throw error;
    const reason = error.code === 'bad-revocation-list' ? 'stale-revocation-list' : 'bad-certificate';
    return refused(reason, error.message);
  }
}

function revocation(
  certificate: X509Certificate,
  authority: X509Certificate,
  at: Date,
  listPem: string,
): ChainRefused | undefined {
  const list = readRevocationList(listPem, authority.publicKey);
  const revokedAt = list.revoked.get(BigInt(`0x${certificate.serialNumber}`));
  if (revokedAt && revokedAt <= at) return refused('revoked', `Revoked at ${revokedAt.toISOString()}.`);
  // A list that should have been replaced may hide a revocation; OpenSSL refuses every peer then, and so does this.
  if (at >= list.nextUpdate) {
    return refused('stale-revocation-list', `The revocation list ended at ${list.nextUpdate.toISOString()}.`);
  }
  return undefined;
}

/** By certificate, then by authority: neither changes, so neither does the answer. */
const issued = new WeakMap<X509Certificate, WeakMap<X509Certificate, boolean>>();

function isIssuedBy(certificate: X509Certificate, authority: X509Certificate): boolean {
  const known = issued.get(certificate) ?? new WeakMap<X509Certificate, boolean>();
  issued.set(certificate, known);
  const answer =
    known.get(authority) ??
    (authority.ca && certificate.checkIssued(authority) && certificate.verify(authority.publicKey));
  known.set(authority, answer);
  return answer;
}

/** The identity of a node in its certificate: `mcp://` and the percent-encoded name. */
export function nodeUri(node: string): string {
  if (node.length === 0 || node.length > 64 || !node.isWellFormed()) {
    throw new CryptoError('bad-node-name', 'A node has a name of 1 to 64 characters; rename it.');
  }
  return `mcp://${encodeURIComponent(node)}`;
}

// Only the spelling that nodeUri writes, so that one node has one name in bytes.
function nodeOfUri(uri: string): string | undefined {
  try {
    const node = decodeURIComponent(uri.slice('mcp://'.length));
    return nodeUri(node) === uri ? node : undefined;
  } catch {
    return undefined;
  }
}

function readCertificate(pem: string): X509Certificate {
  const certificate = tryRead(pem);
  if (certificate) return certificate;
  throw new CryptoError('bad-certificate', 'The certificate cannot be read; pass one certificate in PEM.');
}

/** Reading costs as much as checking a signature, and a peer's certificate is needed for each of its answers. */
const certificatesReadMax = 256;
/** Longer ones are read each time, so that what is kept is bounded in octets too. */
const certificateCharactersKeptMax = 16_384;
const certificatesRead = new Map<string, X509Certificate>();

function tryRead(pem: string): X509Certificate | undefined {
  const known = certificatesRead.get(pem);
  if (known !== undefined) return known;
  try {
    const certificate = new X509Certificate(pem);
    const [oldest] = certificatesRead.keys();
    if (certificatesRead.size >= certificatesReadMax && oldest !== undefined) certificatesRead.delete(oldest);
    if (pem.length <= certificateCharactersKeptMax) certificatesRead.set(pem, certificate);
    return certificate;
  } catch {
    return undefined;
  }
}

/** Of the subject; empty where it has none. */
export function commonName(certificate: X509Certificate): string {
  return String(certificate.toLegacyObject().subject.CN ?? '');
}

function refused(reason: ChainRefusal, detail: string): ChainRefused {
  return { ok: false, reason, detail };
}
