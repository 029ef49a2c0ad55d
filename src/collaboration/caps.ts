/**
 * Step 3: how many probe packets the operator allows, a second and altogether. Every train of an intent goes through here
 * before it is sent: warm-up, small and large probes, closer looks. All trains given at once are sent at once.
 */
import { limits } from '../core/limits.ts';
import type { PathLossIntent } from '../core/records.ts';
import type { Train } from './plan.ts';
import type { Question } from './session.ts';

/** Of one train: marking counters that nobody reads for longer take themselves away. */
export const trainMsMax = limits.countingLeaseMs / 3;

export class ProbeCaps {
  readonly #perSecondMax: number;
  #left: number;

  constructor({
    perSecondMax = Infinity,
    totalMax = Infinity,
  }: Pick<PathLossIntent, 'perSecondMax' | 'totalMax'> = {}) {
    this.#perSecondMax = perSecondMax;
    this.#left = totalMax;
  }

  /** No probe may be sent any more, or not one over each path that should get one. */
  get isSpent(): boolean {
    return this.#left < 1;
  }

  get hasRate(): boolean {
    return this.#perSecondMax < Infinity;
  }

  /**
   * The same trains, slower where they would be too fast together, and with fewer probes where not so many are left; a train
   * without any is left out. `share`: of what is left, which these may use at most.
   */
  granted<T extends Train>(trains: readonly T[], share = 1): T[] {
    const slow = this.#slowed(trains);
    const [wanted, room] = [probesOf(slow), Math.floor(share * this.#left)];
    const cut =
      wanted <= room
        ? slow
        : slow.map((train) => ({ ...train, count: Math.floor((train.count * room) / wanted) }));
    const sent = cut.filter(({ count }) => count > 0);
    // Less than a probe for each: nobody would ever get one.
    this.#left = share === 1 && sent.length < trains.length ? 0 : this.#left - probesOf(sent);
    return sent;
  }

  /** Pings as a whole or not at all, the first ones first, as many as fit into the time of a train; what sends nothing is free. */
  grantedPings(questions: readonly Question[]): Question[] {
    let room = Math.min(this.#left, (this.#perSecondMax * trainMsMax) / 1_000);
    const fitting = questions.filter((question) => {
      const { count } = pingOf(question);
      if (count > room) return false;
      room -= count;
      this.#left -= count;
      return true;
    });
    const pings = fitting.map(pingOf).filter(({ count }) => count > 0);
    const slow = this.#slowed(pings);
    return fitting.map((question) => {
      const ping = pingOf(question);
      const intervalMs = slow[pings.findIndex((one) => one.intervalMs === ping.intervalMs)]?.intervalMs;
      if (ping.count === 0 || intervalMs === undefined || intervalMs === ping.intervalMs) return question;
      return {
        ...question,
        arguments: { ...question.arguments, interval: intervalMs },
        timeoutMs: ping.count * intervalMs + limits.probeSlackMs,
      };
    });
  }

  #slowed<T extends Train>(trains: readonly T[]): T[] {
    const perSecond = trains.reduce((sum, { intervalMs }) => sum + 1_000 / intervalMs, 0);
    const factor = perSecond / this.#perSecondMax;
    if (factor <= 1) return [...trains];
    return trains.map((train) => {
      const intervalMs = Math.min(limits.probeIntervalMsMax, Math.ceil(factor * train.intervalMs));
      return {
        ...train,
        intervalMs,
        count: Math.min(train.count, Math.max(1, Math.floor(trainMsMax / intervalMs))),
      };
    });
  }
}

function probesOf(trains: readonly Train[]): number {
  return trains.reduce((sum, { count }) => sum + count, 0);
}

/** No probes when it asks for something else. */
function pingOf({ arguments: args }: Question): Train {
  const { count, interval } = args ?? {};
  return typeof count === 'number' && typeof interval === 'number'
    ? { count, intervalMs: interval }
    : { count: 0, intervalMs: limits.probeIntervalMsMin };
}
