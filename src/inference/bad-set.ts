/** A set of bad links, each held at its mean loss given all others, and how much better or worse another set would be. */
import type { LinkLosses } from './link-losses.ts';
import type { LossPrior } from './observation.ts';

/** Alternatives this many nats less probable than the best are not looked at: e^-12 is 6e-6. */
const alternativesWithin = 12;
/** Links that share losses settle geometrically; few do, and few rounds suffice. */
const settlingRoundsMax = 60;
const settledWithin = 1e-8;
/** Bad links whose losses are less correlated than this do not move each other. */
const correlationMin = 0.02;
/** Beyond, a Gaussian says nothing of losses that cannot be negative. */
const correlationMax = 0.95;

/** A link that may be bad: ln of its odds, and its mean loss if it is. */
export interface Suspect {
  link: number;
  logOdds: number;
  loss: number;
}

/** What may stand in the place of a bad link, against nothing there. */
export interface Candidate extends Suspect {
  /** ln of the odds that the link whose place it takes is bad as well. */
  logOddsOfBoth: number;
}

export class BadSet {
  readonly losses: LinkLosses;
  readonly #members = new Set<number>();
  readonly #goodLoss: number;
  readonly #logPriorOdds: number;

  constructor(losses: LinkLosses, { badProbability, goodLossMax }: LossPrior) {
    this.losses = losses;
    this.#goodLoss = goodLossMax / 2;
    this.#logPriorOdds = Math.log(badProbability) - Math.log1p(-badProbability);
  }

