/** Faults of routing protocols, as FRR's configuration, or as what a wire does not carry. */
import { sessionsOf } from '../../../core/topology-routing.ts';
import { circuitType } from '../routing.ts';
import { bgpAccessListBound } from './access-lists.ts';
import {
  configured,
  endsOf,
  type FaultAction,
  type KernelFault,
  nodeOf,
  ownWire,
  type Place,
  present,
} from './actions.ts';

/** Three hellos of IS-IS, or of a session's set-up. */
const untilSeen: FaultAction = { kind: 'wait', ms: 5_000 };

export const bgpAccessList: KernelFault = {
  inject: (place) => [...bgpAccessListBound.inject(place), ...cleared(place), untilSeen],
  repair: (place, others) => [...bgpAccessListBound.repair(place, others)],
};

/** With it, FRR takes the neighbour for one of another AS, which it expects on a link. */
export const bgpAsMismatch: KernelFault = {
  inject: (place) => {
    const { address, as } = peerOf(place);
    return vtysh(place, [
      ...inBgp(place),
      `neighbor ${address} remote-as ${as + 1}`,
      `neighbor ${address} ebgp-multihop 255`,
    ]);
  },
  repair: (place) => {
    const { address, as } = peerOf(place);
    return configuring(place, [
      ...inBgp(place),
      `no neighbor ${address} ebgp-multihop`,
      `neighbor ${address} remote-as ${as}`,
    ]);
  },
};

export const bgpMaxPrefix: KernelFault = {
  inject: (place) => {
    const sent =
      place.topology.nodes.find(({ name }) => name === place.fault.destination)?.bgp?.prefixes.length ?? 2;
    return vtysh(place, [
      ...inAddressFamily(place),
      `neighbor ${peerOf(place).address} maximum-prefix ${sent - 1}`,
    ]);
  },
  repair: (place) => {
    const limit = nodeOf(place).bgp?.prefixesMax;
    const neighbor = `neighbor ${peerOf(place).address} maximum-prefix`;
    const line = limit === undefined ? `no ${neighbor}` : `${neighbor} ${limit}`;
    return [...configuring(place, [...inAddressFamily(place), line]), ...cleared(place)];
  },
};

export const missingAdvertisement: KernelFault = {
  inject: (place) => [...configured(place, [`route del blackhole ${place.fault.prefix}`]), untilSeen],
  repair: (place) => [...configured(place, [`route add blackhole ${place.fault.prefix}`])],
};

const leak = 'leak';

export const routeLeak: KernelFault = {
  inject: (place) => [
    ...configured(place, [`route add blackhole ${place.fault.prefix}`]),
    ...vtysh(place, [
      `ipv6 prefix-list ${leak} seq 5 permit ${place.fault.prefix}`,
      `route-map ${leak} permit 10`,
      `match ipv6 address prefix-list ${leak}`,
      'exit',
      ...inAddressFamily(place),
      `redistribute kernel route-map ${leak}`,
    ]),
  ],
  repair: (place) => [
    ...configuring(place, [
      ...inAddressFamily(place),
      'no redistribute kernel',
      'exit',
      'exit',
      `no route-map ${leak}`,
      `no ipv6 prefix-list ${leak}`,
    ]),
    ...configured(place, [`route del blackhole ${place.fault.prefix}`]),
  ],
};

export const policyDrop: KernelFault = {
  inject: (place) => {
    const { name, side } = filterOf(place);
    return vtysh(place, [
      `ipv6 prefix-list ${name} seq 5 deny ${place.fault.prefix}`,
      `ipv6 prefix-list ${name} seq 10 permit ::/0 le 128`,
      ...inAddressFamily(place),
      `neighbor ${peerOf(place).address} prefix-list ${name} ${side}`,
    ]);
  },
  repair: (place) => {
    const { name, side } = filterOf(place);
    return configuring(place, [
      ...inAddressFamily(place),
      `no neighbor ${peerOf(place).address} prefix-list ${name} ${side}`,
      'exit',
      'exit',
      `no ipv6 prefix-list ${name}`,
    ]);
  },
};

/** RFC 5881 section 4: control packets go to this port. */
const bfdControl = 'udp dport 3784';

export const singleSidedBfd: KernelFault = {
  inject: (place) => [{ kind: 'filter', wire: ownWire(place), match: bfdControl }, untilSeen],
  repair: (place) => [{ kind: 'unfilter', wire: ownWire(place), match: bfdControl }],
};

/** LLC of IS-IS, and the type of a point-to-point hello, 17 (ISO 10589 section 9.7). Link state passes. */
const hello = '@ll,112,24 0xfefe03 @ll,168,8 & 0x1f == 17';

export const igpHelloBlocked: KernelFault = {
  inject: (place) => [{ kind: 'filter', wire: ownWire(place), match: hello }, untilSeen],
  repair: (place) => [{ kind: 'unfilter', wire: ownWire(place), match: hello }],
};

export const isisMismatch: KernelFault = {
  inject: (place) =>
    vtysh(place, [
      `interface ${place.fault.interface}`,
      place.fault.differs === 'level'
        ? `isis circuit-type ${circuitType(otherLevel(place))}`
        : 'isis password md5 other',
    ]),
  repair: (place) =>
    configuring(place, [
      `interface ${place.fault.interface}`,
      place.fault.differs === 'level'
        ? `isis circuit-type ${circuitType(levelOf(place))}`
        : 'no isis password',
    ]),
};

export const routingDaemonDead: KernelFault = {
  inject: ({ fault }) => [{ kind: 'routing', node: fault.node, running: false }, untilSeen],
  repair: ({ fault }) => [{ kind: 'routing', node: fault.node, running: true }],
};

/** In configuration mode. */
function configuring({ fault }: Place, lines: readonly string[]): FaultAction[] {
  return [{ kind: 'vtysh', node: fault.node, lines: ['configure terminal', ...lines] }];
}

function vtysh(place: Place, lines: readonly string[]): FaultAction[] {
  return [...configuring(place, lines), untilSeen];
}

/** Sessions begin anew: a hold time need not be waited for. */
function cleared({ topology }: Place): FaultAction[] {
  return topology.nodes.flatMap(({ name, bgp }) =>
    bgp === undefined ? [] : [{ kind: 'vtysh' as const, node: name, lines: ['clear bgp *'] }],
  );
}

function peerOf({ fault, topology }: Place) {
  return present(sessionsOf(topology, fault.node).find(({ peer }) => peer.node === fault.destination)).peer;
}

function inBgp(place: Place): string[] {
  return [`router bgp ${nodeOf(place).bgp?.as}`];
}

function inAddressFamily(place: Place): string[] {
  return [...inBgp(place), 'address-family ipv6 unicast'];
}

function filterOf({ fault }: Place): { name: string; side: 'in' | 'out' } {
  return { name: `${fault.policy}-filter`, side: fault.policy === 'import' ? 'in' : 'out' };
}

function levelOf(place: Place): 1 | 2 {
  return endsOf(place) && (ownWire(place).link.isisLevel ?? 2);
}

function otherLevel(place: Place): 1 | 2 {
  return levelOf(place) === 1 ? 2 : 1;
}
