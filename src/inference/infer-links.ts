/**
 * Which directed links are bad, from what was sent and lost over known paths.
 *
 *     observations -> the most probable set of bad links -> what else could explain the same losses -> beliefs
 *
 * Deterministic, and blind to how links are numbered and to the order and the splitting of observations.
 * Section "The model" of docs/infer.md derives it.
 */
import { BadSet, type Candidate, type Suspect } from './bad-set.ts';
import { LinkLosses } from './link-losses.ts';
import {
  checkObservation,
  checkPrior,
  type LinkBelief,
  type LossPrior,
  type Observation,
  usualPrior,
} from './observation.ts';

/** A set is hardly ever improved twice. */
const improvementsMax = 20;
/** A different set must be better by this many nats, or two that are equal would alternate. */
const improvementMin = 1e-6;
/** ln of the odds below which a link outside the set is not weighed more exactly: a probability of 1 in 100. */
const weighedFrom = Math.log(0.01);
/** Odds below which a link takes nothing from the others. */
const suspectedFrom = 0.003;

/** What is believed of each of `linkCount` links. Throws RangeError where an observation or the prior is impossible. */
export function inferLinks(
  linkCount: number,
  observations: readonly Observation[],
  prior: LossPrior = usualPrior,
): LinkBelief[] {
  checkPrior(prior);
  for (const observation of observations) checkObservation(observation, linkCount);
  const search = new Search(new BadSet(new LinkLosses(linkCount, observations, prior), prior));
  for (let round = 0; round < improvementsMax; round++) {
    search.addAll();
    if (!search.improve()) break;
  }
  return search.beliefs();
}

class Search {
  readonly #set: BadSet;
  /** What each link is worth that is not in the set; for a member what it was worth. */
  readonly #suspects: Suspect[];
  /** 1 for links whose odds changed since they were weighed. */
  readonly #isStale: Uint8Array;
  /** Of each member, while the set has not changed since. */
  readonly #candidates = new Map<number, readonly Candidate[]>();

