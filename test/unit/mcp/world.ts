/**
 * Two agents' worth of MCP for tests: a service that signs what it is told to answer, certificates of one authority, and
 * real mutual TLS on loopback.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { digestOf, type JsonObject, type JsonValue } from '../../../crypto/canonical.ts';
import { thumbprintHexOf } from '../../../crypto/certificate.ts';
import { sealAnswer } from '../../../crypto/envelope.ts';
import { type Authority, issueAuthority, issueDevice } from '../../../crypto/issue.ts';
import { type KeyPair, keyPairFromSeed, privateKeyPem } from '../../../crypto/keys.ts';
import { ConferError } from '../../../src/core/errors.ts';
import type { Clock, Log } from '../../../src/core/ports.ts';
import type {
  CallContext,
  Caller,
  Service,
  ServiceAnswer,
  ToolDefinition,
} from '../../../src/core/service.ts';
import {
  createPeers,
  type Dial,
  type DialedSocket,
  type Endpoint,
  type LinkedPeers,
} from '../../../src/mcp/client.ts';
import { createHttpHandler, createHttpServer, type HttpDeps } from '../../../src/mcp/http.ts';
import { dialMtls, type Identity, listenMtls, peerOf } from '../../../src/system/mtls.ts';

export const clock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const timer = setTimeout(resolve, ms);
      const stop = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', stop, { once: true });
    }),
  deadline(ms, parent) {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(new ConferError('timeout', `Not within ${ms} ms.`)), ms);
    const onAbort = () => controller.abort(parent?.reason);
    if (parent?.aborted) onAbort();
    parent?.addEventListener('abort', onAbort, { once: true });
    return {
      signal: controller.signal,
      [Symbol.dispose]: () => {
        clearTimeout(timer);
        parent?.removeEventListener('abort', onAbort);
      },
    };
  },
};

export const silent: Log = { info: () => {}, warn: () => {} };

const lifetimeMs = 3_600_000;

function issuer() {
  const keyPair = keyPairFromSeed(randomBytes(32));
  const request = { name: 'test', now: Date.now(), lifetimeMs, serial: randomBytes(16), keyPair };
  return { certificatePem: issueAuthority(request), privateKey: keyPair.privateKey };
}

const authority = issuer();

export interface Device extends Identity {
  keyPair: KeyPair;
  thumbprint: string;
}

/** A device with a certificate of the tests' authority. */
export function issue(node: string): Device {
  return issuedBy(authority, node);
}

/** Trusts our authority, and shows a certificate of another one. */
export function stranger(node: string): Device {
  return issuedBy(issuer(), node);
}

function issuedBy(authorityOfDevice: Authority, node: string): Device {
  const keyPair = keyPairFromSeed(randomBytes(32));
  const certificatePem = issueDevice({
    authority: authorityOfDevice,
    node,
    publicKey: keyPair.publicKey,
    hosts: ['127.0.0.1', 'localhost'],
    now: Date.now(),
    lifetimeMs,
    serial: randomBytes(16),
  });
  const keyPem = privateKeyPem(keyPair.privateKey);
  const thumbprint = thumbprintHexOf(certificatePem);
  return { node, certificatePem, keyPem, authorityPem: authority.certificatePem, keyPair, thumbprint };
}

/** A connection with whom its certificate names, as clients want it. */
export function asDialed(socket: Duplex): DialedSocket {
  const peer = peerOf(socket);
  if (peer === undefined) throw new Error('this socket was not admitted');
  return { socket, node: peer.node, certificate: peer.certificatePem, thumbprint: peer.thumbprint };
}

type Answering = (args: JsonObject, context: CallContext) => Promise<JsonObject>;

