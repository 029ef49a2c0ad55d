/**
 * Fewer probes than this nobody needs on average to name the one bad directed link of a path with an error of at most
 * delta, even who knows all rates. Hypotheses: healthy, or one of the 2k directed links of k hops loses `bad`; every
 * other link loses `background`.
 *
 *   M1, segment probes   any node sends to any other over the path, one way; the receiver counts
 *   M2, counted probes   besides, every node on the way counts what passes
 *
 * Two lower bounds, of which the larger holds:
 *   verify   kl(delta, 1 - delta) / the value of the game between who chooses probes and who chooses the wrong hypothesis
 *            (E. Kaufmann, O. Cappe, A. Garivier, "On the complexity of best-arm identification in multi-armed bandit
 *            models", JMLR 2016): what it takes to be sure
 *   search   Fano's inequality: ln(2k + 1) must come through a channel of so much capacity a probe (M. Burnashev, "Data
 *            transmission over a discrete channel with feedback", 1976): what it takes to find it
 */

export type ModelName = 'M1' | 'M2';

export interface FloorQuestion {
  hops: number;
  /** Loss of the bad link and of a healthy one, shares. */
  bad: number;
  background: number;
  /** Probability of a wrong answer. */
  delta: number;
}

export interface Floor {
  verify: number;
  search: number;
  /** The larger of the two. */
  probes: number;
}

export function floorOf(model: ModelName, question: FloorQuestion): Floor {
  const { hops, bad, background, delta } = question;
  const verify = divergence(delta, 1 - delta) / verifyingRate(model, question);
  const capacity =
    model === 'M1' ? segmentCapacity(hops, bad, background) : countedCapacity(hops, bad, background);
  const search = Math.max(0, ((1 - delta) * Math.log(2 * hops + 1) - binaryEntropy(delta)) / capacity);
  return { verify, search, probes: Math.max(verify, search) };
}

/**
 * Value of the game when the link in the middle is bad. A probe over that link alone tells it from every other hypothesis
 * equally well, and a longer segment is the same probe seen through more noise, so that no mixture does better (the data
 * processing inequality). Counted probes reach it with what the links before it let through.
 */
function verifyingRate(model: ModelName, { hops, bad, background }: FloorQuestion): number {
  const reach = model === 'M1' ? 1 : (1 - background) ** Math.floor(hops / 2);
  return reach * divergence(bad, background);
}

/** Nats of one segment probe at best, over the lengths of segments and how likely the bad link lies within. */
export function segmentCapacity(hops: number, bad: number, background: number): number {
  return Math.max(
    ...upTo(hops).map((length) =>
      binaryCapacity(rowOf(length, bad, background), rowOf(length, background, background)),
    ),
  );
}

/** Nats at most of a channel with two inputs and two outputs, by golden section: mutual information is concave. */
export function binaryCapacity(one: number, other: number): number {
  const golden = (Math.sqrt(5) - 1) / 2;
  const information = (share: number) =>
    binaryEntropy(share * one + (1 - share) * other) -
    share * binaryEntropy(one) -
    (1 - share) * binaryEntropy(other);
  let [low, high] = [0, 1];
  for (let round = 0; round < 60; round++) {
    const width = golden * (high - low);
    if (information(high - width) < information(low + width)) low = high - width;
    else high = low + width;
  }
  return information((low + high) / 2);
}

const roundsMax = 5_000;
const closeEnough = 1e-4;

/**
 * Nats of one counted probe, by the algorithm of Blahut and Arimoto (1972). Inputs: which link of the probed direction is
 * bad, or none; outputs: on which link the probe died, or nowhere. The upper bound of its last round is returned, so that
 * the floor stays one.
 */
export function countedCapacity(hops: number, bad: number, background: number): number {
  const channel = [-1, ...upTo(hops).map((link) => link - 1)].map((culprit) => {
    let reach = 1;
    const row = upTo(hops).map((link) => {
      const loss = link - 1 === culprit ? bad : background;
      const died = reach * loss;
      reach *= 1 - loss;
      return died;
    });
    return [...row, reach];
  });
  let inputs = channel.map(() => 1 / channel.length);
  let upper = Number.POSITIVE_INFINITY;
  for (let round = 0; round < roundsMax; round++) {
    const outputs = new Float64Array(hops + 1);
    for (const [input, row] of channel.entries())
      for (const [output, probability] of row.entries())
        outputs[output] = (outputs[output] ?? 0) + (inputs[input] ?? 0) * probability;
    const gains = channel.map((row) =>
      row.reduce((sum, probability, output) => sum + term(probability, outputs[output] ?? 0), 0),
    );
    upper = Math.min(upper, Math.max(...gains));
    const weights = inputs.map((share, input) => share * Math.exp(gains[input] ?? 0));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    inputs = weights.map((weight) => weight / total);
    if (upper - Math.log(total) < closeEnough * upper) break;
  }
  return upper;
}

/** Kullback-Leibler divergence of two coins, nats. */
export function divergence(one: number, other: number): number {
  return term(one, other) + term(1 - one, 1 - other);
}

export function binaryEntropy(share: number): number {
  return -term(share, 1) - term(1 - share, 1);
}

function term(one: number, other: number): number {
  if (one <= 0) return 0;
  return other <= 0 ? Number.POSITIVE_INFINITY : one * Math.log(one / other);
}

/** Loss of a row of links of which one loses `bad`. */
function rowOf(length: number, bad: number, background: number): number {
  return 1 - (1 - bad) * (1 - background) ** (length - 1);
}

function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}
