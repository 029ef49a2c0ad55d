/** Agents' ends of MCP over mutual TLS on loopback, put together as `confer agent` does, behind wires that can be cut. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { callerOf, dialPeer } from '../../src/cli/connections.ts';
import { createPeers, type LinkedPeers } from '../../src/mcp/client.ts';
import { createHttpHandler, createHttpServer, type McpHttpHandler } from '../../src/mcp/http.ts';
import { createSystemClock } from '../../src/system/clock.ts';
import { listenMtls, type MtlsListener, peerOf } from '../../src/system/mtls.ts';
import { FakeService, issue, silent, stranger } from '../unit/mcp/world.ts';
import { offered, type PeersWorld } from './peers.ts';

export async function createMtlsWorld(): Promise<PeersWorld> {
  const wires = { isSilent: false };
  const nodes = new Map<string, Node>();
  const answering = new Map<string, string>();
  const lookup = (node: string) => {
    const { port } = nodes.get(answering.get(node) ?? node)?.wire ?? {};
    const { thumbprint } = nodes.get(node)?.service.device ?? {};
    if (port === undefined || thumbprint === undefined) return undefined;
    return { host: '127.0.0.1', port, advertisedThumbprint: thumbprint, capabilities: [] };
  };
  for (const [name, capabilities] of Object.entries(offered)) {
    const service = new FakeService(name === 'P-4' ? stranger(name) : issue(name));
    const node = new Node(service, capabilities, lookup, new Wire(wires));
    nodes.set(name, node);
    await node.listen();
  }
  const of = (name: string): Node => {
    const node = nodes.get(name);
    if (node === undefined) throw new Error(`no node ${name}`);
    return node;
  };
  return {
    clock,
    peers: (name) => of(name).peers,
    service: (name) => of(name).service,
    connections: (name) => of(name).connections,
    stop: (name) => of(name).stop(),
    start: (name) => of(name).listen(),
    silence() {
      wires.isSilent = true;
    },
    replace: (name, by) => void answering.set(name, by),
    pass: (promise) => promise,
    wait: (ms) => delay(ms),
    async [Symbol.asyncDispose]() {
      for (const node of nodes.values()) await node.stop();
    },
  };
}

const clock = createSystemClock();

type Lookup = Parameters<typeof createPeers>[0]['lookup'];

class Node {
  readonly service: FakeService;
  readonly peers: LinkedPeers;
  readonly wire: Wire;
  connections = 0;
  #handler: McpHttpHandler | undefined;
  #listener: MtlsListener | undefined;

  constructor(service: FakeService, capabilities: readonly string[], lookup: Lookup, wire: Wire) {
    this.service = service;
    this.wire = wire;
    this.peers = createPeers({
      node: service.node,
      capabilities,
      clock,
      log: silent,
      lookup,
      dial: (host, port, expected) => dialPeer(service.device, host, port, expected),
      service: () => service,
    });
  }

  async listen(): Promise<void> {
    this.#handler = createHttpHandler(this.service, {
      clock,
      log: silent,
      callerOf,
      newSessionId: () => randomBytes(16).toString('hex'),
      onLink: (link, caller, socket) => this.peers.adopt(link, caller, peerOf(socket)?.certificatePem ?? ''),
    });
    const server = createHttpServer(this.#handler);
    this.#listener = await listenMtls({
      identity: this.service.device,
      host: '127.0.0.1',
      port: 0,
      onConnection: (socket) => {
        this.connections += 1;
        socket.once('close', () => {
          this.connections -= 1;
        });
        server.emit('connection', socket);
      },
    });
    await this.wire.open(this.#listener.port);
  }

  /** As when the process is gone: nobody says goodbye. */
  async stop(): Promise<void> {
    await this.wire.close();
    await this.#listener?.close();
    await this.#handler?.close();
    await this.peers.close();
  }
}

/** In front of one listener, at one address for ever. */
class Wire {
  port: number | undefined;
  readonly #wires: { readonly isSilent: boolean };
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;

  constructor(wires: { readonly isSilent: boolean }) {
    this.#wires = wires;
  }

  async open(to: number): Promise<void> {
    this.#server = createServer((near) => {
      const far = connect(to, '127.0.0.1');
      this.#carry(near, far);
      this.#carry(far, near);
    });
    this.#server.listen(this.port ?? 0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.port = (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #carry(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.on('error', () => {});
    from.on('data', (bytes) => {
      if (!this.#wires.isSilent) to.write(bytes);
    });
    from.once('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }
}