  constructor(set: BadSet) {
    this.#set = set;
    this.#suspects = Array.from({ length: set.losses.linkCount }, (_, link) => ({
      link,
      logOdds: -Infinity,
      loss: 0,
    }));
    this.#isStale = new Uint8Array(set.losses.linkCount).fill(1);
  }

  #suspect(link: number): Suspect {
    return this.#suspects[link] as Suspect;
  }

  readonly #logOdds = (link: number) => this.#suspect(link).logOdds;

  /** Adds the most probable bad link until none is more probable than not. */
  addAll(): void {
    do this.#weighStale();
    while (this.#addLazily());
    this.#set.settleAll();
    this.#weighStale();
  }

  #weighStale(): void {
    for (const { link } of this.#suspects)
      if (this.#isStale[link] === 1 && !this.#set.has(link)) this.#weigh(link);
  }

  #weigh(link: number): void {
    this.#suspects[link] = this.#set.suspect(link);
    this.#isStale[link] = 0;
  }

  /** Odds hardly rise while links are added, so that those known from before are bounds: weigh only the best again. */
  #addLazily(): boolean {
    const waiting = new Set<number>();
    for (const { link, logOdds } of this.#suspects)
      if (logOdds > 0 && !this.#set.has(link)) waiting.add(link);
    const some = waiting.size > 0;
    while (waiting.size > 0) {
      let best = -1;
      for (const link of waiting) if (best < 0 || this.#logOdds(link) > this.#logOdds(best)) best = link;
      if (this.#isStale[best] === 1) this.#weigh(best);
      else {
        waiting.delete(best);
        this.#staleBeside(this.#set.add(this.#suspect(best)));
      }
      if (this.#logOdds(best) <= 0) waiting.delete(best);
    }
    return some;
  }

  #staleBeside(changed: readonly number[]): void {
    const { losses } = this.#set;
    for (const link of changed) {
      this.#isStale[link] = 1;
      for (const path of losses.lossyPathsOf(link))
        for (const other of losses.linksOfLossyPath(path)) this.#isStale[other] = 1;
    }
  }

  /** Returns whether the set changed. */
  improve(): boolean {
    const added = this.#weighExactly();
    this.#candidates.clear();
    const replaced = this.#set.links.filter((link) => this.#replace(link));
    if (replaced.length > 0) this.#candidates.clear();
    return added || replaced.length > 0;
  }

  /** Weighs links again that members hide while these are held, and adds what is more probable than not. */
  #weighExactly(): boolean {
    let added = false;
    for (const [link, gain] of this.#set.gainsOfSettling((link) => this.#suspect(link).loss)) {
      // Twice the gain: the estimate is of a Gaussian.
      if (this.#logOdds(link) + 2 * gain < weighedFrom) continue;
      this.#suspects[link] = this.#set.settledSuspect(this.#suspect(link));
      if (this.#logOdds(link) <= improvementMin) continue;
      this.#staleBeside(this.#set.add(this.#suspect(link)));
      added = true;
    }
    return added;
  }

  /** Takes a member out that the others explain, or that another link explains better, which comes in instead. */
  #replace(link: number): boolean {
    const candidates = this.#set.candidatesFor(link, this.#logOdds);
    this.#candidates.set(link, candidates);
    const [own, ...others] = candidates;
    const best = others.reduce<Suspect>((a, b) => (b.logOdds > a.logOdds ? b : a), own);
    if (Math.max(best.logOdds, 0) <= own.logOdds + improvementMin) return false;
    this.#staleBeside(this.#set.remove(link));
    if (best.logOdds > 0 && best !== own) this.#staleBeside(this.#set.add(best));
    return true;
  }

  /**
   * The probability of each link: a member against what could stand in its place, another link as bad besides the set
   * or in place of each member that it shares losses with. These roles are taken as independent.
   */
  beliefs(): LinkBelief[] {
    const good = Float64Array.from(this.#suspects, ({ link }) =>
      this.#set.has(link) ? 1 : 1 - this.#besidesTheSet(link),
    );
    const strongest = good.map((probability) => 1 - probability);
    const loss = Float64Array.from(this.#suspects, (suspect) => suspect.loss);
    for (const member of this.#set.links) {
      const candidates = this.#candidates.get(member) ?? this.#set.candidatesFor(member, this.#logOdds);
      const peak = Math.max(0, ...candidates.map(({ logOdds }) => logOdds));
      const sum = candidates.reduce(
        (total, { logOdds }) => total + Math.exp(logOdds - peak),
        Math.exp(-peak),
      );
      let own = 0;
      for (const candidate of candidates) {
        const share = Math.exp(candidate.logOdds - peak) / sum;
        own += share / (1 + Math.exp(-candidate.logOddsOfBoth));
        if (candidate.link === member) continue;
        good[candidate.link] = (good[candidate.link] as number) * (1 - share);
        if (share < (strongest[candidate.link] as number)) continue;
        strongest[candidate.link] = share;
        loss[candidate.link] = candidate.loss;
      }
      good[member] = 1 - own;
      loss[member] = this.#set.losses.lossOf(member);
    }
    return Array.from(good, (value, link) => ({ probability: 1 - value, lossIfBad: loss[link] as number }));
  }

  /**
   * The probability that a link is bad besides the set. Suspects that share losses explain each other away: with odds o
   * of each alone, and p of this link once the other is bad, its odds are (o + sum of o' p) to (1 + sum of o').
   */
  #besidesTheSet(link: number): number {
    const { losses } = this.#set;
    const odds = Math.exp(this.#logOdds(link));
    let [bad, good] = [odds, 1];
    if (odds < suspectedFrom) return odds / (1 + odds);
    const before = losses.mark();
    for (const other of this.#suspectsBeside(link)) {
      losses.hold(other.link, other.loss);
      bad += Math.exp(other.logOdds + this.#set.suspect(link).logOdds);
      good += Math.exp(other.logOdds);
      losses.restore(before);
    }
    return bad / (bad + good);
  }

  #suspectsBeside(link: number): Suspect[] {
    const { losses } = this.#set;
    const beside = new Set<number>();
    for (const path of losses.lossyPathsOf(link))
      for (const other of losses.linksOfLossyPath(path)) beside.add(other);
    return [...beside]
      .filter(
        (other) => other !== link && !this.#set.has(other) && Math.exp(this.#logOdds(other)) >= suspectedFrom,
      )
      .map((other) => this.#suspect(other));
  }
}
