import { CryptoError } from './errors.ts';

/** Where a node keeps the highest nonce that it may have used. The adapter brings the durability. */
export interface NonceStore {
  /** The last saved mark; 0 before the first `save`. */
  load(): number | Promise<number>;
  /** Resolves (or returns) only once the mark survives a power loss. */
  save(highWaterMark: number): void | Promise<void>;
}

/** Nonces reserved by one durable write: a crash skips at most this many, and one write serves this many answers. */
export const nonceBlock = 1024;

/**
 * Hands out nonces that only ever grow, over crashes too: the mark is durable before any nonce below it is used.
 *
 *     save(2048) ---> 1025, 1026, ... crash
 *     load() = 2048 ---> save(3072) ---> 2049, ...      the rest of the block is lost, none is used twice
 *
 * A store that was restored from an old copy starts lower: peers that heard later nonces then refuse its answers as
 * replays (`ReplayWindow`, begun at the highest that they keep).
 */
export class NonceSource {
  readonly #store: NonceStore;
  #last: number | undefined;
  #reserved = 0;
  #reserving: Promise<void> | undefined;

  constructor(store: NonceStore) {
    this.#store = store;
  }

  /** The next nonce, a positive safe integer. Rejects when the store fails: then nothing may be signed. */
  async next(): Promise<number> {
    while (this.#last === undefined || this.#last >= this.#reserved) {
      // Calls that arrive during a reservation share it; the loop looks again because they may use it up.
      this.#reserving ??= this.#reserve().finally(() => {
        this.#reserving = undefined;
      });
      await this.#reserving;
    }
    this.#last += 1;
    return this.#last;
  }

  async #reserve(): Promise<void> {
    const from = this.#last ?? asMark(await this.#store.load());
    const end = asMark(from + nonceBlock);
    await this.#store.save(end);
    this.#last = from;
    this.#reserved = end;
  }
}

function asMark(mark: number): number {
  if (Number.isSafeInteger(mark) && mark >= 0) return mark;
  throw new CryptoError(
    'nonce-store-broken',
    `The nonce store says ${mark}; restore it or issue a new certificate.`,
  );
}

/** How far out of order the answers of one signer may arrive: more than the calls that are ever in flight to it. */
export const replayWindow = 1024;

/**
 * The verifier's side: accepts each nonce of one signer once, also when parallel answers overtake each other
 * (the sliding window of RFC 6479). Bounded: it remembers at most `replayWindow` nonces.
 */
export class ReplayWindow {
  #highest: number;
  #floor: number;
  readonly #seen = new Set<number>();

  /** Everything up to `above` is spent: the highest nonce of earlier sessions, 0 for a signer never met. */
  constructor(above: number) {
    this.#highest = above;
    this.#floor = above;
  }

  /** Every nonce up to this one is spent: what `openAnswer` takes as `nonceAbove`. */
  get floor(): number {
    return this.#floor;
  }

  /** The highest nonce accepted: keep it durably, and begin above it after a restart. */
  get highest(): number {
    return this.#highest;
  }

  /** True when `nonce` is new, which it then is no more. Call it only for a nonce whose signature was verified. */
  accept(nonce: number): boolean {
    if (!Number.isSafeInteger(nonce) || nonce <= this.#floor || this.#seen.has(nonce)) return false;
    this.#seen.add(nonce);
    this.#highest = Math.max(this.#highest, nonce);
    this.#floor = Math.max(this.#floor, this.#highest - replayWindow);
    for (const spent of this.#seen) if (spent <= this.#floor) this.#seen.delete(spent);
    return true;
  }
}
