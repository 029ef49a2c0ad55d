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
  /** Odds in nats that this link, or another in its place, is bad against none. The first is `link` itself. */
  readonly candidates: { link: number; logOdds: number; loss: number }[];
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

  #slotOf(link: number): Slot {
    const held = [link, ...this.#badBeside(link)].map((one) => [one, this.#losses.lossOf(one)] as const);
    this.#remove(link);
    const own = { link, ...this.#oddsOf(link) };
    const floor = own.logOdds - alternativesWithin;
    const candidates = [own];
    for (const [other, bound] of this.#boundsBeside(link)) {
      if (bound < floor) continue;
      const odds = this.#oddsOf(other);
      if (odds.logOdds >= floor) candidates.push({ link: other, ...odds });
    }
    this.#bad.add(link);
    for (const [one, loss] of held) this.#losses.hold(one, loss);
    return { link, candidates };
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
      good[link] = this.#bad.has(link) ? 1 : 1 / (1 + Math.exp(this.#logOdds[link] as number));
      strongest[link] = 1 - (good[link] as number);
    }
    for (const bad of [...this.#bad]) {
      const { candidates } = this.#slotOf(bad);
      const peak = Math.max(0, ...candidates.map(({ logOdds }) => logOdds));
      const sum = candidates.reduce(
        (total, { logOdds }) => total + Math.exp(logOdds - peak),
        Math.exp(-peak),
      );
      for (const candidate of candidates) {
        const share = Math.exp(candidate.logOdds - peak) / sum;
        good[candidate.link] = (good[candidate.link] as number) * (1 - share);
        if (share < (strongest[candidate.link] as number)) continue;
        strongest[candidate.link] = share;
        loss[candidate.link] = candidate.link === bad ? this.#losses.lossOf(bad) : candidate.loss;
      }
    }
    return Array.from(good, (value, link) => ({ probability: 1 - value, lossIfBad: loss[link] as number }));
  }
}
