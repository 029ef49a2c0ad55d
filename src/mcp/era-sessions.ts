import {
  type EventStore,
  isInitializeRequest,
  type Server,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import { ConferError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Clock } from '../core/ports.ts';
import type { Caller } from '../core/service.ts';
import { bounds } from './bounds.ts';
import { RunningRequests } from './running-requests.ts';
import { wireErrorOf } from './wire-errors.ts';

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
  running: RunningRequests;
}

/** What lets a client that lost a stream hear the rest of it. */
export interface Replay {
  createEventStore(): EventStore;
  retryIntervalMs: number;
}

/**
 * Streamable HTTP of 2025-11-25 and earlier keeps sessions: a cancellation arrives in a request of its own and must
 * find the call that it cancels. A session grants nothing: it answers only the certificate that opened it.
 */
export class EraSessions {
  readonly #createServer: (caller: Caller) => Server;
  readonly #newSessionId: () => string;
  readonly #clock: Clock;
  readonly #replay: Replay | undefined;
  /** In the order of their last use. */
  readonly #sessions = new Map<string, EraSession>();

  constructor(deps: {
    createServer(caller: Caller): Server;
    newSessionId(): string;
    clock: Clock;
    replay?: Replay | undefined;
  }) {
    this.#createServer = deps.createServer;
    this.#newSessionId = deps.newSessionId;
    this.#clock = deps.clock;
    this.#replay = deps.replay;
  }

  async serve({ request, body, caller }: EraRequest): Promise<Response> {
    this.#closeIdle();
    const id = request.headers.get('mcp-session-id');
    const opens = id === null && opensSession(body);
    if (opens && !this.#makeRoom(caller)) return noRoom(caller);
    const transport = id === null ? await this.#open(caller, opens) : this.#find(id, caller);
    if (!transport) return unknownSession();
    const response = await transport.handleRequest(request, body === undefined ? {} : { parsedBody: body });
    // Whatever did not become a session (a first message that is no initialize) leaves nothing behind.
    if (transport.sessionId === undefined) await this.#discard(transport);
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

  // Takes its place at once, so that many that open at the same time cannot take more places than there are.
  async #open(caller: Caller, keep: boolean): Promise<WebStandardStreamableHTTPServerTransport> {
    const id = this.#newSessionId();
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => id,
      onsessionclosed: () => void this.#sessions.delete(id),
      maxRequestBodySize: limits.messageBytesMax,
      ...(this.#replay && {
        eventStore: this.#replay.createEventStore(),
        retryInterval: this.#replay.retryIntervalMs,
      }),
    });
    const session = {
      id,
      caller,
      transport,
      usedAt: this.#clock.elapsed(),
      running: new RunningRequests(),
    };
    if (keep) this.#sessions.set(id, session);
    await this.#createServer(caller).connect(transport);
    session.running.watch(transport, () => {
      session.usedAt = this.#clock.elapsed();
    });
    return transport;
  }

  async #discard(transport: WebStandardStreamableHTTPServerTransport): Promise<void> {
    for (const session of this.#sessions.values())
      if (session.transport === transport) this.#sessions.delete(session.id);
    await transport.close();
  }

  /**
   * A caller with all its places taken loses its own oldest session; when the places of all are taken, whoever has the
   * most loses one. False when that would cut a running request, or cost somebody who has no more than the caller.
   */
  #makeRoom(caller: Caller): boolean {
    const own = this.#sessionsOf(caller);
    if (own.length >= limits.sessionsOfOneCallerMax) return this.#dropOldest(own);
    if (this.#sessions.size < limits.sessionsMax) return true;
    const [most = []] = [...Map.groupBy(this.#sessions.values(), ({ caller }) => caller.thumbprint).values()]
      .filter((sessions) => sessions.some(isIdle))
      .sort((one, other) => other.length - one.length);
    return most.length > own.length && this.#dropOldest(most);
  }

  #sessionsOf({ thumbprint }: Caller): EraSession[] {
    return [...this.#sessions.values()].filter(({ caller }) => caller.thumbprint === thumbprint);
  }

  #dropOldest(sessions: readonly EraSession[]): boolean {
    const oldest = sessions.find(isIdle);
    if (oldest) this.#drop(oldest);
    return oldest !== undefined;
  }

  #closeIdle(): void {
    const idleSince = this.#clock.elapsed() - bounds.eraSessionIdleMs;
    for (const session of this.#sessions.values())
      if (isIdle(session) && session.usedAt <= idleSince) this.#drop(session);
  }

  #drop(session: EraSession): void {
    this.#sessions.delete(session.id);
    void session.transport.close();
  }
}

function isIdle({ running }: EraSession): boolean {
  return running.size === 0;
}

function opensSession(body: unknown): boolean {
  return [body].flat().some((message) => isInitializeRequest(message));
}

function noRoom({ name }: Caller): Response {
  const message = `${name} has requests running in all its sessions; wait for one to end.`;
  const error = wireErrorOf(new ConferError('overloaded', message), 'legacy');
  return Response.json({ jsonrpc: '2.0', id: null, error }, { status: 503 });
}

// 404 makes a client begin a new session (2025-11-25, Session Management).
function unknownSession(): Response {
  const error = { code: -32001, message: 'There is no such session; send initialize again.' };
  return Response.json({ jsonrpc: '2.0', id: null, error }, { status: 404 });
}
