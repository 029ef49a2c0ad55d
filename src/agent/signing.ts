/**
 * Signs every answer that leaves this agent: ed25519 over operation, arguments, result, session, caller and a nonce
 * that is durable before it is used (troubleshooting draft section 5.3.1 step 3).
 */
import type { KeyObject } from 'node:crypto';
import { canonicalBytes, digestOf, type JsonObject, type JsonValue } from '../../crypto/canonical.ts';
import { type Operation, sealAnswer, signBytes } from '../../crypto/envelope.ts';
import { NonceSource } from '../../crypto/nonce.ts';
import { sessionType } from '../collaboration/report.ts';
import { ConferError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Clock, Store } from '../core/ports.ts';
import type { Caller, ContentItem, ServiceAnswer } from '../core/service.ts';
import { noSession, type SessionConclusion } from '../core/tools.ts';

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
  content: ContentItem[];
  data: JsonObject;
  isError: boolean;
}

const nonceTable = 'nonces';

export class AnswerSigner {
  readonly #signer: Signer;
  readonly #clock: Clock;
  readonly #nonces: NonceSource;
  /** Digests of what was answered, by caller and session; oldest session first. */
  readonly #sessions = new Map<string, string[]>();

  constructor(signer: Signer, clock: Clock, store: Store) {
    this.#signer = signer;
    this.#clock = clock;
    this.#nonces = new NonceSource({
      load: async () => Number((await store.get(nonceTable, 'high-water'))?.value ?? 0),
      save: (value) => store.put(nonceTable, 'high-water', { value }),
    });
  }

  async sign(answer: Unsigned): Promise<ServiceAnswer> {
    const { node, privateKey, certificatePem } = this.#signer;
    const { content, data, isError } = answer;
    const statement = {
      operation: answer.operation,
      argumentsHash: digestOf(answer.arguments),
      nonce: await this.#nonces.next(),
      session: answer.session ?? noSession,
      signer: node,
      caller: answer.caller.name,
      signedAt: new Date(this.#clock.now()).toISOString(),
    };
    const signed = sealAnswer(
      statement,
      { data, contentHash: digestOf(content), isError },
      { privateKey, certificatePem },
    );
    if (answer.session !== undefined)
      this.#remember(answer.caller, answer.session, digestOf(signed.statement as unknown as JsonObject));
    return { content, data, isError, signed };
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

function key(caller: Caller, session: string): string {
  return `${caller.thumbprint} ${session}`;
}
