/** Addresses remembered at once: an attacker with more of them only makes us forget the oldest. */
const addressesMax = 1024;

interface Bucket {
  tokens: number;
  at: number;
}

/** A token bucket per address: so many connections per second, twice as many at once. Bounded in memory. */
export class AddressQuota {
  readonly #perSecond: number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** True when `address` may connect at the time `now` (milliseconds). */
  take(address: string, now: number): boolean {
    const full = 2 * this.#perSecond;
    const { tokens, at } = this.#buckets.get(address) ?? { tokens: full, at: now };
    const refilled = Math.min(full, tokens + (Math.max(0, now - at) / 1000) * this.#perSecond);
    const allowed = refilled >= 1;
    // Deleted first, so that the map stays in the order of last use and the oldest is the one that is dropped.
    this.#buckets.delete(address);
    this.#buckets.set(address, { tokens: refilled - (allowed ? 1 : 0), at: now });
    if (this.#buckets.size > addressesMax) {
      const [oldest] = this.#buckets.keys();
      if (oldest !== undefined) this.#buckets.delete(oldest);
    }
    return allowed;
  }
}
