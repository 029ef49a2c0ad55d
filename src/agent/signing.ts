/**
 * Signs every answer that leaves this agent: ed25519 over operation, arguments, result, session, caller and a nonce
 * that is durable before it is used (troubleshooting draft section 5.3.1 step 3).
 *
 *     state(answer) -> its statement, with a nonce -> on record, durable -> seal(stated) -> may leave
 *
 * Answers that are sealed in the same turn, as those of one commit are, share one signature over a Merkle tree; one that
 * comes alone waits for nobody.
 */
import type { KeyObject } from 'node:crypto';
import {
  canonicalBytes,
  digestOf,
  type JsonObject,
  type JsonValue,
  sha256Hex,
} from '../../crypto/canonical.ts';
import {
  type Answer,
  type Operation,
  resultHash,
  type Statement,
  type StatementSignature,
  signBytes,
  signStatements,
} from '../../crypto/envelope.ts';
import { NonceSource } from '../../crypto/nonce.ts';
import { type CarriedRequest, type SignedRequest, sealRequest } from '../../crypto/request.ts';
import { sessionType } from '../collaboration/report.ts';
import { ConferError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Clock, Store } from '../core/ports.ts';
import type { Caller, ContentItem, ServiceAnswer } from '../core/service.ts';
import { noSession, type SessionConclusion, toolNames } from '../core/tools.ts';

export interface Signer {
  node: string;
  privateKey: KeyObject;
  certificatePem: string;
}

export interface Unsigned {
  operation: Operation;
  arguments: JsonValue;
  caller: Caller;
  /** Absent for callers, such as operators, that collaborate in no session. */
  session: string | undefined;
  /** Who carried the request, where the caller could not. */
  relay?: string | undefined;
  content: ContentItem[];
  data: JsonObject;
  isError: boolean;
}

/** An answer that has its place among the signer's statements, and is not signed yet. */
export interface StatedAnswer extends Pick<ServiceAnswer, 'content' | 'data' | 'isError'> {
  statement: Statement;
  /** The statement's canonical form, which is what will be signed. */
  bytes: Uint8Array;
  answer: Answer;
}

/** Statements that will be signed together. */
interface Batch {
  statements: Uint8Array[];
  signatures: Promise<StatementSignature[]>;
}

/** Each doubling makes every proof of the batch by one hash longer, and saves ever less. */
const batchAnswersMax = 64;

const nonceTable = 'nonces';

export class AnswerSigner {
  readonly #signer: Signer;
  readonly #clock: Clock;
  readonly #nonces: NonceSource;
  /** Digests of what was answered, by caller and session; oldest session first. */
  readonly #sessions = new Map<string, string[]>();
  /** The one that can still be joined. */
  #batch: Batch | undefined;

  constructor(signer: Signer, clock: Clock, store: Store) {
    this.#signer = signer;
    this.#clock = clock;
    this.#nonces = new NonceSource({
      load: async () => Number((await store.get(nonceTable, 'high-water'))?.value ?? 0),
      save: (value) => store.put(nonceTable, 'high-water', { value }),
    });
  }

  /** Takes a nonce, and writes down what will be signed. Rejects when the nonce is not durable. */
  async state(unsigned: Unsigned): Promise<StatedAnswer> {
    const { content, data, isError } = unsigned;
    const answer = { data, contentHash: digestOf(content), isError };
    const statement = {
      operation: unsigned.operation,
      argumentsHash: digestOf(unsigned.arguments),
      nonce: await this.#nonces.next(),
      session: unsigned.session ?? noSession,
      signer: this.#signer.node,
      caller: unsigned.caller.name,
      ...(unsigned.relay !== undefined && { relay: unsigned.relay }),
      signedAt: new Date(this.#clock.now()).toISOString(),
      resultHash: resultHash(answer),
    };
    const bytes = canonicalBytes(statement);
    if (unsigned.session !== undefined && !isRelaying(unsigned.operation))
      this.#remember(unsigned.caller, unsigned.session, sha256Hex(bytes));
    return { content, data, isError, statement, bytes, answer };
  }

  /** Signs a request of our own that another node will carry. */
  async request(fields: Omit<CarriedRequest, 'caller' | 'nonce' | 'signedAt'>): Promise<SignedRequest> {
    const nonce = await this.#nonces.next();
    const signedAt = new Date(this.#clock.now()).toISOString();
    return sealRequest({ ...fields, caller: this.#signer.node, nonce, signedAt }, this.#signer);
  }

  /** Signs it, together with whatever else is sealed in this turn. */
  async seal({ content, data, isError, statement, bytes, answer }: StatedAnswer): Promise<ServiceAnswer> {
    const batch = this.#joinable();
    const place = batch.statements.push(bytes) - 1;
    const signature = (await batch.signatures)[place];
    if (signature === undefined) throw new Error(`${this.#signer.node} did not sign an answer of a batch.`);
    const signed = { statement, ...signature, answer, certificate: this.#signer.certificatePem };
    return { content, data, isError, signed };
  }

  #joinable(): Batch {
    if (this.#batch !== undefined && this.#batch.statements.length < batchAnswersMax) return this.#batch;
    const statements: Uint8Array[] = [];
    const batch = { statements, signatures: this.#signatures(statements) };
    this.#batch = batch;
    return batch;
  }

  /** Whoever waited for the same commit is in the queue of microtasks already, and so joins before this goes on. */
  async #signatures(statements: readonly Uint8Array[]): Promise<StatementSignature[]> {
    await undefined;
    if (this.#batch?.statements === statements) this.#batch = undefined;
    return signStatements(statements, this.#signer.privateKey);
  }

  /** The signature over everything that was answered to this caller in this session. */
  conclude(caller: Caller, session: string): SessionConclusion {
    const statements = [...(this.#sessions.get(key(caller, session)) ?? [])];
    const covered = { session, node: this.#signer.node, statements };
    const signature = signBytes(sessionType, canonicalBytes(covered), this.#signer.privateKey);
    return { ...covered, signature };
  }

  #remember(caller: Caller, session: string, digest: string): void {
    const name = key(caller, session);
    const known = this.#sessions.get(name);
    const digests = known ?? [];
    if (digests.length >= limits.sessionAnswersMax)
      throw new ConferError(
        'overloaded',
        `Session ${session} has had ${digests.length} answers; open a new one.`,
      );
    digests.push(digest);
    this.#sessions.delete(name);
    this.#sessions.set(name, digests);
    if (known === undefined) this.#makeRoom(caller);
  }

  /**
   * A caller with too many sessions loses its own oldest one, not somebody else's. When all together have too many,
   * whoever has the most loses its oldest; of several with as many, the one that was silent longest.
   */
  #makeRoom(caller: Caller): void {
    const byCaller = Map.groupBy(this.#sessions.keys(), (name) => name.slice(0, caller.thumbprint.length));
    const own = byCaller.get(caller.thumbprint) ?? [];
    const [most] = [...byCaller.values()].sort((one, other) => other.length - one.length);
    const [oldest] = own.length > limits.sessionsOfOneCallerMax ? own : (most ?? []);
    const isFull = own.length > limits.sessionsOfOneCallerMax || this.#sessions.size > limits.sessionsMax;
    if (isFull && oldest !== undefined) this.#sessions.delete(oldest);
  }
}

/** What a node carried says nothing about itself, and is in no report: its list of answers goes without. */
function isRelaying(operation: Operation): boolean {
  return 'tool' in operation && operation.tool === toolNames.relay;
}

function key(caller: Caller, session: string): string {
  return `${caller.thumbprint} ${session}`;
}
