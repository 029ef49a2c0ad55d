/**
 * A request that another node carries to the one that it is for, because whoever asks cannot reach that one. The asker
 * signs it, so that the carrier can neither invent a question nor change, keep or redirect one; the answer is signed for
 * the asker, as if the two had spoken to each other.
 */
import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import { canonicalBytes, type JsonObject } from './canonical.ts';
import { nodeNameOf } from './certificate.ts';
import { type Operation, operationShape, signBytes, verifyBytes } from './envelope.ts';
import { CryptoError } from './errors.ts';
import { publicKeyOf } from './keys.ts';

/** Everything that the asker says: this question, to this node, by way of this relay, in this session, once. */
export interface CarriedRequest {
  operation: Operation;
  arguments: JsonObject;
  session: string;
  caller: string;
  /** Who is to answer. */
  node: string;
  /** Who may carry it: nobody else. */
  relay: string;
  /** What the caller offers and asks for: the node negotiates as on a connection. */
  capabilities: readonly string[];
  /** Of the same series as those of the caller's own answers. */
  nonce: number;
  /** ISO 8601, by the caller's own clock. */
  signedAt: string;
}

export interface SignedRequest {
  request: CarriedRequest;
  /** Unpadded base64url of an ed25519 signature. */
  signature: string;
  /** The caller's certificate, PEM. */
  certificate: string;
}

/** The type that is signed with every request, so that none passes for another record. */
const requestType = 'application/vnd.confer.request.v1+json';

export function sealRequest(
  request: CarriedRequest,
  key: { privateKey: KeyObject; certificatePem: string },
): SignedRequest {
  const signature = signBytes(requestType, bytesOf(request), key.privateKey);
  return { request, signature, certificate: key.certificatePem };
}

/**
 * What about the signature does not hold; undefined when the certificate's key signed exactly this request and the
 * certificate names the caller. Who issued that certificate is for `admit` to say.
 */
export function requestFault({ request, signature, certificate }: SignedRequest): string | undefined {
  try {
    if (!verifyBytes(requestType, bytesOf(request), signature, publicKeyOf(certificate)))
      return `the signature is not ${request.caller}'s over this request`;
    const named = nodeNameOf(certificate);
    return named === request.caller
      ? undefined
      : `the request names ${request.caller}, its certificate ${named}`;
  } catch (error) {
    if (!(error instanceof CryptoError)) throw error;
    return `it cannot be read: ${error.message}`;
  }
}

function bytesOf(request: CarriedRequest): Uint8Array {
  return canonicalBytes(request as unknown as JsonObject);
}

const nameShape = z.string().min(1).max(256);

/** Whoever takes a request from outside checks it with this first. */
export const signedRequestShape: z.ZodType<SignedRequest> = z.strictObject({
  request: z.strictObject({
    operation: operationShape,
    arguments: z.record(z.string(), z.json()) as z.ZodType<JsonObject>,
    session: nameShape,
    caller: nameShape,
    node: nameShape,
    relay: nameShape,
    capabilities: z.array(z.string().min(1).max(128)).max(64),
    nonce: z.int().positive(),
    signedAt: z.iso.datetime(),
  }),
  signature: z.string().length(86),
  certificate: z.string().max(16_384),
});
