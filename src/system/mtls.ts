import { X509Certificate } from 'node:crypto';
import tls, { type TLSSocket } from 'node:tls';
import type { AdmissionRefusal, Advertised } from '../../crypto/admission.ts';
import { notAfterOf } from '../../crypto/certificate.ts';
import { Listener, type MtlsLimits, type MtlsListener, mtlsLimits, type Refusal } from './mtls-listener.ts';
import {
  type AdmittedPeer,
  type Identity,
  judge,
  judgePem,
  registerPeer,
  secureOptions,
} from './mtls-peer.ts';
import { whyNot } from './system-errors.ts';

export {
  type MtlsLimits,
  type MtlsListener,
  type MtlsRefusal,
  mtlsLimits,
  type Refusal,
} from './mtls-listener.ts';
export { type AdmittedPeer, type Identity, judgePem, peerOf } from './mtls-peer.ts';

// Mutual TLS 1.3 between devices (T22, N19): listen and dial. Whom it lets in is decided by crypto/admission.ts; these
// files close the traps of the TLS stack around that rule.

/** Why no connection came about. `code` is `untrusted` when the server's certificate was not the expected one. */
export class MtlsError extends Error {
  override readonly name = 'MtlsError';
  readonly code:
    | 'unreachable'
    | 'handshake-failed'
    | 'handshake-timeout'
    | 'untrusted'
    | 'own-certificate-expired'
    | 'aborted';
  /** With `untrusted`: which rule the server's certificate broke. */
  readonly reason: AdmissionRefusal | undefined;

  constructor(
    code: MtlsError['code'],
    message: string,
    options?: { cause?: unknown; reason?: AdmissionRefusal | undefined },
  ) {
    super(message, options);
    this.code = code;
    this.reason = options?.reason;
  }
}

/**
 * Listens for devices. `onConnection` receives admitted sockets only, each with a `peerOf`; hand them to an HTTP server
 * with `httpServer.emit('connection', socket)`. That server bounds what an admitted client may do: give it
 * `headersTimeout`, `requestTimeout` and a short `connectionsCheckingInterval`.
 *
 * A client that is refused has completed its handshake, since in TLS 1.3 the client finishes first. Its first request
 * is therefore answered with 403 and the reason as JSON: `{"error":"refused","reason":...,"detail":...}`.
 */
export async function listenMtls(options: {
  identity: Identity;
  host: string;
  /** 0 lets the system choose. */
  port: number;
  onConnection(socket: TLSSocket, peer: AdmittedPeer): void;
  onRefused?: ((refusal: Refusal) => void) | undefined;
  limits?: Partial<MtlsLimits> | undefined;
}): Promise<MtlsListener> {
  const limits = { ...mtlsLimits, ...options.limits };
  const listener = new Listener(
    options.identity,
    limits,
    options.onConnection,
    options.onRefused ?? (() => {}),
  );
  return listener.listen(options.host, options.port);
}

/**
 * Connects to a device and authenticates it: resolves with a socket whose `peerOf` is the expected node.
 *
 * The server has not accepted us yet. In TLS 1.3 a client is done before the server has read the client's certificate,
 * so call the peer trusted only after its first good answer; a refused client reads a 403, or the end of the stream.
 *
 * Rejects with MtlsError. For `undici`: `connect: (_, done) => dialMtls(...).then((s) => done(null, s), (e) => done(e, null))`;
 * for `ws`: `createConnection: () => socket` with the socket that this resolved to and a `ws://` address.
 */
