/**
 * The network over which agents call each other: connections between nodes, with the seeded faults. In-band it shares the
 * fate of the tested links; out-of-band only the routers' own death and partitions cut it.
 */
import { orAborted } from '../core/abort.ts';
import { PeerError } from '../core/errors.ts';
import type { FaultyWire, Pipe } from './faulty-wire.ts';
import { MemorySocket } from './memory-socket.ts';
import type { Trace } from './trace.ts';

export interface ManagementOptions {
  trace: Trace;
  wire: FaultyWire;
  after(ms: number, fire: () => void): () => void;
  elapsed(): number;
  /** Whether packets pass at all in this direction now. */
  carries(from: string, to: string): boolean;
  /** Whether a partition keeps the two apart now. */
  isPartitioned(from: string, to: string): boolean;
}

/** An agent that takes connections. */
export interface Listener {
  certificatePem: string;
  /** Judges who connects, and takes the connection; returns why not. */
  accept(socket: MemorySocket, peer: { node: string; certificatePem: string }): string | undefined;
}

interface Connection {
  ends: ReadonlyMap<string, MemorySocket>;
}

export class ManagementNetwork {
  readonly #options: ManagementOptions;
  readonly #listeners = new Map<string, Listener>();
  readonly #connections = new Set<Connection>();

  constructor(options: ManagementOptions) {
    this.#options = options;
  }

  listen(node: string, listener: Listener): void {
    this.#listeners.set(node, listener);
  }

  /** The node's process is gone. What was connected to it hears so at once, or never when the whole router is dead. */
  vanish(node: string, isHeard: boolean): void {
    this.#listeners.delete(node);
    for (const connection of this.#connections) {
      if (!connection.ends.has(node)) continue;
      this.#connections.delete(connection);
      for (const [at, end] of connection.ends) {
        if (at === node) end.readyState = 3;
        else if (isHeard) this.#after(1, () => end.lose());
      }
    }
  }

  /**
   * Connects one node to another; both certificates have been shown then, and the other side has taken ours.
   * Throws PeerError; hangs until the signal aborts where nothing answers.
   */
  async connect(
    from: { node: string; certificatePem: string },
    to: string,
    signal: AbortSignal,
  ): Promise<{ socket: MemorySocket; certificatePem: string }> {
    await this.#handshake(from.node, to, signal);
    const listener = this.#listeners.get(to);
    if (listener === undefined) throw new PeerError('unreachable', `${to} refuses connections.`);
    const [near, far] = this.#pair(from.node, to);
    const refusal = listener.accept(far, from);
    await this.#handshake(to, from.node, signal);
    if (refusal !== undefined) {
      near.close();
      throw new PeerError('authentication', `${to} refuses our certificate: ${refusal}`);
    }
    this.#options.trace.event('connect', `${from.node}>${to}`);
    return { socket: near, certificatePem: listener.certificatePem };
  }

  async #handshake(from: string, to: string, signal: AbortSignal): Promise<void> {
    const arrived = new Promise<void>((resolve) => {
      this.#carry({ lastDueMs: 0 }, from, to, 'handshake', () => resolve());
    });
    await orAborted(arrived, signal);
  }

  #pair(one: string, other: string): [MemorySocket, MemorySocket] {
    const [near, far] = [new MemorySocket(), new MemorySocket()];
    const connection: Connection = {
      ends: new Map([
        [one, near],
        [other, far],
      ]),
    };
    this.#connections.add(connection);
    const connect = (from: string, to: string, end: MemorySocket, peer: MemorySocket) => {
      const pipe = { lastDueMs: 0 };
      end.connect({
        frame: (text) => this.#carry(pipe, from, to, text, () => peer.receive(text)),
        ping: () =>
          this.#carry(pipe, from, to, 'ping', () => {
            peer.hear();
            this.#carry({ lastDueMs: 0 }, to, from, 'pong', () => end.hear());
          }),
        end: () => {
          this.#connections.delete(connection);
          this.#carry(pipe, from, to, 'close', () => peer.lose());
        },
      });
    };
    connect(one, other, near, far);
    connect(other, one, far, near);
    return [near, far];
  }

  #carry(pipe: Pipe, from: string, to: string, text: string, arrive: () => void): void {
    const { trace, wire, carries, isPartitioned } = this.#options;
    const what = () => `${from}>${to} ${text.length} octets`;
    trace.event('send', () => `${from}>${to} ${text}`);
    if (isPartitioned(from, to)) trace.fault('partition', what());
    else if (!carries(from, to)) trace.event('lost', what);
    else
      for (const dueMs of wire.fates(pipe, what))
        this.#after(dueMs, () => {
          trace.event('arrive', what);
          arrive();
        });
  }

  #after(ms: number, fire: () => void): void {
    this.#options.after(ms, fire);
  }
}
