import { ConferError, type ErrorCode } from '../core/errors.ts';
import { rpcCodes } from './strict-message.ts';

/** `legacy` is 2025-11-25 and earlier, with its handshake; `modern` is 2026-07-28, where every request stands alone. */
export type Era = 'legacy' | 'modern';

/** A JSON-RPC error object. */
export interface WireError {
  code: number;
  message: string;
  data: { reason: ErrorCode | 'internal'; networkCode?: number; networkName?: string };
}

/** Error codes of draft-zeng-mcp-network-mgmt section 7. */
export const networkErrors = {
  timeout: { code: -32081, name: 'Network.Timeout' },
  unreachable: { code: -32082, name: 'Network.Unreachable' },
  accessDenied: { code: -32083, name: 'Network.AccessDenied' },
} as const;

const byErrorCode: Partial<Record<ErrorCode, { code: number; name: string }>> = {
  timeout: networkErrors.timeout,
  unreachable: networkErrors.unreachable,
  'access-denied': networkErrors.accessDenied,
};

const rpcByErrorCode: Record<Exclude<ErrorCode, 'timeout' | 'unreachable' | 'access-denied'>, number> = {
  'bad-input': rpcCodes.invalidParams,
  'unsupported-intent': rpcCodes.invalidParams,
  'unknown-node': rpcCodes.invalidParams,
  'not-found': rpcCodes.invalidParams,
  usage: rpcCodes.invalidParams,
  overloaded: -31090,
  cancelled: -31091,
  'device-failure': rpcCodes.internalError,
  'storage-failure': rpcCodes.internalError,
};

/**
 * 2026-07-28 reserves -32020..-32099 for itself, so there the draft's codes move by 1,000, out of all that JSON-RPC and
 * MCP reserve (-32768..-32000). `data.networkCode` carries the draft's own code in both eras.
 */
const modernShift = 1_000;

/** What is told about a failure. Nothing of an unforeseen one: it may quote what the caller must not see. */
export function wireErrorOf(error: unknown, era: Era): WireError {
  if (!(error instanceof ConferError)) {
    return {
      code: rpcCodes.internalError,
      message: 'The agent failed; see its log.',
      data: { reason: 'internal' },
    };
  }
  const network = byErrorCode[error.code];
  if (network) {
    return {
      code: era === 'legacy' ? network.code : network.code + modernShift,
      message: `${network.name}: ${error.message}`,
      data: { reason: error.code, networkCode: network.code, networkName: network.name },
    };
  }
  const code = rpcByErrorCode[error.code as keyof typeof rpcByErrorCode];
  return { code, message: error.message, data: { reason: error.code } };
}
