import { limits } from './limits.ts';
import { shortened } from './shortened.ts';

/** Why something could not be done. Local errors carry these codes; the MCP layer maps them to wire codes (draft-zeng-mcp-network-mgmt section 7). */
export type ErrorCode =
  | 'bad-input'
  | 'unsupported-intent'
  | 'unknown-node'
  | 'access-denied'
  | 'not-found'
  | 'timeout'
  | 'unreachable'
  | 'overloaded'
  | 'device-failure'
  | 'storage-failure'
  | 'cancelled'
  | 'usage';

/** An error whose message is one sentence that says what was wrong and what to do. */
export class ConferError extends Error {
  override readonly name = 'ConferError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Why a peer's answer cannot be used (troubleshooting draft, "Failure Handling": the node is marked untrusted).
 * A timeout accuses nobody: the peer may be a victim of the loss that is being looked for, so the mark expires.
 */
export type UntrustedReason =
  | 'timeout'
  | 'unreachable'
  | 'authentication'
  | 'unauthorised'
  | 'bad-signature'
  | 'replay'
  | 'refused'
  | 'malformed';

/** One call could not be served; that does not say that the node cannot be relied on. */
export function isHarmless(reason: UntrustedReason): boolean {
  return reason === 'refused' || reason === 'unauthorised';
}

/** It is not reached from here: another node may reach it. */
export function isLost(reason: UntrustedReason): boolean {
  return reason === 'timeout' || reason === 'unreachable';
}

/** A peer that did not give a usable answer. The message may quote the peer, so it is cut and made well formed. */
export class PeerError extends Error {
  override readonly name = 'PeerError';
  readonly reason: UntrustedReason;

  constructor(reason: UntrustedReason, message: string, options?: { cause?: unknown }) {
    super(shortened(message, limits.peerTextCharactersMax), options);
    this.reason = reason;
  }
}
