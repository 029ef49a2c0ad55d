/**
 * One collaboration session: asks nodes of the domain, verifies what they answer, and remembers every signed answer
 * for the report. A peer that gives no usable answer never stops the session: it becomes `untrusted(reason)`.
 *
 *   ask(node, operation) -> peers.open -> call / read -> openAnswer -> measurement | untrusted
 */
import { digestOf, type JsonObject } from '../../crypto/canonical.ts';
import { type Operation, openAnswer, type SignedAnswer } from '../../crypto/envelope.ts';
import { ReplayWindow } from '../../crypto/nonce.ts';
import { orAborted } from '../core/abort.ts';
import { ConferError, messageOf, PeerError, type UntrustedReason } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Clock, Peer, Peers, Progress } from '../core/ports.ts';
import type { Envelope, Untrusted } from '../core/records.ts';
import { detachCapture } from './capture.ts';

export type Outcome =
  | { status: 'signed'; node: string; id: string; data: JsonObject }
  | { status: 'untrusted'; node: string; reason: UntrustedReason; detail: string };

export interface Question {
  node: string;
  operation: Operation;
  arguments?: JsonObject;
  timeoutMs?: number;
  onProgress?: (progress: Progress) => void;
}

export interface SessionPorts {
  clock: Clock;
  peers: Peers;
  /** This agent's own name: the `caller` that every answer must be addressed to. */
  self: string;
  /** Whether a node's management address lies on the tested network. */
  management(node: string): Untrusted['management'];
}

/** These say that one call could not be served, not that the node cannot be relied on. */
const harmless: readonly UntrustedReason[] = ['refused', 'unauthorised'];

export class Session {
  readonly id: string;
  readonly untrusted = new Map<string, Untrusted>();
  readonly certificates = new Map<string, string>();
  readonly #ports: SessionPorts;
  readonly #signal: AbortSignal;
  readonly #peers = new Map<string, Promise<Peer>>();
  readonly #nonces = new Map<string, ReplayWindow>();
  readonly #answers = new Map<string, { envelope: Envelope; capture?: string }>();
  #asked = 0;

  constructor(id: string, ports: SessionPorts, signal: AbortSignal) {
    this.id = id;
    this.#ports = ports;
    this.#signal = signal;
  }

