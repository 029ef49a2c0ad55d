/** Access lists, as the draft's "ACL drops 3.2 %": nftables rules that match part of the traffic. */
import type { Fault } from '../../../core/topology.ts';
import { lossUnits, lossUnitsOf } from '../wires.ts';
import { configured, endsOf, type FaultAction, type KernelFault, type Place } from './actions.ts';

export const egressAccessList = accessListFault((place) => [egressRule(place.fault, '')]);
export const ingressAccessList = accessListFault((place) => [ingressRule(place.fault, '')]);

/**
 * Bound in both directions of the interface. Where it is not to be hit, its entry matches the source address of the end
 * that only receives in that direction: a packet never comes back to where it is from.
 */
export const oneWayAccessList = accessListFault((place) => {
  const { own, peer } = endsOf(place);
  return place.fault.hits === 'ingress'
    ? [ingressRule(place.fault, ''), egressRule(place.fault, `ip6 saddr ${peer.address} `)]
    : [egressRule(place.fault, ''), ingressRule(place.fault, `ip6 saddr ${own.address} `)];
});

/** Of a session, whichever end opened it. */
export const bgpAccessListBound = accessListFault(({ fault }) => {
  const bind = fault.hits === 'ingress' ? ingressRule : egressRule;
  return ['tcp dport 179 ', 'tcp sport 179 '].map((match) => bind(fault, match));
});

/** The access lists of a router share a table: repaired, it goes, and those of the others are bound again. */
function accessListFault(rulesOf: (place: Place) => string[]): KernelFault {
  return {
    inject: (place) => bound(place, rulesOf(place)),
    repair: (place, others) => [
      ...configured(place, [], 'delete table inet access_lists\n'),
      ...others.flatMap((fault) =>
        fault.node === place.fault.node ? (bindings[fault.kind]?.({ ...place, fault }) ?? []) : [],
      ),
    ],
  };
}

const bindings: Record<string, (place: Place) => FaultAction[]> = {
  'egress-acl': (place) => egressAccessList.inject(place),
  'ingress-acl': (place) => ingressAccessList.inject(place),
  'one-way-acl': (place) => oneWayAccessList.inject(place),
  'bgp-acl-179': (place) => bgpAccessListBound.inject(place),
};

function egressRule(fault: Fault, match: string): string {
  return `add rule inet access_lists egress oifname "${fault.interface}" ${match}${dropsOf(fault)}`;
}

function ingressRule(fault: Fault, match: string): string {
  return `add rule inet access_lists ingress iifname "${fault.interface}" ${match}${dropsOf(fault)}`;
}

function dropsOf({ object, lossPercent = 100 }: Fault): string {
  const units = lossUnitsOf(lossPercent);
  const share = units >= lossUnits ? '' : `numgen random mod ${lossUnits} < ${units} `;
  return `${share}counter drop comment "acl-${object}"`;
}

/** Prerouting and postrouting see forwarded packets and the router's own, before and after everything else. */
function bound(place: Place, rules: readonly string[]): FaultAction[] {
  return configured(
    place,
    [],
    `add table inet access_lists
add chain inet access_lists ingress { type filter hook prerouting priority -300; policy accept; }
add chain inet access_lists egress { type filter hook postrouting priority 300; policy accept; }
${rules.join('\n')}
`,
  );
}
