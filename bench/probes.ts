/**
 * Probes to the first fault over the floor, on the arena's cases of one silent loss of 1 to 3 % over 8 hops and more: what
 * `confer-first` takes, and what whoever knew by Bayes' rule all that can be known beforehand would take. They know that one
 * directed link at most is bad, what healthy links may lose, and how much a bad one loses at least and at most; probe after probe
 * they ask in the direction in which the fault more likely lies, until they are 99 % sure.
 */
import { type ArenaCase, drawCase } from '../src/arena/cases.ts';
import { runCase } from '../src/arena/run-case.ts';
import { type Dice, diceOf, streamOf } from '../src/arena/streams.ts';
import { median } from './parties.ts';
import type { Row } from './table.ts';

const seed = 3;
const casesWanted = 40;
const hopsMin = 8;
/** Shares. */
const loss = { min: 0.01, max: 0.03 };
const drawn = {
  world: 'modelled',
  kinds: ['silent-loss'],
  tiers: ['standard'],
  shapes: ['chain'],
  methods: ['confer-first'],
} as const;

const backgroundMax = 1e-4;
const sure = 0.99;
/** That all is well, before the first probe. */
const healthy = 0.5;
const ratesOf = (count: number, rate: (share: number) => number) =>
  Array.from({ length: count }, (_, point) => rate((point + 0.5) / count));
const goodRates = ratesOf(32, (share) => backgroundMax * share);

interface Case {
  hops: number;
  /** Share that the bad link loses. */
  bad: number;
}

export async function benchProbes(): Promise<Row[]> {
  const confer: number[] = [];
  const knowing: number[] = [];
  const guessing: number[] = [];
  for (let index = 0; confer.length < casesWanted; index++) {
    const bad = badOf(drawCase(seed, index, drawn));
    if (bad === undefined) continue;
    const { methods, floors, hops } = await runCase(seed, index, drawn, { cpuMs: () => 0 });
    const sent = methods['confer-first']?.probes;
    if (floors === undefined || sent === undefined) continue;
    const dice = diceOf(streamOf(seed, `bayes ${index}`));
    confer.push((sent.forward + sent.reverse) / floors.M2);
    knowing.push(bayes({ hops, bad }, loss, dice) / floors.M2);
    guessing.push(bayes({ hops, bad }, { min: 1e-3, max: 1 }, dice) / floors.M2);
  }
  return [
    rowOf('confer-first, all probes of warm-up and follow-ups too', confer, '<= 2'),
    rowOf('Bayes, the loss known to be 0.1 to 100 %', guessing),
    rowOf('Bayes, the loss known to be 1 to 3 %', knowing),
  ];
}

function badOf({ drawn: faults, hops }: ArenaCase): number | undefined {
  const [only, second] = faults;
  const bad = (only?.fault.lossPercent ?? 0) / 100;
  return second === undefined && hops >= hopsMin && bad >= loss.min && bad <= loss.max ? bad : undefined;
}

function rowOf(what: string, ratios: readonly number[], target = ''): Row {
  const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
  const figure = `median of ${ratios.length} cases; mean ${mean.toFixed(2)}`;
  return { what, figure, ratio: median(ratios), target };
}

interface Way {
  sent: number;
  lost: number[];
}

/** Probes until one link is the bad one for sure, as every router counts them. */
function bayes({ hops, bad }: Case, range: { min: number; max: number }, dice: Dice): number {
  const badRates = ratesOf(64, (share) => range.min * (range.max / range.min) ** share);
  const [culprit, faulty] = [dice.whole(0, 1), dice.whole(0, hops - 1)];
  const rates = [0, 1].map((way) =>
    Array.from({ length: hops }, (_, link) =>
      way === culprit && link === faulty ? bad : dice.between(0, backgroundMax),
    ),
  );
  const ways: Way[] = rates.map(() => ({ sent: 0, lost: new Array<number>(hops).fill(0) }));
  for (;;) {
    const odds = ways.map(({ sent, lost }) => {
      const one = remembered((count) =>
        Math.exp(logEvidence(sent, count, badRates) - logEvidence(sent, count, goodRates)),
      );
      return lost.map((count) => (one(count) * (1 - healthy)) / (2 * hops));
    });
    const weights = odds.map((links) => links.reduce((sum, weight) => sum + weight, 0));
    const all = healthy + weights.reduce((sum, weight) => sum + weight, 0);
    if (Math.max(...odds.flat()) >= sure * all) break;
    const likelier = (weights[0] ?? 0) >= (weights[1] ?? 0) ? 0 : 1;
    const way = ways[likelier];
    if (way === undefined) throw new Error('there are two directions');
    way.sent += 1;
    const died = (rates[likelier] ?? []).findIndex((rate) => dice.happens(rate));
    if (died >= 0) way.lost[died] = (way.lost[died] ?? 0) + 1;
  }
  return ways.reduce((sum, { sent }) => sum + sent, 0);
}

/** log of the mean over these rates of rate^lost * (1 - rate)^passed. */
function logEvidence(sent: number, lost: number, rates: readonly number[]): number {
  const logs = rates.map((rate) => lost * Math.log(rate) + (sent - lost) * Math.log1p(-rate));
  const largest = Math.max(...logs);
  return largest + Math.log(logs.reduce((sum, one) => sum + Math.exp(one - largest), 0) / rates.length);
}

function remembered(of: (count: number) => number): (count: number) => number {
  const known = new Map<number, number>();
  return (count) => {
    const found = known.get(count) ?? of(count);
    known.set(count, found);
    return found;
  };
}
