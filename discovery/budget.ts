/**
 * How much novelty an interface may bring: a token bucket, so that a flood of invented frames costs a comparison each
 * instead of a decoding each (threat 2: time and garbage, not only table entries, are what a flood would eat).
 */
export interface BudgetLimits {
  /** Taken at once at most. */
  readonly burst: number;
  /** Regained each second. */
  readonly perSecond: number;
}

export class Budget {
  readonly #limits: BudgetLimits;
  readonly #accounts = new Map<string, { left: number; atMs: number }>();

  constructor(limits: BudgetLimits) {
    this.#limits = limits;
  }

  /** Takes one from the account, which is full when first used; false where it is empty. Accounts are our own names. */
  take(account: string, nowMs: number): boolean {
    const { burst, perSecond } = this.#limits;
    let entry = this.#accounts.get(account);
    if (entry === undefined) {
      entry = { left: burst, atMs: nowMs };
      this.#accounts.set(account, entry);
    }
    entry.left = Math.min(burst, entry.left + ((nowMs - entry.atMs) / 1000) * perSecond);
    entry.atMs = nowMs;
    if (entry.left < 1) return false;
    entry.left -= 1;
    return true;
  }
}