  /** Opens the mutual-TLS session with a node; undefined when that is impossible. */
  async open(node: string): Promise<Peer | undefined> {
    if (this.#blocked(node)) return undefined;
    try {
      return await this.#peer(node);
    } catch (error) {
      this.#markUntrusted(node, error);
      return undefined;
    }
  }

  /** Whether the node may be asked for something that needs this capability. */
  async offers(node: string, capability: string): Promise<boolean> {
    return (await this.open(node))?.authorised.includes(capability) ?? false;
  }

  /** Never throws for a peer; throws ConferError only when the whole intent was cancelled or ran out of time. */
  async ask(question: Question): Promise<Outcome> {
    const id = `e${++this.#asked}`;
    this.#signal.throwIfAborted();
    const mark = this.#blocked(question.node);
    if (mark !== undefined)
      return { status: 'untrusted', node: question.node, reason: mark.reason, detail: mark.detail };
    try {
      const peer = await this.#peer(question.node);
      const signed = await this.#call(peer, question);
      return this.#accept(id, peer, question, signed);
    } catch (error) {
      this.#signal.throwIfAborted();
      const { reason, detail } = this.#markUntrusted(question.node, error);
      return { status: 'untrusted', node: question.node, reason, detail };
    }
  }

  /** Takes back an answer that does not fit the others of its node. */
  withdraw({ id, node }: Envelope, detail: string): void {
    this.#answers.delete(id);
    this.#markUntrusted(node, new PeerError('bad-signature', detail));
  }

  /** Every verified answer, in the order in which it was asked for. */
  envelopes(): Envelope[] {
    return [...this.#answers.values()]
      .map((answer) => answer.envelope)
      .sort((a, b) => Number(a.id.slice(1)) - Number(b.id.slice(1)));
  }

  /** The packet files that came with the answers, each once: a node tells of the same packets in later readings. */
  captures(): string[] {
    return [...new Set(this.envelopes().flatMap(({ id }) => this.#answers.get(id)?.capture ?? []))];
  }

  #peer(node: string): Promise<Peer> {
    let opening = this.#peers.get(node);
    if (opening === undefined) {
      opening = this.#open(node);
      opening.catch(() => {}); // whoever awaits it handles it
      this.#peers.set(node, opening);
    }
    return opening;
  }

  async #open(node: string): Promise<Peer> {
    using deadline = this.#ports.clock.deadline(limits.sessionTimeoutMs, this.#signal);
    const peer = await orAborted(
      this.#ports.peers.open(node, { session: this.id, signal: deadline.signal }),
      deadline.signal,
    );
    this.certificates.set(node, peer.certificate);
    return peer;
  }

  async #call(peer: Peer, question: Question): Promise<SignedAnswer> {
    using deadline = this.#ports.clock.deadline(question.timeoutMs ?? limits.readTimeoutMs, this.#signal);
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

  #accept(id: string, peer: Peer, question: Question, signed: SignedAnswer): Outcome {
    const window = this.#nonces.get(question.node) ?? new ReplayWindow(0);
    this.#nonces.set(question.node, window);
    const opened = openAnswer(signed, {
      operation: question.operation,
      argumentsHash: digestOf(question.arguments ?? {}),
      session: this.id,
      signer: question.node,
      caller: this.#ports.self,
      certificate: peer.certificate,
      nonceAbove: window.floor,
    });
    if (!opened.ok)
      throw new PeerError(opened.reason === 'replay' ? 'replay' : 'bad-signature', opened.detail);
    if (!window.accept(signed.statement.nonce))
      throw new PeerError('replay', `${question.node} sent nonce ${signed.statement.nonce} twice.`);
    if (opened.answer.isError)
      throw new PeerError(
        'refused',
        `${question.node} could not do it: ${JSON.stringify(opened.answer.data)}`,
      );
    this.#remember(id, question, signed);
    return { status: 'signed', node: question.node, id, data: opened.answer.data as JsonObject };
  }

  #remember(id: string, question: Question, signed: SignedAnswer): void {
    const { data, capture, sha256 } = detachCapture(signed.answer.data as JsonObject);
    const { statement, signature, answer } = signed;
    const envelope: Envelope = {
      id,
      node: question.node,
      arguments: question.arguments ?? {},
      signed: { statement, signature, answer: { ...answer, data } },
      ...(sha256 !== undefined && { pcapSha256: sha256 }),
    };
    this.#answers.set(id, { envelope, ...(capture !== undefined && { capture }) });
  }

  /** The mark that is in force; it expires, for a timeout may blame a victim of the loss. */
  #blocked(node: string): Untrusted | undefined {
    const mark = this.untrusted.get(node);
    if (mark === undefined || harmless.includes(mark.reason)) return undefined;
    return Date.parse(mark.until) > this.#ports.clock.now() ? mark : undefined;
  }

  #markUntrusted(node: string, error: unknown): { reason: UntrustedReason; detail: string } {
    const reason = reasonOf(error);
    const detail = messageOf(error);
    const until = new Date(this.#ports.clock.now() + limits.untrustedForMs).toISOString();
    const earlier = this.untrusted.get(node);
    if (earlier === undefined || harmless.includes(earlier.reason))
      this.untrusted.set(node, { node, reason, detail, management: this.#ports.management(node), until });
    return { reason, detail };
  }
}

function reasonOf(error: unknown): UntrustedReason {
  if (error instanceof PeerError) return error.reason;
  if (error instanceof ConferError) return error.code === 'timeout' ? 'timeout' : 'refused';
  return 'malformed';
}
