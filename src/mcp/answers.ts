import { z } from 'zod';
import { digestOf, type JsonObject, type JsonValue, parseStrictJson } from '../../crypto/canonical.ts';
import { type SignedAnswer, signedAnswerShape } from '../../crypto/envelope.ts';
import { ConferError, type ErrorCode, messageOf, PeerError } from '../core/errors.ts';
import { mistakesOf } from '../core/expectation.ts';
import { limits } from '../core/limits.ts';
import type { ServiceAnswer } from '../core/service.ts';
import { metaKeys } from '../core/tools.ts';
import { bounds } from './bounds.ts';

/** Our name for the content-id of section 3.1 of the troubleshooting draft: changes when the content does. */
export const contentIdKey = 'ietf-mcp/content-id';

/**
 * What travels in a result's `_meta`: the signature and what is needed to check it, without the data, which is in the
 * result itself. Clients reorder keys and drop unknown ones, so nothing of the result's own form is signed.
 */
interface SignedMeta {
  statement: JsonObject;
  signature: string;
  /** Where the signature is over several statements: that this one is among them. */
  batch?: JsonObject;
  /** Left out on a peer link: there it is the one of the connection. */
  certificate?: string;
  /** SHA-256 over the canonical content: what the signer says. Whoever receives it recomputes it. */
  contentHash: string;
}

/** Whether the signer's certificate goes with every answer; whoever is at the other end of a peer link has seen it. */
export type CertificateSent = 'with-answers' | 'by-connection';

/** The result of tools/call, in the members that both protocol eras share. */
export function toolResultOf(answer: ServiceAnswer, sent: CertificateSent = 'with-answers'): JsonObject {
  const { content, data, isError } = answer;
  const _meta = { [metaKeys.signed]: signedMetaOf(answer, sent) };
  return { content, structuredContent: data, isError, _meta };
}

/**
 * Codes that accuse the arguments of a tool: MCP (2025-11-25 and 2026-07-28, "Error Handling" of tools) wants them in a
 * result, which a client shows to its model, so that it asks again with better ones.
 */
const argumentCodes = ['bad-input', 'unknown-node', 'unsupported-intent'] as const satisfies ErrorCode[];

/** The result of a tool that was not run because of its arguments; undefined for every other failure. */
export function argumentRefusalOf(error: unknown): JsonObject | undefined {
  if (!(error instanceof ConferError) || !(argumentCodes as ErrorCode[]).includes(error.code))
    return undefined;
  const content = [{ type: 'text', text: error.message }];
  return { content, isError: true, _meta: { [metaKeys.refused]: { reason: error.code } } };
}

const argumentRefusalShape = z.object({
  content: z.tuple([z.object({ text: z.string() })]),
  isError: z.literal(true),
  _meta: z.object({ [metaKeys.refused]: z.object({ reason: z.enum(argumentCodes) }) }),
});

/** What `argumentRefusalOf` was given; undefined for a result of any other form. */
export function argumentRefusalIn(result: unknown): ConferError | undefined {
  const refusal = argumentRefusalShape.safeParse(result).data;
  if (refusal === undefined) return undefined;
  return new ConferError(refusal._meta[metaKeys.refused].reason, refusal.content[0].text);
}

/** The result of resources/read. */
export function resourceResultOf(answer: ServiceAnswer, sent: CertificateSent = 'with-answers'): JsonObject {
  return {
    contents: answer.content,
    _meta: {
      [metaKeys.signed]: signedMetaOf(answer, sent),
      [contentIdKey]: answer.signed.answer.contentHash,
    },
  };
}

function signedMetaOf({ signed }: ServiceAnswer, sent: CertificateSent): SignedMeta & JsonObject {
  const { statement, signature, batch, certificate, answer } = signed;
  return {
    statement: { ...statement },
    signature,
    ...(batch !== undefined && { batch: { ...batch } }),
    ...(sent === 'with-answers' && { certificate }),
    contentHash: answer.contentHash,
  };
}

const metaShape = z.object({
  [metaKeys.signed]: z.looseObject({
    statement: z.unknown(),
    signature: z.unknown(),
    batch: z.unknown().optional(),
    certificate: z.unknown().optional(),
  }),
});

const toolResultShape = z.object({
  content: z.array(z.unknown()),
  structuredContent: z.record(z.string(), z.unknown()),
  isError: z.boolean().default(false),
  _meta: metaShape,
});

const resourceResultShape = z.object({
  contents: z.tuple([z.object({ text: z.string() })], z.unknown()),
  _meta: metaShape,
});

/**
 * The signed answer in a result of tools/call, not yet verified. `connection`, of a result that came over a peer link, is
 * the certificate that the link shows: it holds where the answer encloses none, and the message has passed the I-JSON
 * gate as a whole. Throws PeerError `malformed`.
 */
export function signedToolAnswer(result: unknown, node: string, connection?: string): SignedAnswer {
  const { content, isError, _meta } = parsed(toolResultShape, result, node);
  const { structuredContent } = result as { structuredContent: JsonObject };
  return assembled(
    { certificate: connection, ..._meta[metaKeys.signed] },
    connection === undefined ? strictJson(textOf(structuredContent, node), node) : structuredContent,
    content,
    isError,
    node,
  );
}

/** The same for a result of resources/read. */
export function signedResourceAnswer(result: unknown, node: string, connection?: string): SignedAnswer {
  const { contents, _meta } = parsed(resourceResultShape, result, node);
  const received = (result as { contents: unknown[] }).contents;
  const meta = { certificate: connection, ..._meta[metaKeys.signed] };
  return assembled(meta, strictJson(contents[0].text, node), received, false, node);
}

// Only the signature comes from `_meta`; whatever it covers is computed from what was received.
function assembled(
  meta: { statement?: unknown; signature?: unknown; batch?: unknown; certificate?: unknown },
  data: unknown,
  content: unknown[],
  isError: boolean,
  node: string,
): SignedAnswer {
  const { statement, signature, batch, certificate } = meta;
  const contentHash = hashOf(content, node);
  return parsed(
    signedAnswerShape,
    {
      statement,
      signature,
      ...(batch !== undefined && { batch }),
      certificate,
      answer: { data, contentHash, isError },
    },
    node,
  );
}

function hashOf(content: unknown[], node: string): string {
  try {
    return digestOf(content);
  } catch (cause) {
    throw new PeerError(
      'malformed',
      `The content of ${node}'s answer is no plain JSON: ${messageOf(cause)}`,
      {
        cause,
      },
    );
  }
}

// Over HTTP the SDK has parsed the result already, more freely than we would; its text tells what it took.
function textOf(value: JsonObject, node: string): string {
  try {
    return JSON.stringify(value);
  } catch (cause) {
    throw new PeerError('malformed', `The result of ${node} nests too deep.`, { cause });
  }
}

/** I-JSON (RFC 7493): what two readers could understand differently is no answer. */
function strictJson(text: string, node: string): JsonValue {
  try {
    return parseStrictJson(text, { bytesMax: limits.messageBytesMax, depthMax: bounds.jsonDepthMax });
  } catch (cause) {
    throw new PeerError('malformed', `The answer of ${node} is not strict JSON: ${messageOf(cause)}`, {
      cause,
    });
  }
}

function parsed<T>(shape: z.ZodType<T>, value: unknown, node: string): T {
  const outcome = shape.safeParse(value);
  if (outcome.success) return outcome.data;
  throw new PeerError(
    'malformed',
    `The answer of ${node} is not a signed one: ${mistakesOf(outcome.error, value, 'the answer')}.`,
  );
}
