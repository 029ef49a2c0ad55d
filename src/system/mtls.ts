import { constants, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import tls, { type TLSSocket } from 'node:tls';
import { type Admission, type AdmissionRefusal, type Advertised, admit } from '../../crypto/admission.ts';
import { notAfterOf } from '../../crypto/certificate.ts';
import { AddressQuota } from './address-quota.ts';

// Mutual TLS 1.3 between devices (T22, N19). Whom it lets in is decided by crypto/admission.ts; this file closes the
// traps of the TLS stack around that rule:
//
//   net.Server --quota--> tls.Server --5 s--> judge() --admitted--> onConnection(socket): an HTTP server takes over
//       |                     |                   |                      |
//       +- destroyed          +- destroyed        +- told why, closed    +- destroyed at the first notAfter

/** Who a device is, and whom it trusts: all in PEM. */
export interface Identity {
  node: string;
  certificatePem: string;
  keyPem: string;
  authorityPem: string;
  revocationListPem?: string | undefined;
}

/** The authenticated other end of a connection. */
export interface AdmittedPeer {
  node: string;
  /** SHA-256 of the peer's DER certificate, lowercase hex. */
  thumbprint: string;
  certificatePem: string;
}

/** Bounds of a listener. */
export interface MtlsLimits {
  /** A client that has not finished the handshake by then is cut off (security: slow clients). */
  handshakeTimeoutMs: number;
  /** Open connections, handshakes included. */
  connectionsMax: number;
  /** Handshakes in progress: each costs signatures before the client has proved anything. */
  handshakesMax: number;
  /** New connections of one address per second, on average; twice as many at once. */
  connectionsPerSecondMax: number;
}

export const mtlsLimits: MtlsLimits = {
  handshakeTimeoutMs: 5000,
  connectionsMax: 512,
  handshakesMax: 64,
  connectionsPerSecondMax: 100,
};

export type MtlsRefusal = AdmissionRefusal | 'handshake-failed' | 'handshake-timeout' | 'over-quota';

/** For the audit trail: who was turned away, and why. */
export interface Refusal {
  address: string;
  reason: MtlsRefusal;
  detail: string;
}

export interface MtlsListener {
  host: string;
  port: number;
  /**
   * Serves under a new certificate or revocation list from now on, and cuts open connections whose peer it no longer
   * admits. The others live until the certificates expire that they were made with.
   */
  rotate(identity: Identity): void;
  /** Stops listening and destroys every connection. */
  close(): Promise<void>;
}

/** Why no connection came about. `code` is `untrusted` when the server's certificate was not the expected one. */
export class MtlsError extends Error {
  override readonly name = 'MtlsError';
  readonly code: 'unreachable' | 'handshake-failed' | 'handshake-timeout' | 'untrusted' | 'aborted';
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

const peers = new WeakMap<object, AdmittedPeer>();

/** The admitted peer of a socket of `listenMtls` or `dialMtls`; undefined for every other socket. */
export function peerOf(socket: object): AdmittedPeer | undefined {
  return peers.get(socket);
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
  const socket = tls.connect({ ...connectOptions(identity, expected), host, port });
  // Until the caller listens: an error after the handshake ends the connection, not the process.
  socket.on('error', () => {});
  let givenUp: MtlsError | undefined;
  const giveUp = (error: MtlsError) => {
    givenUp ??= error;
    socket.destroy(error);
  };
  const late = () =>
    giveUp(new MtlsError('handshake-timeout', `${where} did not finish TLS in ${timeoutMs} ms.`));
  const timer = setTimeout(late, timeoutMs);
  const onAbort = () => giveUp(new MtlsError('aborted', `The connection to ${where} was given up.`));
  options.signal?.addEventListener('abort', onAbort, { once: true });
  try {
    await once(socket, 'secureConnect');
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

// Every option that a secure context has, each time: setSecureContext resets those that it is not given, and would so
// bring back TLS 1.2 and session tickets. A resumed session skips the certificate checks, so none is ever issued.
function secureOptions(identity: Identity): tls.SecureContextOptions {
  return {
    cert: identity.certificatePem,
    key: identity.keyPem,
    ca: [identity.authorityPem],
    ...(identity.revocationListPem ? { crl: identity.revocationListPem } : {}),
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
}

class Listener implements MtlsListener {
  host = '';
  port = 0;
  #identity: Identity;
  readonly #limits: MtlsLimits;
  readonly #onConnection: (socket: TLSSocket, peer: AdmittedPeer) => void;
  readonly #onRefused: (refusal: Refusal) => void;
  readonly #tcp: Server;
  readonly #tls: tls.Server;
  readonly #quota: AddressQuota;
  readonly #handshakes = new Map<Socket, NodeJS.Timeout>();
  readonly #open = new Set<Socket>();
  readonly #admitted = new Set<TLSSocket>();

  constructor(
    identity: Identity,
    limits: MtlsLimits,
    onConnection: (socket: TLSSocket, peer: AdmittedPeer) => void,
    onRefused: (refusal: Refusal) => void,
  ) {
    this.#identity = identity;
    this.#limits = limits;
    this.#onConnection = onConnection;
    this.#onRefused = onRefused;
    this.#quota = new AddressQuota(limits.connectionsPerSecondMax);
    this.#tls = tls.createServer({
      ...secureOptions(identity),
      ALPNProtocols: ['http/1.1'],
      requestCert: true,
      // Not to let anybody in: `judge` refuses whom OpenSSL refuses. But Node would hang up without a word.
      rejectUnauthorized: false,
    });
    this.#tls.on('secureConnection', (socket) => this.#judge(socket));
    this.#tls.on('tlsClientError', (error, socket) => {
      this.#refuse(socket, 'handshake-failed', error.message);
      socket.destroy();
    });
    this.#tcp = createServer({ noDelay: true }, (socket) => this.#accept(socket));
  }

  async listen(host: string, port: number): Promise<this> {
    this.#tcp.listen(port, host);
    await once(this.#tcp, 'listening');
    const address = this.#tcp.address() as AddressInfo;
    this.host = address.address;
    this.port = address.port;
    return this;
  }

  rotate(identity: Identity): void {
    this.#identity = identity;
    this.#tls.setSecureContext(secureOptions(identity));
    for (const socket of this.#admitted) {
      const verdict = judgePem(peerOf(socket)?.certificatePem, identity, undefined);
      if (verdict.ok) continue;
      this.#refuse(socket, verdict.reason, verdict.detail);
      socket.destroy();
    }
  }

  async close(): Promise<void> {
    const closed = once(this.#tcp, 'close');
    this.#tcp.close();
    for (const socket of this.#open) socket.destroy();
    await closed;
  }

  // Before TLS: what a stranger can make us do is bounded here.
  #accept(socket: Socket): void {
    const { handshakeTimeoutMs, handshakesMax, connectionsMax } = this.#limits;
    const full = this.#open.size >= connectionsMax || this.#handshakes.size >= handshakesMax;
    if (full || !this.#quota.take(socket.remoteAddress ?? '', Date.now())) {
      this.#refuse(socket, 'over-quota', full ? 'The listener is full.' : 'The address connects too often.');
      socket.destroy();
      return;
    }
    this.#open.add(socket);
    // The whole handshake has one deadline, and a real one: Node's own only reports an error.
    const late = () => {
      this.#refuse(socket, 'handshake-timeout', `No TLS handshake within ${handshakeTimeoutMs} ms.`);
      socket.destroy();
    };
    this.#handshakes.set(socket, setTimeout(late, handshakeTimeoutMs));
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      this.#endHandshake(socket);
      this.#open.delete(socket);
    });
    this.#tls.emit('connection', socket);
  }

  #endHandshake(socket: Socket): void {
    clearTimeout(this.#handshakes.get(socket));
    this.#handshakes.delete(socket);
  }

  #judge(socket: TLSSocket): void {
    socket.on('error', () => socket.destroy());
    const verdict = judge(socket, this.#identity, undefined);
    if (!verdict.ok) {
      this.#refuse(socket, verdict.reason, verdict.detail);
      tellRefusal(socket, verdict);
      return;
    }
    const peer = registerPeer(socket, verdict, this.#identity);
    this.#admitted.add(socket);
    socket.once('close', () => this.#admitted.delete(socket));
    this.#onConnection(socket, peer);
  }

  #refuse(socket: Socket, reason: MtlsRefusal, detail: string): void {
    this.#onRefused({ address: socket.remoteAddress ?? '', reason, detail });
  }
}

type Refused = Extract<Admission, { ok: false }>;

// OpenSSL's verdict on the handshake and ours on the certificate: both must be good.
function judge(socket: TLSSocket, identity: Identity, expected: Advertised | undefined): Admission {
  const verdict = judgePem(socket.getPeerX509Certificate()?.toString(), identity, expected);
  if (!verdict.ok || socket.authorized) return verdict;
  return { ok: false, reason: 'untrusted-authority', detail: `OpenSSL says: ${socket.authorizationError}.` };
}

function judgePem(pem: string | undefined, identity: Identity, expected: Advertised | undefined): Admission {
  const trust = {
    authority: identity.authorityPem,
    now: Date.now(),
    revocations: identity.revocationListPem,
  };
  return admit(pem, expected, trust);
}

function registerPeer(
  socket: TLSSocket,
  admitted: Extract<Admission, { ok: true }>,
  own: Identity,
): AdmittedPeer {
  const certificatePem = socket.getPeerX509Certificate()?.toString() ?? '';
  const peer = { node: admitted.node, thumbprint: admitted.thumbprint, certificatePem };
  peers.set(socket, peer);
  destroyAt(socket, Math.min(notAfterOf(certificatePem), notAfterOf(own.certificatePem)));
  return peer;
}

/** The longest delay that a timer takes: beyond 2^31 - 1 ms it would fire at once. */
const timerMsMax = 2 ** 31 - 1;

// TLS looks at certificates once; a connection would outlive them for ever.
function destroyAt(socket: TLSSocket, at: number): void {
  let timer: NodeJS.Timeout;
  const wait = () => {
    const left = at - Date.now();
    if (left <= 0) {
      socket.destroy();
      return;
    }
    timer = setTimeout(wait, Math.min(left, timerMsMax)).unref();
  };
  socket.once('close', () => clearTimeout(timer));
  wait();
}

/** How long a refused client may take to ask, and then to hang up. */
const farewellMs = 1000;

// An HTTP client takes an answer only after it has asked, so the reason waits for the first bytes of the request.
function tellRefusal(socket: TLSSocket, { reason, detail }: Refused): void {
  const body = JSON.stringify({ error: 'refused', reason, detail });
  const timer = setTimeout(() => socket.destroy(), farewellMs);
  socket.once('close', () => clearTimeout(timer));
  socket.once('data', () => {
    socket.pause(); // Nothing more is read from somebody whom we do not know.
    socket.end(
      `HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
        `Connection: close\r\n\r\n${body}`,
    );
    timer.refresh();
  });
}

function pemOf(der: Buffer): string {
  return new X509Certificate(der).toString();
}

function asDialError(cause: unknown, where: string): MtlsError {
  if (cause instanceof MtlsError) return cause;
  const { code = '', message } = cause as NodeJS.ErrnoException;
  const reason = openSslReasons[code];
  if (reason)
    return new MtlsError('untrusted', `${where} is not one of our devices: ${message}.`, { cause, reason });
  if (code.startsWith('ERR_SSL') || code === 'ECONNRESET' || code === 'EPROTO') {
    return new MtlsError('handshake-failed', `${where} does not speak our TLS 1.3: ${message}.`, { cause });
  }
  return new MtlsError('unreachable', `${where} cannot be reached: ${message}.`, { cause });
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
