import { type JsonValue, parseStrictJson } from '../../crypto/canonical.ts';
import { CryptoError } from '../../crypto/errors.ts';
import { limits } from '../core/limits.ts';
import { bounds } from './bounds.ts';

/** JSON-RPC 2.0 section 5.1. */
export const rpcCodes = {
  parseError: -32700,
  invalidRequest: -32600,
  invalidParams: -32602,
  internalError: -32603,
} as const;

/** A message as every JSON reader understands it, or what to answer. */
export type StrictMessage =
  | { ok: true; value: JsonValue }
  | { ok: false; code: number; message: string; tooLarge: boolean };

/**
 * The I-JSON gate (RFC 7493) before anything is dispatched: what two readers could understand differently gets no
 * further. -32700 for what is no JSON, -32600 for what is refused: duplicate names, `__proto__`, depth, size, numbers
 * that no double holds.
 */
export function strictMessage(bytes: Uint8Array): StrictMessage {
  try {
    const value = parseStrictJson(bytes, { bytesMax: limits.messageBytesMax, depthMax: bounds.jsonDepthMax });
    return { ok: true, value };
  } catch (error) {
    if (!(error instanceof CryptoError)) throw error;
    return {
      ok: false,
      code: error.code === 'not-json' ? rpcCodes.parseError : rpcCodes.invalidRequest,
      message: error.message,
      tooLarge: error.code === 'too-large',
    };
  }
}
