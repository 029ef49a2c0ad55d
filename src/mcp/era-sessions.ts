import { type Server, WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server';
import { limits } from '../core/limits.ts';
import type { Clock } from '../core/ports.ts';
import type { Caller } from '../core/service.ts';
import { bounds } from './bounds.ts';

/** A request of the older protocol era, its body parsed. */
export interface EraRequest {
  request: Request;
  body: unknown;
  caller: Caller;
}

interface EraSession {
  id: string;
  caller: Caller;
  transport: WebStandardStreamableHTTPServerTransport;
  usedAt: number;
}

/**
 * Streamable HTTP of 2025-11-25 and earlier keeps sessions: a cancellation arrives in a request of its own and must
 * find the call that it cancels. A session grants nothing: it answers only the certificate that opened it.
 */
export class EraSessions {
  readonly #createServer: (caller: Caller) => Server;
  readonly #newSessionId: () => string;
  readonly #clock: Clock;
  /** In the order of their last use. */
  readonly #sessions = new Map<string, EraSession>();

  constructor(deps: { createServer(caller: Caller): Server; newSessionId(): string; clock: Clock }) {
    this.#createServer = deps.createServer;
    this.#newSessionId = deps.newSessionId;
    this.#clock = deps.clock;
  }

  async serve({ request, body, caller }: EraRequest): Promise<Response> {
    this.#closeIdle();
    const id = request.headers.get('mcp-session-id');
    const transport = id === null ? await this.#open(caller) : this.#find(id, caller);
    if (!transport) return unknownSession();
    const response = await transport.handleRequest(request, body === undefined ? {} : { parsedBody: body });
    // Whatever did not become a session (a first message that is no initialize) leaves nothing behind.
    if (transport.sessionId === undefined) await transport.close();
    return response;
  }

  async close(): Promise<void> {
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    await Promise.all(sessions.map(({ transport }) => transport.close()));
  }

  #find(id: string, caller: Caller): WebStandardStreamableHTTPServerTransport | undefined {
    const session = this.#sessions.get(id);
    if (session?.caller.thumbprint !== caller.thumbprint) return undefined;
    session.usedAt = this.#clock.elapsed();
    this.#sessions.delete(id);
    this.#sessions.set(id, session);
    return session.transport;
  }

  async #open(caller: Caller): Promise<WebStandardStreamableHTTPServerTransport> {
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: this.#newSessionId,
      onsessioninitialized: (id) => this.#keep({ id, caller, transport, usedAt: this.#clock.elapsed() }),
      onsessionclosed: (id) => void this.#sessions.delete(id),
      maxRequestBodySize: limits.messageBytesMax,
    });
    await this.#createServer(caller).connect(transport);
    return transport;
  }

  #keep(session: EraSession): void {
    const [oldest] = this.#sessions.values();
    if (oldest && this.#sessions.size >= limits.sessionsMax) this.#drop(oldest);
    this.#sessions.set(session.id, session);
  }

  #closeIdle(): void {
    const idleSince = this.#clock.elapsed() - bounds.eraSessionIdleMs;
    for (const session of this.#sessions.values()) {
      if (session.usedAt > idleSince) return;
      this.#drop(session);
    }
  }

  #drop(session: EraSession): void {
    this.#sessions.delete(session.id);
    void session.transport.close();
  }
}

// 404 makes a client begin a new session (2025-11-25, Session Management).
function unknownSession(): Response {
  const error = { code: -32001, message: 'There is no such session; send initialize again.' };
  return Response.json({ jsonrpc: '2.0', id: null, error }, { status: 404 });
}
