/** Who gave no usable answer in a session, and why. A mark is in force for a while: a timeout may blame a victim of the loss. */
import { ConferError, isHarmless, messageOf, PeerError, type UntrustedReason } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Untrusted } from '../core/records.ts';
import { shortened } from '../core/shortened.ts';

export type Why = Pick<Untrusted, 'reason' | 'detail'>;

export interface MarksPorts {
  /** Wall time of the session, milliseconds since the epoch. */
  nowMs(): number;
  /** Whether a node's management address lies on the tested network. */
  management(node: string): Untrusted['management'];
}

export class Marks {
  readonly #ports: MarksPorts;
  readonly #marks = new Map<string, Untrusted>();

  constructor(ports: MarksPorts) {
    this.#ports = ports;
  }

  get(node: string): Untrusted | undefined {
    return this.#marks.get(node);
  }

  all(): Untrusted[] {
    return [...this.#marks.values()];
  }

  inForce(node: string): Untrusted | undefined {
    const mark = this.#marks.get(node);
    return mark === undefined || this.#isExpired(mark) ? undefined : mark;
  }

  /** Marks the node for what went wrong, unless what it is marked for is graver. Returns what went wrong. */
  add(node: string, error: unknown): Why {
    const why = whyOf(error);
    const earlier = this.#marks.get(node);
    const isGraver = earlier === undefined || isHarmless(earlier.reason);
    if (isGraver || (this.#isExpired(earlier) && !isHarmless(why.reason))) this.set(node, why);
    return why;
  }

  /** From now on, whatever it was marked for. */
  set(node: string, { reason, detail }: Why): void {
    const short = shortened(detail, limits.peerTextCharactersMax);
    const management = this.#ports.management(node);
    this.#marks.set(node, { node, reason, detail: short, management, until: this.#untilIso() });
  }

  #isExpired({ until }: Untrusted): boolean {
    return Date.parse(until) <= this.#ports.nowMs();
  }

  #untilIso(): string {
    return new Date(this.#ports.nowMs() + limits.untrustedForMs).toISOString();
  }
}

/** What a failed call says about the peer. */
export function whyOf(error: unknown): Why {
  return { reason: reasonOf(error), detail: shortened(messageOf(error), limits.peerTextCharactersMax) };
}

function reasonOf(error: unknown): UntrustedReason {
  if (error instanceof PeerError) return error.reason;
  if (error instanceof ConferError) return error.code === 'timeout' ? 'timeout' : 'refused';
  return 'malformed';
}
