/**
 * In-band management of the modelled world: a call from one agent to another crosses the modelled links. All processes
 * are on one machine, so each (source, destination) gets a relay that passes bytes only while the network carries
 * packets both ways. Otherwise it stalls and tells nobody, as TCP does over a dead path.
 *
 *   agent of A --127.0.0.1--> relay A to B --127.0.0.1--> agent of B
 */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

const host = '127.0.0.1';
/** Connections that one agent holds to another at once. */
const connectionsMax = 64;

export interface Endpoint {
  host: string;
  port: number;
}

export class ManagementRelay implements AsyncDisposable {
  readonly #server: Server;
  readonly #target: Endpoint;
  readonly #isCarried: () => boolean;
  readonly #sockets = new Set<Socket>();

  constructor(server: Server, target: Endpoint, isCarried: () => boolean) {
    this.#server = server;
    this.#target = target;
    this.#isCarried = isCarried;
    server.maxConnections = connectionsMax;
    server.on('connection', (socket) => this.#join(socket));
  }

  static async open(target: Endpoint, isCarried: () => boolean): Promise<ManagementRelay> {
    const server = createServer({ pauseOnConnect: true });
    const relay = new ManagementRelay(server, target, isCarried);
    server.listen(0, host);
    await once(server, 'listening');
    return relay;
  }

  get endpoint(): Endpoint {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the relay is closed');
    return { host, port: address.port };
  }

  /** To be called when a fault has changed what the network carries. */
  refresh(): void {
    for (const socket of this.#sockets) {
      if (this.#isCarried()) socket.resume();
      else socket.pause();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(near: Socket): void {
    const far = connect(this.#target);
    this.#pass(near, far);
    this.#pass(far, near);
  }

  #pass(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.setNoDelay(true);
    from.on('data', (chunk) => {
      if (to.write(chunk)) return;
      from.pause();
      to.once('drain', () => {
        if (this.#isCarried()) from.resume();
      });
    });
    // Its 'close' follows.
    from.on('error', () => {});
    from.on('end', () => {
      if (this.#isCarried()) to.end();
    });
    from.on('close', () => {
      this.#sockets.delete(from);
      // Over a dead path the other end never hears of it.
      if (this.#isCarried()) to.destroySoon();
    });
    if (this.#isCarried()) from.resume();
    else from.pause();
  }
}
