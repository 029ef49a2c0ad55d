/**
 * Turns a topology into the commands that build it. Pure, so that it can be read and tested without root.
 *
 *   PE-1 [pe1-p2] ==veth== [wire0a] (wires namespace: nftables fwd) [wire0b] ==veth== [p2-pe1] P-2
 *   PE-1 [mgmt0]  ==veth== [mgmt1]  (hub namespace: a bridge)
 *
 * Link faults are injected in the wires namespace alone, so that routers see exactly what a router would see.
 */
import { type LinkEnd, routesOf, type Topology, type TopologyNode } from '../../core/topology.ts';
import {
  hubAddress,
  hubPort,
  managementAddress,
  managementInterface,
  type Names,
  sidInterface,
  wireEnds,
  wireName,
} from './names.ts';
import { originationCommands } from './routing.ts';
import { wiresRuleset } from './wires.ts';

/** veth takes no more; frames are never too large for a wire. */
const wireMtuBytes = 65_535;
/** What was resolved stays resolved: a cold neighbour queue loses packets, which is no loss on the path. */
const reachableTimeMs = 3_600_000;
/** Linux finds a router's own addresses there, and End.DT6 delivers to them. */
const localTable = 255;

/** A shell script for each step; a step may run in parallel with its neighbours of the same list. */
export interface Plan {
  /** `ip -batch` lines in the lab's own namespace: makes the namespaces. */
  namespaces: string[];
  /** Scripts, each in a namespace: first those that make the interfaces, then the routers. */
  networks: Script[];
  routers: Script[];
}

export interface Script {
  namespace: string;
  text: string;
}

export function planOf(topology: Topology, names: Names): Plan {
  return {
    namespaces: names.all().map((name) => `netns add ${name}`),
    networks: [
      wiresScript(topology, names),
      ...(names.hub === undefined ? [] : [hubScript(topology, names, names.hub)]),
    ],
    routers: topology.nodes.map((node) => routerScript(topology, names, node)),
  };
}

function wiresScript(topology: Topology, names: Names): Script {
  const links = wireEnds(topology).flatMap(({ index, side, end }) => {
    const wire = wireName(index, side);
    return [
      `link add dev ${wire} mtu ${wireMtuBytes} type veth peer name ${end.interface} netns ${names.node(end.node)} address ${end.macAddress} mtu ${end.mtuBytes}`,
      `link set dev ${wire} up`,
    ];
  });
  return {
    namespace: names.wires,
    text: [
      // A wire has no addresses and says nothing.
      ...settings({ 'ipv6/conf/default/disable_ipv6': 1 }),
      ...batch(links),
      ...here('nft -f -', wiresRuleset(topology)),
    ].join('\n'),
  };
}

function hubScript(topology: Topology, names: Names, hub: string): Script {
  const ports = topology.nodes.flatMap(({ name }, index) => [
    `link add dev ${hubPort(index)} type veth peer name ${managementInterface(topology, name)} netns ${names.node(name)}`,
    `link set dev ${hubPort(index)} master hub up`,
  ]);
  return {
    namespace: hub,
    text: [
      ...settings({ 'ipv6/conf/default/accept_dad': 0, 'ipv6/conf/default/accept_ra': 0 }),
      ...batch([
        'link set dev lo up',
        'link add dev hub type bridge',
        `address add ${hubAddress}/64 dev hub nodad`,
        'link set dev hub up',
        ...ports,
      ]),
    ].join('\n'),
  };
}

