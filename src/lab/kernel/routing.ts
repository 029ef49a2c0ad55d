/**
 * Routing daemons of the kernel lab: FRR (zebra, bgpd, bfdd, isisd) in the namespaces of the nodes whose labels ask for it,
 * with directories of their own. No service of the machine is touched. Pure; ../kernel-world.ts starts and ends them.
 */
import { join } from 'node:path';
import type { Topology, TopologyNode } from '../../core/topology.ts';
import { protocolsOf, sessionsOf } from '../../core/topology-routing.ts';

export const daemonDirectory = '/usr/lib/frr';
/** FRR's daemons give up root for this user, and keep what they need. */
export const daemonUser = 'frr';
/** Seconds: what broke shows within them, and a lab need not wait long. */
const timers = { keepalive: 3, hold: 9, connect: 1, hello: 1, helloMultiplier: 3 };
const bfdIntervalMs = 300;
const areaAddress = '49.0100';

export interface Daemon {
  name: 'zebra' | 'bgpd' | 'bfdd' | 'isisd';
  configuration: string;
}

/** All that a node runs, zebra first: the others ask it for interfaces and next hops. */
export function daemonsOf(topology: Topology, node: TopologyNode): Daemon[] {
  const protocols = protocolsOf(topology, node.name);
  const hostname = `hostname ${node.name}\n`;
  if (protocols.length === 0) return [];
  return [
    { name: 'zebra', configuration: hostname },
    ...(protocols.includes('bgp')
      ? [{ name: 'bgpd' as const, configuration: hostname + bgp(topology, node) }]
      : []),
    ...(protocols.includes('bfd')
      ? [{ name: 'bfdd' as const, configuration: hostname + bfd(topology, node) }]
      : []),
    ...(protocols.includes('isis')
      ? [{ name: 'isisd' as const, configuration: hostname + isis(topology, node) }]
      : []),
  ];
}

/** Where the daemons of all nodes of a lab keep their sockets; short, for a socket's path has 107 octets. */
export function routingDirectory(prefix: string): string {
  return join('/run/confer-lab-frr', prefix);
}

/** A node's part of it. */
export function nodeDirectory(topology: Topology, prefix: string, node: string): string {
  const index = topology.nodes.findIndex(({ name }) => name === node);
  return join(routingDirectory(prefix), String(index));
}

/** BGP originates only what is in the routing table. */
export function originationCommands({ bgp: settings }: TopologyNode): string[] {
  return (settings?.prefixes ?? []).map((prefix) => `route add blackhole ${prefix}`);
}

function bgp(topology: Topology, node: TopologyNode): string {
  const settings = node.bgp;
  if (settings === undefined) return '';
  const sessions = sessionsOf(topology, node.name);
  const number = topology.nodes.indexOf(node) + 1;
  return [
    `router bgp ${settings.as}`,
    ` bgp router-id 10.0.${number >> 8}.${number & 0xff}`,
    ' no bgp ebgp-requires-policy',
    ' no bgp default ipv4-unicast',
    ' bgp network import-check',
    ...sessions.flatMap(({ own, peer }) => [
      ` neighbor ${peer.address} remote-as ${peer.as}`,
      ` neighbor ${peer.address} timers ${timers.keepalive} ${timers.hold}`,
      ` neighbor ${peer.address} timers connect ${timers.connect}`,
      ...(own.interface === undefined ? [` neighbor ${peer.address} update-source ${own.address}`] : []),
    ]),
    ' address-family ipv6 unicast',
    ...settings.prefixes.map((prefix) => `  network ${prefix}`),
    ...sessions.flatMap(({ peer }) => [
      `  neighbor ${peer.address} activate`,
      `  neighbor ${peer.address} soft-reconfiguration inbound`,
      // Nobody inside knows the way to the links outside.
      ...(peer.as === settings.as ? [`  neighbor ${peer.address} next-hop-self`] : []),
      ...(settings.prefixesMax === undefined
        ? []
        : [`  neighbor ${peer.address} maximum-prefix ${settings.prefixesMax}`]),
    ]),
    ' exit-address-family',
    'exit',
    '',
  ].join('\n');
}

function bfd(topology: Topology, { name }: TopologyNode): string {
  const peers = topology.links.flatMap(({ a, b, bfd: isWatched }) => {
    if (!isWatched || (a.node !== name && b.node !== name)) return [];
    const [own, peer] = a.node === name ? [a, b] : [b, a];
    return [
      ` peer ${peer.address} local-address ${own.address} interface ${own.interface}`,
      `  receive-interval ${bfdIntervalMs}`,
      `  transmit-interval ${bfdIntervalMs}`,
      ' exit',
    ];
  });
  return ['bfd', ...peers, 'exit', ''].join('\n');
}

function isis(topology: Topology, node: TopologyNode): string {
  const number = topology.nodes.indexOf(node) + 1;
  const ends = topology.links.flatMap(({ a, b, isisLevel }) =>
    [a, b].flatMap((end) => (end.node === node.name && isisLevel !== undefined ? [{ end, isisLevel }] : [])),
  );
  return [
    ...ends.flatMap(({ end, isisLevel }) => [
      `interface ${end.interface}`,
      ' ipv6 router isis core',
      ' isis network point-to-point',
      ` isis circuit-type ${circuitType(isisLevel)}`,
      ` isis hello-interval ${timers.hello}`,
      ` isis hello-multiplier ${timers.helloMultiplier}`,
      'exit',
    ]),
    'router isis core',
    ` net ${areaAddress}.0000.0000.${number.toString(16).padStart(4, '0')}.00`,
    ' is-type level-1-2',
    'exit',
    '',
  ].join('\n');
}

export function circuitType(level: 1 | 2): string {
  return level === 1 ? 'level-1' : 'level-2-only';
}
