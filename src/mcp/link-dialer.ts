import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import { PeerError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Clock } from '../core/ports.ts';
import { linkPath, linkProtocol, PeerLink } from './peer-link.ts';

/**
 * Opens the peer link over a mutual-TLS socket to `node`, and owns the socket from then on. Throws PeerError.
 *
 * In TLS 1.3 the client is done before the server has judged its certificate: a server that refuses us answers 403, or
 * hangs up before its first answer. Both are `authentication`.
 */
export function openLink(socket: Duplex, node: string, clock: Clock, signal: AbortSignal): Promise<PeerLink> {
  return new Promise((resolve, reject) => {
    const webSocket = new WebSocket(`ws://peer${linkPath}`, linkProtocol, {
      createConnection: () => socket as never,
      maxPayload: limits.messageBytesMax + 1,
      perMessageDeflate: false,
      followRedirects: false,
    });
    const fail = (error: PeerError) => {
      signal.removeEventListener('abort', onAbort);
      webSocket.on('error', () => {}); // said when terminated before it was open
      webSocket.terminate();
      socket.destroy();
      reject(error);
    };
    const onAbort = () => fail(new PeerError('timeout', `${node} did not open the peer link in time.`));
    signal.addEventListener('abort', onAbort, { once: true });
    webSocket.once('open', () => {
      signal.removeEventListener('abort', onAbort);
      webSocket.removeAllListeners();
      resolve(new PeerLink(webSocket, { opener: true, clock, socket }));
    });
    webSocket.once('unexpected-response', (_request, response) => fail(refusal(node, response)));
    webSocket.once('error', (cause) => {
      const message = `${node} hung up before its first answer, as it does when it refuses our certificate.`;
      fail(new PeerError('authentication', message, { cause }));
    });
    if (signal.aborted) onAbort();
  });
}

function refusal(node: string, { statusCode }: IncomingMessage): PeerError {
  if (statusCode === 401 || statusCode === 403) {
    return new PeerError('authentication', `${node} refuses our certificate (HTTP status ${statusCode}).`);
  }
  return new PeerError('refused', `${node} opens no peer link (HTTP status ${statusCode}).`);
}
