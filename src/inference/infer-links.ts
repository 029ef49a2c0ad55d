/**
 * Which directed links are bad, from what was sent and lost over known paths.
 *
 *     observations -> the most probable set of bad links -> what else could explain the same losses -> beliefs
 *
 * Deterministic, and blind to how links are numbered and to the order and the splitting of observations.
 * Section "The model" of docs/infer.md derives it.
 */
import { LinkLosses } from './link-losses.ts';
import {
  checkObservation,
  checkPrior,
  type LinkBelief,
  type LossPrior,
  type Observation,
  usualPrior,
} from './observation.ts';

/** Alternatives this many nats less probable than the best are not looked at: e^-12 is 6e-6. */
const alternativesWithin = 12;
/** Odds below which a good link takes nothing from the others. */
const suspectedFrom = 0.003;
/** Beyond, a Gaussian says nothing of losses that cannot be negative. */
const correlationMax = 0.95;
/** Rates of bad links that share losses settle geometrically; few do, and few rounds suffice. */
const settlingRoundsMax = 60;
const settledWithin = 1e-9;
/** A different set of bad links must be better by this many nats, or two that are equal would alternate. */
const improvementMin = 1e-6;

/**
 * What is believed of each of `linkCount` links. Throws RangeError where an observation or the prior is impossible.
 */
export function inferLinks(
  linkCount: number,
  observations: readonly Observation[],
  prior: LossPrior = usualPrior,
): LinkBelief[] {
  checkPrior(prior);
  for (const observation of observations) checkObservation(observation, linkCount);
  const search = new Search(new LinkLosses(linkCount, observations, prior), prior);
  search.addAll();
  search.improve();
  return search.beliefs();
}

/** One bad link of the set, taken out, and everything that could stand in its place. */
interface Slot {
  readonly link: number;
  /**
   * Odds in nats that this one is bad, against none in the place; and that `link` is bad too once this one is. The first
   * candidate is `link` itself.
   */
  readonly candidates: { link: number; logOdds: number; loss: number; logOddsOfBoth: number }[];
}

class Search {
  readonly #losses: LinkLosses;
  readonly #goodLoss: number;
  readonly #logPriorOdds: number;
  readonly #bad = new Set<number>();
  /** For each link that is not bad: ln of the odds that it is bad too, and its loss if it is. */
  readonly #logOdds: Float64Array;
  readonly #lossIfBad: Float64Array;
  /** 1 for links whose odds changed since they were weighed. */
  readonly #isStale: Uint8Array;

  constructor(losses: LinkLosses, { badProbability, goodLossMax }: LossPrior) {
    this.#losses = losses;
    this.#goodLoss = goodLossMax / 2;
    this.#logPriorOdds = Math.log(badProbability) - Math.log1p(-badProbability);
    this.#logOdds = new Float64Array(losses.linkCount);
    this.#lossIfBad = new Float64Array(losses.linkCount);
    this.#isStale = new Uint8Array(losses.linkCount).fill(1);
  }

