import { createHash, type KeyObject, sign, verify, X509Certificate } from 'node:crypto';
import type forge from 'node-forge';
import asn1 from 'node-forge/lib/asn1.js';
import { CryptoError } from './errors.ts';

// X.509 (RFC 5280) by division of labour: node-forge lays out the ASN.1, node:crypto signs it with ed25519 (RFC 8410).
// What is in a certificate, and who is believed, is decided in certificate.ts.

type Asn1 = forge.asn1.Asn1;
const universal = asn1.Class.UNIVERSAL;
const contextSpecific = asn1.Class.CONTEXT_SPECIFIC;

export const oids = {
  ed25519: '1.3.101.112',
  commonName: '2.5.4.3',
  organizationalUnit: '2.5.4.11',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  crlNumber: '2.5.29.20',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const;

export interface Extension {
  oid: string;
  critical: boolean;
  content: Asn1;
}

export interface CertificateFields {
  /** Big-endian bytes, 1 to 20 of them; made positive here. */
  serial: Uint8Array;
  issuer: string;
  subject: string;
  /** organizationalUnitName of the subject, where it has one. */
  unit?: string | undefined;
  notBefore: Date;
  notAfter: Date;
  publicKey: KeyObject;
  extensions: Extension[];
}

/** A certificate over `fields`, signed by the issuer's ed25519 key: PEM. */
export function signCertificate(fields: CertificateFields, issuerKey: KeyObject): string {
  const body = sequence(
    tagged(0, [integer(Uint8Array.of(2))]), // version 3
    integer(fields.serial),
    sequence(objectIdentifier(oids.ed25519)),
    distinguishedName(fields.issuer),
    sequence(time(fields.notBefore), time(fields.notAfter)),
    distinguishedName(fields.subject, fields.unit),
    decode(fields.publicKey.export({ format: 'der', type: 'spki' })),
    tagged(3, [extensionList(fields.extensions)]),
  );
  // Read back by OpenSSL, so that the PEM has the one spelling that OpenSSL writes.
  return new X509Certificate(signed(body, issuerKey)).toString();
}

export interface RevocationFields {
  issuer: string;
  thisUpdate: Date;
  nextUpdate: Date;
  /** Grows with each list of the issuer (RFC 5280 section 5.2.3). */
  number: number;
  revoked: { serial: Uint8Array; at: Date }[];
  issuerCertificatePem: string;
}

/** A certificate revocation list (RFC 5280 section 5), signed by the issuer's ed25519 key: PEM. */
export function signRevocationList(fields: RevocationFields, issuerKey: KeyObject): string {
  const entries = fields.revoked.map(({ serial, at }) => sequence(integer(serial), time(at)));
  const body = sequence(
    integer(Uint8Array.of(1)), // version 2
    sequence(objectIdentifier(oids.ed25519)),
    distinguishedName(fields.issuer),
    time(fields.thisUpdate),
    time(fields.nextUpdate),
    ...(entries.length > 0 ? [sequence(...entries)] : []), // RFC 5280: absent when there are none
    tagged(0, [
      extensionList([
        authorityKeyIdentifier(new X509Certificate(fields.issuerCertificatePem).publicKey),
        { oid: oids.crlNumber, critical: false, content: integer(unsigned(fields.number)) },
      ]),
    ]),
  );
  const text = signed(body, issuerKey)
    .toString('base64')
    .replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN X509 CRL-----\n${text}\n-----END X509 CRL-----\n`;
}

export interface RevocationList {
  /** Tells which of two lists is the newer one: the times have whole seconds only (RFC 5280 section 5.2.3). */
  number: bigint;
  thisUpdate: Date;
  nextUpdate: Date;
  revoked: Map<bigint, Date>;
}

/** Reads a revocation list. Throws CryptoError `bad-revocation-list` when it is malformed or `issuer` did not sign it. */
export function readRevocationList(pem: string, issuer: KeyObject): RevocationList {
  try {
    const [body, , signature] = children(decode(derOf(pem, 'X509 CRL')));
    if (!body || !signature || !verify(null, encode(body), issuer, bytesOf(signature).subarray(1))) {
      throw new Error('the signature is not the authority’s');
    }
    const [, , , thisUpdate, nextUpdate, entries] = children(body);
    const [numberContent] = extensionContents(body, 0, oids.crlNumber);
    if (numberContent === undefined) throw new Error('it has no number');
    const revoked = new Map<bigint, Date>();
    // Without entries the sixth field is the tagged list of extensions.
    const rows = entries?.tagClass === universal ? children(entries) : [];
    for (const row of rows) {
      const [serial, at] = children(row);
      revoked.set(BigInt(`0x${bytesOf(serial).toString('hex')}`), dateOf(at));
    }
    const number = natural(numberContent);
    return { number, thisUpdate: dateOf(thisUpdate), nextUpdate: dateOf(nextUpdate), revoked };
  } catch (cause) {
    throw new CryptoError(
      'bad-revocation-list',
      'The revocation list cannot be used; fetch the current one from the authority.',
      { cause },
    );
  }
}

/** The uniform resource identifiers among the subject's alternative names, in order. */
export function subjectUris(certificate: X509Certificate): string[] {
  const [body] = children(decode(certificate.raw));
  return extensionContents(body, 3, oids.subjectAltName).flatMap((names) =>
    children(names)
      .filter((name) => name.tagClass === contextSpecific && Number(name.type) === 6)
      .map((name) => bytesOf(name).toString('latin1')),
  );
}

/** What the extensions of that kind say, in a certificate (tag 3) or a revocation list (tag 0) that has them. */
function extensionContents(body: Asn1 | undefined, tag: number, oid: string): Asn1[] {
  const list = children(body).find(
    ({ tagClass, type }) => tagClass === contextSpecific && Number(type) === tag,
  );
  return children(children(list)[0])
    .filter((extension) => asn1.derToOid(bytesOf(children(extension)[0]).toString('binary')) === oid)
    .map((extension) => decode(bytesOf(children(extension).at(-1))));
}

export function basicConstraints(authority: boolean): Extension {
  // An authority of path length 0 signs devices, never further authorities.
  const content = authority ? sequence(boolean(true), integer(Uint8Array.of(0))) : sequence();
  return { oid: oids.basicConstraints, critical: true, content };
}

/** Bits as of RFC 5280 section 4.2.1.3: digitalSignature 0, keyCertSign 5, cRLSign 6. */
export function keyUsage(...bits: number[]): Extension {
  const octet = bits.reduce((sum, bit) => sum | (0x80 >> bit), 0);
  const unusedBits = 7 - Math.max(...bits);
  const content = primitive(asn1.Type.BITSTRING, Uint8Array.of(unusedBits, octet));
  return { oid: oids.keyUsage, critical: true, content };
}

export function extendedKeyUsage(...purposes: string[]): Extension {
  return {
    oid: oids.extendedKeyUsage,
    critical: false,
    content: sequence(...purposes.map(objectIdentifier)),
  };
}

/** Each name is a URI, a DNS name, or the 4 or 16 bytes of an address. */
export function subjectAltName(
  ...names: ({ uri: string } | { dns: string } | { address: Uint8Array })[]
): Extension {
  const content = sequence(
    ...names.map((name) => {
      if ('uri' in name) return asn1.create(contextSpecific, 6, false, name.uri);
      if ('dns' in name) return asn1.create(contextSpecific, 2, false, name.dns);
      return asn1.create(contextSpecific, 7, false, binary(name.address));
    }),
  );
  return { oid: oids.subjectAltName, critical: false, content };
}

export function subjectKeyIdentifier(publicKey: KeyObject): Extension {
  const content = primitive(asn1.Type.OCTETSTRING, keyIdentifier(publicKey));
  return { oid: oids.subjectKeyIdentifier, critical: false, content };
}

export function authorityKeyIdentifier(publicKey: KeyObject): Extension {
  const content = sequence(asn1.create(contextSpecific, 0, false, binary(keyIdentifier(publicKey))));
  return { oid: oids.authorityKeyIdentifier, critical: false, content };
}

// RFC 7093 section 2, method 1: the leftmost 160 bits of SHA-256, in place of RFC 5280's SHA-1.
function keyIdentifier(publicKey: KeyObject): Uint8Array {
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  return createHash('sha256').update(raw).digest().subarray(0, 20);
}

function signed(body: Asn1, key: KeyObject): Buffer {
  const signature = sign(null, encode(body), key);
  const bits = primitive(asn1.Type.BITSTRING, Buffer.concat([Uint8Array.of(0), signature]));
  return encode(sequence(body, sequence(objectIdentifier(oids.ed25519)), bits));
}

function extensionList(extensions: Extension[]): Asn1 {
  return sequence(
    ...extensions.map(({ oid, critical, content }) =>
      sequence(
        objectIdentifier(oid),
        ...(critical ? [boolean(true)] : []),
        primitive(asn1.Type.OCTETSTRING, encode(content)),
      ),
    ),
  );
}

function distinguishedName(commonName: string, unit?: string): Asn1 {
  const attribute = (oid: string, text: string) =>
    asn1.create(universal, asn1.Type.SET, true, [
      sequence(objectIdentifier(oid), primitive(asn1.Type.UTF8, Buffer.from(text))),
    ]);
  const units = unit === undefined ? [] : [attribute(oids.organizationalUnit, unit)];
  return sequence(...units, attribute(oids.commonName, commonName));
}

function time(date: Date): Asn1 {
  // RFC 5280 section 4.1.2.5: two-digit years until 2049.
  return date.getUTCFullYear() < 2050
    ? asn1.create(universal, asn1.Type.UTCTIME, false, asn1.dateToUtcTime(date))
    : asn1.create(universal, asn1.Type.GENERALIZEDTIME, false, asn1.dateToGeneralizedTime(date));
}

function dateOf(node: Asn1 | undefined): Date {
  const text = bytesOf(node).toString('latin1');
  return node?.type === asn1.Type.UTCTIME ? asn1.utcTimeToDate(text) : asn1.generalizedTimeToDate(text);
}

function integer(bytes: Uint8Array): Asn1 {
  const significant = bytes.subarray(
    Math.max(
      0,
      bytes.findIndex((byte) => byte !== 0),
    ),
  );
  const positive =
    (significant[0] ?? 0) > 0x7f ? Buffer.concat([Uint8Array.of(0), significant]) : significant;
  return primitive(asn1.Type.INTEGER, positive);
}

/** Throws for anything but an INTEGER that is not negative. */
function natural(node: Asn1): bigint {
  const bytes = node.type === asn1.Type.INTEGER ? bytesOf(node) : Buffer.alloc(0);
  if (bytes.length === 0 || (bytes[0] ?? 0) > 0x7f) throw new Error('a natural number is missing');
  return BigInt(`0x${bytes.toString('hex')}`);
}

function unsigned(value: number): Uint8Array {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex');
}

function sequence(...content: Asn1[]): Asn1 {
  return asn1.create(universal, asn1.Type.SEQUENCE, true, content);
}

function tagged(tag: number, content: Asn1[]): Asn1 {
  return asn1.create(contextSpecific, tag, true, content);
}

function objectIdentifier(oid: string): Asn1 {
  return asn1.create(universal, asn1.Type.OID, false, asn1.oidToDer(oid).getBytes());
}

function boolean(value: boolean): Asn1 {
  return primitive(asn1.Type.BOOLEAN, Uint8Array.of(value ? 0xff : 0));
}

function primitive(type: forge.asn1.Type, bytes: Uint8Array): Asn1 {
  return asn1.create(universal, type, false, binary(bytes));
}

function children(node: Asn1 | undefined): Asn1[] {
  return Array.isArray(node?.value) ? node.value : [];
}

function bytesOf(node: Asn1 | undefined): Buffer {
  if (typeof node?.value !== 'string') throw new Error('a primitive ASN.1 value is missing');
  return Buffer.from(node.value, 'binary');
}

function encode(node: Asn1): Buffer {
  return Buffer.from(asn1.toDer(node).getBytes(), 'binary');
}

// Left to itself node-forge would read into a bit string that happens to look like ASN.1, as a signature may.
// Its published types do not know the option.
const fromDer = asn1.fromDer as unknown as (bytes: string, options: { decodeBitStrings: boolean }) => Asn1;

function decode(der: Uint8Array): Asn1 {
  return fromDer(binary(der), { decodeBitStrings: false });
}

function derOf(pem: string, label: string): Buffer {
  const match = new RegExp(
    `^-----BEGIN ${label}-----\\n([A-Za-z0-9+/=\\n]+)-----END ${label}-----\\n?$`,
  ).exec(pem);
  if (!match?.[1]) throw new Error(`a PEM block "${label}" is missing`);
  return Buffer.from(match[1], 'base64');
}

// node-forge keeps bytes in strings of one character per byte.
function binary(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('binary');
}
