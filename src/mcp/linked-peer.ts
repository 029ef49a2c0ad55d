import { Client } from '@modelcontextprotocol/client';
import { z } from 'zod';
import type { JsonObject } from '../../crypto/canonical.ts';
import type { SignedAnswer } from '../../crypto/envelope.ts';
import { PeerError } from '../core/errors.ts';
import { mistakesOf } from '../core/expectation.ts';
import type { CallOptions, Peer, Progress } from '../core/ports.ts';
import { metaKeys } from '../core/tools.ts';
import { argumentRefusalIn, signedResourceAnswer, signedToolAnswer } from './answers.ts';
import { bounds, sdkTimeoutMs } from './bounds.ts';
import { draftInitializeMethod, draftInitializeResult, draftVersion } from './draft-wire.ts';
import { implementationOf, sharedValidator } from './identity.ts';
import { peerErrorOf } from './peer-failure.ts';
import type { PeerLink } from './peer-link.ts';

/** Whom a link's certificate names. */
export interface LinkIdentity {
  node: string;
  /** PEM. */
  certificate: string;
  /** SHA-256 of the DER certificate, lowercase hex. */
  thumbprint: string;
}

/** Links carry only this revision: every request stands alone, so there is nothing to set up but the capabilities. */
const linkRevision = '2026-07-28';

/** Our calls over one link: one MCP client, shared by every session with that peer. */
export class LinkedPeer {
  readonly link: PeerLink;
  readonly identity: LinkIdentity;
  readonly #client: Client;
  #running = 0;
  #hasAnswered = false;

  private constructor(link: PeerLink, identity: LinkIdentity, client: Client) {
    this.link = link;
    this.identity = identity;
    this.#client = client;
  }

  static async over(link: PeerLink, identity: LinkIdentity, own: string): Promise<LinkedPeer> {
    const client = new Client(implementationOf(own), { jsonSchemaValidator: sharedValidator });
    // No probe: a peer that does not speak the revision says so in its first answer.
    await client.connect(link.clientTransport, {
      timeout: sdkTimeoutMs,
      prior: { kind: 'modern', discover: { supportedVersions: [linkRevision], capabilities: {} } },
    });
    return new LinkedPeer(link, identity, client);
  }

  /** True when nothing runs and the peer never answered: it is not known to have taken our certificate. */
  get isUnproven(): boolean {
    return this.#running === 0 && !this.#hasAnswered;
  }

  /** Milliseconds since anything went over the link, from us or from the peer; 0 while a call of either runs. */
  get idleMs(): number {
    return this.#running > 0 ? 0 : this.link.idleMs;
  }

  /**
   * Negotiates capabilities for a session (troubleshooting draft section 5.3.1 step 2). This is the peer's first answer:
   * only now is it known that it took our certificate. Throws PeerError, `unauthorised` when nothing is shared.
   */
  async open(session: string, capabilities: readonly string[], signal: AbortSignal): Promise<Peer> {
    const params = { protocolVersion: draftVersion, capabilities: [...capabilities] };
    const answer = await this.#request(draftInitializeMethod, params, draftInitializeResult, session, {
      signal,
    });
    const authorised = capabilities.filter(
      (name) => answer.capabilities.includes(name) && (answer.authorised?.includes(name) ?? true),
    );
    const { node, certificate } = this.identity;
    if (authorised.length === 0) throw new PeerError('unauthorised', `${node} and we share no capability.`);
    return { node, certificate, authorised, ...this.direct(session) };
  }

  /** Calls without negotiation: between a controller and a device, who is whom by role. */
  direct(session: string): Pick<Peer, 'call' | 'read'> {
    return {
      call: (tool, args, options) => this.#call(tool, args, session, options),
      read: (uri, options) => this.#read(uri, session, options),
    };
  }

  /** One page of resources/list. Throws PeerError. */
  async resources(
    cursor: string | undefined,
    { signal, session }: { signal: AbortSignal; session: string },
  ): Promise<z.infer<typeof resourcesPage>> {
    const params = cursor === undefined ? {} : { cursor };
    const result = await this.#request('resources/list', params, anyResult, session, { signal });
    const page = resourcesPage.safeParse(result);
    if (page.success) return page.data;
    const mistakes = mistakesOf(page.error, result, 'the list');
    throw new PeerError('malformed', `The list of ${this.identity.node} is none: ${mistakes}.`);
  }

  close(): void {
    this.link.close();
  }

  async #call(tool: string, args: JsonObject, session: string, options: CallOptions): Promise<SignedAnswer> {
    const params = { name: tool, arguments: args };
    const result = await this.#request('tools/call', params, anyResult, session, options);
    const refusal = argumentRefusalIn(result);
    if (refusal !== undefined)
      throw new PeerError('refused', `${this.identity.node}: ${refusal.message}`, { cause: refusal });
    return signedToolAnswer(result, this.identity.node, this.identity.certificate);
  }

  async #read(uri: string, session: string, options: CallOptions): Promise<SignedAnswer> {
    const result = await this.#request('resources/read', { uri }, anyResult, session, options);
    return signedResourceAnswer(result, this.identity.node, this.identity.certificate);
  }

  // Not by callTool and readResource: those keep a cache, which an answer with a nonce must never come from.
  async #request<Result>(
    method: string,
    params: JsonObject,
    shape: z.ZodType<Result>,
    session: string,
    { signal, onProgress }: CallOptions,
  ): Promise<Result> {
    this.#running += 1;
    try {
      const result = await this.#client.request(
        { method, params: { ...params, _meta: { [metaKeys.session]: session } } },
        shape,
        { signal, timeout: sdkTimeoutMs, ...(onProgress ? { onprogress: fractionsTo(onProgress) } : {}) },
      );
      this.#hasAnswered = true;
      return result;
    } catch (error) {
      throw peerErrorOf(error, this.identity.node, signal);
    } finally {
      this.#running -= 1;
    }
  }
}

const anyResult = z.looseObject({});

const resourcesPage = z.object({
  resources: z
    .array(z.object({ uri: z.string(), _meta: z.record(z.string(), z.unknown()).optional() }))
    .max(bounds.pageItemsMax),
  nextCursor: z.string().optional(),
});

/** MCP's progress (a number, of a total where one is known) as a fraction. */
export function fractionsTo(onProgress: (progress: Progress) => void) {
  return (progress: { progress: number; total?: number | undefined; message?: string | undefined }) => {
    const { total, message } = progress;
    const fraction = Math.min(1, Math.max(0, progress.progress / (total && total > 0 ? total : 1)));
    onProgress({ fraction, ...(message === undefined ? {} : { message }) });
  };
}
