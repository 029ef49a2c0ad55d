/** Mutual TLS sockets in the words of the MCP layer. */
import type { Duplex } from 'node:stream';
import { roleOf } from '../../crypto/certificate.ts';
import { PeerError } from '../core/errors.ts';
import type { Caller } from '../core/service.ts';
import type { DialedSocket } from '../mcp/client.ts';
import { dialMtls, type Identity, MtlsError, peerOf } from '../system/mtls.ts';

/** Who is at the other end, by certificate. */
export function callerOf(socket: Duplex): Caller | undefined {
  const peer = peerOf(socket);
  return peer && { name: peer.node, role: roleOf(peer.certificatePem), thumbprint: peer.thumbprint };
}

/** Throws PeerError. */
export async function dialPeer(
  identity: Identity,
  host: string,
  port: number,
  expected: { node?: string; thumbprint?: string | undefined; signal: AbortSignal },
): Promise<DialedSocket> {
  const { signal, ...advertised } = expected;
  try {
    const socket = await dialMtls({ identity, host, port, expected: advertised, signal });
    const peer = peerOf(socket);
    if (peer === undefined) throw new PeerError('authentication', `${host} was not admitted.`);
    return { socket, node: peer.node, certificate: peer.certificatePem, thumbprint: peer.thumbprint };
  } catch (error) {
    if (!(error instanceof MtlsError)) throw error;
    throw new PeerError(reasons[error.code], error.message, { cause: error });
  }
}

const reasons = {
  unreachable: 'unreachable',
  'handshake-failed': 'authentication',
  'handshake-timeout': 'timeout',
  'own-certificate-expired': 'authentication',
  untrusted: 'authentication',
  aborted: 'timeout',
} as const;
