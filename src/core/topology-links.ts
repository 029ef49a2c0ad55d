/** Links and their ends, with default addresses that follow from the node numbers. */
import type { LinkEnd, TopologyLink, TopologyNode } from './topology.ts';
import { interfaceNamePattern, reservedFor, type TopologyDocument } from './topology-document.ts';
import { canonicalAddress, prefixContains } from './topology-nodes.ts';
import type { Problems } from './topology-problems.ts';

const mtuBytesDefault = 1_500;
/** The default prefixes have one digit for it. */
const parallelLinksMax = 9;

export function readLinks(
  document: TopologyDocument,
  nodes: readonly TopologyNode[],
  problems: Problems,
): TopologyLink[] {
  const numberOf = new Map(nodes.map((node, index) => [node.name, index + 1]));
  const interfacesSeen = new Set<string>();
  const interfaceCounts = new Map<string, number>();
  const parallelCounts = new Map<string, number>();
  const links: TopologyLink[] = [];

  for (const [index, link] of (document.topology.links ?? []).entries()) {
    const path = ['topology', 'links', index];
    const [first, second] = link.endpoints.map((endpoint, position) => {
      const [node = '', name = ''] = endpoint.split(':');
      const endPath = [...path, 'endpoints', position];
      const number = numberOf.get(node);
      if (number === undefined) {
        problems.add(
          endPath,
          `expected one of the nodes ${[...numberOf.keys()].slice(0, 20).join(', ')}, found "${node}"`,
        );
      }
      if (!interfaceNamePattern.test(name)) {
        problems.add(
          endPath,
          `expected an interface name of at most 15 letters, digits, dots, hyphens, found "${name}"`,
        );
      }
      const reserved = reservedFor(name);
      if (reserved !== undefined)
        problems.add(endPath, `expected another interface name: ${name} ${reserved}`);
      if (interfacesSeen.has(endpoint))
        problems.add(endPath, `expected an interface of its own, but ${endpoint} has a link already`);
      interfacesSeen.add(endpoint);
      const ordinal = (interfaceCounts.get(node) ?? 0) + 1;
      interfaceCounts.set(node, ordinal);
      return { node, name, number: number ?? 0, ordinal };
    });
    if (first === undefined || second === undefined) throw new Error('a link has two endpoints');
    if (first.node === second.node) problems.add([...path, 'endpoints'], 'expected two different nodes');

    const pair = [first.number, second.number].toSorted((one, other) => one - other).join(':');
    const parallel = (parallelCounts.get(pair) ?? 0) + 1;
    parallelCounts.set(pair, parallel);
    if (parallel > parallelLinksMax)
      problems.add(path, `expected at most ${parallelLinksMax} links between two nodes`);
    const prefix = defaultPrefix(first.number, second.number, parallel);
    const mtuBytes = link.mtu ?? mtuBytesDefault;
    const end = (at: typeof first, label: string | undefined): LinkEnd => ({
      node: at.node,
      interface: at.name,
      ...addressOf(label ?? `${prefix}${at.number}/64`),
      mtuBytes,
      macAddress: defaultMacAddress(at.number, at.ordinal),
    });
    links.push({
      a: end(first, link.labels?.['confer.address-a']),
      b: end(second, link.labels?.['confer.address-b']),
      metric: link.labels?.['confer.metric'] ?? 10,
    });
    reportSubnet(links.at(-1), path, problems);
  }
  reportSharedAddresses(links, nodes, problems);
  return links;
}

/** 2001:db8:A:B::/64 (RFC 3849) with the lower node number first; parallel links put 1..8 before a three-digit B. */
function defaultPrefix(one: number, other: number, parallel: number): string {
  const [low, high] = one < other ? [one, other] : [other, one];
  const last = parallel === 1 ? String(high) : `${parallel - 1}${String(high).padStart(3, '0')}`;
  return `2001:db8:${low}:${last}::`;
}

/** Locally administered: 02:00:node:node:interface:interface. */
function defaultMacAddress(node: number, ordinal: number): string {
  const octets = [2, 0, node >> 8, node & 0xff, ordinal >> 8, ordinal & 0xff];
  return octets.map((octet) => octet.toString(16).padStart(2, '0')).join(':');
}

function addressOf(text: string): { address: string; prefixLength: number } {
  const [address = '', length = ''] = text.split('/');
  return { address: canonicalAddress(address), prefixLength: Number(length) };
}

function reportSubnet(link: TopologyLink | undefined, path: (string | number)[], problems: Problems): void {
  if (link === undefined) return;
  const { a, b } = link;
  if (a.prefixLength !== b.prefixLength || !prefixContains(`${a.address}/${a.prefixLength}`, b.address)) {
    problems.add(
      path,
      `expected both ends in one prefix, found ${a.address}/${a.prefixLength} and ${b.address}/${b.prefixLength}`,
    );
  }
}

function reportSharedAddresses(
  links: readonly TopologyLink[],
  nodes: readonly TopologyNode[],
  problems: Problems,
): void {
  const owners = new Map<string, string>();
  for (const node of nodes) {
    for (const address of [node.address, node.sids.end, node.sids.decapsulate])
      owners.set(canonicalAddress(address), node.name);
  }
  for (const [index, link] of links.entries()) {
    for (const end of [link.a, link.b]) {
      const key = canonicalAddress(end.address);
      const owner = owners.get(key);
      if (owner !== undefined) {
        problems.add(
          ['topology', 'links', index],
          `expected addresses of its own, but ${owner} has ${end.address} too`,
        );
      }
      owners.set(key, `${end.node}:${end.interface}`);
    }
  }
}
