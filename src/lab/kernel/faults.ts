/** Turns a fault into what it is on Linux: wires that lose, or a router's configuration. Pure; see plan.ts. */
import { ConferError } from '../../core/errors.ts';
import type { Fault, Topology, TopologyLink, TopologyNode } from '../../core/topology.ts';
import { type WireEnd, wireEnds } from './names.ts';
import { neighbourCommand, sidCommands } from './plan.ts';
import { lossUnits, lossUnitsOf } from './wires.ts';

export type FaultAction =
  /** Frames that the node sends into this wire get lost. */
  | { kind: 'lose'; wire: WireEnd; lossPercent: number }
  /** No longer: the loss that `lose` put there is taken away. */
  | { kind: 'carry'; wire: WireEnd; lossPercent: number }
  /** Both ends of the link's wire go down, so that both routers lose their carrier; or come up again. */
  | { kind: 'unplug' | 'plug'; link: number }
  /** `ip -batch` lines and an nftables ruleset in the router's namespace. */
  | { kind: 'configure'; node: string; ip: string[]; nft: string }
  /** The node loses its power: its management port and its agent die too. */
  | { kind: 'power-off'; node: string };

/** The place of the fault has been checked already. */
export function actionsOf(fault: Fault, topology: Topology): FaultAction[] {
  const { node, lossPercent = 100 } = fault;
  const ends = wireEnds(topology);
  const own = ends.find(({ end }) => end.node === node && end.interface === fault.interface);
  const configure = (ip: string[], nft: string): FaultAction[] => [{ kind: 'configure', node, ip, nft }];
  switch (fault.kind) {
    case 'healthy':
      return [];
    case 'unidirectional-link':
      return [{ kind: 'lose', wire: present(own), lossPercent: 100 }];
    case 'silent-loss':
      return [{ kind: 'lose', wire: present(own), lossPercent }];
    case 'link-down':
      return [{ kind: 'unplug', link: present(own).index }];
    case 'node-crash':
      return [
        ...ends.flatMap(({ end, index }): FaultAction[] =>
          end.node === node ? [{ kind: 'unplug', link: index }] : [],
        ),
        { kind: 'power-off', node },
      ];
    case 'mtu-mismatch':
      return configure([`link set dev ${fault.interface} mtu ${fault.mtuBytes}`], '');
    case 'sid-missing': {
      const { sids } = nodeOf(topology, node);
      return configure([`route del ${fault.sid === 'end' ? sids.end : sids.decapsulate}/128`], '');
    }
    case 'egress-acl':
      return configure([], accessList([egressRule(fault, '')]));
    case 'ingress-acl':
      return configure([], accessList([ingressRule(fault, '')]));
    case 'one-way-acl':
      return configure([], oneWayAccessList(fault, present(own)));
  }
}

/**
 * What takes the fault out of force. Access lists of other faults at the same node go with its own: they are among
 * `others`, the faults that stay, and are bound again. Throws ConferError `bad-input` for a node-crash.
 */
export function repairsOf(fault: Fault, others: readonly Fault[], topology: Topology): FaultAction[] {
  const { node, lossPercent = 100 } = fault;
  const own = wireEnds(topology).find(({ end }) => end.node === node && end.interface === fault.interface);
  const configure = (ip: string[], nft: string): FaultAction[] => [{ kind: 'configure', node, ip, nft }];
  switch (fault.kind) {
    case 'healthy':
      return [];
    case 'unidirectional-link':
      return [{ kind: 'carry', wire: present(own), lossPercent: 100 }];
    case 'silent-loss':
      return [{ kind: 'carry', wire: present(own), lossPercent }];
    case 'link-down':
      return [{ kind: 'plug', link: present(own).index }, ...resolved(present(own).link)];
    case 'node-crash':
      throw new ConferError('bad-input', `${node} has crashed, and stays so until the lab ends.`);
    case 'mtu-mismatch':
      return configure([`link set dev ${fault.interface} mtu ${present(own).end.mtuBytes}`], '');
    case 'sid-missing': {
      const { sids } = nodeOf(topology, node);
      const sid = fault.sid === 'end' ? sids.end : sids.decapsulate;
      const lost = sidCommands(topology, nodeOf(topology, node)).filter((line) =>
        line.includes(` ${sid}/128 `),
      );
      return configure(lost, '');
    }
    case 'egress-acl':
    case 'ingress-acl':
    case 'one-way-acl':
      return [
        ...configure([], 'delete table inet access_lists\n'),
        ...others
          .filter((other) => other.node === node && other.kind.endsWith('-acl'))
          .flatMap((other) => actionsOf(other, topology)),
      ];
  }
}

/** Both ends forgot their neighbour with the carrier. */
function resolved({ a, b }: TopologyLink): FaultAction[] {
  return [
    { kind: 'configure', node: a.node, ip: [neighbourCommand(a, b)], nft: '' },
    { kind: 'configure', node: b.node, ip: [neighbourCommand(b, a)], nft: '' },
  ];
}

/**
 * Bound in both directions of the interface. Where it is not to be hit, its entry matches the source address of the end
 * that only receives in that direction: a packet never comes back to where it is from.
 */
function oneWayAccessList(fault: Fault, { link, side }: WireEnd): string {
  const [own, peer] = side === 'a' ? [link.a, link.b] : [link.b, link.a];
  return fault.hits === 'ingress'
    ? accessList([ingressRule(fault, ''), egressRule(fault, `ip6 saddr ${peer.address} `)])
    : accessList([egressRule(fault, ''), ingressRule(fault, `ip6 saddr ${own.address} `)]);
}

function egressRule(fault: Fault, match: string): string {
  return `add rule inet access_lists egress oifname "${fault.interface}" ${match}${dropsOf(fault)}`;
}

function ingressRule(fault: Fault, match: string): string {
  return `add rule inet access_lists ingress iifname "${fault.interface}" ${match}${dropsOf(fault)}`;
}

/** An access list that matches part of the traffic, as the draft's "ACL drops 3.2 %". */
function dropsOf({ object, lossPercent = 100 }: Fault): string {
  const units = lossUnitsOf(lossPercent);
  const share = units >= lossUnits ? '' : `numgen random mod ${lossUnits} < ${units} `;
  return `${share}counter drop comment "acl-${object}"`;
}

/** Prerouting and postrouting see forwarded packets and the router's own, before and after everything else. */
function accessList(rules: readonly string[]): string {
  return `add table inet access_lists
add chain inet access_lists ingress { type filter hook prerouting priority -300; policy accept; }
add chain inet access_lists egress { type filter hook postrouting priority 300; policy accept; }
${rules.join('\n')}
`;
}

function nodeOf(topology: Topology, name: string): TopologyNode {
  return present(topology.nodes.find((node) => node.name === name));
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the place of a fault was not checked before it was injected');
  return value;
}
