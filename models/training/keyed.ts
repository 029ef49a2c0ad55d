/** Requests as key and value: YAML, JSON, assignments, flags, tables; complete or in part, with the keys of many tools. */
import type { Random } from './random.ts';

export interface KeyedField {
  role:
    | 'kind'
    | 'aside'
    | 'head'
    | 'tail'
    | 'via'
    | 'count'
    | 'lossMax'
    | 'dscp'
    | 'size'
    | 'neighbor'
    | 'metrics';
  /** With slots. */
  value: string;
}

const keys: Record<KeyedField['role'], readonly string[]> = {
  kind: [
    'kind',
    'kind',
    'type',
    'intent',
    'check',
    'test',
    'measure',
    'action',
    'what',
    'goal',
    'task',
    'verify',
    'objective',
    'metric',
    'request',
    'issue',
    'problem',
    'symptom',
    'subject',
    'summary',
    'topic',
    'title',
    'mode',
    'job',
    'wanted',
    'query',
  ],
  /** What a ticket says beside; it means nothing. */
  aside: [
    'customer',
    'ticket',
    'ref',
    'priority',
    'contact',
    'opened',
    'since',
    'time',
    'vrf',
    'service',
    'team',
    'status',
    'id',
    'severity',
    'comment',
    'note',
  ],
  head: [
    'head',
    'head',
    'from',
    'src',
    'source',
    'ingress',
    'start',
    'a',
    'origin',
    'head-end',
    'headend',
    'begin',
    'first',
    'sender',
    'a-end',
    'from_node',
    'src_node',
    'source node',
    'from router',
    'local',
  ],
  tail: [
    'tail',
    'tail',
    'to',
    'dst',
    'destination',
    'egress',
    'end',
    'b',
    'target',
    'tail-end',
    'endpoint',
    'dest',
    'last',
    'receiver',
    'z-end',
    'to_node',
    'dst_node',
    'destination node',
    'to router',
    'remote',
  ],
  via: [
    'via',
    'via',
    'hops',
    'through',
    'transit',
    'waypoints',
    'waypoint',
    'over',
    'intermediate',
    'mid',
    'segments',
    'nodes',
    'path',
    'route',
    'middle',
  ],
  count: ['count', 'count', 'probes', 'packets', 'samples', 'n', 'number', 'pings', 'probe_count', 'repeat'],
  lossMax: [
    'max_loss',
    'maxLoss',
    'loss_max',
    'lossMaxPercent',
    'threshold',
    'limit',
    'max loss',
    'sla',
    'tolerance',
    'loss limit',
    'max-loss',
    'allowed loss',
  ],
  dscp: ['dscp', 'dscp', 'class', 'marking', 'tos', 'qos', 'traffic class', 'traffic_class', 'mark'],
  size: [
    'size',
    'size',
    'sizeBytes',
    'size_bytes',
    'packet_size',
    'packet size',
    'bytes',
    'length',
    'len',
    'packetSize',
    'mtu',
    'payload',
  ],
  neighbor: ['neighbor', 'neighbor', 'neighbour', 'peer', 'remote', 'bgp neighbor', 'bgp peer', 'nbr'],
  metrics: ['metrics', 'metrics', 'metric', 'what', 'values', 'show', 'readings', 'fields'],
};
const pathKeys = ['node', 'router', 'device', 'host', 'name', 'system', 'on', 'box'];

/** `isDevice` says that there is only one router, which then may be called so. */
export function keyed(fields: readonly KeyedField[], isDevice: boolean, random: Random): string {
  const order = random.chance(0.7) ? fields : random.shuffled(fields);
  const nameKey = (field: KeyedField) =>
    field.role === 'head' && isDevice && random.chance(0.8)
      ? random.pick(pathKeys)
      : random.pick(keys[field.role]);
  const pairs = order.map((field) => ({
    key: nameKey(field),
    value: field.value,
    isList: /^(via|metrics)$/.test(field.role),
  }));
  const bracketed = random.chance(0.5);
  const list = (value: string, quote = '') =>
    bracketed
      ? `[${value
          .split(',')
          .map((one) => `${quote}${one.trim()}${quote}`)
          .join(', ')}]`
      : value;
  const plain = (pair: (typeof pairs)[number]) => (pair.isList ? list(pair.value) : pair.value);
  const nested = (value: string) =>
    value
      .split(',')
      .map((one) => `\n  - ${one.trim()}`)
      .join('');
  switch (random.below(13)) {
    case 12:
      return pairs
        .map((pair) => `${pair.key}:${pair.isList ? nested(pair.value) : ` ${pair.value}`}`)
        .join('\n');
    case 0:
      return `{${pairs
        .map(
          ({ key, value, isList }) =>
            `"${key}": ${
              isList
                ? `[${value
                    .split(',')
                    .map((one) => `"${one.trim()}"`)
                    .join(', ')}]`
                : /^\{[CLDS]\}$/.test(value)
                  ? value
                  : `"${value}"`
            }`,
        )
        .join(', ')}}`;
    case 1:
      return `{${pairs.map((pair) => `${pair.key}: ${plain(pair)}`).join(', ')}}`;
    case 2:
    case 3:
      return pairs.map((pair) => `${pair.key}: ${plain(pair)}`).join('\n');
    case 4:
      return pairs.map((pair) => `- ${pair.key}: ${plain(pair)}`).join('\n');
    case 5:
    case 6:
      return pairs
        .map((pair) => `${pair.key}=${plain(pair)}`)
        .join(random.pick([' ', ', ', ',', ';', '; ', '&']));
    case 7:
      return pairs
        .map((pair) => `--${pair.key.replace(/ /g, '-')} ${pair.value.replace(/, /g, ',')}`)
        .join(' ');
    case 8:
      return pairs
        .map((pair) => `${pair.key}: ${plain(pair)}`)
        .join(random.pick([', ', '; ', ' | ', ' / ', ' ']));
    case 9:
      return pairs.map((pair) => `${pair.key} ${plain(pair)}`).join(random.pick([' ', ', ', '; ', '\n']));
    case 10:
      return pairs
        .map((pair) => `<${pair.key.replace(/ /g, '_')}>${pair.value}</${pair.key.replace(/ /g, '_')}>`)
        .join(random.pick(['', ' ', '\n']));
    default:
      return pairs.map((pair) => `${pair.key} = ${plain(pair)}`).join(random.pick(['\n', ', ', '; ']));
  }
}
