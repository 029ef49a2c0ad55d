import { Readable } from 'node:stream';
import { Client, type FetchLike, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Agent, type Dispatcher } from 'undici';
import { z } from 'zod';
import { digestOf, type JsonObject } from '../../crypto/canonical.ts';
import { type Operation, openAnswer, type SignedAnswer } from '../../crypto/envelope.ts';
import { ReplayWindow } from '../../crypto/nonce.ts';
import { PeerError } from '../core/errors.ts';
import type { CallOptions } from '../core/ports.ts';
import type { ResourceDefinition } from '../core/service.ts';
import { metaKeys, noSession } from '../core/tools.ts';
import { argumentRefusalIn, signedResourceAnswer, signedToolAnswer } from './answers.ts';
import { sdkTimeoutMs } from './bounds.ts';
import type { DialedSocket } from './client.ts';
import { implementationOf, sharedValidator } from './identity.ts';
import { fractionsTo } from './linked-peer.ts';
import { peerErrorOf, requestErrorOf } from './peer-failure.ts';

/** An operator's or a controller's connection to one agent: plain MCP over Streamable HTTP and mutual TLS. */
export interface OperatorClient {
  /** Whom the certificate of the connection names. */
  readonly node: string;
  /**
   * Calls a tool. The answer is verified: this very agent signed it, just now, for us, to this call, in this session;
   * a session of random digits makes sure that it was never given before. Throws PeerError, and ConferError with the
   * agent's own code where the request was at fault.
   */
  callTool(
    name: string,
    args: JsonObject,
    options: CallOptions & { session?: string },
  ): Promise<SignedAnswer>;
  /** Reads a resource. Same contract as callTool. */
  readResource(uri: string, options: { signal: AbortSignal; session?: string }): Promise<SignedAnswer>;
  /** All pages. Throws PeerError. */
  listResources(options: { signal: AbortSignal }): Promise<ResourceDefinition[]>;
  close(): Promise<void>;
}

export interface OperatorDeps {
  /** For example https://[2001:db8::1]:9514/mcp */
  url: URL;
  /** Whom our certificate names: answers are signed for that caller. */
  name: string;
  /** A mutual-TLS connection to the agent; undici asks for a new one when it needs it. */
  dial(signal: AbortSignal): Promise<DialedSocket>;
  signal: AbortSignal;
}

/** Made once: zod compiles a shape when it is first used. */
const anyResult = z.looseObject({});

/** To one agent, which lets nobody have all of its places. */
const connectionsMax = 16;

/** Connects in whichever protocol era the agent speaks. Throws PeerError. */
export async function connectOperator(deps: OperatorDeps): Promise<OperatorClient> {
  const { url, signal } = deps;
  const ended = new AbortController();
  let dialFailure: unknown;
  const peer = new AuthenticatedAgent();
  const agent = new Agent({
    connections: connectionsMax,
    // Deadlines are the caller's: a probe may be silent for longer than any default.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: (_options, done) => {
      deps.dial(ended.signal).then(
        (dialed) => {
          dialFailure = peer.admit(dialed);
          if (dialFailure === undefined) return done(null, dialed.socket as never);
          dialed.socket.destroy();
          done(dialFailure as Error, null);
        },
        (error) => {
          // A dial that we gave up says nothing of its own.
          if (!ended.signal.aborted) dialFailure = error;
          done(error, null);
        },
      );
    },
  });
  const transport = new StreamableHTTPClientTransport(url, {
    fetch: fetchBy(agent),
    // An agent that restarts has forgotten the call: the operator asks again, not the transport.
    reconnectionOptions: {
      initialReconnectionDelay: 1_000,
      maxReconnectionDelay: 1_000,
      reconnectionDelayGrowFactor: 1,
      maxRetries: 0,
    },
  });
  const client = new Client(implementationOf(deps.name), {
    jsonSchemaValidator: sharedValidator,
    versionNegotiation: { mode: 'auto', probe: { timeoutMs: sdkTimeoutMs } },
  });
  const close = async () => {
    ended.abort();
    await client.close().catch(() => {});
    await agent.destroy();
  };
  const failed = (error: unknown, given: AbortSignal) =>
    requestErrorOf(error) ?? peerErrorOf(dialFailure ?? error, url.host, given);
  // The SDK does not look at a signal while it asks which era the agent speaks.
  const onAbort = () => void close();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await client.connect(transport, { signal, timeout: sdkTimeoutMs });
  } catch (error) {
    await close();
    throw failed(error, signal);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }

  const ask = async (method: string, params: JsonObject, options: CallOptions & { session?: string }) => {
    const { session, onProgress } = options;
    const meta = session === undefined ? {} : { _meta: { [metaKeys.session]: session } };
    try {
      return await client.request({ method, params: { ...params, ...meta } }, anyResult, {
        signal: options.signal,
        timeout: sdkTimeoutMs,
        ...(onProgress ? { onprogress: fractionsTo(onProgress) } : {}),
      });
    } catch (error) {
      throw failed(error, options.signal);
    }
  };

  const caller = deps.name;
  return {
    node: peer.node,
    async callTool(name, args, options) {
      const result = await ask('tools/call', { name, arguments: args }, options);
      const refusal = argumentRefusalIn(result);
      if (refusal !== undefined) throw refusal;
      const { session = noSession } = options;
      const asked = { operation: { tool: name }, arguments: args, session, caller };
      return peer.verified(signedToolAnswer(result, url.host), asked);
    },
    async readResource(uri, options) {
      const result = await ask('resources/read', { uri }, options);
      const { session = noSession } = options;
      const asked = { operation: { uri }, arguments: {}, session, caller };
      return peer.verified(signedResourceAnswer(result, url.host), asked);
    },
    async listResources({ signal }) {
      try {
        const { resources } = await client.listResources(undefined, {
          signal,
          timeout: sdkTimeoutMs,
          cacheMode: 'bypass',
        });
        return resources.map(({ uri, name, description = '', mimeType = '', _meta }) => ({
          uri,
          name,
          description,
          mimeType,
          ...(_meta !== undefined && { _meta: _meta as JsonObject }),
        }));
      } catch (error) {
        throw failed(error, signal);
      }
    },
    close,
  };
}

