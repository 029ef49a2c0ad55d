/** The verified answers of a session: as many as its report has room for, in an order that can be proved. */
import type { JsonObject } from '../../crypto/canonical.ts';
import type { SignedAnswer } from '../../crypto/envelope.ts';
import { PeerError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Envelope } from '../core/records.ts';
import { captureFault, dataFault, timeFault } from './answer-form.ts';
import { detachCapture } from './capture.ts';
import { envelopeId } from './envelope-ids.ts';
import { type Readings, readingsOf } from './readings.ts';

/** Octets of answers that the report has room for: of all nodes, and of one, so that no node takes it all. */
const answersBytesMax = 0.75 * limits.messageBytesMax;
const nodeBytesMax = 0.25 * limits.messageBytesMax;
/** What an envelope adds to the data of its answer, and more: the report's form takes no more answers than fit so. */
const envelopeBytes = answersBytesMax / limits.reportAnswersMax;

/** What was asked, and when: wall time, milliseconds since the epoch. */
export interface Asked {
  /** Of the session's questions. */
  number: number;
  node: string;
  arguments: JsonObject;
  /** Of the node, PEM. */
  certificate: string;
  sessionStartedAtMs: number;
  nowMs: number;
}

interface Answered {
  /** In the order in which it was asked for. */
  number: number;
  envelope: Omit<Envelope, 'id'>;
  capture: string | undefined;
  bytes: number;
}

interface Told {
  envelopes: readonly Envelope[];
  readings?: Readings;
}

export class SessionAnswers {
  #answers: Answered[] = [];
  /** As they are told, until there is another one. */
  #told: Told | undefined;
  /** Octets of the answers kept, by node. */
  readonly #bytes = new Map<string, number>();

  /** Keeps what a report can carry. Throws PeerError `malformed` for the rest. */
  keep(asked: Asked, { statement, signature, batch, answer }: SignedAnswer): void {
    const { number, node, certificate, sessionStartedAtMs: startedAtMs, nowMs } = asked;
    const data = answer.data as JsonObject;
    const bytes = envelopeBytes + Buffer.byteLength(JSON.stringify(data));
    const detached = detachCapture(data);
    const { capture, sha256 } = detached;
    const fault =
      dataFault(data) ??
      (capture === undefined ? undefined : captureFault(capture)) ??
      timeFault(statement.signedAt, { startedAtMs, nowMs, certificate }) ??
      this.#sizeFault(node, bytes);
    if (fault !== undefined)
      throw new PeerError('malformed', `The answer of ${node} cannot be used: ${fault}.`);
    const envelope = {
      node,
      arguments: asked.arguments,
      signed: {
        statement,
        signature,
        ...(batch !== undefined && { batch }),
        answer: { ...answer, data: detached.data },
      },
      ...(sha256 !== undefined && { pcapSha256: sha256 }),
    };
    this.#answers.push({ number, envelope, capture, bytes });
    this.#told = undefined;
    this.#count(node, bytes);
  }

  /** Takes back an answer that does not fit the others of its node. */
  withdraw({ node, signed }: Envelope): void {
    const { nonce } = signed.statement;
    const isKept = ({ envelope }: Answered) =>
      envelope.node !== node || envelope.signed.statement.nonce !== nonce;
    const gone = this.#answers.filter((answered) => !isKept(answered));
    this.#answers = this.#answers.filter(isKept);
    this.#told = undefined;
    for (const { bytes } of gone) this.#count(node, -bytes);
  }

  /** Whether the node gave any answer; by way of `relay`, where one is named. */
  hasOf(node: string, relay?: string): boolean {
    return this.#answers.some(
      ({ envelope }) =>
        envelope.node === node && (relay === undefined || envelope.signed.statement.relay === relay),
    );
  }

  /**
   * Every verified answer, errors too, in the order in which it was asked for; those of one node in the order in which
   * it signed them, for only that order is proved. The same list until there is another answer.
   */
  envelopes(): readonly Envelope[] {
    return this.#tell().envelopes;
  }

  /** What they say. The same until there is another answer. */
  readings(): Readings {
    const told = this.#tell();
    told.readings ??= readingsOf(told.envelopes);
    return told.readings;
  }

  #tell(): Told {
    this.#told ??= {
      envelopes: this.#numbered().map(({ number, envelope }) => ({ id: envelopeId(number), ...envelope })),
    };
    return this.#told;
  }

  /** The packet files that came with the answers, each once: a node tells of the same packets in later readings. */
  captures(): string[] {
    return [...new Set(this.#numbered().flatMap(({ capture }) => capture ?? []))];
  }

  /** Parallel answers of one node overtake each other: its numbers stay, and go to its answers by nonce. */
  #numbered(): Answered[] {
    const byNode = Map.groupBy(this.#answers, ({ envelope }) => envelope.node);
    const nonce = ({ envelope }: Answered) => envelope.signed.statement.nonce;
    return [...byNode.values()]
      .flatMap((answers) => {
        const numbers = answers.map(({ number }) => number).sort((a, b) => a - b);
        const signed = answers.toSorted((a, b) => nonce(a) - nonce(b));
        return signed.map((answer, index) => ({ ...answer, number: numbers[index] ?? answer.number }));
      })
      .sort((a, b) => a.number - b.number);
  }

  /** What is left of the room that the report has, of all nodes or of the one that took most of its own: 0..1. */
  roomLeft(): number {
    const bytes = [...this.#bytes.values()];
    const all = bytes.reduce((sum, one) => sum + one, 0);
    return 1 - Math.max(all / answersBytesMax, Math.max(0, ...bytes) / nodeBytesMax);
  }

  #count(node: string, bytes: number): void {
    this.#bytes.set(node, (this.#bytes.get(node) ?? 0) + bytes);
  }

  #sizeFault(node: string, bytes: number): string | undefined {
    if ((this.#bytes.get(node) ?? 0) + bytes > nodeBytesMax)
      return `its answers are longer than ${nodeBytesMax} octets together`;
    return this.#bytes.values().reduce((all, one) => all + one, bytes) > answersBytesMax
      ? `the report has no room for more than ${answersBytesMax} octets`
      : undefined;
  }
}
