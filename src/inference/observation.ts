/** What the inference is told, and what it believes before it is told anything. */

/**
 * Packets that met the same directed links, in any order: a flow of known path, or the stretch of a probed path between
 * two readings of counters.
 */
export interface Observation {
  /** Numbers of the links, from 0, each at most once. */
  readonly links: readonly number[];
  /** Packets that entered the first link. */
  readonly sent: number;
  /** Those of them that did not leave the last one. */
  readonly lost: number;
}

/** What is believed of each link. Losses are the fraction of packets that the link drops, 0 to 1. */
export interface LossPrior {
  /** How probable it is that a link is bad. */
  readonly badProbability: number;
  /** The loss of a good link lies anywhere between 0 and this. */
  readonly goodLossMax: number;
  /** The loss of a bad link lies between this and 1, in every order of magnitude alike. */
  readonly badLossMin: number;
}

/**
 * One link in a thousand; at most 1 packet in 10,000 dies on a good link, at least 1 in 500 on a bad one. Between the
 * two a link is called what it is nearer to.
 */
export const usualPrior: LossPrior = { badProbability: 1e-3, goodLossMax: 1e-4, badLossMin: 2e-3 };

/** What is believed of one link after all observations. */
export interface LinkBelief {
  /** That it is bad, 0 to 1. */
  readonly probability: number;
  /** The fraction of packets that it drops if it is bad: the mean of what is believed. */
  readonly lossIfBad: number;
}

/** Throws RangeError for a prior that leaves nothing to infer. */
export function checkPrior({ badProbability, goodLossMax, badLossMin }: LossPrior): void {
  if (!(badProbability > 0 && badProbability < 1))
    throw new RangeError(`badProbability is ${badProbability}; it lies between 0 and 1.`);
  if (!(goodLossMax > 0 && goodLossMax <= badLossMin && badLossMin < 1))
    throw new RangeError(
      `goodLossMax is ${goodLossMax} and badLossMin ${badLossMin}; write 0 < goodLossMax <= badLossMin < 1.`,
    );
}

/** Throws RangeError for an observation that cannot have been made. */
export function checkObservation({ links, sent, lost }: Observation, linkCount: number): void {
  if (!(Number.isSafeInteger(sent) && Number.isSafeInteger(lost) && lost >= 0 && lost <= sent))
    throw new RangeError(
      `${lost} of ${sent} packets cannot be lost; write whole numbers, 0 <= lost <= sent.`,
    );
  if (lost > 0 && links.length === 0)
    throw new RangeError(`${lost} packets were lost on no link; name the links that they met.`);
  for (let at = 0; at < links.length; at++) {
    const link = links[at] as number;
    if (!(Number.isInteger(link) && link >= 0 && link < linkCount))
      throw new RangeError(`Link ${link} is none of the ${linkCount}; they are numbered from 0.`);
    if (links.indexOf(link) !== at) throw new RangeError(`An observation meets link ${link} twice.`);
  }
}