/**
 * What the SDK needs of `fetch`, by plain requests: undici's own costs several times as much, follows redirects, and
 * refuses ports that browsers shun, where an agent may listen.
 */
function fetchBy(agent: Agent): FetchLike {
  return async (url, { method = 'GET', headers, body, signal } = {}) => {
    const { origin, pathname, search } = new URL(url);
    const { statusCode, ...answer } = await agent.request({
      origin,
      path: `${pathname}${search}`,
      method: method as Dispatcher.HttpMethod,
      headers: Object.fromEntries(new Headers(headers)),
      body: (body ?? null) as string | null,
      signal: signal ?? null,
    });
    const described = { status: statusCode, headers: headersOf(answer.headers) };
    if (described.headers.get('content-type')?.startsWith('text/event-stream'))
      return new Response(Readable.toWeb(answer.body) as ReadableStream, described);
    const text = await answer.body.text();
    return new Response(text === '' ? null : text, described);
  };
}

function headersOf(received: Record<string, string | string[] | undefined>): Headers {
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(received))
    for (const value of [values].flat()) headers.append(name, value);
  return headers;
}

/** What an answer has to fit. */
interface Asked {
  operation: Operation;
  arguments: JsonObject;
  session: string;
  caller: string;
}

/** The agent at the other end of all connections of one client, and what it has signed so far. */
class AuthenticatedAgent {
  node = '';
  /** By thumbprint: an agent may renew its certificate while we talk to it. */
  readonly #certificates = new Map<string, { pem: string; spent: ReplayWindow }>();

  /** Why this connection leads elsewhere; undefined when it does not. */
  admit({ node, certificate, thumbprint }: DialedSocket): PeerError | undefined {
    if (this.node !== '' && this.node !== node)
      return new PeerError('authentication', `${node} answered where ${this.node} did before.`);
    this.node = node;
    if (!this.#certificates.has(thumbprint))
      this.#certificates.set(thumbprint, { pem: certificate, spent: new ReplayWindow(0) });
    return undefined;
  }

  /** Throws PeerError `bad-signature`, `replay`. */
  verified(signed: SignedAnswer, { arguments: args, ...asked }: Asked): SignedAnswer {
    const known = [...this.#certificates.values()];
    const shown = known.find(({ pem }) => pem === signed.certificate) ?? known.at(-1);
    if (shown === undefined) throw new PeerError('authentication', 'The agent showed no certificate.');
    const opened = openAnswer(signed, {
      ...asked,
      argumentsHash: digestOf(args),
      signer: this.node,
      certificate: shown.pem,
      nonceAbove: shown.spent.floor,
    });
    if (!opened.ok)
      throw new PeerError(opened.reason === 'replay' ? 'replay' : 'bad-signature', opened.detail);
    const { nonce } = signed.statement;
    if (!shown.spent.accept(nonce)) throw new PeerError('replay', `${this.node} sent nonce ${nonce} twice.`);
    return signed;
  }
}