  /** Adds the most probable bad link until none is more probable than not. */
  addAll(): void {
    for (let round = 0; round <= this.#losses.linkCount; round++) {
      for (let link = 0; link < this.#losses.linkCount; link++)
        if (this.#isStale[link] === 1 && !this.#bad.has(link)) this.#weigh(link);
      if (!this.#addLazily()) return;
    }
  }

  /** Odds only fall while links are added, so that those known from before are upper bounds: weigh the best again. */
  #addLazily(): boolean {
    const queue = [...this.#logOdds.keys()].filter(
      (link) => !this.#bad.has(link) && (this.#logOdds[link] as number) > 0,
    );
    const some = queue.length > 0;
    while (queue.length > 0) {
      queue.sort((a, b) => (this.#logOdds[a] as number) - (this.#logOdds[b] as number));
      const link = queue.pop() as number;
      this.#weigh(link);
      const runnerUp = queue.at(-1);
      if ((this.#logOdds[link] as number) <= 0) continue;
      if (runnerUp !== undefined && (this.#logOdds[link] as number) < (this.#logOdds[runnerUp] as number))
        queue.push(link);
      else this.#add(link);
    }
    return some;
  }

  #weigh(link: number): void {
    const { logOdds, loss } = this.#oddsOf(link);
    this.#logOdds[link] = logOdds;
    this.#lossIfBad[link] = loss;
    this.#isStale[link] = 0;
  }

  #oddsOf(link: number): { logOdds: number; loss: number } {
    const bad = this.#losses.ifBad(link);
    const good = this.#losses.ifGood(link);
    return {
      logOdds: this.#logPriorOdds + bad.logLikelihood - good.logLikelihood,
      loss: bad.meanLoss,
    };
  }

  #add(link: number): void {
    const changed = [link, ...this.#badBeside(link)];
    this.#bad.add(link);
    this.#losses.hold(link, this.#lossIfBad[link] as number);
    this.#settle(changed);
    this.#staleBeside(changed);
  }

  #staleBeside(links: readonly number[]): void {
    for (const link of links) {
      this.#isStale[link] = 1;
      for (const path of this.#losses.lossyPathsOf(link))
        for (const other of this.#losses.linksOfLossyPath(path)) this.#isStale[other] = 1;
    }
  }

  /** Bad links that some lossy observation met together with this one. */
  #badBeside(link: number): number[] {
    const beside = new Set<number>();
    for (const path of this.#losses.lossyPathsOf(link))
      for (const other of this.#losses.linksOfLossyPath(path))
        if (other !== link && this.#bad.has(other)) beside.add(other);
    return [...beside];
  }

  /** Holds each of these bad links at its mean loss given all others, until they agree. */
  #settle(links: readonly number[]): void {
    for (let round = 0; round < settlingRoundsMax; round++) {
      let change = 0;
      for (const link of links) {
        const before = this.#losses.lossOf(link);
        const { meanLoss } = this.#losses.ifBad(link);
        this.#losses.hold(link, meanLoss);
        change = Math.max(change, Math.abs(meanLoss - before) / meanLoss);
      }
      if (change < settledWithin || links.length === 1) return;
    }
  }

  /** Takes out what the others explain, and replaces what another link explains better. */
  improve(): void {
    for (let step = 0; step < 2 * this.#losses.linkCount; step++) {
      if (!this.#improveOnce()) return;
      this.addAll();
    }
  }

  #improveOnce(): boolean {
    for (const link of [...this.#bad]) {
      const { candidates } = this.#slotOf(link);
      const own = candidates[0]?.logOdds as number;
      const best = candidates.reduce((a, b) => (b.logOdds > a.logOdds ? b : a));
      if (Math.max(best.logOdds, 0) <= own + improvementMin) continue;
      const changed = [link, ...this.#badBeside(link)];
      this.#remove(link);
      this.#staleBeside(changed);
      if (best.logOdds > 0 && best.link !== link) {
        this.#lossIfBad[best.link] = best.loss;
        this.#add(best.link);
      }
      return true;
    }
    return false;
  }

  #remove(link: number): void {
    const beside = this.#badBeside(link);
    this.#bad.delete(link);
    this.#losses.hold(link, this.#goodLoss);
    this.#settle(beside);
  }

  /**
   * The set without this link, and with each candidate in its place, the losses of all settled anew each time. What one
   * link is worth while the others are held finds the candidates; only with all settled are they compared.
   */
  #slotOf(link: number): Slot {
    const beside = this.#badBeside(link);
    const held = [link, ...beside].map((one) => [one, this.#losses.lossOf(one)] as const);
    const logWith = this.#logEvidence([link, ...beside], []);
    this.#remove(link);
    const own = this.#oddsOf(link);
    const floor = own.logOdds - alternativesWithin;
    const others = [...this.#boundsBeside(link)].filter(
      ([other, bound]) => bound >= floor && this.#oddsOf(other).logOdds >= floor,
    );
    const logWithout = this.#logEvidence(beside, [link]);
    const logOdds = this.#logPriorOdds + logWith - logWithout;
    const candidates = [{ link, logOdds, loss: own.loss, logOddsOfBoth: Infinity }];
    for (const [other] of others) candidates.push(this.#inPlaceOf(link, other, beside));
    this.#bad.add(link);
    for (const [one, loss] of held) this.#losses.hold(one, loss);
    return { link, candidates };
  }

  /** While `link` is out, and bad links `beside` it settled without it: `other` comes in, and goes again. */
  #inPlaceOf(link: number, other: number, beside: readonly number[]): Slot['candidates'][number] {
    const settled = [...new Set([...beside, ...this.#badBeside(other)])];
    const held = [other, ...settled].map((one) => [one, this.#losses.lossOf(one)] as const);
    const logWithout = this.#logEvidence(settled, [other]);
    this.#bad.add(other);
    this.#losses.hold(other, this.#oddsOf(other).loss);
    this.#settle([other, ...settled]);
    const loss = this.#losses.lossOf(other);
    const logOdds = this.#logPriorOdds + this.#logEvidence([other, ...settled], []) - logWithout;
    const logOddsOfBoth = this.#oddsOf(link).logOdds;
    this.#bad.delete(other);
    for (const [one, before] of held) this.#losses.hold(one, before);
    return { link: other, logOdds, loss, logOddsOfBoth };
  }

  /**
   * ln of the likelihood with the losses of these links integrated out: as a product of one integral for each, as if
   * they were independent, corrected by the determinant of their correlations, which is exact for a Gaussian.
   */
  #logEvidence(bad: readonly number[], good: readonly number[]): number {
    const terms = [
      ...bad.map((link) => ({ link, ...this.#losses.ifBad(link) })),
      ...good.map((link) => ({ link, ...this.#losses.ifGood(link) })),
    ];
    const correlations = terms.map((one) =>
      terms.map((other) =>
        one === other
          ? 1
          : Math.min(
              this.#losses.coupling(one.link, other.link) * one.lossDeviation * other.lossDeviation,
              correlationMax,
            ),
      ),
    );
    return terms.reduce(
      (sum, { link, logLikelihood }) => sum + logLikelihood - this.#losses.logLikelihoodOf(link),
      this.#losses.logLikelihood() - logDeterminant(correlations) / 2,
    );
  }

  /**
   * Good links that share losses with `link`, with a bound on the odds of each now that `link` is good: what they had
   * while it was bad, and all that the shared observations could gain.
   */
  #boundsBeside(link: number): Map<number, number> {
    const bounds = new Map<number, number>();
    for (const path of this.#losses.lossyPathsOf(link)) {
      const shortfall = this.#losses.shortfall(path);
      for (const other of this.#losses.linksOfLossyPath(path)) {
        if (other === link || this.#bad.has(other)) continue;
        bounds.set(other, (bounds.get(other) ?? (this.#logOdds[other] as number)) + shortfall);
      }
    }
    return bounds;
  }

  /**
   * The probability of each link: the sum over its roles. A good link may be bad besides the set, or in place of each
   * link that it shares losses with; the roles are taken as independent.
   */
  beliefs(): LinkBelief[] {
    const linkCount = this.#losses.linkCount;
    const good = new Float64Array(linkCount);
    const loss = this.#lossIfBad.slice();
    const strongest = new Float64Array(linkCount);
    for (let link = 0; link < linkCount; link++) {
      good[link] = this.#bad.has(link) ? 1 : 1 - this.#besidesTheSet(link);
      strongest[link] = 1 - (good[link] as number);
    }
    for (const bad of [...this.#bad]) {
      const { candidates } = this.#slotOf(bad);
      const peak = Math.max(0, ...candidates.map(({ logOdds }) => logOdds));
      const sum = candidates.reduce(
        (total, { logOdds }) => total + Math.exp(logOdds - peak),
        Math.exp(-peak),
      );
      let own = 0;
      for (const candidate of candidates) {
        const share = Math.exp(candidate.logOdds - peak) / sum;
        own += share / (1 + Math.exp(-candidate.logOddsOfBoth));
        if (candidate.link !== bad) good[candidate.link] = (good[candidate.link] as number) * (1 - share);
        if (share < (strongest[candidate.link] as number)) continue;
        strongest[candidate.link] = share;
        loss[candidate.link] = candidate.link === bad ? this.#losses.lossOf(bad) : candidate.loss;
      }
      good[bad] = 1 - own;
    }
    return Array.from(good, (value, link) => ({ probability: 1 - value, lossIfBad: loss[link] as number }));
  }

  /**
   * The probability that a good link is bad besides the set. Suspects that share losses explain each other away: with
   * odds o of each alone, and p of this link once the other is bad, its odds are (o + sum of o' p) to (1 + sum of o').
   */
  #besidesTheSet(link: number): number {
    const odds = Math.exp(this.#logOdds[link] as number);
    let [bad, good] = [odds, 1];
    if (odds < suspectedFrom) return odds / (1 + odds);
    for (const [other, odds] of this.#suspectsBeside(link)) {
      const before = this.#losses.lossOf(other);
      this.#losses.hold(other, this.#lossIfBad[other] as number);
      bad += odds * Math.exp(this.#oddsOf(link).logOdds);
      good += odds;
      this.#losses.hold(other, before);
    }
    return bad / (bad + good);
  }

  #suspectsBeside(link: number): Map<number, number> {
    const suspects = new Map<number, number>();
    for (const path of this.#losses.lossyPathsOf(link))
      for (const other of this.#losses.linksOfLossyPath(path)) {
        const odds = Math.exp(this.#logOdds[other] as number);
        if (other !== link && !this.#bad.has(other) && odds >= suspectedFrom) suspects.set(other, odds);
      }
    return suspects;
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