/** A service whose tools are functions. It authorises by the negotiated capabilities, as an agent does. */
export class FakeService implements Service {
  readonly node: string;
  readonly capabilities = ['ietf-srv6-ping', 'ietf-interface-counters'];
  readonly network: JsonObject = { yangModules: ['ietf-interfaces'], supportsRollback: true };
  readonly negotiations: { caller: Caller; capabilities: readonly string[] }[] = [];
  readonly calls: { name: string; args: JsonValue; context: CallContext }[] = [];
  readonly device: Device;
  readonly answers = new Map<string, Answering>();
  reports = 1;
  #nonce = 0;

  constructor(device: Device) {
    this.node = device.node;
    this.device = device;
    this.answers.set('ping', async (args) => ({ loss: 0, sent: args.count ?? 5, received: 5 }));
    this.answers.set('ietf-srv6-ping', async (args) => ({ ...args, sent: 100, received: 97 }));
    this.answers.set('secret', async () => {
      throw new ConferError('access-denied', 'secret is not among the negotiated capabilities.');
    });
    this.answers.set('picky', async () => {
      throw new ConferError('bad-input', 'picky: count: expected at most 9, found 10.');
    });
    this.answers.set('broken', async () => {
      throw new Error('a secret of the implementation');
    });
    this.answers.set('hang', (_args, { signal }) => {
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new ConferError('cancelled', 'It was cancelled.')));
      });
    });
    this.answers.set('slow', async (_args, { onProgress }) => {
      for (const fraction of [0.25, 0.5, 0.5, 1]) {
        onProgress?.({ fraction, message: `${fraction * 100} %` });
        await clock.sleep(5);
      }
      return { done: true };
    });
    this.answers.set('whoami', async (_args, { caller }) => ({ ...caller }));
  }

  tools(): ToolDefinition[] {
    return [...this.answers.keys()].map((name) => ({
      name,
      title: name,
      description: `The tool ${name}`,
      inputSchema: {
        type: 'object',
        properties: { count: { type: 'integer', exclusiveMinimum: 0 }, source: { type: ['string', 'null'] } },
      },
      outputSchema: { type: 'object', properties: {} },
      capability: 'ietf-srv6-ping',
      readOnly: true,
    }));
  }

  async resources() {
    return Array.from({ length: this.reports }, (_, index) => ({
      uri: `urn:ietf:params:xml:ns:yang:ietf-mcp/report/${index}`,
      name: `report ${index}`,
      description: 'A report',
      mimeType: 'application/json',
    }));
  }

  resourceTemplates() {
    const uriTemplate = 'mcp://{device}/{+path}';
    return [{ uriTemplate, name: 'yang', description: 'YANG data', mimeType: 'application/yang-data+json' }];
  }

  prompts() {
    const args = [{ name: 'interface', description: 'Which interface', required: true }];
    return [
      {
        name: 'diagnose',
        description: 'Diagnose an interface',
        arguments: args,
        template: 'Look at {{interface}} of {{device}}.',
      },
    ];
  }

  async callTool(name: string, args: JsonValue, context: CallContext): Promise<ServiceAnswer> {
    this.calls.push({ name, args, context });
    const answer = this.answers.get(name);
    if (!answer) throw new ConferError('not-found', `There is no tool ${name}.`);
    const data = await answer(args as JsonObject, context);
    return this.#signed({ tool: name }, args, [{ type: 'text', text: JSON.stringify(data) }], data, context);
  }

  async readResource(uri: string, context: CallContext): Promise<ServiceAnswer> {
    this.calls.push({ name: uri, args: {}, context });
    if (uri.includes('nowhere')) throw new ConferError('not-found', `There is no ${uri}.`);
    const data = { 'in-octets': '18446744073709551615' };
    const contents = [{ uri, mimeType: 'application/yang-data+json', text: JSON.stringify(data) }];
    return this.#signed({ uri }, {}, contents, data, context);
  }

  negotiate(caller: Caller, capabilities: readonly string[]): readonly string[] {
    this.negotiations.push({ caller, capabilities });
    return this.capabilities.filter((name) => capabilities.includes(name));
  }

  #signed(
    operation: { tool: string } | { uri: string },
    args: JsonValue,
    content: JsonObject[],
    data: JsonObject,
    { caller, session = 'none' }: CallContext,
  ): ServiceAnswer {
    this.#nonce += 1;
    const fields = {
      operation,
      argumentsHash: digestOf(args),
      nonce: this.#nonce,
      session,
      signer: this.node,
      caller: caller.name,
      signedAt: new Date().toISOString(),
    };
    const answer = { data, contentHash: digestOf(content), isError: false };
    const key = { privateKey: this.device.keyPair.privateKey, certificatePem: this.device.certificatePem };
    return { content, data, isError: false, signed: sealAnswer(fields, answer, key) };
  }
}

