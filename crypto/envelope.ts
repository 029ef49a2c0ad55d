import { type KeyObject, sign, verify, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { canonicalBytes, digestOf, type JsonValue } from './canonical.ts';
import { nodeNameOf, thumbprintHexOf } from './certificate.ts';
import { isSmallOrder, publicKeyOf } from './keys.ts';
import { type InclusionProof, leafHash, merkleTree, rootByProof, treeSizeMax } from './merkle.ts';

/** What was asked for: a tool's name, or a resource's address. */
export type Operation = { tool: string } | { uri: string };

/** What a peer answered. */
export interface Answer {
  /** A tool's structuredContent, or the parsed JSON of a resource. */
  data: JsonValue;
  /** SHA-256 over the canonical bytes of the MCP content array: lowercase hex. */
  contentHash: string;
  isError: boolean;
}

/** What the signer states: this answer, to this request, of this caller, in this session, once. */
export interface Statement {
  operation: Operation;
  /** `digestOf` the arguments of the call. */
  argumentsHash: string;
  /** `resultHash` of the answer. */
  resultHash: string;
  /** Grows with every statement of the signer, over restarts too. */
  nonce: number;
  session: string;
  signer: string;
  caller: string;
  /** Which node carried question and answer, where the caller could not reach the signer by itself. */
  relay?: string;
  /** ISO 8601, by the signer's own clock: a claim, not a proof of time. */
  signedAt: string;
}

/**
 * Who states it: unpadded base64url of an ed25519 signature. Without `batch` it is over the pre-authentication encoding
 * of the statement. With it, over the tree that statements signed together are the leaves of, and `batch` proves that
 * this one is among them: their leaves are the pre-authentication encodings, and what is signed is root and size.
 */
export interface StatementSignature {
  signature: string;
  batch?: InclusionProof;
}

/** An answer with the proof of who gave it: travels in `_meta` and is embedded in reports. */
export interface SignedAnswer extends StatementSignature {
  statement: Statement;
  answer: Answer;
  /** The signer's certificate, PEM. */
  certificate: string;
}

/** What the verifier knows by itself about the answer that it waits for. */
export interface ExpectedAnswer {
  operation: Operation;
  argumentsHash: string;
  session: string;
  signer: string;
  caller: string;
  /** The node that was asked to carry question and answer; absent where the signer itself was. */
  relay?: string | undefined;
  /** The authenticated peer's certificate: PEM, or its SHA-256 thumbprint in hex. */
  certificate: string;
  /** The highest nonce of this signer that is spent. */
  nonceAbove: number;
}

export type StatementRefusal = 'bad-signature' | 'wrong-result' | 'wrong-signer' | 'wrong-certificate';

export type AnswerRefusal =
  | StatementRefusal
  | 'replay'
  | 'wrong-operation'
  | 'wrong-arguments'
  | 'wrong-session'
  | 'wrong-caller'
  | 'wrong-relay';

export type Refused<Reason> = { ok: false; reason: Reason; detail: string };

/** The type that is signed with every statement, so that no statement passes for another record. */
export const statementType = 'application/vnd.confer.statement.v1+json';

/** The type that is signed with the root over several statements: `{root, size}`, the root in lowercase hex. */
export const batchType = 'application/vnd.confer.batch.v1+json';

/** Hash of an answer as its statement carries it. */
export function resultHash(answer: Answer): string {
  return digestOf({ data: answer.data, contentHash: answer.contentHash, isError: answer.isError });
}

/** Signs `answer`. `fields` is the rest of the statement; the nonce must be durable before this is called. */
export function sealAnswer(
  fields: Omit<Statement, 'resultHash'>,
  answer: Answer,
  key: { privateKey: KeyObject; certificatePem: string },
): SignedAnswer {
  const statement = { ...fields, resultHash: resultHash(answer) };
  const signature = signBytes(statementType, canonicalBytes(statement), key.privateKey);
  return { statement, signature, answer, certificate: key.certificatePem };
}

/**
 * Signs up to `treeSizeMax` statements, given as canonical bytes, at the price of one signature; a single one as
 * `sealAnswer` does.
 */
export function signStatements(
  statements: readonly Uint8Array[],
  privateKey: KeyObject,
): StatementSignature[] {
  const [first, second] = statements;
  if (first === undefined) return [];
  if (second === undefined) return [{ signature: signBytes(statementType, first, privateKey) }];
  const { root, proofs } = merkleTree(statements.map(leafOf));
  const signature = signBytes(batchType, batchBytes(root, statements.length), privateKey);
  return proofs.map((batch) => ({ signature, batch }));
}

function leafOf(statement: Uint8Array): string {
  return leafHash(preAuthenticationEncoding(statementType, statement));
}

function batchBytes(root: string, size: number): Uint8Array {
  return canonicalBytes({ root, size });
}

/**
 * Judges an answer on arrival: the authenticated peer signed exactly this answer to exactly this request, just now.
 * The signer's certificate was admitted when the connection was made; here it must be that one.
 */
export function openAnswer(
  signed: SignedAnswer,
  expected: ExpectedAnswer,
): { ok: true; answer: Answer } | Refused<AnswerRefusal> {
  const verified = verifyStatement(signed);
  if (!verified.ok) return verified;
  const { statement, answer, certificate } = signed;
  const facts: [boolean, AnswerRefusal, string][] = [
    [
      asThumbprint(certificate) === asThumbprint(expected.certificate),
      'wrong-certificate',
      'of another connection',
    ],
    [statement.signer === expected.signer, 'wrong-signer', `by ${statement.signer}, not ${expected.signer}`],
    [statement.caller === expected.caller, 'wrong-caller', `for ${statement.caller}, not ${expected.caller}`],
    [statement.session === expected.session, 'wrong-session', 'in another session'],
    [isSame(statement.operation, expected.operation), 'wrong-operation', 'to another operation'],
    [statement.argumentsHash === expected.argumentsHash, 'wrong-arguments', 'to a call with other arguments'],
    [
      statement.relay === expected.relay,
      'wrong-relay',
      `for ${statement.relay ?? 'nobody'} to carry, not ${expected.relay ?? 'anybody'}`,
    ],
    [
      statement.nonce > expected.nonceAbove,
      'replay',
      `with nonce ${statement.nonce}, not above ${expected.nonceAbove}: sent twice, or its signer restored an old store`,
    ],
  ];
  const broken = facts.find(([holds]) => !holds);
  if (broken) return refused(broken[1], `The answer was signed ${broken[2]}.`);
  return { ok: true, answer };
}

function isSame(one: Operation, other: Operation): boolean {
  return 'tool' in one ? 'tool' in other && one.tool === other.tool : 'uri' in other && one.uri === other.uri;
}

/**
 * Offline: the signature holds under the enclosed certificate, which names the signer, and covers the enclosed answer.
 * Who issued that certificate, and whether it was valid then, is for `verifyChain` to say.
 */
export function verifyStatement(
  signed: SignedAnswer,
): { ok: true; statement: Statement } | Refused<StatementRefusal> {
  const { statement, answer, certificate } = signed;
  const signer = readCertificate(certificate);
  if (!signer)
    return refused('wrong-certificate', "The signer's certificate is not one PEM certificate in plain form.");
  if (!isSigned(signed, signer)) {
    return refused('bad-signature', `The signature is not ${statement.signer}'s over this statement.`);
  }
  if (signer.node !== statement.signer) {
    return refused(
      'wrong-signer',
      `The statement names ${statement.signer}, its certificate ${signer.node}.`,
    );
  }
  if (resultHash(answer) !== statement.resultHash) {
    return refused('wrong-result', 'The answer is not the one that was signed.');
  }
  return { ok: true, statement };
}

function isSigned({ statement, signature, batch }: SignedAnswer, signer: SignerCertificate): boolean {
  const bytes = canonicalBytes(statement);
  if (batch === undefined) return verifyBytes(statementType, bytes, signature, signer.publicKey);
  const root = batch.size < 2 ? undefined : rootByProof(leafOf(bytes), batch);
  return root !== undefined && isRootSigned(root, batch.size, signature, signer);
}

/** The answers of one batch arrive together: whoever has verified the first needs only hashes for the others. */
const rootsKeptMax = 64;

function isRootSigned(root: string, size: number, signature: string, signer: SignerCertificate): boolean {
  const name = `${size} ${root} ${signature}`;
  if (signer.rootsSigned.has(name)) return true;
  if (!verifyBytes(batchType, batchBytes(root, size), signature, signer.publicKey)) return false;
  const [oldest] = signer.rootsSigned;
  if (signer.rootsSigned.size >= rootsKeptMax && oldest !== undefined) signer.rootsSigned.delete(oldest);
  signer.rootsSigned.add(name);
  return true;
}

/** Signs any record: ed25519 over type + length + bytes, as unpadded base64url. */
export function signBytes(type: string, bytes: Uint8Array, privateKey: KeyObject): string {
  return sign(null, preAuthenticationEncoding(type, bytes), privateKey).toString('base64url');
}

/**
 * True when `signature` is the one over `bytes` as a record of `type`. Each record has one valid text of a signature
 * per signing: another base64 spelling, S + L (RFC 8032 section 5.1.7) and an R of small order are refused.
 */
export function verifyBytes(
  type: string,
  bytes: Uint8Array,
  signature: string,
  publicKey: KeyObject,
): boolean {
  const raw = Buffer.from(signature, 'base64url');
  if (raw.byteLength !== 64 || raw.toString('base64url') !== signature) return false;
  if (publicKey.asymmetricKeyType !== 'ed25519' || isSmallOrder(raw.subarray(0, 32))) return false;
  return verify(null, preAuthenticationEncoding(type, bytes), publicKey, raw);
}

/** Pre-authentication encoding of DSSE 1.0: with both lengths in it, no two records have the same bytes. */
export function preAuthenticationEncoding(type: string, bytes: Uint8Array): Uint8Array {
  const header = `DSSEv1 ${Buffer.byteLength(type)} ${type} ${bytes.byteLength} `;
  return Buffer.concat([Buffer.from(header), bytes]);
}

const sha256HexShape = z.string().regex(/^[0-9a-f]{64}$/);
const nameShape = z.string().min(1).max(256);

/** Of an operation that came as JSON from outside. */
export const operationShape: z.ZodType<Operation> = z.union([
  z.strictObject({ tool: nameShape }),
  z.strictObject({ uri: z.string().min(1).max(2048) }),
]);

const batchShape = z.strictObject({
  index: z
    .int()
    .min(0)
    .max(treeSizeMax - 1),
  size: z.int().min(2).max(treeSizeMax),
  path: z.array(sha256HexShape).min(1).max(Math.log2(treeSizeMax)),
});

/**
 * The shape of a signed answer that came as JSON from outside: whoever takes one checks it with this first. Every other
 * member is refused, because no signature would cover it.
 */
export const signedAnswerShape: z.ZodType<SignedAnswer> = z.strictObject({
  statement: z.strictObject({
    operation: operationShape,
    argumentsHash: sha256HexShape,
    resultHash: sha256HexShape,
    nonce: z.int().positive(),
    session: nameShape,
    signer: nameShape,
    caller: nameShape,
    relay: nameShape.exactOptional(),
    signedAt: z.iso.datetime(),
  }),
  signature: z.string().length(86),
  batch: batchShape.exactOptional(),
  answer: z.strictObject({
    data: z.custom<JsonValue>((value) => value !== undefined, 'is missing'),
    contentHash: sha256HexShape,
    isError: z.boolean(),
  }),
  certificate: z.string().max(16_384),
});

interface SignerCertificate {
  node: string;
  publicKey: KeyObject;
  thumbprint: string;
  /** Roots that this certificate's key is known to have signed, each with its size and the signature. */
  rootsSigned: Set<string>;
}

/** Reading a certificate costs as much as checking a signature, and one signer gives many answers: the last ones are kept. */
const signersKeptMax = 256;
const signersRead = new Map<string, SignerCertificate>();

function readCertificate(pem: string): SignerCertificate | undefined {
  const known = signersRead.get(pem);
  if (known) return known;
  const signer = parsedCertificate(pem);
  if (!signer) return undefined;
  const [oldest] = signersRead.keys();
  if (signersRead.size >= signersKeptMax && oldest !== undefined) signersRead.delete(oldest);
  signersRead.set(pem, signer);
  return signer;
}

// No signature covers the PEM text itself, so only the one spelling that OpenSSL writes is taken.
function parsedCertificate(pem: string): SignerCertificate | undefined {
  try {
    if (new X509Certificate(pem).toString() !== pem) return undefined;
    return {
      node: nodeNameOf(pem),
      publicKey: publicKeyOf(pem),
      thumbprint: thumbprintHexOf(pem),
      rootsSigned: new Set(),
    };
  } catch {
    return undefined;
  }
}

function asThumbprint(certificate: string): string {
  if (!certificate.startsWith('-----BEGIN')) return certificate;
  return readCertificate(certificate)?.thumbprint ?? thumbprintHexOf(certificate);
}

function refused<Reason>(reason: Reason, detail: string): Refused<Reason> {
  return { ok: false, reason, detail };
}
