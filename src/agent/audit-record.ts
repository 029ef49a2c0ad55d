/**
 * What the audit trail is made of (troubleshooting draft section 7.4): records, each of which holds the hash of the one
 * before, and checkpoints, by which the device signs how far the chain went.
 *
 *     record 0 <--- record 1 <--- record 2 <--- ...         previous = SHA-256 of the canonical bytes (RFC 8785)
 *                                    ^
 *                               checkpoint {number 2, digest of record 2}, signed
 */
import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import {
  canonicalBytes,
  digestOf,
  type JsonObject,
  type JsonValue,
  sha256Hex,
} from '../../crypto/canonical.ts';
import { nodeNameOf, verifyChain } from '../../crypto/certificate.ts';
import { signBytes, verifyBytes } from '../../crypto/envelope.ts';
import { CryptoError } from '../../crypto/errors.ts';
import { publicKeyOf } from '../../crypto/keys.ts';
import type { ModelExchange } from '../../models/language-model.ts';
import { ConferError, messageOf, PeerError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Report } from '../core/records.ts';
import type { Role } from '../core/service.ts';

/** The log of the records, and the table of the checkpoints. */
export const auditLog = 'audit';
export const auditTable = 'audit';

/** `previous` of record 0. */
export const genesis = '0'.repeat(64);

/** Whom this agent spoke with. */
export interface AuditedParty {
  name: string;
  role?: Role;
  /** SHA-256 of the DER certificate, lower-case hex; absent where nobody was authenticated. */
  thumbprint?: string;
}

/** One request, as it came in or went out. */
export interface AuditedRequest {
  direction: 'in' | 'out';
  party: AuditedParty;
  session?: string;
  /** A tool, a resource, or another method of MCP. */
  operation: { tool: string } | { uri: string } | { method: string };
  /** As they were, when they are short. */
  arguments?: JsonValue;
  /** Of longer ones. */
  argumentsDigest?: { sha256: string; octets: number };
}

/** Of an answer only its hash is kept. */
export interface AuditedAnswer {
  sha256: string;
  /** Of a signed one. */
  nonce?: number;
  isError?: boolean;
}

export interface AuditedText {
  text: string;
  /** Of its UTF-8, lower-case hex. */
  sha256: string;
}

export type AuditEvent =
  | { event: 'started'; node: string }
  | { event: 'stopped' }
  /** Something that changes the router is about to be done, or to be asked for. */
  | ({ event: 'request' } & AuditedRequest)
  /** A request, and how it was answered: `answered`, or the code of the error. */
  | ({
      event: 'exchange';
      outcome: string;
      detail?: string;
      answer?: AuditedAnswer;
      durationMs: number;
    } & AuditedRequest)
  /** Somebody who was not let in. */
  | { event: 'refused'; address: string; reason: string; detail: string }
  /** More of the same within a minute than are written down one by one. */
  | { event: 'refused-more'; count: number }
  | { event: 'intent'; text: string }
  | { event: 'intent-failed'; outcome: string; detail: string }
  /** The on-box language model was asked: what it saw and what it said, and the hash of each. */
  | {
      event: 'model';
      model: string;
      task: string;
      prompt: AuditedText;
      /** Absent where it gave none. */
      completion?: AuditedText;
      isUsed: boolean;
      /** Why it was not. */
      why?: string;
      durationMs: number;
    }
  | {
      event: 'report-stored';
      uri: string;
      sha256: string;
      verdict: string;
      /** Peers whose answers were not used, and why. */
      untrusted: { node: string; reason: string }[];
    };

export type AuditRecord = AuditEvent & { number: number; previous: string; time: string };

/** The bytes whose hash the next record holds. */
export function digestOfRecord(record: JsonObject): string {
  return digestOf(record);
}

/**
 * Text from outside, bounded: the beginning of what is longer, with the hash of the whole. Half a surrogate pair, which
 * no canonical form has, is replaced.
 */
export function boundedText(text: string, charactersMax: number = limits.auditTextCharactersMax): string {
  const whole = text.toWellFormed();
  if (whole.length <= charactersMax) return whole;
  const head = whole.slice(0, charactersMax).toWellFormed();
  return `${head}... sha256:${digestOf(whole)}`;
}

/** A prompt or a completion, with the hash of the whole. */
function auditedText(text: string): AuditedText {
  return {
    text: boundedText(text, limits.auditPromptCharactersMax),
    sha256: sha256Hex(Buffer.from(text.toWellFormed())),
  };
}

