import type { Duplex } from 'node:stream';
import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/server';
import type { RawData } from 'ws';
import { PeerError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Clock } from '../core/ports.ts';
import { bounds } from './bounds.ts';
import { RunningRequests } from './running-requests.ts';
import { rpcCodes, strictMessage } from './strict-message.ts';

// One mutual-TLS connection between two agents carries two independent MCP connections, so that each can call the other:
//
//   opener                         one WebSocket                       acceptor
//   MCP client  <- channel O ->  "O{json}"  "O{json}"  <- channel O ->  MCP server
//   MCP server  <- channel A ->  "A{json}"  "A{json}"  <- channel A ->  MCP client
//
// The tag is needed: both sides count their requests from 0, and both send notifications/cancelled.

/** Where agents open links to each other. */
export const linkPath = '/mcp/link';

/** The WebSocket subprotocol: names the framing, so that a later one can be told apart. */
export const linkProtocol = 'confer-peer-link-1';

type Tag = 'O' | 'A';

/** What a peer link needs of an open WebSocket: the simulation brings one that is made of memory. */
export interface LinkSocket {
  readonly readyState: number;
  readonly OPEN: number;
  /** Octets that were sent and have not left yet. */
  readonly bufferedAmount: number;
  on(event: 'message', listener: (data: RawData, isBinary: boolean) => void): unknown;
  on(event: 'close', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  /** Calls back once the bytes have left, or with the reason why they will not. */
  send(data: string, sent: (error?: Error | null) => void): void;
  ping(): void;
  close(code: number): void;
  terminate(): void;
}

export interface PeerLinkOptions {
  /** True on the side that dialled. */
  opener: boolean;
  clock: Clock;
  /** The mutual-TLS socket below the WebSocket: whatever arrives on it is a sign of life. */
  socket: Pick<Duplex, 'on'>;
  heartbeatMs?: number;
}

/** Both MCP transports of one WebSocket, its heartbeat, its bounds and its end. */
export class PeerLink {
  /** Carries our calls to the peer. */
  readonly clientTransport: Transport;
  /** Carries the peer's calls to us. */
  readonly serverTransport: Transport;
  readonly #webSocket: LinkSocket;
  readonly #serverTag: Tag;
  readonly #channels: ReadonlyMap<string, Channel>;
  readonly #clock: Clock;
  readonly #end = new AbortController();
  readonly #serving = new RunningRequests();
  #heardAt: number;
  #usedAt: number;

