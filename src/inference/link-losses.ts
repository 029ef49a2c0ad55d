/**
 * What the observations say about the loss of one link while the losses of all others are held.
 *
 * With loss t on a link, its hazard is h = -ln(1 - t), and an observation of n packets over links with hazards h has
 *
 *     ln P(m lost of n) = m ln(1 - e^-H) - (n - m) H + constant,    H = sum of h over its links
 *
 * which is exact for every loss up to 100 %. The second term is linear in each h, so observations without loss are kept
 * as one sum for each link; only those with loss are visited one by one.
 */
import {
  dropMax,
  type Evidence,
  fillPoints,
  type Interval,
  integral,
  pointCount,
  type Range,
  rangeOf,
  whereItCounts,
} from './loss-integral.ts';
import { type LossPrior, type Observation, usualPrior } from './observation.ts';

/** Integrate once the range in which the likelihood counts fills this much of the range of points. */
const filledMin = 0.75;
const zoomsMax = 40;
/** So many factors of 1e-15 and more can be multiplied before the logarithm is taken. */
const factorsMax = 16;

export class LinkLosses {
  readonly linkCount: number;
  /** Packets known to have passed each link. */
  readonly #passed: Float64Array;
  /** -ln(1 - loss) of each link, as held now. */
  readonly #hazards: Float64Array;
  /** Observations with loss: how many packets, and the sum of hazards of their links. */
  readonly #lost: Float64Array;
  readonly #pathHazards: Float64Array;
  /** Links of lossy observation i: #pathLinks from #pathStarts[i] to #pathStarts[i + 1]. */
  readonly #pathStarts: Int32Array;
  readonly #pathLinks: Int32Array;
  /** Lossy observations of link l, likewise. */
  readonly #linkStarts: Int32Array;
  readonly #linkPaths: Int32Array;
  /** Links held anew and their hazards before, the latest last. */
  readonly #changes: [link: number, hazard: number][] = [];
  readonly #good: Range;
  readonly #bad: Range;

  /** The observations are right: `checkObservation`. Every link starts as a good one of average loss. */
  constructor(linkCount: number, observations: Iterable<Observation>, prior: LossPrior = usualPrior) {
    this.linkCount = linkCount;
    this.#good = rangeOf(0, prior.goodLossMax, false);
    this.#bad = rangeOf(Math.log(prior.badLossMin), 0, true);
    this.#passed = new Float64Array(linkCount);
    const degrees = new Int32Array(linkCount + 1);
    const lossy: Observation[] = [];
    let pathLength = 0;
    for (const observation of observations) {
      const { links, sent, lost } = observation;
      for (let at = 0; at < links.length; at++) {
        const link = links[at] as number;
        this.#passed[link] = (this.#passed[link] as number) + sent - lost;
      }
      if (lost === 0) continue;
      lossy.push(observation);
      pathLength += links.length;
      for (const link of links) degrees[link + 1] = (degrees[link + 1] as number) + 1;
    }
    for (let link = 0; link < linkCount; link++)
      degrees[link + 1] = (degrees[link + 1] as number) + (degrees[link] as number);
    this.#linkStarts = degrees;
    this.#lost = Float64Array.from(lossy, ({ lost }) => lost);
    this.#hazards = new Float64Array(linkCount).fill(hazardOf(prior.goodLossMax / 2));
    this.#pathHazards = new Float64Array(lossy.length);
    this.#pathStarts = new Int32Array(lossy.length + 1);
    this.#pathLinks = new Int32Array(pathLength);
    this.#linkPaths = new Int32Array(pathLength);
    this.#index(lossy);
  }

