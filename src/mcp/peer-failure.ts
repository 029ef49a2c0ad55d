import { ProtocolError, SdkError, SdkErrorCode } from '@modelcontextprotocol/client';
import { z } from 'zod';
import { ConferError, type ErrorCode, messageOf, PeerError, type UntrustedReason } from '../core/errors.ts';
import { httpFailureOf } from './http-failure.ts';
import { networkErrors } from './wire-errors.ts';

const reasonByNetworkCode: ReadonlyMap<number, UntrustedReason> = new Map([
  [networkErrors.accessDenied.code, 'unauthorised'],
  [networkErrors.timeout.code, 'timeout'],
]);

const errorData = z.object({ networkCode: z.number() });

/** What an agent says about the request itself: whoever asked has to ask otherwise, and the agent is not to blame. */
const requestCodes = [
  'bad-input',
  'unsupported-intent',
  'unknown-node',
  'not-found',
  'usage',
  'overloaded',
] as const satisfies readonly ErrorCode[];

const requestData = z.object({ reason: z.enum(requestCodes) });

/** The error that the agent itself raised about a request, with its code and sentence; undefined for anything else. */
export function requestErrorOf(error: unknown): ConferError | undefined {
  if (!(error instanceof ProtocolError)) return undefined;
  const data = requestData.safeParse(error.data);
  return data.success ? new ConferError(data.data.reason, error.message, { cause: error }) : undefined;
}

/** What dialling reports (MtlsError), and what operating systems and TLS call it. */
const authenticationCodes =
  /^(untrusted|handshake-failed|access-denied|EPROTO|CERT_|ERR_TLS|ERR_SSL|ERR_OSSL)/;
const timeoutCodes = /^(timeout|handshake-timeout|aborted|ETIMEDOUT)$/;

/**
 * Whatever went wrong with a peer, as the reason for not trusting its answer. A call that was given up is a timeout:
 * it accuses nobody.
 */
export function peerErrorOf(error: unknown, node: string, signal: AbortSignal): PeerError {
  if (error instanceof PeerError) return error;
  if (signal.aborted) {
    const late = signal.reason instanceof ConferError && signal.reason.code === 'timeout';
    const what = late
      ? `${node} did not answer in time: ${messageOf(signal.reason)}`
      : `The call to ${node} was given up.`;
    return new PeerError('timeout', what, { cause: signal.reason });
  }
  const failure = httpFailureOf(error);
  if (failure !== undefined)
    return new PeerError(failure.reason, `${node} ${failure.deed}.`, { cause: error });
  return new PeerError(reasonOf(error), `${node}: ${messageOf(error)}`, { cause: error });
}

function reasonOf(error: unknown): UntrustedReason {
  if (error instanceof ProtocolError) {
    const data = errorData.safeParse(error.data);
    return (data.success && reasonByNetworkCode.get(data.data.networkCode)) || 'refused';
  }
  if (error instanceof SdkError) {
    switch (error.code) {
      case SdkErrorCode.ConnectionClosed:
      case SdkErrorCode.NotConnected:
      case SdkErrorCode.SendFailed:
        return 'unreachable';
      case SdkErrorCode.RequestTimeout:
        return 'timeout';
      case SdkErrorCode.EraNegotiationFailed:
        return error.cause === undefined ? 'refused' : reasonOf(error.cause);
      default:
        return 'malformed';
    }
  }
  const code = codeOf(error);
  if (code === '' && error instanceof Error && error.cause !== undefined) return reasonOf(error.cause);
  if (authenticationCodes.test(code)) return 'authentication';
  if (timeoutCodes.test(code)) return 'timeout';
  return 'unreachable';
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return String(error.code);
}
