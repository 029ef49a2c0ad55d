/** What the lab calls its namespaces, its wires and its management addresses. */
import type { LinkEnd, Topology, TopologyLink } from '../../core/topology.ts';

/** Every namespace of every kernel lab begins so; a lab adds a random part of its own. */
export const labPrefix = 'cfr-';
export const agentPort = 9514;

export interface Names {
  /** Unique to this lab, for example "cfr-3fa91c". */
  prefix: string;
  /** Joins the routers; holds no router and no agent. */
  wires: string;
  /** The management network, out of the tested one; absent in-band. */
  hub: string | undefined;
  node(name: string): string;
  all(): string[];
}

export function namesOf(topology: Topology, prefix: string): Names {
  // A dot cannot begin a node's name, so no node can be called like these.
  const wires = `${prefix}-.wires`;
  const hub = topology.management === 'in-band' ? undefined : `${prefix}-.hub`;
  const node = (name: string) => `${prefix}-${name}`;
  return {
    prefix,
    wires,
    hub,
    node,
    all: () => [wires, ...(hub === undefined ? [] : [hub]), ...topology.nodes.map(({ name }) => node(name))],
  };
}

/** One wire a link; its end `a` hangs at the link's end `a`. */
export function wireName(index: number, side: 'a' | 'b'): string {
  return `wire${index}${side}`;
}

export interface WireEnd {
  link: TopologyLink;
  index: number;
  side: 'a' | 'b';
  end: LinkEnd;
}

export function wireEnds(topology: Topology): WireEnd[] {
  return topology.links.flatMap((link, index) => [
    { link, index, side: 'a' as const, end: link.a },
    { link, index, side: 'b' as const, end: link.b },
  ]);
}

/** Unique local addresses (RFC 4193) that nothing in the tested network routes. */
export const hubAddress = 'fdcf:9514::1';

export function managementAddress(topology: Topology, node: string): string {
  const index = topology.nodes.findIndex(({ name }) => name === node);
  return `fdcf:9514::1:${(index + 1).toString(16)}`;
}

/** The management interface of a node: a name that none of its links has. */
export function managementInterface(topology: Topology, node: string): string {
  return freeName(topology, node, 'mgmt');
}

/** The interface that a node's SIDs are on. */
export function sidInterface(topology: Topology, node: string): string {
  return freeName(topology, node, 'sids');
}

function freeName(topology: Topology, node: string, base: string): string {
  const taken = wireEnds(topology).flatMap(({ end }) => (end.node === node ? [end.interface] : []));
  const candidates = Array.from({ length: taken.length + 1 }, (_, index) => `${base}${index}`);
  return candidates.find((name) => !taken.includes(name)) ?? base;
}

/** The hub's end of a node's management link. */
export function hubPort(nodeIndex: number): string {
  return `port${nodeIndex}`;
}
