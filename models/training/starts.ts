/** What a request may be about, how often each is drawn, and the intent that it then means. */
import type { Metric, ReadIntent, UnsupportedReason } from '../intent/language.ts';
import type { Random } from './random.ts';
import type { Values } from './slots.ts';

/** A rule of the grammar: what the request begins with. */
export type Start =
  | 'loss'
  | 'reach'
  | 'mtu'
  | 'lat'
  | 'bgp2'
  | 'bgp1'
  | 'dev'
  | 'dev0'
  | 'otherTopic'
  | 'change'
  | 'vague'
  | 'several'
  | 'manipulation';

const starts: readonly (readonly [Start, number])[] = [
  ['loss', 27],
  ['reach', 10],
  ['mtu', 10],
  ['lat', 9.5],
  ['bgp2', 8],
  ['bgp1', 4],
  ['dev', 8.5],
  ['dev0', 2.5],
  ['otherTopic', 7.5],
  ['change', 8],
  ['vague', 3.5],
  ['several', 3.5],
  ['manipulation', 8.5],
];
/** Of those that are served, as a request that stands inside another one. */
export const supported: readonly Start[] = [
  'loss',
  'loss',
  'loss',
  'reach',
  'mtu',
  'lat',
  'bgp2',
  'bgp1',
  'dev',
];

export const wishKinds = ['count', 'lossMax', 'dscp', 'size'] as const;
/** What is asked for besides: a rule of the grammar too. */
export type Wish = (typeof wishKinds)[number];

export type DrawnIntent = ReadIntent | { kind: 'unsupported'; reason: UnsupportedReason };

export function weightedStart(random: Random): Start {
  let left = random.fraction() * starts.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [start, weight] of starts) {
    left -= weight;
    if (left < 0) return start;
  }
  return 'loss';
}

export function isSupported(start: Start): boolean {
  return !['otherTopic', 'change', 'vague', 'several', 'manipulation'].includes(start);
}

export function drawWishes(random: Random): Wish[] {
  const count = random.pick([0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4]);
  return random.shuffled(wishKinds).slice(0, count);
}

export function drawMetrics(random: Random): Metric[] {
  const count = random.pick([1, 1, 1, 1, 2, 2, 3]);
  return random.shuffled(['cpu', 'memory', 'interface'] as const).slice(0, count);
}

export function intentFor(
  start: Start,
  values: Values,
  via: string[],
  metrics: readonly Metric[],
  slots: Record<Wish, boolean>,
): DrawnIntent {
  const { head, tail } = values;
  const count = slots.count && { count: values.count };
  const sizeBytes = slots.size && { sizeBytes: values.sizeBytes };
  switch (start) {
    case 'loss':
      return {
        kind: 'path-loss',
        head,
        tail,
        via,
        ...count,
        ...(slots.lossMax && { lossMaxPercent: values.lossMaxPercent }),
        ...(slots.dscp && { dscp: values.dscp }),
        ...sizeBytes,
      };
    case 'reach':
      return { kind: 'reachability', head, tail, via };
    case 'mtu':
      return { kind: 'path-mtu', head, tail, via, ...sizeBytes };
    case 'lat':
      return { kind: 'path-latency', head, tail, via, ...count };
    case 'bgp2':
      return { kind: 'bgp-session', head, neighbor: tail };
    case 'bgp1':
      return { kind: 'bgp-session', neighbor: tail };
    case 'dev':
      return {
        kind: 'device-status',
        head,
        metrics: (['cpu', 'memory', 'interface'] as const).filter((one) => metrics.includes(one)),
      };
    case 'dev0':
      return { kind: 'device-status', head, metrics: [] };
    case 'otherTopic':
      return { kind: 'unsupported', reason: 'other-topic' };
    case 'change':
      return { kind: 'unsupported', reason: 'would-change' };
    case 'vague':
      return { kind: 'unsupported', reason: 'no-path' };
    default:
      return { kind: 'unsupported', reason: start };
  }
}
