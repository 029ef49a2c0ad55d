/**
 * The language in which a report's evidence is shown to a model: what can be seen in a network, each in words of this program.
 * Nothing that the network wrote is in it: nodes are placeholders, numbers are words.
 */
export const signWords = {
  // Between two counting points.
  loses: 'loses',
  'loses-large': 'loses large',
  'splits-flows': 'some flows lost',
  // What an interface counted meanwhile.
  'acl-egress': 'acl egress drops',
  'acl-ingress': 'acl ingress drops',
  'acl-idle': 'acl other side idle',
  'reverse-path': 'source check drops',
  'queue-steady': 'queue full',
  'queue-bursty': 'queue full at times',
  damaged: 'errors',
  collisions: 'late collisions',
  flaps: 'link changes',
  'member-dead': 'member silent',
  'ports-full': 'no ports left',
  // How its ends are.
  down: 'link down',
  shut: 'admin down',
  unresolved: 'address missing',
  unheard: 'not heard',
  heard: 'heard',
  'mtu-smaller': 'mtu small here',
  'mtu-small': 'mtu small on both ends',
  'size-untold': 'size errors untold',
  // What plain packets showed.
  'plain-passes': 'plain passes',
  'plain-lost': 'plain lost',
  'plain-large-passes': 'plain large passes',
  'prefix-passes': 'prefix passes',
  'prefix-lost': 'prefix lost',
  // What a router holds.
  'sid-absent': 'segment missing',
  'sid-wrong': 'segment wrong',
  'sid-refused': 'segment refused',
  'route-absent': 'no route',
  'route-discards': 'route discards',
  'route-differs': 'route not used',
  'route-leaves': 'route leads back',
  expired: 'hop limit expired',
  'order-wrong': 'segment order wrong',
  marked: 'marked',
  policed: 'control drops',
  'policed-probes': 'control probes lost',
  // Who tells.
  silent: 'silent',
  'not-accepted': 'certificate refused',
  uncounted: 'counts nothing',
  contradicted: 'counts less than arrives behind it',
  passes: 'forwards',
} as const;

export type SignName = keyof typeof signWords;

/** How much: of packets a share, of counters how many. */
export const amounts = ['none', 'few', 'some', 'many', 'most', 'all'] as const;
export type Amount = (typeof amounts)[number];

/** How far a loss is above what the rest of the network loses. */
export const certainties = ['maybe', 'likely', 'sure'] as const;
export type Certainty = (typeof certainties)[number];

export type Way = 'forward' | 'reverse';

/** One thing that shows; `nodes` are names, which never reach a model. */
export interface ShownSign {
  sign: SignName;
  /** One: a router. Two: a router and its neighbour, or the link from the first to the second. */
  nodes: readonly string[];
  /** The nodes are all of a section in which nobody counts. */
  isWide?: boolean;
  /** In which packets travel there; absent for what has none. */
  way?: Way;
  amount?: Amount;
  certainty?: Certainty;
}

/** What arrives of all packets of one direction. */
export interface ShownPath {
  way: Way;
  /** Lost from end to end; absent where nobody counts what arrives. */
  lost?: Amount;
  /** Several ways of equal cost. */
  isOneOfSeveral: boolean;
}

export interface ShownEvidence {
  paths: readonly ShownPath[];
  /** What tells most comes first: what is too much is left out at the end. */
  signs: readonly ShownSign[];
}

/** What a model weighs: a cause at its place. `nodes` of `healthy` and `undetermined` are empty. */
export interface Cause {
  /** "egress-acl", "healthy" ... */
  kind: string;
  nodes: readonly string[];
  way?: Way | 'both';
}
