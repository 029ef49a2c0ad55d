/**
 * Carries the requests of a node to another that it cannot reach, and the answers back: neither can be changed on the
 * way, for the asker signed the one and the node signs the other, for the asker.
 *
 *   asker --- relay {node, request} ---> here --- relay {node, request} ---> node
 *   asker <-- {answer}, signed here ---- here <-- answer, signed for the asker by way of us
 *
 * What a relay does for others is bounded: whoever asked us itself (so one relay and no chain of them), what measures and
 * what it may ask of us too, size, time, and how much at once and in a minute. It must be no open proxy.
 */
import type { JsonObject } from '../../crypto/canonical.ts';
import type { SignedRequest } from '../../crypto/request.ts';
import { ConferError, isHarmless, isLost, PeerError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Clock, Peer, Peers } from '../core/ports.ts';
import type { CallContext, Caller } from '../core/service.ts';
import { capabilities, carriedTools, type RelayResult, toolNames } from '../core/tools.ts';
import type { Policy } from './policy.ts';
import type { Resources } from './resources.ts';
import { toolDefinitions } from './tool-definitions.ts';

export interface RelayPorts {
  clock: Clock;
  peers: Peers;
  policy: Policy;
  resources: Pick<Resources, 'requireState'>;
}

/** The way to a node, for one session of one caller. */
interface Way {
  peer?: Promise<Peer> | undefined;
  /** What it came to when the node gave no usable answer. It is left alone until then; elapsed milliseconds. */
  failed?: { result: RelayResult; untilMs: number } | undefined;
}

interface Usage {
  running: number;
  minute: number;
  inMinute: number;
}

const minuteMs = 60_000;

export class Relay {
  readonly #node: string;
  readonly #ports: RelayPorts;
  readonly #ways = new Map<string, Way>();
  /** By thumbprint. */
  readonly #usage = new Map<string, Usage>();

  constructor(node: string, ports: RelayPorts) {
    this.#node = node;
    this.#ports = ports;
  }

  /** Throws ConferError `bad-input`, `access-denied`, `not-found`, `overloaded`. */
  async carry(node: string, signed: SignedRequest | undefined, context: CallContext): Promise<RelayResult> {
    this.#requireOwn(node, signed, context);
    if (signed !== undefined) this.#requireMeasuring(signed, context.caller);
    using _place = this.#enter(context.caller);
    const way = this.#way(`${context.caller.thumbprint} ${context.session} ${node}`);
    if (way.failed !== undefined && way.failed.untilMs > this.#ports.clock.elapsed())
      return way.failed.result;
    try {
      return await this.#ask(way, node, signed, context);
    } catch (error) {
      way.peer = undefined;
      if (!(error instanceof PeerError)) throw error;
      const { reason, message } = error;
      const result: RelayResult = isLost(reason) ? { silent: message } : { refused: message };
      if (!isHarmless(reason))
        way.failed = { result, untilMs: this.#ports.clock.elapsed() + limits.untrustedForMs };
      return result;
    }
  }

  async #ask(
    way: Way,
    node: string,
    signed: SignedRequest | undefined,
    { session = '', signal, onProgress }: CallContext,
  ): Promise<RelayResult> {
    const { clock, peers } = this.#ports;
    using opening = clock.deadline(limits.relayOpenTimeoutMs, signal);
    way.peer ??= peers.open(node, { session, signal: opening.signal });
    const peer = await way.peer;
    if (!peer.authorised.includes(capabilities.relay))
      return { refused: `${node} takes no requests that another node carries.` };
    if (signed === undefined) return { certificate: peer.certificate, authorised: [...peer.authorised] };
    using answering = clock.deadline(limits.relayCallTimeoutMs, signal);
    const args = { node, request: signed as unknown as JsonObject };
    const options = { signal: answering.signal, ...(onProgress !== undefined && { onProgress }) };
    const answer = await peer.call(toolNames.relay, args, options);
    return octetsOf(answer) > limits.relayAnswerBytesMax
      ? { refused: `The answer of ${node} is longer than ${limits.relayAnswerBytesMax} octets.` }
      : { answer };
  }

  /** Only the asker's own requests, signed for this session and for us to carry. */
  #requireOwn(
    node: string,
    signed: SignedRequest | undefined,
    { caller, session, relay }: CallContext,
  ): void {
    if (caller.role !== 'device' || relay !== undefined)
      throw new ConferError(
        'access-denied',
        'A relay carries the requests of devices that ask it themselves.',
      );
    if (session === undefined || node === caller.name)
      throw new ConferError('bad-input', 'A relay needs a session, and another node than the one that asks.');
    if (signed === undefined) return;
    const { request } = signed;
    const isOwn = request.caller === caller.name && request.session === session;
    if (!isOwn || request.node !== node || request.relay !== this.#node)
      throw new ConferError(
        'access-denied',
        `${caller.name} did not sign this request for ${this.#node} to carry.`,
      );
    if (octetsOf(signed) > limits.relayRequestBytesMax)
      throw new ConferError('bad-input', `The request is longer than ${limits.relayRequestBytesMax} octets.`);
  }

  /** What it may not ask of us, we do not ask of others for it. */
  #requireMeasuring({ request: { operation } }: SignedRequest, caller: Caller): void {
    if ('uri' in operation) {
      this.#ports.resources.requireState(operation.uri, caller);
      return;
    }
    const tool = toolDefinitions.find(({ name }) => name === operation.tool);
    if (tool === undefined || !carriedTools.includes(tool.name))
      throw new ConferError('access-denied', `${operation.tool} is nothing that a relay carries.`);
    this.#ports.policy.requireCall(caller, tool);
  }

  #way(key: string): Way {
    const way: Way = this.#ways.get(key) ?? {};
    this.#ways.delete(key);
    this.#ways.set(key, way);
    const [oldest] = this.#ways.keys();
    if (this.#ways.size > limits.relayWaysMax && oldest !== undefined) this.#ways.delete(oldest);
    return way;
  }

  #enter({ thumbprint, name }: Caller): Disposable {
    const minute = Math.floor(this.#ports.clock.elapsed() / minuteMs);
    for (const [other, { running, minute: last }] of this.#usage)
      if (running === 0 && last !== minute) this.#usage.delete(other);
    const usage = this.#usage.get(thumbprint) ?? { running: 0, minute, inMinute: 0 };
    if (usage.minute !== minute) Object.assign(usage, { minute, inMinute: 0 });
    if (usage.running >= limits.relayedAtOnceMax || usage.inMinute >= limits.relayedPerMinuteMax)
      throw new ConferError(
        'overloaded',
        `${this.#node} carries no more for ${name} now; ask again in a minute.`,
      );
    usage.running += 1;
    usage.inMinute += 1;
    this.#usage.set(thumbprint, usage);
    return {
      [Symbol.dispose]: () => {
        usage.running -= 1;
      },
    };
  }
}

function octetsOf(value: object): number {
  return Buffer.byteLength(JSON.stringify(value));
}