/** An agent's MCP side on loopback. */
export interface Agent extends AsyncDisposable {
  device: Device;
  service: FakeService;
  peers: LinkedPeers;
  port: number;
  http: Server;
  endpoint: Endpoint;
  /** Mutual-TLS connections that were accepted. */
  accepted: number;
}

const domain = new Map<string, Endpoint>();

/** Dials as src/agent does, with the identity of `device`. */
export function dialAs(device: Device): Dial {
  return async (host, port, { node, thumbprint, signal }) => {
    const socket = await dialMtls({
      identity: device,
      host,
      port,
      expected: { node, thumbprint },
      signal,
    });
    const peer = peerOf(socket);
    if (!peer) throw new Error('A dialled socket has a peer.');
    return { socket, node: peer.node, certificate: peer.certificatePem, thumbprint: peer.thumbprint };
  };
}

export function callerOfSocket(socket: object): Caller | undefined {
  const peer = peerOf(socket);
  if (!peer) return undefined;
  const role = peer.node.startsWith('operator') ? 'operator' : 'device';
  return { name: peer.node, role, thumbprint: peer.thumbprint };
}

/** Starts an agent that knows every other one started so; as this very device where one is given. */
export async function startAgent(who: string | Device, overrides: Partial<HttpDeps> = {}): Promise<Agent> {
  const device = typeof who === 'string' ? issue(who) : who;
  const { node } = device;
  const service = new FakeService(device);
  const peers = createPeers({
    node,
    capabilities: service.capabilities,
    clock,
    log: silent,
    lookup: (name) => domain.get(name),
    dial: dialAs(device),
    service: () => service,
  });
  const handler = createHttpHandler(service, {
    clock,
    log: silent,
    callerOf: callerOfSocket,
    newSessionId: () => randomBytes(16).toString('hex'),
    onLink: (link, caller, socket) => {
      const certificate = peerOf(socket)?.certificatePem;
      if (certificate) peers.adopt(link, caller, certificate);
    },
    ...overrides,
  });
  const http = createHttpServer(handler);
  const listener = await listenMtls({
    identity: device,
    host: '127.0.0.1',
    port: 0,
    onConnection: (socket) => {
      agent.accepted += 1;
      http.emit('connection', socket);
    },
  });
  const { port } = listener;
  const endpoint = {
    host: '127.0.0.1',
    port,
    advertisedThumbprint: device.thumbprint,
    capabilities: service.capabilities,
  };
  domain.set(node, endpoint);
  const agent: Agent = {
    device,
    service,
    peers,
    port,
    http,
    endpoint,
    accepted: 0,
    async [Symbol.asyncDispose]() {
      if (domain.get(node) === endpoint) domain.delete(node);
      await peers.close();
      await handler.close();
      await listener.close();
    },
  };
  return agent;
}

/** Makes a node known that is no agent: for peers that misbehave. */
export function announce(node: string, endpoint: Endpoint): Disposable {
  domain.set(node, endpoint);
  return { [Symbol.dispose]: () => domain.delete(node) };
}

/** The port that a server listens on, chosen by the system. */
export async function listening(server: {
  listen(port: number, host: string): unknown;
  address(): AddressInfo | string | null;
}): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server as never, 'listening');
  return (server.address() as AddressInfo).port;
}
