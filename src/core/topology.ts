/**
 * Topologies: routers, links and faults, read from containerlab's file format. Ours are only labels that begin with
 * `confer.`, so containerlab's strict parser accepts the same file. docs/topology.md documents every field.
 *
 *   text --YAML--> document --shape--> settings, nodes, links --defaults--> Topology
 */
import type { FaultKind } from './fault-kinds.ts';
import { readDocument } from './topology-document.ts';
import { readFaults } from './topology-faults.ts';
import { readLinks } from './topology-links.ts';
import { readNodes, readSettings } from './topology-nodes.ts';
import { type BgpSettings, readRouting, routingMisplacements } from './topology-routing.ts';

export { type FaultKind, faultKinds } from './fault-kinds.ts';
export { misplacements } from './topology-faults.ts';
export { type Route, routesOf } from './topology-routes.ts';
export { routingMisplacements, type SessionEnd, sessionsOf } from './topology-routing.ts';

/** What a lab builds: the same object for the modelled and the kernel world. */
export interface Topology {
  name: string;
  /** In-band: the agents' calls share the links that are tested and die with them. */
  management: 'out-of-band' | 'in-band';
  /** Loss that every link has in each direction even when it is healthy. */
  backgroundLossPercent: number;
  /** What to verify when nobody says otherwise. */
  intent?: string;
  nodes: TopologyNode[];
  links: TopologyLink[];
  faults: Fault[];
}

export interface TopologyNode {
  name: string;
  /** Free text: edge, transit, leaf, spine. */
  role: string;
  /** Loopback IPv6. */
  address: string;
  /** SRv6 locator prefix (RFC 8986 section 3.1). */
  locator: string;
  /** End, and End.DT6 for what is delivered to the router itself (RFC 8986 sections 4.1 and 4.6). */
  sids: { end: string; decapsulate: string };
  /** Restricts what the node's agent offers, for example without `counting`. Absent = everything. */
  capabilities?: string[];
  /** Absent where the node does not speak BGP. */
  bgp?: BgpSettings;
}

export interface LinkEnd {
  node: string;
  /** At most 15 characters (Linux IFNAMSIZ). */
  interface: string;
  address: string;
  prefixLength: number;
  mtuBytes: number;
  macAddress: string;
}

export interface TopologyLink {
  a: LinkEnd;
  b: LinkEnd;
  /** Routing cost, the same in both directions. */
  metric: number;
  /** Absent where the link does not run IS-IS. */
  isisLevel?: 1 | 2;
  /** Whether the ends watch each other by BFD. */
  bfd?: true;
}

export interface Fault {
  id: string;
  kind: FaultKind;
  node: string;
  interface?: string;
  /** Name of the access list. */
  object?: string;
  lossPercent?: number;
  mtuBytes?: number;
  sid?: 'end' | 'decapsulate';
  /** one-way-acl: the direction whose binding is hit. */
  hits?: 'ingress' | 'egress';
  /** rate-bottleneck: 1,000 bits a second. */
  rateKbps?: number;
  /** gray-ecmp-member: how many the hash chooses among; one of them is dead. */
  members?: number;
  /** link-flap: down for the first `downMs` of each period. */
  periodMs?: number;
  downMs?: number;
  /** The node whose locator is meant, or with `sid` that SID of it. */
  destination?: string;
  /** wrong-segment-order: nodes in the order in which the policy names them, before the destination. */
  segments?: readonly string[];
  /** dscp-remark: what packets are marked with. */
  dscp?: number;
  /** Of BGP: the prefix that is meant, and on which side the policy drops it. */
  prefix?: string;
  policy?: 'import' | 'export';
  /** isis-mismatch: what this end has set otherwise. */
  differs?: 'level' | 'authentication';
  /** In force when nobody chooses faults. */
  active: boolean;
}

/**
 * Parses a topology file. Throws ConferError `bad-input` whose message has one line for each fault of the input:
 * file, line, field, what was expected.
 */
export function parseTopology(text: string, fileName: string): Topology {
  const { document, problems } = readDocument(text, fileName);
  const settings = readSettings(document, problems);
  const plainNodes = readNodes(document, problems);
  const plainLinks = readLinks(document, plainNodes, problems);
  const { nodes, links } = readRouting(document, plainNodes, plainLinks, problems);
  const faults = readFaults(document, links, problems);
  for (const fault of faults)
    for (const expectation of routingMisplacements(fault, { nodes, links }))
      problems.add(['topology', 'nodes', fault.node, 'labels', `confer.fault.${fault.id}`], expectation);
  problems.throwIfAny();
  return { name: document.name, ...settings, nodes, links, faults };
}
