import type { Duplex } from 'node:stream';
import { orAborted } from '../core/abort.ts';
import { PeerError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Clock, Log, Peer, Peers } from '../core/ports.ts';
import type { Caller, Service } from '../core/service.ts';
import { bounds } from './bounds.ts';
import { CallerQuota } from './caller-quota.ts';
import { openLink } from './link-dialer.ts';
import { serveLink } from './link-server.ts';
import { LinkedPeer } from './linked-peer.ts';
import { peerErrorOf } from './peer-failure.ts';
import type { PeerLink } from './peer-link.ts';

/** Where a node said that it listens, and what it announced: a hint, until TLS has proved it. */
export interface Endpoint {
  host: string;
  port: number;
  /** SHA-256 of the DER certificate, lowercase hex. */
  advertisedThumbprint?: string;
  capabilities: readonly string[];
}

/** Whom the certificate of an authenticated connection names; it is not yet known to have taken ours. */
interface Dialed {
  node: string;
  /** PEM. */
  certificate: string;
  /** SHA-256 of the DER certificate, lowercase hex. */
  thumbprint: string;
}

/** An authenticated mutual-TLS connection. */
export interface DialedSocket extends Dialed {
  socket: Duplex;
}

/** An authenticated peer link, in a world without sockets: the simulation. */
export interface DialedLink extends Dialed {
  link: PeerLink;
}

/**
 * Connects by mutual TLS and resolves only for exactly the expected node, with exactly the advertised certificate where
 * one was advertised. Must give up when the signal aborts, and leave nothing open then.
 */
export type Dial = (
  host: string,
  port: number,
  expected: { node: string; thumbprint: string | undefined; signal: AbortSignal },
) => Promise<DialedSocket | DialedLink>;

export interface PeersDeps {
  /** This node. */
  node: string;
  /** What this node offers and asks for. */
  capabilities: readonly string[];
  clock: Clock;
  log: Log;
  /** From discovery. */
  lookup(node: string): Endpoint | undefined;
  dial: Dial;
  /** What peers may call over the links that we open. */
  service(): Service;
}

/** The Peers port over peer links. */
export interface LinkedPeers extends Peers {
  /** Calls may go back over a link that the peer opened. */
  adopt(link: PeerLink, caller: Caller, certificate: string): void;
  /** Closes every link, and opens none any more: whoever asks gets PeerError `unreachable`. */
  close(): Promise<void>;
}

/** Opens at most one link to each node, keeps it for the next session, and closes it when nobody uses it. */
export function createPeers(deps: PeersDeps): LinkedPeers {
  return new LinkPool(deps);
}

class LinkPool implements LinkedPeers {
  readonly #deps: PeersDeps;
  readonly #quota = new CallerQuota(bounds.callerRequestsMax);
  readonly #held = new Map<string, Promise<LinkedPeer>>();
  readonly #end = new AbortController();

  constructor(deps: PeersDeps) {
    this.#deps = deps;
  }