  get links(): number[] {
    return [...this.#members];
  }

  has(link: number): boolean {
    return this.#members.has(link);
  }

  /** Of a link outside the set, with all others held. */
  suspect(link: number): Suspect {
    const bad = this.losses.ifBad(link);
    const good = this.losses.ifGood(link);
    return {
      link,
      logOdds: this.#logPriorOdds + bad.logLikelihood - good.logLikelihood,
      loss: bad.meanLoss,
    };
  }

  /** Returns the links whose losses changed. */
  add({ link, loss }: { link: number; loss: number }): number[] {
    this.#members.add(link);
    this.losses.hold(link, loss);
    const changed = [link, ...this.#coupledTo(link)];
    this.#settle(changed);
    return changed;
  }

  /** Returns the links whose losses changed. */
  remove(link: number): number[] {
    const coupled = this.#coupledTo(link);
    this.#members.delete(link);
    this.losses.hold(link, this.#goodLoss);
    this.#settle(coupled);
    return [link, ...coupled];
  }

  settleAll(): void {
    this.#settle(this.links);
  }

  /** Holds each of these members at its mean loss given all others, until they agree. */
  #settle(links: readonly number[]): void {
    for (let round = 0; round < settlingRoundsMax; round++) {
      let change = 0;
      for (const link of links) {
        const before = this.losses.lossOf(link);
        const { meanLoss } = this.losses.ifBad(link);
        this.losses.hold(link, meanLoss);
        change = Math.max(change, Math.abs(meanLoss - before) / meanLoss);
      }
      if (change < settledWithin || links.length === 1) return;
    }
  }

  /** Other members that the loss of this one, which is held as bad, moves. */
  #coupledTo(link: number): number[] {
    const { lossDeviation } = this.losses.ifBad(link);
    return [...this.losses.couplings(link)]
      .filter(
        ([other, coupling]) =>
          this.#members.has(other) &&
          coupling * lossDeviation * this.losses.ifBad(other).lossDeviation >= correlationMin,
      )
      .map(([other]) => other);
  }

  /**
   * How many nats the odds of links outside the set would gain, about, if members were not held while these are
   * weighed: of a Gaussian, half the square of how far each member would move in its standard deviations.
   */
  gainsOfSettling(lossIfBad: (link: number) => number): Map<number, number> {
    const gains = new Map<number, number>();
    for (const member of this.#members) {
      const { lossDeviation } = this.losses.ifBad(member);
      for (const [other, coupling] of this.losses.couplings(member))
        if (!this.#members.has(other)) {
          const deviations = coupling * lossDeviation * lossIfBad(other);
          gains.set(other, (gains.get(other) ?? 0) + deviations ** 2 / 2);
        }
    }
    return gains;
  }

  /** Of a link outside the set, with the members that it moves settled anew. */
  settledSuspect({ link, loss }: Suspect): Suspect {
    return this.#trying(() => {
      this.#members.add(link);
      this.losses.hold(link, loss);
      const coupled = this.#coupledTo(link);
      this.#members.delete(link);
      this.losses.hold(link, this.#goodLoss);
      this.#settle(coupled);
      const logWithout = this.#logEvidence(coupled, [link]);
      this.#members.add(link);
      this.losses.hold(link, loss);
      this.#settle([link, ...coupled]);
      const logWith = this.#logEvidence([link, ...coupled], []);
      return { link, logOdds: this.#logPriorOdds + logWith - logWithout, loss: this.losses.lossOf(link) };
    });
  }

  /**
   * A member itself, and each link that could stand in its place. `logOdds` bounds what a link outside the set is worth
   * beside it.
   */
  candidatesFor(link: number, logOdds: (link: number) => number): [Candidate, ...Candidate[]] {
    return this.#trying(() => {
      const coupled = this.#coupledTo(link);
      const logWith = this.#logEvidence([link, ...coupled], []);
      const loss = this.losses.lossOf(link);
      this.remove(link);
      const own: Candidate = {
        link,
        logOdds: this.#logPriorOdds + logWith - this.#logEvidence(coupled, [link]),
        loss,
        logOddsOfBoth: Infinity,
      };
      const floor = this.suspect(link).logOdds - alternativesWithin;
      const others = [...this.#boundsBeside(link, logOdds)]
        .filter(([, bound]) => bound >= floor)
        .map(([other]) => this.suspect(other))
        .filter((suspect) => suspect.logOdds >= floor)
        .map((suspect) => this.#inPlaceOf(link, suspect));
      return [own, ...others];
    });
  }

  /** While `link` is out. */
  #inPlaceOf(link: number, suspect: Suspect): Candidate {
    const settled = this.settledSuspect(suspect);
    return this.#trying(() => {
      this.add(settled);
      return { ...settled, logOddsOfBoth: this.suspect(link).logOdds };
    });
  }

  /**
   * Links outside the set that share losses with `link`, with a bound on the odds of each now that `link` is out: what
   * they had while it was in, and all that the shared observations could gain.
   */
  #boundsBeside(link: number, logOdds: (link: number) => number): Map<number, number> {
    const bounds = new Map<number, number>();
    for (const path of this.losses.lossyPathsOf(link)) {
      const shortfall = this.losses.shortfall(path);
      for (const other of this.losses.linksOfLossyPath(path))
        if (other !== link && !this.#members.has(other))
          bounds.set(other, (bounds.get(other) ?? logOdds(other)) + shortfall);
    }
    return bounds;
  }

  /** Whatever `attempt` does to the set and to losses is taken back. */
  #trying<T>(attempt: () => T): T {
    const members = this.links;
    const held = this.losses.mark();
    const result = attempt();
    this.losses.restore(held);
    this.#members.clear();
    for (const member of members) this.#members.add(member);
    return result;
  }

  /**
   * ln of the likelihood with the losses of these links integrated out: as a product of one integral for each, as if
   * they were independent, corrected by the determinant of their correlations, which is exact for a Gaussian.
   */
  #logEvidence(bad: readonly number[], good: readonly number[]): number {
    const terms = [
      ...bad.map((link) => ({ link, ...this.losses.ifBad(link) })),
      ...good.map((link) => ({ link, ...this.losses.ifGood(link) })),
    ];
    const correlations = terms.map(({ link, lossDeviation }) => {
      const couplings = this.losses.couplings(link);
      return terms.map((other) =>
        other.link === link
          ? 1
          : Math.min((couplings.get(other.link) ?? 0) * lossDeviation * other.lossDeviation, correlationMax),
      );
    });
    return terms.reduce(
      (sum, { link, logLikelihood }) => sum + logLikelihood - this.losses.logLikelihoodOf(link),
      this.losses.logLikelihood() - logDeterminant(correlations) / 2,
    );
  }
}

/** ln of the determinant of a symmetric matrix with ones on its diagonal, by Cholesky's method; 0 where it is not positive. */
function logDeterminant(matrix: readonly number[][]): number {
  const lower = matrix.map(() => [] as number[]);
  let sum = 0;
  for (const [row, entries] of matrix.entries())
    for (let column = 0; column <= row; column++) {
      let rest = entries[column] as number;
      for (let at = 0; at < column; at++)
        rest -= (lower[row]?.[at] as number) * (lower[column]?.[at] as number);
      if (column < row) lower[row]?.push(rest / (lower[column]?.[column] as number));
      else if (rest <= 0) return 0;
      else {
        lower[row]?.push(Math.sqrt(rest));
        sum += Math.log(rest);
      }
    }
  return sum;
}
