/** A request as keys and values: which fields, and what its kind is called. */
import type { KeyedField } from './keyed.ts';
import type { Random } from './random.ts';
import type { Start, Wish } from './starts.ts';

/** What people call each kind. */
const kinds: Partial<Record<Start, readonly string[]>> = {
  loss: [
    'path-loss',
    'path-loss',
    'path_loss',
    'loss',
    'packet loss',
    'packet-loss',
    'pathLoss',
    'verify loss',
    'drops',
    'packets lost',
    'packets dropped',
    'packets get lost',
    'loss test',
    'loss check',
    'drops?',
    'dropped packets',
    'missing packets',
    'measure loss',
    'localize loss',
    'where is the loss',
    'packet drops',
    'retransmissions',
    'choppy voice',
  ],
  reach: [
    'reachability',
    'reachability',
    'ping',
    'connectivity',
    'reachable',
    'unreachable',
    'no connectivity',
    'connectivity lost',
    'connectivity check',
    'ping test',
    'reachability check',
    'is it reachable?',
    'down?',
    'no answer',
  ],
  mtu: [
    'path-mtu',
    'path-mtu',
    'mtu',
    'pmtu',
    'path mtu',
    'path_mtu',
    'mtu check',
    'mtu problem',
    'fragmentation',
    'packet size',
    'big packets fail',
    'jumbo frames',
    'pmtud',
    'max packet size',
    'large packets do not pass',
  ],
  lat: [
    'path-latency',
    'path-latency',
    'latency',
    'rtt',
    'delay',
    'path_latency',
    'path latency',
    'jitter',
    'high latency',
    'slow',
    'slowness',
    'delay check',
    'rtt check',
    'high rtt',
    'response time',
    'round trip time',
    'lag',
    'takes too long',
  ],
  bgp2: [
    'bgp-session',
    'bgp-session',
    'bgp',
    'bgp session',
    'bgp_session',
    'bgp peering',
    'bgp down',
    'bgp state',
    'peering',
    'bgp status',
    'bgp flapping',
    'session down',
    'bgp peer down',
    'is bgp up?',
  ],
  bgp1: [
    'bgp-session',
    'bgp-session',
    'bgp',
    'bgp session',
    'bgp_session',
    'bgp down',
    'bgp state',
    'peering',
    'bgp status',
    'bgp peer down',
  ],
  dev: [
    'device-status',
    'device-status',
    'status',
    'device status',
    'device_status',
    'health',
    'health check',
    'device check',
    'node status',
    'router status',
    'device health',
  ],
};

export function keyedFields(
  start: Start,
  wishes: readonly Wish[],
  via: readonly string[],
  wantsDscpName: boolean,
  random: Random,
): KeyedField[] | undefined {
  const named = kinds[start];
  if (named === undefined) return undefined;
  const kind: KeyedField = { role: 'kind', value: random.pick(named) };
  const hops: KeyedField[] = via.length > 0 ? [{ role: 'via', value: '{V}' }] : [];
  const path: KeyedField[] = [{ role: 'head', value: '{H}' }, { role: 'tail', value: '{T}' }, ...hops];
  const values: Record<Wish, KeyedField> = {
    count: { role: 'count', value: '{C}' },
    lossMax: { role: 'lossMax', value: '{L}' },
    dscp: { role: 'dscp', value: wantsDscpName ? '{DN}' : '{D}' },
    size: { role: 'size', value: '{S}' },
  };
  const asides: KeyedField[] = random.chance(0.15)
    ? random
        .shuffled(['{CUST}', '{TICKET}', '{TIME}', 'p1', '{CUST}', 'high', 'open', 'noc'])
        .slice(0, 1 + random.below(2))
        .map((value) => ({ role: 'aside', value }))
    : [];
  // A path without more is a path to be checked for loss, and metrics say by themselves what they are.
  const said: KeyedField[] = /^(?:loss|dev)$/.test(start) && random.chance(0.15) ? [] : [kind];
  const first = [...asides, ...said];
  if (start === 'bgp1') return [...first, { role: 'neighbor', value: '{T}' }];
  if (start === 'bgp2') return [...first, { role: 'head', value: '{H}' }, { role: 'neighbor', value: '{T}' }];
  if (start === 'dev') return [...first, { role: 'head', value: '{H}' }, { role: 'metrics', value: '{M}' }];
  const extra: KeyedField[] = start === 'mtu' ? [values.size] : start === 'lat' ? [values.count] : [];
  const few = random.chance(0.5) ? [] : extra;
  return [...first, ...path, ...wishes.map((wish) => values[wish]), ...few];
}
