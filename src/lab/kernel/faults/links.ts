import type { LinkEnd } from '../../../core/topology.ts';
import { neighbourCommand, routeCommands } from '../plan.ts';
import {
  configured,
  destinationOf,
  endsOf,
  type FaultAction,
  type KernelFault,
  nodeOf,
  ownWire,
  type Place,
  resolved,
} from './actions.ts';

export const unidirectionalLink: KernelFault = {
  inject: (place) => [{ kind: 'lose', wire: ownWire(place), lossPercent: 100 }],
  repair: (place) => [{ kind: 'carry', wire: ownWire(place), lossPercent: 100 }],
};

export const silentLoss: KernelFault = {
  inject: (place) => [{ kind: 'lose', wire: ownWire(place), lossPercent: place.fault.lossPercent ?? 100 }],
  repair: (place) => [{ kind: 'carry', wire: ownWire(place), lossPercent: place.fault.lossPercent ?? 100 }],
};

/** The header is the first after IPv6's own: next header 43 (RFC 8200 section 4.4). */
const segmentRouting = 'ip6 nexthdr 43';

export const srhFiltered: KernelFault = {
  inject: (place) => [{ kind: 'filter', wire: ownWire(place), match: segmentRouting }],
  repair: (place) => [{ kind: 'unfilter', wire: ownWire(place), match: segmentRouting }],
};

const toLocator = (place: Place) => `ip6 daddr ${destinationOf(place).locator}`;

export const grayPrefix: KernelFault = {
  inject: (place) => [{ kind: 'filter', wire: ownWire(place), match: toLocator(place) }],
  repair: (place) => [{ kind: 'unfilter', wire: ownWire(place), match: toLocator(place) }],
};

/** Addresses and flow label, as a router hashes them (RFC 6438). */
const memberOf = ({ fault }: Place) =>
  `jhash ip6 saddr . ip6 daddr . ip6 flowlabel mod ${fault.members} seed 0x5a5a 0`;

export const grayEcmpMember: KernelFault = {
  inject: (place) => [{ kind: 'filter', wire: ownWire(place), match: memberOf(place) }],
  repair: (place) => [{ kind: 'unfilter', wire: ownWire(place), match: memberOf(place) }],
};

export const linkDown: KernelFault = {
  inject: (place) => [{ kind: 'unplug', link: ownWire(place).index }],
  repair: (place) => [{ kind: 'plug', link: ownWire(place).index }, ...resolved(ownWire(place).link)],
};

/** Solicitations die on the wire, and what was resolved is forgotten. */
const solicitations = 'icmpv6 type nd-neighbor-solicit';

export const neighbourDiscoveryFailure: KernelFault = {
  inject: (place) => {
    const { own, peer } = endsOf(place);
    return [
      { kind: 'filter', wire: ownWire(place), match: solicitations },
      ...configured(place, [`neighbour del ${peer.address} dev ${own.interface}`]),
    ];
  },
  repair: (place) => {
    const { own, peer } = endsOf(place);
    return [
      { kind: 'unfilter', wire: ownWire(place), match: solicitations },
      ...configured(place, [neighbourCommand(own, peer)]),
    ];
  },
};

/** A burst of one frame, and room for some dozens of small ones. */
const [burstBytes, queueBytes] = [1_600, 6_000];

export const rateBottleneck: KernelFault = {
  inject: (place) => {
    const { own } = endsOf(place);
    const burst = Math.max(burstBytes, own.mtuBytes + 100);
    const limits = `burst ${burst} limit ${Math.max(queueBytes, 2 * burst)}`;
    const line = `qdisc replace dev ${own.interface} root tbf rate ${place.fault.rateKbps}kbit ${limits}`;
    return [{ kind: 'queue', node: own.node, tc: [line] }];
  },
  repair: ({ fault }) => [{ kind: 'queue', node: fault.node, tc: [`qdisc del dev ${fault.interface} root`] }],
};

export const linkFlap: KernelFault = {
  inject: (place) => {
    const { periodMs = 1_000, downMs = 100 } = place.fault;
    return [{ kind: 'flap', link: ownWire(place).index, periodMs, downMs }];
  },
  repair: (place) => [{ kind: 'settle', link: ownWire(place).index }, ...linkDown.repair(place, [])],
};

/**
 * The wire is unplugged with it, for the other end loses its carrier. Linux takes the routes over an interface away with
 * it, and does not bring them back.
 */
export const adminShutdown: KernelFault = {
  inject: (place) => [
    ...configured(place, [`link set dev ${place.fault.interface} down`]),
    ...linkDown.inject(place),
  ],
  repair: (place) => [
    ...configured(place, [`link set dev ${place.fault.interface} up`]),
    ...linkDown.repair(place, []),
    ...configured(place, routeCommands(place.topology, nodeOf(place), 'replace')),
  ],
};

/** The router's own filter, with no counter: what it drops, nobody is told. */
export const pmtudBlackhole: KernelFault = {
  inject: (place) => [
    ...mtuMismatch.inject(place),
    ...configured(
      place,
      [],
      `add table inet ${errorFilter(place)}
add chain inet ${errorFilter(place)} output { type filter hook output priority 0; policy accept; }
add rule inet ${errorFilter(place)} output icmpv6 type packet-too-big drop
`,
    ),
  ],
  repair: (place) => [
    ...mtuMismatch.repair(place, []),
    ...configured(place, [], `delete table inet ${errorFilter(place)}\n`),
  ],
};

const errorFilter = (place: Place) => `error_filter_${ownWire(place).index}`;

export const srv6EncapMtu: KernelFault = {
  inject: (place) => {
    const { own, peer } = endsOf(place);
    return [own, peer].map((end) => sized(end, place.fault.mtuBytes ?? end.mtuBytes));
  },
  repair: (place) => {
    const { own, peer } = endsOf(place);
    return [own, peer].map((end) => sized(end, end.mtuBytes));
  },
};

function sized({ node, interface: name }: LinkEnd, mtuBytes: number): FaultAction {
  return { kind: 'configure', node, ip: [`link set dev ${name} mtu ${mtuBytes}`], nft: '' };
}

export const mtuMismatch: KernelFault = {
  inject: (place) => configured(place, [`link set dev ${place.fault.interface} mtu ${place.fault.mtuBytes}`]),
  repair: (place) =>
    configured(place, [`link set dev ${place.fault.interface} mtu ${endsOf(place).own.mtuBytes}`]),
};