  constructor(webSocket: LinkSocket, options: PeerLinkOptions) {
    const { opener, clock, socket } = options;
    this.#webSocket = webSocket;
    this.#clock = clock;
    this.#heardAt = clock.elapsed();
    this.#usedAt = clock.elapsed();
    const opened = new Channel((message) => this.#write('O', message));
    const accepted = new Channel((message) => this.#write('A', message));
    this.#channels = new Map([
      ['O', opened],
      ['A', accepted],
    ]);
    this.clientTransport = opener ? opened : accepted;
    this.#serverTag = opener ? 'A' : 'O';
    this.serverTransport = opener ? accepted : opened;
    webSocket.on('message', (data, isBinary) => this.#onFrame(data, isBinary));
    webSocket.on('close', () => this.#onClose());
    webSocket.on('error', (error) => {
      for (const channel of this.#channels.values()) channel.onerror?.(error);
    });
    socket.on('data', () => {
      this.#heardAt = clock.elapsed();
    });
    void this.#watch(options.heartbeatMs ?? bounds.linkHeartbeatMs);
  }

  /** Aborts when the link has ended, for whatever reason. */
  get ended(): AbortSignal {
    return this.#end.signal;
  }

  get isOpen(): boolean {
    return !this.#end.signal.aborted && this.#webSocket.readyState === this.#webSocket.OPEN;
  }

  /**
   * Milliseconds since the last message of either side; 0 while a request of the peer runs. Who counts its own requests
   * alone would hang up in the middle of the other's.
   */
  get idleMs(): number {
    return this.#serving.size > 0 ? 0 : this.#clock.elapsed() - this.#usedAt;
  }

  /** Ends both MCP connections. The peer is told, and not waited for. */
  close(): void {
    this.#webSocket.close(1000);
    this.#onClose();
  }

  // Ends at once, without a farewell: for a peer that does not listen.
  #cut(reason: string): void {
    for (const channel of this.#channels.values()) channel.onerror?.(new Error(reason));
    this.#webSocket.terminate();
    this.#onClose();
  }

  #onClose(): void {
    if (this.#end.signal.aborted) return;
    this.#end.abort();
    for (const channel of this.#channels.values()) void channel.close();
  }

  #onFrame(data: RawData, isBinary: boolean): void {
    const bytes = Buffer.isBuffer(data) ? data : Buffer.alloc(0);
    const tag = String.fromCharCode(bytes[0] ?? 0);
    const channel = this.#channels.get(tag);
    if (isBinary || !channel) {
      this.#cut('The peer sent a frame that belongs to no channel.');
      return;
    }
    const message = strictMessage(bytes.subarray(1));
    this.#usedAt = this.#clock.elapsed();
    if (message.ok) {
      if (tag === this.#serverTag) this.#serving.arrived(message.value);
      if (!channel.receive(message.value as unknown as JSONRPCMessage)) this.#cut('The peer sent too early.');
      return;
    }
    const error = { code: message.code, message: message.message };
    void channel.send({ jsonrpc: '2.0', id: null, error } as unknown as JSONRPCMessage).catch(() => {});
  }

  // Resolves once the bytes are with the operating system: whoever sends waits for a peer that reads slowly.
  #write(tag: Tag, message: JSONRPCMessage): Promise<void> {
    const webSocket = this.#webSocket;
    if (!this.isOpen) return Promise.reject(new Error('The link to the peer is closed.'));
    if (webSocket.bufferedAmount > bounds.linkBufferedBytesMax) {
      this.#cut('The peer does not read what is sent to it.');
      return Promise.reject(new Error('The peer does not read; the link was cut.'));
    }
    const frame = tag + textOf(message);
    this.#usedAt = this.#clock.elapsed();
    if (tag === this.#serverTag) this.#serving.left(message);
    return new Promise((resolve, reject) => {
      webSocket.send(frame, (error) => (error ? reject(error) : resolve()));
    });
  }

  async #watch(heartbeatMs: number): Promise<void> {
    while (!this.#end.signal.aborted) {
      try {
        await this.#clock.sleep(heartbeatMs, this.#end.signal);
      } catch {
        return; // ended
      }
      const silentMs = this.#clock.elapsed() - this.#heardAt;
      if (silentMs > 3 * heartbeatMs) return this.#cut('The peer gives no sign of life.');
      if (this.isOpen && silentMs >= heartbeatMs / 2) this.#webSocket.ping();
    }
  }
}

// An answer that is too long for a message must still be an answer, or the peer waits for nothing.
function textOf(message: JSONRPCMessage): string {
  const text = JSON.stringify(message);
  if (Buffer.byteLength(text) < limits.messageBytesMax) return text;
  const id = 'id' in message ? message.id : undefined;
  if (id === undefined || 'method' in message)
    throw new PeerError(
      'refused',
      `A message of more than ${limits.messageBytesMax} bytes is not sent; ask for less.`,
    );
  const error = {
    code: rpcCodes.internalError,
    message: `The answer is longer than ${limits.messageBytesMax} bytes; ask for less.`,
  };
  return JSON.stringify({ jsonrpc: '2.0', id, error });
}

// One MCP connection of the link: an SDK Transport.
class Channel implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: NonNullable<Transport['onmessage']>;
  readonly #write: (message: JSONRPCMessage) => Promise<void>;
  readonly #early: JSONRPCMessage[] = [];
  #state: 'new' | 'started' | 'closed' = 'new';

  constructor(write: (message: JSONRPCMessage) => Promise<void>) {
    this.#write = write;
  }

  async start(): Promise<void> {
    if (this.#state !== 'new') return;
    this.#state = 'started';
    for (const message of this.#early.splice(0)) this.onmessage?.(message);
  }

  async send(message: JSONRPCMessage): Promise<void> {
    await this.#write(message);
  }

  /** Ends this connection only; the link and its other channel live on. */
  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#early.length = 0;
    this.onclose?.();
  }

  /** False when more arrived than is kept for a channel that has not started. */
  receive(message: JSONRPCMessage): boolean {
    if (this.#state === 'started') this.onmessage?.(message);
    else if (this.#state === 'new') return this.#early.push(message) <= bounds.linkEarlyMessagesMax;
    return true;
  }
}
