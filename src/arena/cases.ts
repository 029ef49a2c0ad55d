/** One case of the arena, drawn from its seed and number: a network, what is wrong with it, and what that is called. */
import { ConferError } from '../core/errors.ts';
import { detailsOf, type FaultKind, type FindingKind } from '../core/fault-kinds.ts';
import { allCapabilities, capabilities } from '../core/tools.ts';
import type { Fault, Topology } from '../core/topology.ts';
import {
  type DrawnFault,
  drawFault,
  NoPlaceError,
  type Route,
  routeOf,
  type Truth,
} from '../sim/drawn-faults.ts';
import { drawLossRate, type RateName, rateNames } from './loss-rates.ts';
import { drawShape, type ShapeName } from './shapes.ts';
import { type Dice, diceOf, streamOf } from './streams.ts';
import { type Way, waysOf } from './ways.ts';
import { isAtPlace, placesOf } from './where.ts';

/**
 *   standard   every agent answers and counts; background up to 1e-4; what is bad loses at least ten times as much
 *   noisy      the same with a background of 1e-3 on every link
 *   low-loss   something bad loses less than ten times the background
 *   missing    some agents are silent, or do not count
 *   lying      as standard, and one agent on the way signs counters that it invents; drawn only where it is named, so
 *              that the cases of the others stay what they were
 */
export const usualTiers = ['standard', 'noisy', 'low-loss', 'missing'] as const;
export const tiers = [...usualTiers, 'lying'] as const;
export type Tier = (typeof tiers)[number];

/**
 * silent: heard by discovery, and then its agent is gone. uncounted: its agent answers, without counters of flows. lying:
 * its counters of flows are invented.
 */
export interface Missing {
  node: string;
  how: 'silent' | 'uncounted' | 'lying';
}

export interface ArenaCase {
  seed: number;
  index: number;
  shape: ShapeName;
  tier: Tier;
  topology: Topology;
  route: Route;
  ways: readonly Way[];
  /** Of the longest way. */
  hops: number;
  /** None: the network is healthy. */
  drawn: readonly DrawnFault[];
  /** Where the loss rates come from. */
  rates: RateName;
  /** The most that a healthy link loses, share. */
  backgroundMax: number;
  /** The background of each directed link, as faults that nobody has to find. */
  background: readonly Fault[];
  missing: readonly Missing[];
}

export type ArenaWorld = 'modelled' | 'kernel';

export interface CaseOptions {
  world: ArenaWorld;
  /** What is drawn from; `healthy` alone makes every case healthy. */
  kinds: readonly FaultKind[];
  tiers: readonly Tier[];
  shapes: readonly ShapeName[];
}

const healthyShare = 0.25;
/** Of the cases that are not healthy. */
const doubleShare = 0.25;
const backgrounds = { usual: 1e-4, noisy: 1e-3 };
/** A fault counts as one from so many times the background on. */
const faultFactorMin = 10;
/** Draws until one fits what was asked for. */
const drawsMax = 400;
/** Each has a process of its own in a kernel lab. */
const kernelNodesMax = 9;

/** Throws ConferError `usage` where nothing that was asked for can be drawn. */
export function drawCase(seed: number, index: number, options: CaseOptions): ArenaCase {
  const dice = diceOf(streamOf(seed, `case ${index}`));
  const faulty = options.kinds.filter((kind): kind is FindingKind => kind !== 'healthy');
  const tier = drawTier(
    options.tiers.filter((one) => one !== 'low-loss' || faulty.some(hasRate)),
    dice,
  );
  const kinds = tier === undefined ? [] : drawKinds(faulty, tier, dice);
  for (let draws = 0; tier !== undefined && draws < drawsMax; draws++) {
    const drawn = attempt({ seed, index, tier, kinds, world: options.world, shapes: options.shapes }, dice);
    if (drawn !== undefined) return drawn;
  }
  throw new ConferError(
    'usage',
    `No case of ${options.kinds.join(', ')} in ${options.tiers.join(', ')} can be drawn${options.world === 'kernel' ? ` with at most ${kernelNodesMax} routers` : ''}: name more kinds, tiers or shapes.`,
  );
}

/** Most are standard: these are the cells that are scored. */
function drawTier(asked: readonly Tier[], dice: Dice): Tier | undefined {
  const weights: Record<Tier, number> = { standard: 6, 'low-loss': 1, noisy: 1.5, missing: 1.5, lying: 1.5 };
  let left = asked.reduce((sum, tier) => sum + weights[tier], 0) * dice.fraction();
  for (const tier of asked) {
    left -= weights[tier];
    if (left < 0) return tier;
  }
  return asked.at(-1);
}

/** None, one or two. Only what loses a share can lose too little. */
function drawKinds(faulty: readonly FindingKind[], tier: Tier, dice: Dice): FindingKind[] {
  const isHealthy = tier !== 'low-loss' && dice.happens(healthyShare);
  if (faulty.length === 0 || isHealthy) return [];
  const first = dice.pick(tier === 'low-loss' ? faulty.filter(hasRate) : faulty);
  return dice.happens(doubleShare) ? [first, dice.pick(faulty)] : [first];
}