/** What is recorded of a question to the on-box language model. */
export function askedModel({ prompt, completion, why, ...exchange }: ModelExchange): AuditEvent {
  return {
    event: 'model',
    ...exchange,
    prompt: auditedText(prompt),
    ...(completion !== undefined && { completion: auditedText(completion) }),
    ...(why !== undefined && { why: boundedText(why) }),
  };
}

/** Short arguments as they are, longer ones as a digest; what no canonical form has is left out. */
export function boundedArguments(args: JsonValue): Pick<AuditedRequest, 'arguments' | 'argumentsDigest'> {
  try {
    const bytes = canonicalBytes(args);
    if (bytes.byteLength <= limits.auditArgumentsOctetsMax) return { arguments: args };
    return { argumentsDigest: { sha256: sha256Hex(bytes), octets: bytes.byteLength } };
  } catch {
    return {};
  }
}

/**
 * Why a request was not answered, in one word: the code of the error, `cancelled` where whoever asked gave up, `failed`
 * for what was not foreseen.
 */
export function outcomeOf(error: unknown, signal?: AbortSignal): { outcome: string; detail: string } {
  const known = error instanceof ConferError || error instanceof PeerError;
  if (!known && signal?.aborted) return { outcome: 'cancelled', detail: 'whoever asked gave up' };
  if (!known) return { outcome: 'failed', detail: 'unforeseen; see the log' };
  return {
    outcome: error instanceof ConferError ? error.code : error.reason,
    detail: boundedText(messageOf(error)),
  };
}

/** What is recorded of a report that is on the shelf. */
export function storedReport(report: Report): AuditEvent {
  return {
    event: 'report-stored',
    uri: report.uri,
    sha256: digestOf(report),
    verdict: report.verdict,
    untrusted: report.untrusted.map(({ node, reason }) => ({ node: boundedText(node), reason })),
  };
}

/**
 * `tail`: the chain was whole up to here. `base`: everything up to here was removed to make room, so that verification
 * begins behind it. Both are signed apart, so that nobody passes a tail off as a base.
 */
export type CheckpointPurpose = 'tail' | 'base';

/** What the device says of its chain. */
export interface CheckpointBody {
  purpose: CheckpointPurpose;
  node: string;
  /** The last record that is covered. */
  number: number;
  /** Its hash, and by the chain that of every record before. */
  digest: string;
  time: string;
}

/** A signed checkpoint. */
export interface Checkpoint {
  body: CheckpointBody;
  /** Unpadded base64url of the ed25519 signature. */
  signature: string;
  /** The device's certificate at that time, PEM. */
  certificate: string;
}

/** The type that is signed with every checkpoint, so that no signature means two things. */
const checkpointType = 'application/vnd.confer.audit-checkpoint.v1+json';

export function sealCheckpoint(
  body: CheckpointBody,
  key: { privateKey: KeyObject; certificatePem: string },
): Checkpoint {
  const signature = signBytes(checkpointType, canonicalBytes(body), key.privateKey);
  return { body, signature, certificate: key.certificatePem };
}

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const checkpointShape = z.strictObject({
  body: z.strictObject({
    purpose: z.enum(['tail', 'base']),
    node: z.string(),
    number: z.int().min(0),
    digest: sha256,
    time: z.iso.datetime(),
  }),
  signature: z.string(),
  certificate: z.string(),
});

/**
 * The checkpoint, or why it is none. Without an authority anybody could have made the certificate: then only what it
 * says is checked, not who says it.
 */
export function openCheckpoint(
  value: unknown,
  purpose: CheckpointPurpose,
  authorityPem?: string,
): { ok: true; checkpoint: Checkpoint } | { ok: false; what: string } {
  const parsed = checkpointShape.safeParse(value);
  if (!parsed.success) return { ok: false, what: `the ${purpose} checkpoint cannot be read` };
  const { body, signature, certificate } = parsed.data;
  try {
    if (body.purpose !== purpose)
      return { ok: false, what: `the ${purpose} checkpoint was signed as ${body.purpose}` };
    if (!verifyBytes(checkpointType, canonicalBytes(body), signature, publicKeyOf(certificate)))
      return { ok: false, what: `the signature of the ${purpose} checkpoint does not hold` };
    if (nodeNameOf(certificate) !== body.node)
      return { ok: false, what: `the ${purpose} checkpoint of ${body.node} was signed by another node` };
    const chain = authorityPem && verifyChain(certificate, authorityPem, new Date(body.time));
    if (chain && !chain.ok)
      return { ok: false, what: `the certificate of the ${purpose} checkpoint: ${chain.detail}` };
  } catch (error) {
    if (!(error instanceof CryptoError)) throw error;
    return { ok: false, what: `the certificate of the ${purpose} checkpoint: ${error.message}` };
  }
  return { ok: true, checkpoint: parsed.data };
}
