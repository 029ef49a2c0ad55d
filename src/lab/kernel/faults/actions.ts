/** What a fault is on Linux: wires that lose, or a router's configuration. Pure; see ../plan.ts. */
import type { Fault, LinkEnd, Topology, TopologyLink, TopologyNode } from '../../../core/topology.ts';
import { type WireEnd, wireEnds } from '../names.ts';
import { neighbourCommand } from '../plan.ts';

export type FaultAction =
  /** Frames that the node sends into this wire get lost. */
  | { kind: 'lose'; wire: WireEnd; lossPercent: number }
  /** No longer: the loss that `lose` put there is taken away. */
  | { kind: 'carry'; wire: WireEnd; lossPercent: number }
  /** Frames whose packets match nftables' expression are not carried into this wire; or are again. */
  | { kind: 'filter' | 'unfilter'; wire: WireEnd; match: string }
  /** Both ends of the link's wire go down, so that both routers lose their carrier; or come up again. */
  | { kind: 'unplug' | 'plug'; link: number }
  /** The same, down for the first `downMs` of each period; or no longer. */
  | { kind: 'flap'; link: number; periodMs: number; downMs: number }
  | { kind: 'settle'; link: number }
  /** `ip -batch` lines and an nftables ruleset in the router's namespace. */
  | { kind: 'configure'; node: string; ip: string[]; nft: string }
  /** The first node sends the second one echo requests, this often, until it is told to be quiet. */
  | { kind: 'flood'; from: string; node: string; address: string; perSecond: number }
  | { kind: 'quiet'; node: string }
  /** `tc -batch` lines in the router's namespace. */
  | { kind: 'queue'; node: string; tc: string[] }
  /** Settings below net.ipv6.conf in the router's namespace. */
  | { kind: 'set'; node: string; settings: Record<string, number> }
  /** Lines for FRR's vtysh at the node. */
  | { kind: 'vtysh'; node: string; lines: readonly string[] }
  /** The node's routing daemons die, or start again. */
  | { kind: 'routing'; node: string; running: boolean }
  /** Until protocols have noticed. */
  | { kind: 'wait'; ms: number }
  /** The agent of the node dies. */
  | { kind: 'kill-agent'; node: string }
  /** The node loses its power: its management port and its agent die too. */
  | { kind: 'power-off'; node: string };

/** Where the fault sits; the place has been checked already. */
export interface Place {
  fault: Fault;
  topology: Topology;
}

/** One kind of fault on Linux. */
export interface KernelFault {
  inject(place: Place): FaultAction[];
  /**
   * What takes it out of force; `others` are the faults that stay. Throws ConferError `bad-input` for what cannot be
   * repaired.
   */
  repair(place: Place, others: readonly Fault[]): FaultAction[];
}

export function configured({ fault }: Place, ip: string[], nft = ''): FaultAction[] {
  return [{ kind: 'configure', node: fault.node, ip, nft }];
}

/** The end of the wire at the fault's interface. */
export function ownWire({ fault, topology }: Place): WireEnd {
  return present(
    wireEnds(topology).find(({ end }) => end.node === fault.node && end.interface === fault.interface),
  );
}

/** This end and the other end of the fault's link. */
export function endsOf(place: Place): { own: LinkEnd; peer: LinkEnd } {
  const { link, side } = ownWire(place);
  return side === 'a' ? { own: link.a, peer: link.b } : { own: link.b, peer: link.a };
}

export function nodeOf({ fault, topology }: Place): TopologyNode {
  return present(topology.nodes.find(({ name }) => name === fault.node));
}

export function destinationOf({ fault, topology }: Place): TopologyNode {
  return present(topology.nodes.find(({ name }) => name === fault.destination));
}

/** Both ends forget their neighbour with the carrier. */
export function resolved({ a, b }: TopologyLink): FaultAction[] {
  return [
    { kind: 'configure', node: a.node, ip: [neighbourCommand(a, b)], nft: '' },
    { kind: 'configure', node: b.node, ip: [neighbourCommand(b, a)], nft: '' },
  ];
}

export function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the place of a fault was not checked before it was injected');
  return value;
}
