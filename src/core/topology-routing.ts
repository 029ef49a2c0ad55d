/**
 * Routing protocols beside the static routes: who speaks BGP with whom, which links run IS-IS and BFD. They carry
 * prefixes of their own and take nothing away from the routes that probes follow, so that a fault of theirs is seen alone.
 */
import type { Fault, LinkEnd, Topology, TopologyLink, TopologyNode } from './topology.ts';
import type { TopologyDocument } from './topology-document.ts';
import { canonicalPrefix } from './topology-nodes.ts';
import type { Problems } from './topology-problems.ts';

export interface BgpSettings {
  as: number;
  /** Nodes; a session is there when either end names the other. */
  neighbors: string[];
  /** IPv6 prefixes that the node originates. */
  prefixes: string[];
  /** Taken from each neighbour at most. */
  prefixesMax?: number;
}

/** One end of a BGP session: over the loopbacks within an AS, over the first common link between two. */
export interface SessionEnd {
  node: string;
  as: number;
  address: string;
  /** Of a session between ASes. */
  interface?: string;
}

/** Adds what the labels say of routing protocols to nodes and links. */
export function readRouting(
  document: TopologyDocument,
  nodes: readonly TopologyNode[],
  links: readonly TopologyLink[],
  problems: Problems,
): { nodes: TopologyNode[]; links: TopologyLink[] } {
  const routed = nodes.map((node) => withBgp(node, document, problems));
  const speaking = links.map((link, index) => {
    const labels = document.topology.links?.[index]?.labels;
    const level = labels?.['confer.isis-level'];
    const isBfd = labels?.['confer.bfd'] === 'true';
    return {
      ...link,
      ...(level !== undefined && { isisLevel: level === 1 ? (1 as const) : (2 as const) }),
      ...(isBfd && { bfd: true as const }),
    };
  });
  for (const node of routed) reportNeighbors(node, routed, speaking, problems);
  return { nodes: routed, links: speaking };
}

function withBgp(node: TopologyNode, document: TopologyDocument, problems: Problems): TopologyNode {
  const labels = document.topology.nodes[node.name]?.labels ?? {};
  const path = (label: string) => ['topology', 'nodes', node.name, 'labels', label];
  const as = labels['confer.bgp-as'];
  if (as === undefined) {
    for (const label of ['confer.bgp-neighbors', 'confer.bgp-prefixes', 'confer.bgp-max-prefix'] as const)
      if (labels[label] !== undefined) problems.add(path(label), 'expected confer.bgp-as beside it');
    return node;
  }
  const prefixes = listOf(labels['confer.bgp-prefixes']).flatMap((text) => {
    const prefix = canonicalPrefix(text);
    if (prefix === undefined)
      problems.add(
        path('confer.bgp-prefixes'),
        `expected IPv6 prefixes such as 2001:db8:a::/48, found "${text}"`,
      );
    return prefix ?? [];
  });
  const prefixesMax = labels['confer.bgp-max-prefix'];
  const neighbors = listOf(labels['confer.bgp-neighbors']);
  return { ...node, bgp: { as, neighbors, prefixes, ...(prefixesMax !== undefined && { prefixesMax }) } };
}

function listOf(text: string | undefined): string[] {
  const words = (text ?? '').split(',').map((word) => word.trim());
  return [...new Set(words.filter((word) => word !== ''))];
}

function reportNeighbors(
  { name, bgp }: TopologyNode,
  nodes: readonly TopologyNode[],
  links: readonly TopologyLink[],
  problems: Problems,
): void {
  const path = ['topology', 'nodes', name, 'labels', 'confer.bgp-neighbors'];
  for (const neighbor of bgp?.neighbors ?? []) {
    const other = nodes.find((node) => node.name === neighbor);
    if (other === undefined || neighbor === name)
      problems.add(path, `expected other nodes of this file, found "${neighbor}"`);
    else if (other.bgp === undefined)
      problems.add(path, `expected a node with confer.bgp-as, found ${neighbor}`);
    else if (other.bgp.as !== bgp?.as && linkBetween(links, name, neighbor) === undefined)
      problems.add(path, `expected a link to ${neighbor}, whose AS is another`);
  }
}

/** The BGP sessions of a node, its own end first. */
export function sessionsOf(
  { nodes, links }: Pick<Topology, 'nodes' | 'links'>,
  name: string,
): { own: SessionEnd; peer: SessionEnd }[] {
  const node = nodes.find((one) => one.name === name);
  return nodes.flatMap((other) => {
    if (node?.bgp === undefined || other.bgp === undefined) return [];
    if (!node.bgp.neighbors.includes(other.name) && !other.bgp.neighbors.includes(name)) return [];
    const ends = linkBetween(links, name, other.name);
    const [own, peer] =
      node.bgp.as === other.bgp.as || ends === undefined
        ? [{ address: node.address }, { address: other.address }]
        : ends.map(({ address, interface: own }) => ({ address, interface: own }));
    if (own === undefined || peer === undefined) return [];
    return [
      { own: { node: name, as: node.bgp.as, ...own }, peer: { node: other.name, as: other.bgp.as, ...peer } },
    ];
  });
}

