/** Who was not let in goes to the audit trail: so many a minute one by one, the rest as a number. */
import { limits } from '../core/limits.ts';
import type { Clock } from '../core/ports.ts';
import type { Audit } from './audit.ts';
import { boundedText } from './audit-record.ts';

/** A connection that was turned away before anything was asked. */
export interface RefusedConnection {
  address: string;
  reason: string;
  detail: string;
}

const minuteMs = 60_000;

export class AuditedRefusals {
  readonly #audit: Audit;
  readonly #clock: Clock;
  #minuteBeganAt: number;
  #written = 0;
  #counted = 0;

  constructor(audit: Audit, clock: Clock) {
    this.#audit = audit;
    this.#clock = clock;
    this.#minuteBeganAt = clock.elapsed();
  }

  note({ address, reason, detail }: RefusedConnection): void {
    if (this.#clock.elapsed() - this.#minuteBeganAt >= minuteMs) {
      this.flush();
      this.#minuteBeganAt = this.#clock.elapsed();
      this.#written = 0;
    }
    if (this.#written >= limits.auditRefusalsPerMinute) {
      this.#counted += 1;
      return;
    }
    this.#written += 1;
    this.#audit.note({
      event: 'refused',
      address: boundedText(address),
      reason: boundedText(reason),
      detail: boundedText(detail),
    });
  }

  /** Writes down how many were only counted. */
  flush(): void {
    if (this.#counted > 0) this.#audit.note({ event: 'refused-more', count: this.#counted });
    this.#counted = 0;
  }
}
