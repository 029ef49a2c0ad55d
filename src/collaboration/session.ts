/**
 * One collaboration session: asks nodes of the domain, verifies what they answer, and remembers every signed answer
 * for the report. A peer that gives no usable answer never stops the session: it becomes `untrusted(reason)`.
 *
 *   ask(node, operation) -> peers.open -> call / read -> openAnswer -> measurement | untrusted
 */
import { digestOf, type JsonObject } from '../../crypto/canonical.ts';
import { type Answer, type Operation, openAnswer, type SignedAnswer } from '../../crypto/envelope.ts';
import { orAborted } from '../core/abort.ts';
import { isHarmless, isLost, messageOf, PeerError, type UntrustedReason } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { CallOptions, Clock, Peer, Peers, Progress } from '../core/ports.ts';
import type { Envelope, Untrusted } from '../core/records.ts';
import { capabilities, toolNames } from '../core/tools.ts';
import type { Requests } from './detour.ts';
import { type Detour, Detours } from './detours.ts';
import { Marks, type Why, whyOf } from './marks.ts';
import { OpenPeers, type SpentNonces } from './open-peers.ts';
import type { Readings } from './readings.ts';
import { SessionAnswers } from './session-answers.ts';

export type Outcome =
  | { status: 'signed'; node: string; data: JsonObject }
  | { status: 'untrusted'; node: string; reason: UntrustedReason; detail: string };

export interface Question {
  node: string;
  operation: Operation;
  arguments?: JsonObject;
  timeoutMs?: number;
  onProgress?: (progress: Progress) => void;
  /** In place of the session's own: what cleans up must still be asked when the intent was cancelled. */
  signal?: AbortSignal;
}

export interface SessionPorts {
  clock: Clock;
  peers: Peers;
  nonces: SpentNonces;
  /** This agent's own name: the `caller` that every answer must be addressed to. */
  self: string;
  /** Its certificate, PEM: the report carries it, whether this node answers anything or not. */
  certificate: string;
  /** Whether a node's management address lies on the tested network. */
  management(node: string): Untrusted['management'];
  requests: Requests;
  /** The nodes of the domain, those that lie nearest to this one first: who may reach it where we do not. */
  nearest(node: string): readonly string[];
}

export class Session {
  readonly id: string;
  readonly #ports: SessionPorts;
  readonly #signal: AbortSignal;
  readonly #startedAtMs: number;
  readonly #startedElapsedMs: number;
  readonly #peers: OpenPeers;
  readonly #detours: Detours;
  readonly #answers = new SessionAnswers();
  readonly #marks: Marks;
  #asked = 0;

