/**
 * The nodes that a session has opened: each over mutual TLS once, whoever asks, and known by its certificate from then on.
 */
import { thumbprintHexOf } from '../../crypto/certificate.ts';
import type { ReplayWindow } from '../../crypto/nonce.ts';
import { orAborted } from '../core/abort.ts';
import { limits } from '../core/limits.ts';
import type { Clock, Peer, Peers } from '../core/ports.ts';

/** What is spent of every signer's nonces, over sessions and restarts. */
export interface SpentNonces {
  /** By SHA-256 thumbprint of the signer's certificate; the sessions that run share one window. */
  windowOf(thumbprint: string): Promise<ReplayWindow>;
  /** An answer was signed with a spent nonce: a replay, or the signer's store went back (threat 14). */
  alarm(node: string, detail: string): void;
}

export interface OpenPeersPorts {
  session: string;
  clock: Clock;
  peers: Peers;
  nonces: SpentNonces;
}

export class OpenPeers {
  /** PEM, by node. */
  readonly certificates = new Map<string, string>();
  readonly #ports: OpenPeersPorts;
  readonly #peers = new Map<string, Promise<Peer>>();
  readonly #spent = new Map<string, ReplayWindow>();
  /** Nodes whose last opening failed, whatever the reason, or still goes on. */
  readonly #unopened = new Set<string>();

  constructor(ports: OpenPeersPorts) {
    this.#ports = ports;
  }

  /** Opened for whoever asks first, whose `signal` ends that. Throws PeerError, and tries again for the next who asks. */
  open(node: string, signal: AbortSignal): Promise<Peer> {
    let opening = this.#peers.get(node);
    if (opening === undefined) {
      opening = this.#open(node, signal);
      // Whoever awaits it handles it; once the mark has expired, the next who asks tries again.
      opening.catch(() => this.#peers.delete(node));
      this.#peers.set(node, opening);
    }
    return opening;
  }

  async #open(node: string, signal: AbortSignal): Promise<Peer> {
    this.#unopened.add(node);
    const { session, clock, peers } = this.#ports;
    using deadline = clock.deadline(limits.sessionTimeoutMs, signal);
    const peer = await orAborted(peers.open(node, { session, signal: deadline.signal }), deadline.signal);
    await this.authenticated(node, peer);
    return peer;
  }

  /** By mutual TLS, or by what a relay brought of it. */
  async authenticated(node: string, { certificate }: Peer): Promise<void> {
    this.#spent.set(node, await this.#ports.nonces.windowOf(thumbprintHexOf(certificate)));
    this.#unopened.delete(node);
    this.certificates.set(node, certificate);
  }

  /** The next who asks opens it anew. */
  forget(node: string): void {
    this.#peers.delete(node);
  }

  isUnopened(node: string): boolean {
    return this.#unopened.has(node);
  }

  /** What is spent of the nonces of a node that was opened. */
  spentBy(node: string): ReplayWindow {
    const window = this.#spent.get(node);
    if (window === undefined) throw new Error(`${node} answered before it was opened`);
    return window;
  }
}