  #index(lossy: readonly Observation[]): void {
    const next = this.#linkStarts.slice();
    let at = 0;
    lossy.forEach(({ links }, path) => {
      for (const link of links) {
        this.#pathLinks[at++] = link;
        const place = next[link] as number;
        this.#linkPaths[place] = path;
        next[link] = place + 1;
        this.#pathHazards[path] = (this.#pathHazards[path] as number) + (this.#hazards[link] as number);
      }
      this.#pathStarts[path + 1] = at;
    });
  }

  /** Indices of the observations with loss that met a link. */
  lossyPathsOf(link: number): Int32Array {
    return this.#linkPaths.subarray(this.#linkStarts[link], this.#linkStarts[link + 1]);
  }

  linksOfLossyPath(path: number): Int32Array {
    return this.#pathLinks.subarray(this.#pathStarts[path], this.#pathStarts[path + 1]);
  }

  /** How many nats a lossy observation could gain at most if one more of its links were bad. */
  shortfall(path: number): number {
    const hazard = this.#pathHazards[path] as number;
    return -(this.#lost[path] as number) * Math.log(-Math.expm1(-hazard));
  }

  lossOf(link: number): number {
    return -Math.expm1(-(this.#hazards[link] as number));
  }

  /** From now on the link is held at this loss. */
  hold(link: number, loss: number): void {
    this.#changes.push([link, this.#hazards[link] as number]);
    this.#move(link, hazardOf(loss));
  }

  #move(link: number, hazard: number): void {
    const change = hazard - (this.#hazards[link] as number);
    this.#hazards[link] = hazard;
    for (const path of this.lossyPathsOf(link))
      this.#pathHazards[path] = (this.#pathHazards[path] as number) + change;
  }

  /** ln of the likelihood of everything at the losses as held; the constant is that of `logLikelihoodOf` too. */
  logLikelihood(): number {
    let sum = 0;
    for (let link = 0; link < this.linkCount; link++)
      sum -= (this.#passed[link] as number) * (this.#hazards[link] as number);
    for (let path = 0; path < this.#lost.length; path++) sum -= this.shortfall(path);
    return sum;
  }

  /** The part of it that the loss of this link is in: what `ifGood` and `ifBad` average. */
  logLikelihoodOf(link: number): number {
    let sum = -(this.#passed[link] as number) * (this.#hazards[link] as number);
    for (const path of this.lossyPathsOf(link)) sum -= this.shortfall(path);
    return sum;
  }

  /**
   * How much each other link explains away what this one explains: minus the mixed second derivative, by both losses, of
   * the likelihood's logarithm. Links without a common lossy observation are not in it.
   */
  couplings(link: number): Map<number, number> {
    const couplings = new Map<number, number>();
    const own = 1 - this.lossOf(link);
    for (const path of this.lossyPathsOf(link)) {
      const hazard = this.#pathHazards[path] as number;
      const curvature = ((this.#lost[path] as number) * Math.exp(-hazard)) / Math.expm1(-hazard) ** 2 / own;
      for (const other of this.linksOfLossyPath(path))
        if (other !== link)
          couplings.set(other, (couplings.get(other) ?? 0) + curvature / (1 - this.lossOf(other)));
    }
    return couplings;
  }

  /** Where `restore` comes back to. Marks are restored in the opposite order. */
  mark(): number {
    return this.#changes.length;
  }

  restore(mark: number): void {
    while (this.#changes.length > mark) {
      const [link, hazard] = this.#changes.pop() as [number, number];
      this.#move(link, hazard);
    }
  }

  ifGood(link: number): Evidence {
    return this.#integrate(link, this.#good);
  }

  ifBad(link: number): Evidence {
    return this.#integrate(link, this.#bad);
  }

  // Working memory of #integrate, kept between calls.
  readonly #logLikelihoods = new Float64Array(pointCount);
  readonly #products = new Float64Array(pointCount);
  readonly #spread = { losses: new Float64Array(pointCount), logPassed: new Float64Array(pointCount) };

  /**
   * The likelihood has one peak in the loss of one link (it is log-concave in its hazard), perhaps a narrow one: look
   * at some points, zoom to where it counts, and integrate there.
   */
  #integrate(link: number, range: Range): Evidence {
    let within: Interval = { from: range.from, to: Math.min(range.to, this.#lastThatCounts(link, range)) };
    for (let zoom = 0; ; zoom++) {
      const { losses, logPassed } = this.#pointsOf(within, range);
      this.#evaluate(link, losses, logPassed);
      const next = whereItCounts(within, this.#logLikelihoods);
      if (zoom === zoomsMax || next.to - next.from >= filledMin * (within.to - within.from))
        return integral(within, range, losses, this.#logLikelihoods);
      within = next;
    }
  }

  /**
   * Where the packets that passed alone make the likelihood too small to count: it is at most (1 - loss)^passed, so
   * that a loss beyond (dropMax - ln likelihood of the least loss) / passed lies below the peak by more than dropMax.
   */
  #lastThatCounts(link: number, { from, isLogarithmic }: Range): number {
    const passed = this.#passed[link] as number;
    if (passed === 0) return Infinity;
    const least = isLogarithmic ? Math.exp(from) : from;
    const hazard = this.#hazards[link] as number;
    let logLikelihood = passed * Math.log1p(-least);
    for (const path of this.lossyPathsOf(link)) {
      const others = Math.max((this.#pathHazards[path] as number) - hazard, 0);
      logLikelihood += (this.#lost[path] as number) * Math.log(least - (1 - least) * Math.expm1(-others));
    }
    const last = (dropMax - logLikelihood) / passed;
    return isLogarithmic ? Math.log(last) : last;
  }

  #pointsOf(within: Interval, range: Range): Pick<Range, 'losses' | 'logPassed'> {
    if (within.from === range.from && within.to === range.to) return range;
    const { losses, logPassed } = this.#spread;
    fillPoints(within, range.isLogarithmic, losses, logPassed);
    return this.#spread;
  }

  /** ln of the likelihood at each loss of the link, into #logLikelihoods. */
  #evaluate(link: number, losses: Float64Array, logPassed: Float64Array): void {
    const values = this.#logLikelihoods;
    const products = this.#products;
    const passed = this.#passed[link] as number;
    for (let at = 0; at < pointCount; at++) values[at] = passed * (logPassed[at] as number);
    products.fill(1);
    let factors = 0;
    const hazard = this.#hazards[link] as number;
    const end = this.#linkStarts[link + 1] as number;
    for (let index = this.#linkStarts[link] as number; index < end; index++) {
      const path = this.#linkPaths[index] as number;
      const others = Math.max((this.#pathHazards[path] as number) - hazard, 0);
      // Lost with 1 - e^-others (1 - loss): by the others, or else by this link.
      const byOthers = -Math.expm1(-others);
      const reaching = 1 - byOthers;
      const lost = this.#lost[path] as number;
      if (lost > factorsMax / 4) {
        for (let at = 0; at < pointCount; at++)
          values[at] = (values[at] as number) + lost * Math.log(byOthers + reaching * (losses[at] as number));
        continue;
      }
      if (factors + lost > factorsMax) {
        this.#takeLogarithms();
        factors = 0;
      }
      factors += lost;
      for (let at = 0; at < pointCount; at++) {
        const factor = byOthers + reaching * (losses[at] as number);
        let product = products[at] as number;
        for (let packet = 0; packet < lost; packet++) product *= factor;
        products[at] = product;
      }
    }
    if (factors > 0) this.#takeLogarithms();
  }

  #takeLogarithms(): void {
    for (let at = 0; at < pointCount; at++)
      this.#logLikelihoods[at] =
        (this.#logLikelihoods[at] as number) + Math.log(this.#products[at] as number);
    this.#products.fill(1);
  }
}

function hazardOf(loss: number): number {
  return -Math.log1p(-loss);
}
