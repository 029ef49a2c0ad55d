import { constants } from 'node:crypto';
import type tls from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { type Admission, type Advertised, admit } from '../../crypto/admission.ts';
import { notAfterOf } from '../../crypto/certificate.ts';

// What both ends of a mutual TLS connection share: who we are, how the other is judged, and when the connection ends.

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

const peers = new WeakMap<object, AdmittedPeer>();

/** The admitted peer of a socket of `listenMtls` or `dialMtls`; undefined for every other socket. */
export function peerOf(socket: object): AdmittedPeer | undefined {
  return peers.get(socket);
}

/** OpenSSL's verdict on the handshake and ours on the certificate: both must be good. */
export function judge(socket: TLSSocket, identity: Identity, expected: Advertised | undefined): Admission {
  const verdict = judgePem(socket.getPeerX509Certificate()?.toString(), identity, expected);
  if (!verdict.ok || socket.authorized) return verdict;
  return { ok: false, reason: 'untrusted-authority', detail: `OpenSSL says: ${socket.authorizationError}.` };
}

/** The one rule of admission, for the time that it is now. */
export function judgePem(
  pem: string | undefined,
  identity: Identity,
  expected: Advertised | undefined,
): Admission {
  const trust = {
    authority: identity.authorityPem,
    now: Date.now(),
    revocations: identity.revocationListPem,
  };
  return admit(pem, expected, trust);
}

/** Whether `identity` still admits the peer of a socket that was admitted before. */
export function judgeAgain(socket: object, identity: Identity): Admission {
  return judgePem(peerOf(socket)?.certificatePem, identity, undefined);
}

/** Makes the admitted peer known to `peerOf`, and lets the connection end with the first certificate that expires. */
export function registerPeer(
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

/**
 * Every option that a secure context has, each time: setSecureContext resets those that it is not given, and would so
 * bring back TLS 1.2 and session tickets. A resumed session skips the certificate checks, so none is ever issued.
 */
export function secureOptions(identity: Identity): tls.SecureContextOptions {
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
