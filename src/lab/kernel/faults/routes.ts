/** Wrong routes, as somebody could configure them by hand on a Linux router. */

import { sidInterface, wireEnds } from '../names.ts';
import { routeCommands } from '../plan.ts';
import {
  configured,
  destinationOf,
  endsOf,
  type KernelFault,
  nodeOf,
  ownWire,
  type Place,
  present,
} from './actions.ts';

export const locatorUnreachable: KernelFault = {
  inject: (place) => configured(place, [`route del ${locatorOf(place)}`]),
  repair: (place) => configured(place, rightRoute(place)),
};

/** A more specific route for one SID, or one in place of the locator's. */
export const staticBlackhole: KernelFault = {
  inject: (place) =>
    place.fault.sid === undefined
      ? configured(place, [`route del ${locatorOf(place)}`, `route add blackhole ${locatorOf(place)}`])
      : configured(place, [`route add blackhole ${sidOf(place)}/128`]),
  repair: (place) =>
    place.fault.sid === undefined
      ? configured(place, [`route del blackhole ${locatorOf(place)}`, ...rightRoute(place)])
      : configured(place, [`route del blackhole ${sidOf(place)}/128`]),
};

/** A rule sends the look-ups of one locator to a table of its own; table main keeps the right route. */
export const ribFibMismatch: KernelFault = {
  inject: (place) => {
    const table = tableOf(place);
    const locator = locatorOf(place);
    const route =
      place.fault.interface === undefined ? `unreachable ${locator}` : `${locator} ${overInterface(place)}`;
    return configured(place, [`route add ${route} table ${table}`, ruleOf('add', place)]);
  },
  repair: (place) => configured(place, [ruleOf('del', place), `route flush table ${tableOf(place)}`]),
};

/** Strict, by nftables; a route to the sender's own address leads over another link, or nowhere. */
export const urpfDrop: KernelFault = {
  inject: (place) =>
    configured(
      place,
      [`route add ${elsewhere(place)}`],
      `add table inet ${pathFilter(place)}
add chain inet ${pathFilter(place)} ingress { type filter hook prerouting priority -290; policy accept; }
add rule inet ${pathFilter(place)} ingress iifname "${place.fault.interface}" fib saddr . iif oif missing counter drop
`,
    ),
  repair: (place) =>
    configured(place, [`route del ${elsewhere(place)}`], `delete table inet ${pathFilter(place)}\n`),
};

const pathFilter = (place: Place) => `reverse_path_${ownWire(place).index}`;

function elsewhere(place: Place): string {
  const prefix = `${destinationOf(place).address}/128`;
  const other = wireEnds(place.topology).find(
    ({ end }) => end.node === place.fault.node && end.interface !== place.fault.interface,
  );
  if (other === undefined) return `unreachable ${prefix}`;
  const peer = other.side === 'a' ? other.link.b : other.link.a;
  return `${prefix} via ${peer.address} dev ${other.end.interface}`;
}

/** A policy towards the address of the destination (H.Encaps). */
export const wrongSegmentOrder: KernelFault = {
  inject: (place) => configured(place, [`route add ${policyOf(place)}`]),
  repair: (place) => configured(place, [`route del ${policyOf(place)}`]),
};

function policyOf(place: Place): string {
  const { topology, fault } = place;
  const { address, sids } = destinationOf(place);
  const ends = (fault.segments ?? []).map(
    (name) => present(topology.nodes.find((node) => node.name === name)).sids.end,
  );
  const segments = [...ends, sids.decapsulate].join(',');
  return `${address}/128 encap seg6 mode encap segs ${segments} dev ${sidInterface(topology, fault.node)}`;
}

/** The other end of the interface has its own route over this router. */
export const forwardingLoop: KernelFault = {
  inject: (place) =>
    configured(place, [
      `route del ${locatorOf(place)}`,
      `route add ${locatorOf(place)} ${overInterface(place)}`,
    ]),
  repair: (place) => configured(place, [`route del ${locatorOf(place)}`, ...rightRoute(place)]),
};

function ruleOf(verb: 'add' | 'del', place: Place): string {
  return `rule ${verb} to ${locatorOf(place)} lookup ${tableOf(place)} priority ${tableOf(place)}`;
}

/** One for each destination: above what Linux and people number by hand, below Linux's own rules. */
function tableOf({ fault, topology }: Place): number {
  return 10_000 + topology.nodes.findIndex(({ name }) => name === fault.destination);
}

function overInterface(place: Place): string {
  const { own, peer } = endsOf(place);
  return `src ${nodeOf(place).address} via ${peer.address} dev ${own.interface}`;
}

function rightRoute(place: Place): string[] {
  return routeCommands(place.topology, nodeOf(place)).filter((line) =>
    line.startsWith(`route add ${locatorOf(place)} `),
  );
}

function sidOf(place: Place): string {
  const { sids } = destinationOf(place);
  return place.fault.sid === 'decapsulate' ? sids.decapsulate : sids.end;
}

function locatorOf(place: Place): string {
  return destinationOf(place).locator;
}
