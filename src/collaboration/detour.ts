/**
 * Diagnosing through the fault: a node that we cannot reach answers by way of one that reaches both of us. To whoever asks,
 * it is a peer like any other: what it answers is signed by itself, for us, in this session; that the relay's name
 * stands in the statement is the only difference. The relay can drop a question or an answer and do nothing else to it:
 *
 *   forge    the node signs, and its certificate must be the one that discovery knows
 *   replay   nonces of the node are spent here, those of our requests there
 *   move     operation, arguments, session, caller and relay stand in the statement
 *   ask      questions are signed by us, so it invents none in our name
 */
import type { JsonObject } from '../../crypto/canonical.ts';
import type { Operation, SignedAnswer } from '../../crypto/envelope.ts';
import type { CarriedRequest, SignedRequest } from '../../crypto/request.ts';
import { PeerError } from '../core/errors.ts';
import type { CallOptions, Peer } from '../core/ports.ts';
import { type RelayResult, relayResult } from '../core/tools.ts';

/** What this agent must be able to do itself. */
export interface Requests {
  /** Signs a request in this agent's name, under a nonce that is durable. */
  sign(
    request: Pick<CarriedRequest, 'operation' | 'arguments' | 'session' | 'node' | 'relay'>,
  ): Promise<SignedRequest>;
  /** Why a certificate is not that of a node that discovery knows; undefined when it is. */
  certificateFault(node: string, certificatePem: string): string | undefined;
}

/** A node that was asked to carry, and how it is asked: its answers arrive verified. */
export interface RelayNode {
  node: string;
  carry(args: JsonObject, options: CallOptions): Promise<JsonObject>;
}

/** Throws PeerError: whatever its reason, it accuses nobody, for it is only known that this way does not lead there. */
export async function openDetour(
  node: string,
  relay: RelayNode,
  { requests, session, signal }: { requests: Requests; session: string; signal: AbortSignal },
): Promise<Peer> {
  const opened = resultOf(await relay.carry({ node }, { signal }), relay.node);
  if (!('certificate' in opened)) throw new PeerError('malformed', `${relay.node} did not open ${node}.`);
  const { certificate, authorised } = opened;
  const fault = requests.certificateFault(node, certificate);
  if (fault !== undefined)
    throw new PeerError('authentication', `${relay.node} shows a certificate of ${node}: ${fault}`);
  const ask = async (operation: Operation, args: JsonObject, options: CallOptions): Promise<SignedAnswer> => {
    const request = await requests.sign({ operation, arguments: args, session, node, relay: relay.node });
    const result = resultOf(
      await relay.carry({ node, request: request as unknown as JsonObject }, options),
      relay.node,
    );
    if ('answer' in result) return result.answer;
    throw new PeerError('malformed', `${relay.node} brought no answer of ${node}.`);
  };
  return {
    node,
    certificate,
    authorised,
    call: (tool, args, options) => ask({ tool }, args, options),
    read: (uri, options) => ask({ uri }, {}, options),
  };
}

function resultOf(data: JsonObject, relay: string): RelayResult {
  const result = relayResult.safeParse(data).data;
  if (result === undefined) throw new PeerError('malformed', `${relay} relayed something of another form.`);
  if ('silent' in result) throw new PeerError('unreachable', `${relay}: ${result.silent}`);
  if ('refused' in result) throw new PeerError('refused', `${relay}: ${result.refused}`);
  return result;
}
