/** Nodes and file-wide settings, with defaults that follow from the order of the nodes alone. */
import { BlockList, isIPv6 } from 'node:net';
import { isNodeName, nodeNameExpected } from './node-name.ts';
import { allCapabilities } from './tools.ts';
import type { Topology, TopologyNode } from './topology.ts';
import type { TopologyDocument } from './topology-document.ts';
import type { Problems } from './topology-problems.ts';

/** The default addresses have room for three digits of a node number. */
export const nodesMax = 999;

export function readSettings(
  document: TopologyDocument,
  problems: Problems,
): Pick<Topology, 'management' | 'backgroundLossPercent' | 'intent'> {
  const labels = document.topology.defaults?.labels;
  const intent = labels?.['confer.intent'];
  if (intent !== undefined && intent.trim() === '') {
    problems.add(
      ['topology', 'defaults', 'labels', 'confer.intent'],
      'expected a sentence that says what to verify',
    );
  }
  return {
    management: labels?.['confer.management'] ?? 'out-of-band',
    backgroundLossPercent: labels?.['confer.background-loss-percent'] ?? 0,
    ...(intent === undefined ? {} : { intent }),
  };
}

export function readNodes(document: TopologyDocument, problems: Problems): TopologyNode[] {
  const entries = Object.entries(document.topology.nodes);
  if (entries.length === 0) problems.add(['topology', 'nodes'], 'expected at least one node');
  if (entries.length > nodesMax) problems.add(['topology', 'nodes'], `expected at most ${nodesMax} nodes`);
  const nodes = entries.map(([name, value], index) => {
    if (!isNodeName(name)) problems.add(['topology', 'nodes', name], nodeNameExpected);
    return readNode(name, index + 1, value?.labels ?? {}, problems);
  });
  reportOverlaps(nodes, document, problems);
  reportSharedAddresses(nodes, problems);
  return nodes;
}

type NodeLabels = NonNullable<NonNullable<TopologyDocument['topology']['nodes'][string]>['labels']>;

/** Decimal digits stand as they are in the addresses: node 12 is fc00:12::1. */
function readNode(name: string, number: number, labels: NodeLabels, problems: Problems): TopologyNode {
  const locator = (labels['confer.locator'] ?? `fc00:${number}::/32`).toLowerCase();
  const base = baseOf(locator);
  const own = (suffix: string) => (base.endsWith('::') ? `${base}${suffix}` : '');
  const node: TopologyNode = {
    name,
    role: labels['confer.role'] ?? 'router',
    address: canonicalAddress(labels['confer.address'] ?? own('1')),
    locator,
    sids: {
      end: canonicalAddress(labels['confer.sid-end'] ?? own('e')),
      decapsulate: canonicalAddress(labels['confer.sid-decapsulate'] ?? own('d')),
    },
  };
  for (const [key, address] of Object.entries({
    'confer.address': node.address,
    'confer.sid-end': node.sids.end,
    'confer.sid-decapsulate': node.sids.decapsulate,
  })) {
    const path = ['topology', 'nodes', name, 'labels', key in labels ? key : 'confer.locator'];
    if (!isIPv6(address)) {
      problems.add(
        path,
        `no address can be derived from ${locator}, expected a prefix that ends in "::", or ${key}`,
      );
    } else if (key !== 'confer.address' && !prefixContains(locator, address)) {
      problems.add(path, `expected an address within the locator ${locator}, found ${address}`);
    }
  }
  const restricted = labels['confer.capabilities'];
  if (restricted === undefined) return node;
  const capabilities = restricted
    .split(',')
    .map((capability) => capability.trim())
    .filter((capability) => capability !== '');
  for (const capability of capabilities) {
    if (!allCapabilities.includes(capability)) {
      problems.add(
        ['topology', 'nodes', name, 'labels', 'confer.capabilities'],
        `expected some of ${allCapabilities.join(', ')}, found "${capability}"`,
      );
    }
  }
  return { ...node, capabilities };
}

/** Whether an IPv6 prefix holds an address. */
export function prefixContains(prefix: string, address: string): boolean {
  return rangeOf(prefix)(address);
}

function rangeOf(prefix: string): (address: string) => boolean {
  const list = new BlockList();
  list.addSubnet(baseOf(prefix), Number(prefix.slice(prefix.indexOf('/') + 1)), 'ipv6');
  return (address) => list.check(address, 'ipv6');
}

function baseOf(prefix: string): string {
  return prefix.slice(0, prefix.indexOf('/'));
}

/** One line for each node, where a locator is written if it is: addresses within both locators would repeat it. */
function reportOverlaps(
  nodes: readonly TopologyNode[],
  document: TopologyDocument,
  problems: Problems,
): void {
  const isWritten = ({ name }: TopologyNode) =>
    document.topology.nodes[name]?.labels?.['confer.locator'] !== undefined;
  const within = nodes.map(({ locator }) => rangeOf(locator));
  for (const [index, later] of nodes.entries()) {
    const other = nodes
      .slice(0, index)
      .findIndex(
        (earlier, at) => within[at]?.(baseOf(later.locator)) || within[index]?.(baseOf(earlier.locator)),
      );
    const earlier = nodes[other];
    if (earlier === undefined) continue;
    const [accused, its] = isWritten(earlier) && !isWritten(later) ? [earlier, later] : [later, earlier];
    problems.add(
      ['topology', 'nodes', accused.name, ...(isWritten(accused) ? ['labels', 'confer.locator'] : [])],
      `expected a locator of its own, but that of ${its.name}, ${its.locator}, overlaps`,
    );
  }
}

function reportSharedAddresses(nodes: readonly TopologyNode[], problems: Problems): void {
  const owners = new Map<string, TopologyNode>();
  for (const node of nodes) {
    for (const address of [node.address, node.sids.end, node.sids.decapsulate]) {
      if (!isIPv6(address)) continue; // told already
      const key = canonicalAddress(address);
      const owner = owners.get(key);
      owners.set(key, node);
      if (owner === undefined) continue;
      const isOverlap =
        owner !== node && [owner, node].every(({ locator }) => prefixContains(locator, address));
      if (isOverlap) continue;
      problems.add(
        ['topology', 'nodes', node.name],
        `expected addresses of its own, but ${owner.name} has ${address} too`,
      );
    }
  }
}

/** One spelling for one prefix, its host bits cleared; undefined for what is none. */
export function canonicalPrefix(prefix: string): string | undefined {
  const [base = '', length = ''] = prefix.split('/');
  if (!isIPv6(base) || !/^\d{1,3}$/.test(length) || Number(length) > 128) return undefined;
  const groups = expanded(base).map((group, index) => {
    const bits = Math.min(16, Math.max(0, Number(length) - 16 * index));
    return (group & (0xffff << (16 - bits)) & 0xffff).toString(16);
  });
  return `${canonicalAddress(groups.join(':'))}/${Number(length)}`;
}

/** Its eight groups. */
function expanded(address: string): number[] {
  const [before = '', after] = canonicalAddress(address).split('::');
  const groups = (text: string) =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const [head, tail] = [groups(before), groups(after ?? '')];
  return [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => 0), ...tail];
}

/** One spelling for one address (RFC 5952), as the URL parser writes it. */
export function canonicalAddress(address: string): string {
  return isIPv6(address) ? new URL(`http://[${address}]/`).hostname.slice(1, -1) : address;
}