  async open(node: string, options: { session: string; signal: AbortSignal }): Promise<Peer> {
    const { session, signal } = options;
    try {
      this.#end.signal.throwIfAborted();
      const endpoint = this.#deps.lookup(node);
      if (!endpoint)
        throw new PeerError('unreachable', `No endpoint of ${node} is known; was it discovered?`);
      const kept = await this.#kept(node, endpoint, signal);
      if (kept) {
        try {
          return await kept.open(session, this.#deps.capabilities, signal);
        } catch (error) {
          // A link that ended meanwhile says nothing about the peer: a new one does.
          if (kept.link.isOpen || signal.aborted) throw error;
        }
      }
      return await this.#fresh(node, endpoint, session, signal);
    } catch (error) {
      throw peerErrorOf(error, node, signal);
    }
  }

  adopt(link: PeerLink, caller: Caller, certificate: string): void {
    if (caller.role !== 'device' || this.#held.has(caller.name)) return;
    const identity = { node: caller.name, certificate, thumbprint: caller.thumbprint };
    void this.#hold(caller.name, LinkedPeer.over(link, identity, this.#deps.node));
  }

  async close(): Promise<void> {
    this.#end.abort(new PeerError('unreachable', 'The agent is stopping.'));
    const held = [...this.#held.values()];
    this.#held.clear();
    for (const outcome of await Promise.allSettled(held)) {
      if (outcome.status === 'fulfilled') outcome.value.close();
    }
  }

  // The open link to the node, or the one that is being opened; undefined when there is none to the advertised device.
  async #kept(node: string, endpoint: Endpoint, signal: AbortSignal): Promise<LinkedPeer | undefined> {
    const held = this.#held.get(node);
    if (!held) return undefined;
    const peer = await orAborted(held, signal);
    const { advertisedThumbprint = peer.identity.thumbprint } = endpoint;
    if (peer.link.isOpen && peer.identity.thumbprint === advertisedThumbprint) return peer;
    this.#forget(node, held);
    peer.close();
    return undefined;
  }

  async #fresh(node: string, endpoint: Endpoint, session: string, signal: AbortSignal): Promise<Peer> {
    await this.#makeRoom();
    // Whoever asks meanwhile waits for the same link: it has a deadline of its own, not that of the first who asked.
    const held = this.#held.get(node) ?? this.#hold(node, this.#connect(node, endpoint));
    const peer = await orAborted(held, signal);
    try {
      return await peer.open(session, this.#deps.capabilities, signal);
    } finally {
      if (peer.isUnproven) peer.close();
    }
  }

  async #connect(node: string, endpoint: Endpoint): Promise<LinkedPeer> {
    const { clock, log, dial } = this.#deps;
    using deadline = clock.deadline(limits.sessionTimeoutMs, this.#end.signal);
    const { signal } = deadline;
    try {
      const advertised = endpoint.advertisedThumbprint;
      const dialled = await dial(endpoint.host, endpoint.port, { node, thumbprint: advertised, signal });
      const { certificate, thumbprint } = dialled;
      if (dialled.node !== node || (advertised !== undefined && thumbprint !== advertised)) {
        if ('link' in dialled) dialled.link.close();
        else dialled.socket.destroy();
        throw new PeerError('authentication', `${dialled.node} answered where ${node} was announced.`);
      }
      const link = 'link' in dialled ? dialled.link : await openLink(dialled.socket, node, clock, signal);
      const caller: Caller = { name: node, role: 'device', thumbprint };
      serveLink(link, this.#deps.service(), { caller, quota: this.#quota, log });
      return await LinkedPeer.over(link, { node, certificate, thumbprint }, this.#deps.node);
    } catch (error) {
      this.#end.signal.throwIfAborted();
      throw peerErrorOf(error, node, signal);
    }
  }

  #hold(node: string, peer: Promise<LinkedPeer>): Promise<LinkedPeer> {
    this.#held.set(node, peer);
    const forget = () => this.#forget(node, peer);
    peer.then((linked) => {
      if (!linked.link.isOpen) return forget();
      linked.link.ended.addEventListener('abort', forget, { once: true });
      void this.#closeWhenIdle(linked);
    }, forget);
    return peer;
  }

  #forget(node: string, peer: Promise<LinkedPeer>): void {
    if (this.#held.get(node) === peer) this.#held.delete(node);
  }

  async #closeWhenIdle(peer: LinkedPeer): Promise<void> {
    try {
      while (peer.idleMs < bounds.linkIdleMs) {
        await this.#deps.clock.sleep(bounds.linkIdleMs, peer.link.ended);
      }
    } catch {
      // It ended before.
    }
    peer.close();
  }

  // Every peer has one link, so this is a matter of the domain's size; the one that waited longest goes.
  async #makeRoom(): Promise<void> {
    if (this.#held.size < bounds.linksMax) return;
    const peers = await Promise.all([...this.#held.values()].map((peer) => peer.catch(() => undefined)));
    const idle = peers.filter((peer) => peer !== undefined).filter(({ idleMs }) => idleMs > 0);
    const [longest] = idle.sort((a, b) => b.idleMs - a.idleMs);
    if (!longest) throw new PeerError('refused', `All ${bounds.linksMax} links are in use; try again later.`);
    longest.close();
  }
}