function linkBetween(links: readonly TopologyLink[], one: string, other: string): LinkEnd[] | undefined {
  const link = links.find(({ a, b }) => [a.node, b.node].sort().join(' ') === [one, other].sort().join(' '));
  return link && (link.a.node === one ? [link.a, link.b] : [link.b, link.a]);
}

/** Which routing protocols a node runs. */
export function protocolsOf(
  { nodes, links }: Pick<Topology, 'nodes' | 'links'>,
  name: string,
): RoutingProtocol[] {
  const own = links.filter(({ a, b }) => a.node === name || b.node === name);
  return [
    ...(nodes.find((node) => node.name === name)?.bgp === undefined ? [] : (['bgp'] as const)),
    ...(own.some(({ isisLevel }) => isisLevel !== undefined) ? (['isis'] as const) : []),
    ...(own.some(({ bfd }) => bfd) ? (['bfd'] as const) : []),
  ];
}

export const routingProtocols = ['bgp', 'isis', 'bfd'] as const;
export type RoutingProtocol = (typeof routingProtocols)[number];

type Misplacement = (fault: Fault, topology: Pick<Topology, 'nodes' | 'links'>) => string[];

const needsSession: Misplacement = (fault, topology) => {
  const neighbors = sessionsOf(topology, fault.node).map(({ peer }) => peer.node);
  return neighbors.includes(fault.destination ?? '')
    ? []
    : [
        `expected destination= with a BGP neighbour of ${fault.node} (${neighbors.join(', ') || 'it has none'}), found "${fault.destination}"`,
      ];
};

const needsLink =
  (what: 'isisLevel' | 'bfd', label: string): Misplacement =>
  ({ node, interface: name }, { links }) =>
    links.some(
      (link) =>
        link[what] !== undefined &&
        [link.a, link.b].some((end) => end.node === node && end.interface === name),
    )
      ? []
      : [`expected an interface whose link has ${label}, found "${name}"`];

const originatorsOf = ({ nodes }: Pick<Topology, 'nodes'>, prefix = '') =>
  nodes.filter(({ bgp }) => bgp?.prefixes.includes(canonicalPrefix(prefix) ?? '')).map(({ name }) => name);

/** What faults of routing protocols ask of the place, besides what every fault does. */
const misplacementsOf: Partial<Record<Fault['kind'], Misplacement>> = {
  'bgp-as-mismatch': needsSession,
  'bgp-max-prefix': (fault, topology) => {
    const sent = topology.nodes.find(({ name }) => name === fault.destination)?.bgp?.prefixes.length ?? 0;
    const few =
      sent < 2
        ? ['expected destination= with a neighbour that originates two prefixes: a limit is at least 1']
        : [];
    return [...needsSession(fault, topology), ...few];
  },
  'policy-drop': (fault, topology) => [
    ...needsSession(fault, topology),
    ...(originatorsOf(topology, fault.prefix).includes(
      (fault.policy === 'import' ? fault.destination : fault.node) ?? '',
    )
      ? []
      : [
          `expected prefix= that ${fault.policy === 'import' ? fault.destination : fault.node} originates, found "${fault.prefix}"`,
        ]),
  ],
  'missing-advertisement': (fault, topology) =>
    originatorsOf(topology, fault.prefix).includes(fault.node)
      ? []
      : [`expected prefix= that ${fault.node} originates, found "${fault.prefix}"`],
  'route-leak': (fault, topology) => {
    const originators = originatorsOf(topology, fault.prefix);
    const isSpeaker = sessionsOf(topology, fault.node).length > 0;
    return originators.length > 0 && !originators.includes(fault.node) && isSpeaker
      ? []
      : [
          `expected prefix= that another node than ${fault.node} originates, at a node with BGP, found "${fault.prefix}"`,
        ];
  },
  'single-sided-bfd': needsLink('bfd', 'confer.bfd'),
  'isis-mismatch': needsLink('isisLevel', 'confer.isis-level'),
  'igp-hello-blocked': needsLink('isisLevel', 'confer.isis-level'),
  'stale-lsp': ({ node, destination = '' }, topology) =>
    [node, destination].every((one) => protocolsOf(topology, one).includes('isis'))
      ? []
      : [`expected two nodes that run IS-IS, found ${node} and ${destination}`],
  'routing-daemon-dead': ({ node }, topology) =>
    protocolsOf(topology, node).length > 0 ? [] : ['expected a node that runs BGP, IS-IS or BFD'],
};

/** What is wrong with the place of a fault of routing protocols; empty = nothing. */
export function routingMisplacements(fault: Fault, topology: Pick<Topology, 'nodes' | 'links'>): string[] {
  return misplacementsOf[fault.kind]?.(fault, topology) ?? [];
}