export async function dialMtls(options: {
  identity: Identity;
  host: string;
  port: number;
  /** From an advertisement, or only a name; undefined takes any device of our authority. */
  expected: Advertised | undefined;
  timeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
}): Promise<TLSSocket> {
  const { identity, host, port, expected } = options;
  const timeoutMs = options.timeoutMs ?? mtlsLimits.handshakeTimeoutMs;
  const where = `${host} port ${port}`;
  if (options.signal?.aborted) throw new MtlsError('aborted', `The connection to ${where} was given up.`);
  if (notAfterOf(identity.certificatePem) <= Date.now()) {
    const message = `The certificate of ${identity.node} has expired; have it reissued before connecting to ${where}.`;
    throw new MtlsError('own-certificate-expired', message);
  }
  const socket = tls.connect({ ...connectOptions(identity, expected), host, port });
  // Until the caller listens: an error after the handshake ends the connection, not the process.
  socket.on('error', () => {});
  let givenUp: MtlsError | undefined;
  const giveUp = (error: MtlsError) => {
    givenUp ??= error;
    socket.destroy(error);
  };
  const late = () =>
    giveUp(
      new MtlsError(
        'handshake-timeout',
        `${where} did not finish TLS in ${timeoutMs} ms: nobody answers there, or it is no agent.`,
      ),
    );
  const timer = setTimeout(late, timeoutMs);
  const onAbort = () => giveUp(new MtlsError('aborted', `The connection to ${where} was given up.`));
  options.signal?.addEventListener('abort', onAbort, { once: true });
  try {
    await untilSecure(socket);
  } catch (cause) {
    throw givenUp ?? asDialError(cause, where);
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', onAbort);
  }
  const verdict = judge(socket, identity, expected);
  if (!verdict.ok) {
    socket.destroy();
    throw new MtlsError('untrusted', `${where} is not the expected device: ${verdict.detail}`, verdict);
  }
  registerPeer(socket, verdict, identity);
  return socket;
}

/**
 * The options of `tls.connect` for a device of `identity`: they refuse every server that `admit` refuses.
 * `dialMtls` is to be preferred, as it also closes the connection when a certificate expires.
 */
export function connectOptions(identity: Identity, expected: Advertised | undefined): tls.ConnectionOptions {
  return {
    ...secureOptions(identity),
    ALPNProtocols: ['http/1.1'],
    rejectUnauthorized: true,
    // The certificate names a node, not a host: where it was reached says nothing about who it is.
    servername: '',
    checkServerIdentity: (_host, certificate) => {
      const verdict = judgePem(certificate.raw && pemOf(certificate.raw), identity, expected);
      if (verdict.ok) return undefined;
      return new MtlsError('untrusted', `The server is not the expected device: ${verdict.detail}`, verdict);
    },
  };
}

function untilSecure(socket: TLSSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
    socket.once('close', () => reject(Object.assign(new Error('it hung up'), { code: 'ECONNRESET' })));
  });
}

function pemOf(der: Buffer): string {
  return new X509Certificate(der).toString();
}

function asDialError(cause: unknown, where: string): MtlsError {
  if (cause instanceof MtlsError) return cause;
  const { code = '' } = cause as NodeJS.ErrnoException;
  const why = code.startsWith('ERR_SSL_') ? opensslWords(code) : whyNot(cause);
  const reason = openSslReasons[code];
  if (reason)
    return new MtlsError('untrusted', `${where} is not one of our devices: ${why}.`, { cause, reason });
  if (code.startsWith('ERR_SSL') || code === 'ECONNRESET' || code === 'EPROTO') {
    return new MtlsError('handshake-failed', `${where} does not speak our TLS 1.3: ${why}.`, { cause });
  }
  return new MtlsError('unreachable', `${where} cannot be reached: ${why}.`, { cause });
}

/** "wrong version number": what follows in its message are places in OpenSSL's sources. */
function opensslWords(code: string): string {
  return code.slice('ERR_SSL_'.length).toLowerCase().replaceAll('_', ' ');
}

// What OpenSSL calls the refusals, in the words of admission.
const openSslReasons: Record<string, AdmissionRefusal> = {
  CERT_HAS_EXPIRED: 'expired',
  CERT_NOT_YET_VALID: 'not-yet-valid',
  CERT_REVOKED: 'revoked',
  CRL_HAS_EXPIRED: 'stale-revocation-list',
  CRL_NOT_YET_VALID: 'stale-revocation-list',
  UNABLE_TO_GET_CRL: 'stale-revocation-list',
  INVALID_PURPOSE: 'wrong-usage',
  CERT_SIGNATURE_FAILURE: 'untrusted-authority',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'untrusted-authority',
  SELF_SIGNED_CERT_IN_CHAIN: 'untrusted-authority',
  UNABLE_TO_GET_ISSUER_CERT: 'untrusted-authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'untrusted-authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'untrusted-authority',
};
