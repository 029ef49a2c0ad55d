import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  type NodeIncomingMessageLike,
  type NodeMcpRequestHandler,
  toNodeHandler,
} from '@modelcontextprotocol/node';
import {
  type AuthInfo,
  createMcpHandler,
  isJsonContentType,
  isLegacyRequest,
  SUPPORTED_PROTOCOL_VERSIONS,
} from '@modelcontextprotocol/server';
import { WebSocketServer } from 'ws';
import type { JsonObject, JsonValue } from '../../crypto/canonical.ts';
import { ConferError, messageOf } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Clock, Log } from '../core/ports.ts';
import type { Caller, Service } from '../core/service.ts';
import { contentIdKey } from './answers.ts';
import { BodyReader } from './body.ts';
import { bounds } from './bounds.ts';
import { CallerQuota } from './caller-quota.ts';
import {
  type DraftOperation,
  draftAnswer,
  draftInitializeMessage,
  draftInitializeMethod,
  draftOperations,
  draftVersion,
  idOf,
  negotiated,
  parsedBody,
} from './draft-wire.ts';
import { EraSessions } from './era-sessions.ts';
import type { Fixtures } from './fixtures.ts';
import { isOwnOrigin, pathOf, send, sendError, sendFailure, statusOf } from './http-answers.ts';
import { serveLink } from './link-server.ts';
import { openApiDocument } from './open-api.ts';
import { linkPath, linkProtocol, PeerLink } from './peer-link.ts';
import { createMcpServer } from './server.ts';
import { rpcCodes, strictMessage } from './strict-message.ts';
import { wireErrorOf } from './wire-errors.ts';

//                      /mcp                  Streamable HTTP, both protocol eras
//                      /mcp/link             WebSocket of the peer link
//   mutual TLS ------> /mcp/initialize       }
//   (callerOf)         /mcp/tool/call        } the draft's own wire: draft-wire.ts
//                      /mcp/resource/read    }
//                      /.well-known/mcp      what is here (troubleshooting draft section 8)

const mcpPath = '/mcp';
const wellKnownPath = '/.well-known/mcp';
export const openApiPath = '/.well-known/mcp/openapi.json';

export interface HttpDeps {
  clock: Clock;
  log: Log;
  /** Who is at the other end of a mutual-TLS socket; undefined refuses whatever it asks. */
  callerOf(socket: Duplex): Caller | undefined;
  /** Unguessable. */
  newSessionId(): string;
  /** Conformance mode: what is served besides the service. */
  fixtures?: Fixtures | undefined;
  /** A peer opened a link to us, by which it can be called too. */
  onLink?(link: PeerLink, caller: Caller, socket: Duplex): void;
}

export interface McpHttpHandler {
  onRequest(request: IncomingMessage, response: ServerResponse): void;
  onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Ends every session and link. */
  close(): Promise<void>;
}

/** An HTTP server with the bounds that admitted clients need; give it sockets by `emit('connection', socket)`. */
export function createHttpServer(handler: McpHttpHandler): Server {
  const server = createServer({
    connectionsCheckingInterval: 500,
    headersTimeout: bounds.bodyTimeoutMs,
    requestTimeout: bounds.bodyTimeoutMs + 500,
    maxHeaderSize: 16 * 1024,
  });
  server.on('request', handler.onRequest.bind(handler));
  server.on('upgrade', handler.onUpgrade.bind(handler));
  return server;
}

/** Everything that an agent answers over HTTP. */
export function createHttpHandler(service: Service, deps: HttpDeps): McpHttpHandler {
  return new HttpHandler(service, deps);
}

class HttpHandler implements McpHttpHandler {
  readonly #service: Service;
  readonly #deps: HttpDeps;
  readonly #quota = new CallerQuota(bounds.callerRequestsMax);
  readonly #bodies: BodyReader;
  readonly #sessions: EraSessions;
  readonly #modern: ReturnType<typeof createMcpHandler>;
  readonly #mcp: NodeMcpRequestHandler;
  readonly #webSockets: WebSocketServer;
  readonly #links = new Map<PeerLink, Caller>();
  /** Whom the certificate of a connection names: it stays the same, and reading it costs as much as a signature. */
  readonly #callers = new WeakMap<Duplex, Caller>();