/** Whether the kind has a loss rate that can be chosen. */
export function hasRate(kind: FaultKind): boolean {
  return detailsOf(kind).some((detail) => detail.startsWith('loss-percent'));
}

interface Wanted {
  seed: number;
  index: number;
  tier: Tier;
  kinds: readonly FindingKind[];
  world: ArenaWorld;
  shapes: readonly ShapeName[];
}

/** Undefined: what was drawn does not fit together. */
function attempt({ seed, index, tier, kinds, world, shapes }: Wanted, dice: Dice): ArenaCase | undefined {
  const shape = dice.pick(shapes);
  const bare = drawShape(shape, dice);
  if (world === 'kernel' && bare.nodes.length > kernelNodesMax) return undefined;
  const route = routeOf(bare);
  const rates = dice.pick(rateNames);
  const backgroundMax = tier === 'noisy' ? backgrounds.noisy : backgrounds.usual;
  const drawn = drawFaults(bare, kinds, rates, dice);
  if (drawn === undefined) return undefined;
  const [first, second] = drawn;
  if (first !== undefined && second !== undefined && !areApart(first.truth, second.truth)) return undefined;
  const isLow = drawn.some(
    ({ fault }) =>
      fault.lossPercent !== undefined && fault.lossPercent / 100 < faultFactorMin * backgroundMax,
  );
  if (tier === 'low-loss' ? !isLow : tier !== 'missing' && isLow) return undefined;
  const ways = waysOf(bare, route);
  const missing =
    tier === 'missing'
      ? drawMissing(ways, route, dice)
      : tier === 'lying'
        ? [{ node: dice.pick(nodesBehindHead(ways, route)), how: 'lying' as const }]
        : [];
  return {
    seed,
    index,
    shape,
    tier,
    topology: withoutCounters(bare, missing),
    route,
    ways,
    hops: Math.max(...ways.map(({ links }) => links.length)),
    drawn,
    rates,
    backgroundMax,
    background: drawBackground(bare, tier, backgroundMax, dice),
    missing,
  };
}

function withoutCounters(topology: Topology, missing: readonly Missing[]): Topology {
  const uncounted = new Set(missing.filter(({ how }) => how === 'uncounted').map(({ node }) => node));
  const offered = allCapabilities.filter((one) => one !== capabilities.counting);
  const nodes = topology.nodes.map((node) =>
    uncounted.has(node.name) ? { ...node, capabilities: offered } : node,
  );
  return { ...topology, nodes };
}

/** Undefined where the network has no place for one of them. */
function drawFaults(
  topology: Topology,
  kinds: readonly FindingKind[],
  rates: RateName,
  dice: Dice,
): DrawnFault[] | undefined {
  try {
    return kinds.map((kind) => drawOne(topology, kind, rates, dice));
  } catch (error) {
    if (error instanceof NoPlaceError) return undefined;
    throw error;
  }
}

function drawOne(topology: Topology, kind: FindingKind, rates: RateName, dice: Dice): DrawnFault {
  const { fault, truth } = drawFault(topology, kind, () => dice.fraction());
  if (fault.lossPercent === undefined) return { fault, truth };
  // Hundredths of a percent are too coarse for the low rates; what loses everything is another kind.
  const lossPercent = Math.min(99.9, 100 * drawLossRate(rates, dice));
  return { fault: { ...fault, lossPercent }, truth };
}

/** Two faults at one place would hide each other; what is beside a dead node cannot be seen at all. */
function areApart(one: Truth, other: Truth): boolean {
  const places = (truth: Truth) => placesOf(truth.elements);
  const touches = (a: Truth, b: Truth) =>
    places(a).some((place) => places(b).some((that) => isAtPlace(place, that)));
  return !touches(one, other) && !touches(other, one);
}

/** One to a third of the nodes on the way, never the head: somebody has to be asked. */
function drawMissing(ways: readonly Way[], route: Route, dice: Dice): Missing[] {
  const left = nodesBehindHead(ways, route);
  const count = dice.whole(1, Math.max(1, Math.floor(left.length / 3)));
  const how = dice.happens(0.5) ? 'silent' : 'uncounted';
  return Array.from({ length: count }, () => {
    const node = dice.pick(left);
    left.splice(left.indexOf(node), 1);
    return { node, how };
  });
}

function nodesBehindHead(ways: readonly Way[], route: Route): string[] {
  return [...new Set(ways.flatMap(({ nodes }) => nodes))].filter((node) => node !== route.head);
}

/** Up to the maximum on each link in each direction; in the noisy tier the maximum everywhere. */
function drawBackground(topology: Topology, tier: Tier, max: number, dice: Dice): Fault[] {
  return topology.links
    .flatMap(({ a, b }) => [a, b])
    .map((end) => ({
      id: 'background',
      kind: 'silent-loss',
      node: end.node,
      interface: end.interface,
      lossPercent: 100 * (tier === 'noisy' ? max : dice.between(0, max)),
      active: true,
    }));
}
