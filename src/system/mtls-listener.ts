import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import tls, { type TLSSocket } from 'node:tls';
import type { AdmissionRefusal } from '../../crypto/admission.ts';
import { AddressQuota } from './address-quota.ts';
import {
  type AdmittedPeer,
  type Identity,
  judge,
  judgeAgain,
  peerOf,
  registerPeer,
  secureOptions,
} from './mtls-peer.ts';

// The accepting end of mutual TLS: how a stranger becomes an admitted peer, or is turned away.
//
//   net.Server --quota--> tls.Server --5 s--> judge() --admitted--> onConnection(socket): an HTTP server takes over
//       |                     |                   |                      |
//       +- destroyed          +- destroyed        +- told why, closed    +- destroyed at the first notAfter

/** Bounds of a listener. */
export interface MtlsLimits {
  /** A client that has not finished the handshake by then is cut off (security: slow clients). */
  handshakeTimeoutMs: number;
  /** Open connections, handshakes included. */
  connectionsMax: number;
  /** Open connections of one certificate: one device must not take the places of the others. */
  connectionsOfOnePeerMax: number;
  /**
   * Handshakes in progress: each costs signatures before the client has proved anything. Beyond it the one that waits
   * longest gives way: an honest client is done in milliseconds.
   */
  handshakesMax: number;
  /** Handshakes in progress of one address: one host must not take the places of the others. */
  handshakesOfOneAddressMax: number;
  /** New connections of one address per second, on average; twice as many at once. */
  connectionsPerSecondMax: number;
}

export const mtlsLimits: MtlsLimits = {
  handshakeTimeoutMs: 5000,
  connectionsMax: 512,
  connectionsOfOnePeerMax: 64,
  handshakesMax: 64,
  handshakesOfOneAddressMax: 32,
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

type Refused = Pick<Refusal, 'reason' | 'detail'>;

export class Listener implements MtlsListener {
  host = '';
  port = 0;
  #identity: Identity;
  readonly #limits: MtlsLimits;
  readonly #onConnection: (socket: TLSSocket, peer: AdmittedPeer) => void;
  readonly #onRefused: (refusal: Refusal) => void;
  readonly #tcp: Server;
  readonly #tls: tls.Server;
  readonly #quota: AddressQuota;
  /** By address and port of the client, which TCP and TLS sockets of one connection have in common. */
  readonly #handshakes = new Map<string, Handshake>();
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
    this.#tls.on('secureConnection', (socket) => this.#finish(socket));
    this.#tls.on('tlsClientError', (error, socket) => {
      this.#handshakes.get(clientOf(socket))?.fail('handshake-failed', `${error.message}.`);
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
      const verdict = judgeAgain(socket, identity);
      if (verdict.ok) continue;
      this.#refuse(socket, verdict);
      socket.destroy();
    }
  }

  async close(): Promise<void> {
    if (!this.#tcp.listening) return;
    const closed = once(this.#tcp, 'close');
    this.#tcp.close();
    for (const handshake of this.#handshakes.values()) handshake.end();
    for (const socket of this.#open) socket.destroy();
    await closed;
  }

  // Before TLS: what a stranger can make us do is bounded here.
  #accept(socket: Socket): void {
    const { handshakeTimeoutMs, handshakesMax } = this.#limits;
    const client = clientOf(socket);
    const address = socket.remoteAddress;
    if (address === undefined) {
      socket.destroy(); // It hung up before it was accepted.
      return;
    }
    const excess = this.#excessOf(address);
    if (excess !== undefined) {
      this.#onRefused({ address, reason: 'over-quota', detail: excess });
      socket.destroy();
      return;
    }
    const [oldest] = this.#handshakes.values();
    if (this.#handshakes.size >= handshakesMax)
      oldest?.fail('over-quota', 'It waited longest, and others want to come in.');
    const end = () => {
      clearTimeout(timer);
      if (this.#handshakes.get(client) === handshake) this.#handshakes.delete(client);
    };
    const fail = (reason: MtlsRefusal, detail: string) => {
      end();
      this.#onRefused({ address, reason, detail });
      socket.destroy();
    };
    // The whole handshake has one deadline, and a real one: Node's own only reports an error.
    const late = () => fail('handshake-timeout', `No TLS handshake within ${handshakeTimeoutMs} ms.`);
    const timer = setTimeout(late, handshakeTimeoutMs);
    const handshake: Handshake = { address, end, fail };
    this.#handshakes.set(client, handshake);
    this.#open.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      this.#open.delete(socket);
      if (this.#handshakes.get(client) === handshake) fail('handshake-failed', 'The client hung up.');
    });
    this.#tls.emit('connection', socket);
  }

  /** Why an address gets no place, or undefined. */
  #excessOf(address: string): string | undefined {
    const { connectionsMax, handshakesOfOneAddressMax } = this.#limits;
    if (!this.#quota.take(address, Date.now())) return 'The address connects too often.';
    let handshakes = 0;
    for (const handshake of this.#handshakes.values()) if (handshake.address === address) handshakes += 1;
    if (handshakes >= handshakesOfOneAddressMax) return 'The address has too many handshakes in progress.';
    return this.#open.size >= connectionsMax ? 'The listener is full.' : undefined;
  }

  #finish(socket: TLSSocket): void {
    const handshake = this.#handshakes.get(clientOf(socket));
    socket.on('error', () => socket.destroy());
    // Its deadline has passed, or the client has gone, while this event was under way.
    if (!handshake) {
      socket.destroy();
      return;
    }
    handshake.end();
    this.#judge(socket);
  }

  #judge(socket: TLSSocket): void {
    const verdict = judge(socket, this.#identity, undefined);
    if (!verdict.ok) {
      this.#refuse(socket, verdict);
      tellRefusal(socket, verdict);
      return;
    }
    if (this.#connectionsOf(verdict.thumbprint) >= this.#limits.connectionsOfOnePeerMax) {
      const detail = `${verdict.node} has too many connections open; close one.`;
      this.#refuse(socket, { reason: 'over-quota', detail });
      tellRefusal(socket, { reason: 'over-quota', detail });
      return;
    }
    const peer = registerPeer(socket, verdict, this.#identity);
    this.#admitted.add(socket);
    socket.once('close', () => this.#admitted.delete(socket));
    this.#onConnection(socket, peer);
  }

  #connectionsOf(thumbprint: string): number {
    let connections = 0;
    for (const socket of this.#admitted) if (peerOf(socket)?.thumbprint === thumbprint) connections += 1;
    return connections;
  }

  #refuse(socket: TLSSocket, { reason, detail }: Refused): void {
    this.#onRefused({ address: socket.remoteAddress ?? '', reason, detail });
  }
}

/** A TLS handshake in progress. */
interface Handshake {
  address: string;
  end(): void;
  fail(reason: MtlsRefusal, detail: string): void;
}

function clientOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}

/** How long a refused client may take to ask, and then to hang up. */
const farewellMs = 1000;

// An HTTP client takes an answer only after it has asked, so the reason waits for the first bytes of the request.
function tellRefusal(socket: TLSSocket, { reason, detail }: Refused): void {
  const body = JSON.stringify({ error: 'refused', reason, detail });
  const status = reason === 'over-quota' ? '503 Service Unavailable' : '403 Forbidden';
  const timer = setTimeout(() => socket.destroy(), farewellMs);
  socket.once('close', () => clearTimeout(timer));
  socket.once('data', () => {
    socket.pause(); // Nothing more is read from somebody whom we do not know.
    socket.end(
      `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
        `Connection: close\r\n\r\n${body}`,
    );
    timer.refresh();
  });
}