  constructor(id: string, ports: SessionPorts, signal: AbortSignal) {
    this.id = id;
    this.#ports = ports;
    this.#signal = signal;
    this.#startedAtMs = ports.clock.now();
    this.#startedElapsedMs = ports.clock.elapsed();
    const { clock, peers, nonces } = ports;
    this.#peers = new OpenPeers({ session: id, clock, peers, nonces });
    this.#peers.certificates.set(ports.self, ports.certificate);
    this.#marks = new Marks({ nowMs: () => this.nowMs(), management: (node) => ports.management(node) });
    this.#detours = new Detours({
      session: id,
      signal,
      clock: ports.clock,
      requests: ports.requests,
      candidates: (node) => this.#candidates(node),
      open: (node) => this.#relay(node),
      carry: (relay, args, options) => this.#carry(relay, args, options),
      opened: (node, peer) => this.#peers.authenticated(node, peer),
    });
  }

  /**
   * Wall time, milliseconds since the epoch, by the clock as it stood when the session began: somebody who sets it
   * meanwhile must neither end a mark early nor make the report later than what it carries.
   */
  nowMs(): number {
    return this.#startedAtMs + this.#ports.clock.elapsed() - this.#startedElapsedMs;
  }

  /** PEM, by node: of this one, and of those that were opened. */
  get certificates(): ReadonlyMap<string, string> {
    return this.#peers.certificates;
  }

  /** Opens the mutual-TLS session with a node; undefined when that is impossible. */
  async open(node: string): Promise<Peer | undefined> {
    await this.#detours.settled(node);
    if (this.#blocked(node)) return undefined;
    try {
      return await this.#peer(node, this.#signal);
    } catch (error) {
      await this.#isReachedAround(node, this.#marks.add(node, error));
      return this.#detours.to(node)?.peer;
    }
  }

  /** Who carries questions and answers, where the node does not answer us directly. */
  relayOf(node: string): string | undefined {
    return this.#detours.to(node)?.relay;
  }

  /** Whether the node may be asked for something that needs this capability. */
  async offers(node: string, capability: string): Promise<boolean> {
    return (await this.open(node))?.authorised.includes(capability) ?? false;
  }

  /** Never throws for a peer; throws ConferError only when the whole intent was cancelled or ran out of time. */
  async ask(question: Question): Promise<Outcome> {
    const number = ++this.#asked;
    const { node, signal = this.#signal } = question;
    signal.throwIfAborted();
    await this.#detours.settled(node);
    const mark = this.#blocked(node);
    if (mark !== undefined) return { status: 'untrusted', node, reason: mark.reason, detail: mark.detail };
    const detour = this.#detours.to(node);
    try {
      const peer = await this.#peer(node, signal);
      const signed = await this.#call(peer, question, signal);
      return this.#accept(number, peer, question, signed);
    } catch (error) {
      signal.throwIfAborted();
      const failed =
        detour === undefined
          ? this.#marks.add(node, this.#graver(question, error))
          : this.#leaveDetour(node, detour, error);
      const isReached = await this.#isReachedAround(node, failed);
      signal.throwIfAborted();
      // What is only read may be asked twice; a train of probes may have been sent, and would be counted twice.
      if (isReached && 'uri' in question.operation) return await this.ask(question);
      return { status: 'untrusted', node, ...failed };
    }
  }

  /** With who carried the answers of a node, where that went well until now. */
  marks(): Untrusted[] {
    return this.#marks.all().map((mark) => {
      const relay = this.#detours.to(mark.node)?.relay;
      const isCarried = relay !== undefined && this.#answers.hasOf(mark.node, relay);
      return isCarried ? { ...mark, reachedThrough: relay } : mark;
    });
  }

  /** What the node is marked for, in force or not. */
  markOf(node: string): Untrusted | undefined {
    return this.#marks.get(node);
  }

  /** Marks of nodes that are lost to everybody who was asked. */
  away(): Untrusted[] {
    return this.marks().filter(isAway);
  }

  /** Takes back an answer that does not fit the others of its node. */
  withdraw(envelope: Envelope, detail: string): void {
    const { node } = envelope;
    this.#answers.withdraw(envelope);
    // Whatever was carried may have been dropped on the way: that is not the node's doing.
    if (this.#detours.to(node) === undefined) this.#marks.add(node, new PeerError('bad-signature', detail));
  }

  /** Every verified answer, errors too: in the order in which it was asked for, those of one node as it signed them. */
  envelopes(): readonly Envelope[] {
    return this.#answers.envelopes();
  }

  /** What they say. */
  readings(): Readings {
    return this.#answers.readings();
  }

  /** Share of the report's room for answers that is left. */
  roomLeft(): number {
    return this.#answers.roomLeft();
  }

  /** The packet files that came with the answers. */
  captures(): string[] {
    return this.#answers.captures();
  }

  /** Whether another node reaches the one that failed us; only for what a fault in between may do to it. */
  async #isReachedAround(node: string, { reason }: { reason: UntrustedReason }): Promise<boolean> {
    return isLost(reason) && (await this.#detours.find(node));
  }

  #candidates(node: string): { known: string[]; strangers: string[] } {
    const { self, nearest } = this.#ports;
    const others = nearest(node).filter((one) => one !== self && this.#blocked(one) === undefined);
    const known = others.filter((one) => this.certificates.has(one));
    return { known, strangers: others.filter((one) => !known.includes(one)) };
  }

  /** Throws PeerError when it does not answer, which marks it, or carries nothing for us. */
  async #relay(node: string): Promise<Peer> {
    try {
      const peer = await this.#peer(node, this.#signal);
      if (peer.authorised.includes(capabilities.relay)) return peer;
    } catch (error) {
      this.#marks.add(node, error);
      throw error;
    }
    throw new PeerError('unauthorised', `${node} carries no requests for us.`);
  }

  /** What a relay says in answer to us. Its own list of answers does not have it, and no report. */
  async #carry(relay: Peer, args: JsonObject, options: CallOptions): Promise<JsonObject> {
    const question = { node: relay.node, operation: { tool: toolNames.relay }, arguments: args };
    const signed = await relay.call(toolNames.relay, args, options);
    const { data, isError } = this.#verified(relay, question, signed);
    if (isError) throw new PeerError('refused', `${relay.node} could not relay: ${JSON.stringify(data)}`);
    return data as JsonObject;
  }

  /**
   * An answer that did not come by way of the relay, or does not hold, was lost there: that accuses nobody. That the node
   * will not do something leaves the way as it is.
   */
  #leaveDetour(node: string, detour: Detour, error: unknown): Why {
    const { reason, detail } = whyOf(error);
    if (isHarmless(reason)) return { reason, detail };
    if (this.#detours.leave(node, detour)) {
      this.#peers.forget(node);
      const { reason: before = 'timeout', detail: told = '' } = this.#marks.get(node) ?? {};
      const whole = `${told} Then lost by way of ${detour.relay}: ${detail}`;
      this.#marks.set(node, { reason: before, detail: whole });
    }
    return { reason: 'timeout', detail };
  }

  #peer(node: string, signal: AbortSignal): Promise<Peer> {
    const detour = this.#detours.to(node);
    return detour === undefined ? this.#peers.open(node, signal) : Promise.resolve(detour.peer);
  }

  async #call(peer: Peer, question: Question, signal: AbortSignal): Promise<SignedAnswer> {
    using deadline = this.#ports.clock.deadline(question.timeoutMs ?? limits.readTimeoutMs, signal);
    const options = {
      signal: deadline.signal,
      ...(question.onProgress !== undefined && { onProgress: question.onProgress }),
    };
    const answering =
      'tool' in question.operation
        ? peer.call(question.operation.tool, question.arguments ?? {}, options)
        : peer.read(question.operation.uri, options);
    return await orAborted(answering, deadline.signal);
  }

  #accept(number: number, peer: Peer, question: Question, signed: SignedAnswer): Outcome {
    const { node } = question;
    const answer = this.#verified(peer, question, signed);
    this.#answers.keep(
      {
        number,
        node,
        arguments: question.arguments ?? {},
        certificate: peer.certificate,
        sessionStartedAtMs: this.#startedAtMs,
        nowMs: this.nowMs(),
      },
      signed,
    );
    const data = answer.data as JsonObject;
    if (answer.isError) throw new PeerError('refused', `${node} could not do it: ${JSON.stringify(data)}`);
    return { status: 'signed', node, data };
  }

  /** Throws PeerError `bad-signature`, `replay`. */
  #verified(peer: Peer, question: Question, signed: SignedAnswer): Answer {
    const { node } = question;
    const window = this.#peers.spentBy(node);
    const opened = openAnswer(signed, {
      operation: question.operation,
      argumentsHash: digestOf(question.arguments ?? {}),
      session: this.id,
      signer: node,
      caller: this.#ports.self,
      relay: this.#detours.relayOf(peer),
      certificate: peer.certificate,
      nonceAbove: window.floor,
    });
    if (!opened.ok && opened.reason !== 'replay') throw new PeerError('bad-signature', opened.detail);
    if (!opened.ok) throw this.#replayed(node, opened.detail);
    if (!window.accept(signed.statement.nonce))
      throw this.#replayed(node, `${node} sent nonce ${signed.statement.nonce} twice.`);
    return opened.answer;
  }

  #replayed(node: string, detail: string): PeerError {
    if (this.#detours.to(node) === undefined) this.#ports.nonces.alarm(node, detail);
    return new PeerError('replay', detail);
  }

  /** Why the node is not asked now. */
  #blocked(node: string): Untrusted | undefined {
    const mark = this.#marks.inForce(node);
    if (mark === undefined || this.#detours.to(node)) return undefined;
    return isHarmless(mark.reason) && !this.#peers.isUnopened(node) ? undefined : mark;
  }

  /** To refuse a call accuses nobody; but without the closing signature nothing holds a node to what it answered. */
  #graver({ node, operation }: Question, error: unknown): unknown {
    const isClosing = 'tool' in operation && operation.tool === toolNames.sessionConclude;
    return isClosing && this.#answers.hasOf(node) && isHarmless(whyOf(error).reason)
      ? new PeerError('bad-signature', `${node} did not sign the end of the session: ${messageOf(error)}`)
      : error;
  }
}

/** Whether a marked node is lost to everybody who was asked. */
export function isAway({ reachedThrough }: Untrusted): boolean {
  return reachedThrough === undefined;
}
