/** What the SDK and undici say about an exchange over HTTP, as what the other end did. */
import { ProtocolError, SdkError, SdkErrorCode, SdkHttpError } from '@modelcontextprotocol/client';
import type { UntrustedReason } from '../core/errors.ts';

/** An end that was asked over HTTP and gave no answer. */
export interface HttpFailure {
  reason: UntrustedReason;
  /** What follows its name in a sentence. */
  deed: string;
}

/** Undefined for what says it in words of its own. */
export function httpFailureOf(error: unknown): HttpFailure | undefined {
  if (error instanceof SdkHttpError) return refusalOf(error.status);
  const root = rootOf(error);
  if (!(error instanceof SdkError) && root === error) return undefined;
  if (/^(?:UND_ERR_|ECONNRESET$|EPIPE$)/.test(codeOf(root)))
    return { reason: 'unreachable', deed: 'hung up before it had answered' };
  const isOdd =
    (root instanceof SdkError && root.code === SdkErrorCode.ClientHttpUnexpectedContent) ||
    (root instanceof Error && oddities.includes(root.constructor.name));
  return isOdd
    ? {
        reason: 'malformed',
        deed: 'answered with something that is no MCP: no agent of ours listens there',
      }
    : undefined;
}

/** Errors of JSON, of zod and of undici about what cannot be read. */
const oddities = ['SyntaxError', 'ZodError', '$ZodError', 'HTTPParserError'];

function refusalOf(status: number | undefined): HttpFailure {
  // Before anything is asked, whoever is not admitted reads 403: it is the certificate that is refused.
  return status === 401 || status === 403
    ? { reason: 'authentication', deed: 'does not admit our certificate' }
    : { reason: 'refused', deed: `answered with HTTP status ${status}` };
}

/** The first cause, behind at most so many others. */
function rootOf(error: unknown): unknown {
  let root = error;
  for (let depth = 0; depth < 8; depth += 1) {
    if (root instanceof ProtocolError || !(root instanceof Error) || root.cause === undefined) return root;
    root = root.cause;
  }
  return root;
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}