  constructor(service: Service, deps: HttpDeps) {
    const { clock, log, fixtures } = deps;
    this.#service = service;
    this.#deps = deps;
    this.#bodies = new BodyReader(clock, bounds.bodiesBytesMax);
    const binding = { quota: this.#quota, log, fixtures };
    this.#sessions = new EraSessions({
      createServer: (caller) => createMcpServer(service, { ...binding, caller, era: 'legacy' }),
      newSessionId: deps.newSessionId,
      clock,
      replay: fixtures,
    });
    const onerror = (error: Error) =>
      log.warn('MCP over HTTP: a message was refused', { error: error.message });
    this.#modern = createMcpHandler(
      ({ authInfo }) => createMcpServer(service, { ...binding, caller: callerIn(authInfo), era: 'modern' }),
      {
        legacy: 'reject',
        onerror,
        maxRequestBodySize: limits.messageBytesMax,
        ...(fixtures && { bus: fixtures.bus }),
      },
    );
    this.#mcp = toNodeHandler(
      {
        fetch: async (request, options) => {
          const body = options?.parsedBody;
          if (!(await isLegacyRequest(request, body))) return this.#modern.fetch(request, options);
          return this.#sessions.serve({ request, body, caller: callerIn(options?.authInfo) });
        },
      },
      { onerror, maxRequestBodySize: limits.messageBytesMax },
    );
    this.#webSockets = new WebSocketServer({
      noServer: true,
      maxPayload: limits.messageBytesMax + 1,
      perMessageDeflate: false,
      handleProtocols: (offered) => (offered.has(linkProtocol) ? linkProtocol : false),
    });
  }

  onRequest(request: IncomingMessage, response: ServerResponse): void {
    this.#serve(request, response).catch((error) => {
      this.#deps.log.warn('HTTP: a request failed', { path: pathOf(request), error: messageOf(error) });
      if (!response.headersSent)
        sendError(response, 500, rpcCodes.internalError, 'The agent failed; see its log.');
      else response.destroy();
    });
  }

  onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const caller = this.#callerOf(socket);
    const refusal = this.#upgradeRefusal(request, caller);
    if (refusal !== undefined || !caller) {
      socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      const link = new PeerLink(webSocket, { opener: false, clock: this.#deps.clock, socket });
      this.#links.set(link, caller);
      link.ended.addEventListener('abort', () => this.#links.delete(link), { once: true });
      serveLink(link, this.#service, { caller, quota: this.#quota, log: this.#deps.log });
      this.#deps.onLink?.(link, caller, socket);
    });
  }

  async close(): Promise<void> {
    for (const link of this.#links.keys()) link.close();
    await Promise.all([this.#sessions.close(), this.#modern.close()]);
  }

  #callerOf(socket: Duplex): Caller | undefined {
    const caller = this.#callers.get(socket) ?? this.#deps.callerOf(socket);
    if (caller !== undefined) this.#callers.set(socket, caller);
    return caller;
  }

  #upgradeRefusal(request: IncomingMessage, caller: Caller | undefined): string | undefined {
    if (!caller) return '401 Unauthorized';
    if (!isOwnOrigin(request)) return '403 Forbidden';
    if (pathOf(request) !== linkPath) return '404 Not Found';
    const own = [...this.#links.values()].filter(({ thumbprint }) => thumbprint === caller.thumbprint);
    if (own.length >= bounds.linksOfOneCallerMax || this.#links.size >= bounds.linksMax)
      return '503 Service Unavailable';
    return undefined;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const caller = this.#callerOf(request.socket);
    if (!caller)
      return sendError(response, 401, rpcCodes.invalidRequest, 'Show a certificate of this domain.');
    if (!isOwnOrigin(request)) {
      return sendError(response, 403, rpcCodes.invalidRequest, 'Requests of web pages are not answered.');
    }
    // There each message takes its own place; a stream that only listens takes none.
    if (pathOf(request) === mcpPath) return this.#serveMcp(request, response, caller);
    using place = this.#placeOf(caller, response);
    if (place) await this.#serveOthers(request, response, caller);
  }

  /** Undefined when there is none; the response then says so. */
  #placeOf(caller: Caller, response: ServerResponse): Disposable | undefined {
    try {
      return this.#quota.enter(caller);
    } catch (error) {
      this.#refuse(response, null, error);
      return undefined;
    }
  }

  async #serveMcp(request: IncomingMessage, response: ServerResponse, caller: Caller): Promise<void> {
    if (request.method !== 'POST') return this.#mcp(withCaller(request, caller), response as never);
    return this.#withBody(request, response, async (body) => {
      if (!isDraftInitialize(body)) return this.#mcp(withCaller(request, caller), response as never, body);
      await this.#answer(response, idOf(body), async () => {
        using _place = this.#quota.enter(caller);
        return await this.#negotiated(caller, body);
      });
    });
  }

  async #serveOthers(request: IncomingMessage, response: ServerResponse, caller: Caller): Promise<void> {
    const path = pathOf(request);
    if (path === '/mcp/initialize') {
      return this.#withBody(request, response, (body) =>
        this.#answer(response, idOf(body), () => this.#negotiated(caller, body)),
      );
    }
    const draft = draftOperations.get(path);
    if (draft) {
      return this.#withBody(request, response, (body) => this.#serveDraft(draft, response, caller, body));
    }
    if (request.method === 'GET' && path === wellKnownPath) return send(response, 200, this.#wellKnown());
    if (request.method === 'GET' && path === openApiPath) {
      return send(response, 200, openApiDocument(this.#service.node, await this.#service.tools(caller)));
    }
    sendError(response, 404, rpcCodes.invalidRequest, `There is nothing at ${path}; see ${wellKnownPath}.`);
  }

  // The gate: method, media type, length, time and I-JSON, before anything is dispatched.
  async #withBody(
    request: IncomingMessage,
    response: ServerResponse,
    serve: (body: JsonValue) => Promise<void>,
  ): Promise<void> {
    if (request.method !== 'POST') return sendError(response, 405, rpcCodes.invalidRequest, 'Use POST.');
    if (!isJsonContentType(request.headers['content-type'])) {
      return sendError(response, 415, rpcCodes.invalidRequest, 'Send Content-Type: application/json.');
    }
    const body = await this.#bodies.read(request);
    if (!body.ok) return sendError(response, body.status, rpcCodes.invalidRequest, body.message);
    const message = strictMessage(body.bytes);
    if (message.ok) return serve(message.value);
    sendError(response, message.tooLarge ? 413 : 400, message.code, message.message);
  }

  async #negotiated(caller: Caller, body: JsonValue): Promise<JsonObject> {
    const { params } = parsedBody(draftInitializeMessage, body);
    return { jsonrpc: '2.0', id: idOf(body), result: await negotiated(this.#service, caller, params) };
  }

  async #serveDraft(
    operation: DraftOperation,
    response: ServerResponse,
    caller: Caller,
    body: JsonValue,
  ): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => {
      if (!response.writableFinished) gone.abort(new ConferError('cancelled', `${caller.name} hung up.`));
    });
    const id = idOf(body);
    await this.#answer(response, id, async () => {
      const { result, answer } = await operation(this.#service, body, { caller, signal: gone.signal });
      const contentId = (result._meta as JsonObject)[contentIdKey];
      if (typeof contentId === 'string') response.setHeader('content-id', `"${contentId}"`);
      return draftAnswer(id, result, answer);
    });
  }

  // The draft's wire is older than 2026-07-28, so its error codes are the draft's own.
  async #answer(response: ServerResponse, id: JsonValue, run: () => Promise<JsonObject>): Promise<void> {
    try {
      send(response, 200, await run());
    } catch (error) {
      this.#refuse(response, id, error);
    }
  }

  #refuse(response: ServerResponse, id: JsonValue, error: unknown): void {
    if (!(error instanceof ConferError)) {
      this.#deps.log.warn('HTTP: a request failed', { error: messageOf(error) });
    }
    const wire = wireErrorOf(error, 'legacy');
    sendFailure(response, statusOf(error), id, { ...wire });
  }

  #wellKnown(): JsonObject {
    const { node, capabilities, network } = this.#service;
    return {
      node,
      endpoint: mcpPath,
      transports: ['streamable-http', 'websocket'],
      link: linkPath,
      versions: [modernVersion, ...SUPPORTED_PROTOCOL_VERSIONS, draftVersion],
      capabilities: [...capabilities],
      network,
      openapi: openApiPath,
    };
  }
}

const modernVersion = '2026-07-28';

function isDraftInitialize(body: JsonValue): boolean {
  return (
    typeof body === 'object' && body !== null && 'method' in body && body.method === draftInitializeMethod
  );
}

// The SDK hands `auth` through to where the server is made; no token is involved.
function withCaller(request: IncomingMessage, caller: Caller): NodeIncomingMessageLike {
  const auth: AuthInfo = { token: '', clientId: caller.name, scopes: [], extra: { caller } };
  return Object.assign(request, { auth }) as NodeIncomingMessageLike;
}

function callerIn(authInfo: AuthInfo | undefined): Caller {
  const caller = authInfo?.extra?.caller;
  if (!caller) throw new Error('A request reached MCP without a caller.');
  return caller as Caller;
}