function routerScript(topology: Topology, names: Names, node: TopologyNode): Script {
  const management = managementInterface(topology, node.name);
  return {
    namespace: names.node(node.name),
    text: [
      ...settings({
        ...Object.fromEntries(
          ['all', 'default', ...linkEndsOf(topology, node.name).map(({ own }) => own.interface)].flatMap(
            (scope) => [
              [`ipv6/conf/${scope}/forwarding`, 1],
              [`ipv6/conf/${scope}/seg6_enabled`, 1],
              [`ipv6/conf/${scope}/accept_dad`, 0],
              [`ipv6/conf/${scope}/accept_ra`, 0],
              [`ipv6/conf/${scope}/router_solicitations`, 0],
            ],
          ),
        ),
        ...Object.fromEntries(
          linkEndsOf(topology, node.name).map(({ own }) => [
            `ipv6/neigh/${own.interface}/base_reachable_time_ms`,
            reachableTimeMs,
          ]),
        ),
        // A router's interface keeps its configuration while it is shut.
        'ipv6/conf/all/keep_addr_on_down': 1,
        'ipv6/icmp/ratelimit': 0,
        // The flow label that a head-end copies to the outer header is the one that transit routers count and hash.
        'ipv6/seg6_flowlabel': 0,
        ...(names.hub === undefined ? {} : { [`ipv6/conf/${management}/seg6_enabled`]: 0 }),
      }),
      ...batch([
        'link set dev lo up',
        `address add ${node.address}/128 dev lo nodad`,
        ...(names.hub === undefined ? [] : managementCommands(topology, node.name, management)),
        ...linkEndsOf(topology, node.name).flatMap(({ own, other }) => [
          `address add ${own.address}/${own.prefixLength} dev ${own.interface} nodad`,
          `link set dev ${own.interface} up`,
          neighbourCommand(own, other),
        ]),
        ...routeCommands(topology, node),
        `link add dev ${sidInterface(topology, node.name)} type bridge`,
        `link set dev ${sidInterface(topology, node.name)} up`,
        ...sidCommands(topology, node),
        ...originationCommands(node),
      ]),
    ].join('\n'),
  };
}

/** Neighbour discovery has happened already when a link opens. */
export function neighbourCommand(own: LinkEnd, other: LinkEnd): string {
  return `neighbour replace ${other.address} lladdr ${other.macAddress} dev ${own.interface} nud reachable`;
}

function linkEndsOf(topology: Topology, node: string) {
  return topology.links.flatMap(({ a, b }) => [
    ...(a.node === node ? [{ own: a, other: b }] : []),
    ...(b.node === node ? [{ own: b, other: a }] : []),
  ]);
}

function managementCommands(topology: Topology, node: string, device: string): string[] {
  return [
    `address add ${managementAddress(topology, node)}/64 dev ${device} nodad`,
    `link set dev ${device} up`,
  ];
}

/** Packets of the router itself, ICMPv6 errors among them, come from its loopback, to which everybody has a route. */
export function routeCommands(
  topology: Topology,
  node: TopologyNode,
  verb: 'add' | 'replace' = 'add',
): string[] {
  return routesOf(topology, node.name).map(({ prefix, nextHops }) => {
    const hops = nextHops.map((hop) => `via ${hop.address} dev ${hop.interface}`);
    const paths = hops.length === 1 ? hops[0] : hops.map((hop) => `nexthop ${hop}`).join(' ');
    return `route ${verb} ${prefix} src ${node.address} ${paths}`;
  });
}

/** The device of a local SID says nothing about forwarding, but Linux wants one that is not the loopback and stays up. */
export function sidCommands(topology: Topology, node: TopologyNode): string[] {
  const device = sidInterface(topology, node.name);
  return [
    `route add ${node.sids.end}/128 encap seg6local action End count dev ${device}`,
    `route add ${node.sids.decapsulate}/128 encap seg6local action End.DT6 table ${localTable} count dev ${device}`,
  ];
}

/** Written directly: the sysctl program is not on every machine. */
function settings(values: Record<string, number>): string[] {
  return Object.entries(values).map(([name, value]) => `echo ${value} > /proc/sys/net/${name}`);
}

function batch(lines: readonly string[]): string[] {
  return here('ip -batch -', `${lines.join('\n')}\n`);
}

function here(command: string, input: string): string[] {
  return [`${command} <<'END_OF_INPUT'`, `${input}END_OF_INPUT`];
}
