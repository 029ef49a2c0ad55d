/**
 * The peers of an agent with its trail: whom it opened a session with, what it asked, what came back, or why nothing did.
 * Records are made in the turn in which a request leaves or an answer arrives, and not waited for: whatever this agent
 * answers on the strength of them is recorded later in the same chain, and is not durable without them.
 */
import type { JsonValue } from '../../crypto/canonical.ts';
import { thumbprintHexOf } from '../../crypto/certificate.ts';
import type { SignedAnswer } from '../../crypto/envelope.ts';
import type { Clock, Peer, Peers } from '../core/ports.ts';
import type { Audit } from './audit.ts';
import {
  type AuditedAnswer,
  type AuditedParty,
  type AuditedRequest,
  boundedArguments,
  boundedText,
  outcomeOf,
} from './audit-record.ts';
import { auditedArguments, changes } from './audited-service.ts';

export class AuditedPeers implements Peers {
  readonly #peers: Peers;
  readonly #audit: Audit;
  readonly #clock: Clock;

  constructor(peers: Peers, audit: Audit, clock: Clock) {
    this.#peers = peers;
    this.#audit = audit;
    this.#clock = clock;
  }

  async open(node: string, options: { session: string; signal: AbortSignal }): Promise<Peer> {
    const { session } = options;
    const party: AuditedParty = { name: boundedText(node) };
    const request = requestOf(party, session, { method: 'mcp/initialize' });
    return await this.#exchange(
      request,
      async () => {
        const peer = await this.#peers.open(node, options);
        party.thumbprint = thumbprintHexOf(peer.certificate);
        const { certificate, authorised } = peer;
        return { node: peer.node, certificate, authorised, ...this.#audited(peer, { ...party }, session) };
      },
      () => undefined,
    );
  }

  /** The same for a controller that opened a link to us, and is called back over it. */
  over<Other extends Pick<Peer, 'node' | 'certificate' | 'call'>>(other: Other, session: string): Other {
    const party = { name: boundedText(other.node), thumbprint: thumbprintHexOf(other.certificate) };
    return { ...other, call: this.#auditedCall(other, party, session) };
  }

  #audited(peer: Peer, party: AuditedParty, session: string): Pick<Peer, 'call' | 'read'> {
    return {
      call: this.#auditedCall(peer, party, session),
      read: async (uri, options) => {
        const request = requestOf(party, session, { uri: boundedText(uri) });
        return await this.#exchange(request, () => peer.read(uri, options), asStated);
      },
    };
  }

  #auditedCall(peer: Pick<Peer, 'call'>, party: AuditedParty, session: string): Peer['call'] {
    return async (tool, args, options) => {
      const request = requestOf(party, session, { tool: boundedText(tool) }, auditedArguments(tool, args));
      if (changes(tool, args)) this.#audit.note({ event: 'request', ...request });
      return await this.#exchange(request, () => peer.call(tool, args, options), asStated);
    };
  }

  /** What comes back is recorded as the peer states it; whether the statement holds is judged afterwards. */
  async #exchange<T>(
    request: AuditedRequest,
    run: () => Promise<T>,
    answerOf: (result: T) => AuditedAnswer | undefined,
  ): Promise<T> {
    const began = this.#clock.elapsed();
    const took = () => Math.round(this.#clock.elapsed() - began);
    try {
      const result = await run();
      const answer = answerOf(result);
      this.#audit.note({
        event: 'exchange',
        ...request,
        outcome: 'answered',
        ...(answer !== undefined && { answer }),
        durationMs: took(),
      });
      return result;
    } catch (error) {
      this.#audit.note({ event: 'exchange', ...request, ...outcomeOf(error), durationMs: took() });
      throw error;
    }
  }
}

/** Nothing that a peer sends has been verified yet, so it may be anything. */
function asStated(signed: Partial<SignedAnswer> | undefined): AuditedAnswer | undefined {
  const { resultHash, nonce } = signed?.statement ?? {};
  if (typeof resultHash !== 'string') return undefined;
  return {
    sha256: boundedText(resultHash),
    ...(nonce !== undefined && Number.isSafeInteger(nonce) && { nonce }),
    isError: signed?.answer?.isError === true,
  };
}

function requestOf(
  party: AuditedParty,
  session: string,
  operation: AuditedRequest['operation'],
  args?: JsonValue,
): AuditedRequest {
  return {
    direction: 'out',
    party,
    session: boundedText(session),
    operation,
    ...(args !== undefined && boundedArguments(args)),
  };
}
