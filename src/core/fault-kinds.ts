/** The catalogue of faults: what each kind must be told, and which worlds can put it in force. */

/** What a fault's label says besides its kind and place; `?` = it may. */
export type FaultDetail =
  | 'interface'
  | 'object'
  | 'loss-percent'
  | 'mtu-bytes'
  | 'sid'
  | 'rate-kbps'
  | 'members'
  | 'period-ms'
  | 'down-ms'
  | 'hits'
  | 'destination'
  | 'segments'
  | 'dscp'
  | 'prefix'
  | 'policy'
  | 'differs';

interface KindEntry {
  details: readonly (FaultDetail | `${FaultDetail}?`)[];
  /** Linux namespaces cannot show everything that a router can suffer from. */
  worlds: readonly ('modelled' | 'kernel')[];
  /** Of routing protocols: packets still arrive, and only a network that runs them can have it. */
  plane?: 'control';
  /** The agent of its node dies, and stays dead: nothing repairs it. */
  agent?: 'dies';
}

const everywhere = ['modelled', 'kernel'] as const;
const modelled = ['modelled'] as const;

const catalogue = {
  healthy: { details: [], worlds: everywhere },
  'egress-acl': { details: ['interface', 'object', 'loss-percent?'], worlds: everywhere },
  'ingress-acl': { details: ['interface', 'object', 'loss-percent?'], worlds: everywhere },
  'one-way-acl': { details: ['interface', 'object', 'hits', 'loss-percent?'], worlds: everywhere },
  'urpf-drop': { details: ['interface', 'destination'], worlds: everywhere },
  'unidirectional-link': { details: ['interface'], worlds: everywhere },
  'silent-loss': { details: ['interface', 'loss-percent'], worlds: everywhere },
  'srh-filtered': { details: ['interface'], worlds: everywhere },
  corruption: { details: ['interface', 'loss-percent'], worlds: modelled },
  'duplex-mismatch': { details: ['interface', 'loss-percent'], worlds: modelled },
  'rate-bottleneck': { details: ['interface', 'rate-kbps'], worlds: everywhere },
  microburst: { details: ['interface', 'loss-percent'], worlds: modelled },
  'link-flap': { details: ['interface', 'period-ms', 'down-ms'], worlds: everywhere },
  'gray-ecmp-member': { details: ['interface', 'members'], worlds: everywhere },
  'lag-member': { details: ['interface', 'members'], worlds: modelled },
  'gray-prefix': { details: ['interface', 'destination'], worlds: everywhere },
  'mtu-mismatch': { details: ['interface', 'mtu-bytes'], worlds: everywhere },
  'pmtud-blackhole': { details: ['interface', 'mtu-bytes'], worlds: everywhere },
  'srv6-encap-mtu': { details: ['interface', 'mtu-bytes'], worlds: everywhere },
  'sid-missing': { details: ['sid'], worlds: everywhere },
  'seg6-disabled': { details: ['interface'], worlds: everywhere },
  'sid-wrong-behaviour': { details: ['sid', 'interface?'], worlds: everywhere },
  'wrong-segment-order': { details: ['destination', 'segments'], worlds: everywhere },
  'locator-unreachable': { details: ['destination'], worlds: everywhere },
  'static-blackhole': { details: ['destination', 'sid?'], worlds: everywhere },
  'rib-fib-mismatch': { details: ['destination', 'interface?'], worlds: everywhere },
  'forwarding-loop': { details: ['destination', 'interface'], worlds: everywhere },
  'neighbour-discovery-failure': { details: ['interface'], worlds: everywhere },
  'dscp-remark': { details: ['interface', 'dscp'], worlds: everywhere },
  'control-plane-overload': { details: [], worlds: everywhere },
  'nat-exhaustion': { details: ['interface'], worlds: modelled },
  'link-down': { details: ['interface'], worlds: everywhere },
  'admin-shutdown': { details: ['interface'], worlds: everywhere },
  'node-crash': { details: [], worlds: everywhere, agent: 'dies' },
  'agent-only': { details: [], worlds: everywhere, agent: 'dies' },
  'bgp-acl-179': { details: ['interface', 'object', 'hits'], worlds: everywhere, plane: 'control' },
  'bgp-as-mismatch': { details: ['destination'], worlds: everywhere, plane: 'control' },
  'bgp-max-prefix': { details: ['destination'], worlds: everywhere, plane: 'control' },
  'missing-advertisement': { details: ['prefix'], worlds: everywhere, plane: 'control' },
  'route-leak': { details: ['prefix'], worlds: everywhere, plane: 'control' },
  'policy-drop': { details: ['destination', 'prefix', 'policy'], worlds: everywhere, plane: 'control' },
  'single-sided-bfd': { details: ['interface'], worlds: everywhere, plane: 'control' },
  'isis-mismatch': { details: ['interface', 'differs'], worlds: everywhere, plane: 'control' },
  'igp-hello-blocked': { details: ['interface'], worlds: everywhere, plane: 'control' },
  'stale-lsp': { details: ['destination'], worlds: modelled, plane: 'control' },
  'routing-daemon-dead': { details: [], worlds: everywhere, plane: 'control' },
} as const satisfies Record<string, KindEntry>;

export type FaultKind = keyof typeof catalogue;
/** What a report can find. */
export type FindingKind = Exclude<FaultKind, 'healthy'>;

export const faultKinds = Object.keys(catalogue) as FaultKind[];
export const findingKinds = faultKinds.filter((kind) => kind !== 'healthy');
export const dataKinds = faultKinds.filter((kind) => entryOf(kind).plane === undefined);
export const routingKinds = findingKinds.filter((kind) => entryOf(kind).plane === 'control');

/** Those that any network can have: they lose packets. */
export function faultKindsOf(world: 'modelled' | 'kernel'): FaultKind[] {
  return dataKinds.filter((kind) => entryOf(kind).worlds.includes(world));
}

/** Those of routing protocols. */
export function routingKindsOf(world: 'modelled' | 'kernel'): FindingKind[] {
  return routingKinds.filter((kind) => entryOf(kind).worlds.includes(world));
}

/** Whether the agent of the fault's node dies of it. */
export function killsAgent(kind: FaultKind): boolean {
  return entryOf(kind).agent === 'dies';
}

export function detailsOf(kind: FaultKind): KindEntry['details'] {
  return entryOf(kind).details;
}

function entryOf(kind: FaultKind): KindEntry {
  return catalogue[kind];
}
