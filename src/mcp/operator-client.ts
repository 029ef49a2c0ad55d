import type { Duplex } from 'node:stream';
import { Client, type FetchLike, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Agent, fetch } from 'undici';
import { z } from 'zod';
import type { JsonObject } from '../../crypto/canonical.ts';
import type { SignedAnswer } from '../../crypto/envelope.ts';
import type { CallOptions } from '../core/ports.ts';
import type { ResourceDefinition } from '../core/service.ts';
import { metaKeys } from '../core/tools.ts';
import { signedResourceAnswer, signedToolAnswer } from './answers.ts';
import { sdkTimeoutMs } from './bounds.ts';
import { implementationOf, sharedValidator } from './identity.ts';
import { fractionsTo } from './linked-peer.ts';
import { peerErrorOf, requestErrorOf } from './peer-failure.ts';

/** An operator's or a controller's connection to one agent: plain MCP over Streamable HTTP and mutual TLS. */
export interface OperatorClient {
  /**
   * Calls a tool. The answer is as received: signed, not yet verified. Throws PeerError, and ConferError with the
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
  /** What the operator's client calls itself. */
  name: string;
  /** A mutual-TLS connection to the agent; undici asks for a new one when it needs it. */
  dial(signal: AbortSignal): Promise<Duplex>;
  signal: AbortSignal;
}

/** Connects in whichever protocol era the agent speaks. Throws PeerError. */
export async function connectOperator(deps: OperatorDeps): Promise<OperatorClient> {
  const { url, signal } = deps;
  const ended = new AbortController();
  let dialFailure: unknown;
  const agent = new Agent({
    // Deadlines are the caller's: a probe may be silent for longer than any default.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: (_options, done) => {
      deps.dial(ended.signal).then(
        (socket) => done(null, socket as never),
        (error) => {
          dialFailure = error;
          done(error, null);
        },
      );
    },
  });
  // undici's own types for a request and the global ones describe the same thing.
  const fetchOverTls = ((input: string, init: object) =>
    fetch(input, { ...init, dispatcher: agent })) as unknown as FetchLike;
  const transport = new StreamableHTTPClientTransport(url, {
    fetch: fetchOverTls,
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
      return await client.request({ method, params: { ...params, ...meta } }, z.looseObject({}), {
        signal: options.signal,
        timeout: sdkTimeoutMs,
        ...(onProgress ? { onprogress: fractionsTo(onProgress) } : {}),
      });
    } catch (error) {
      throw failed(error, options.signal);
    }
  };

  return {
    async callTool(name, args, options) {
      return signedToolAnswer(await ask('tools/call', { name, arguments: args }, options), url.host);
    },
    async readResource(uri, options) {
      return signedResourceAnswer(await ask('resources/read', { uri }, options), url.host);
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
