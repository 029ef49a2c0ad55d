/** What a modelled router says of itself: RFC 7951 JSON in the shapes of src/core/device-data.ts. */
import type { JsonObject } from '../../crypto/canonical.ts';
import {
  type AccessListsData,
  type CountingData,
  type DeviceData,
  dataPaths,
  type ForwardingData,
  type InterfacesData,
  type LookupData,
  type RoutingData,
  type SystemData,
} from '../core/device-data.ts';
import { checkLookup } from '../core/driver-arguments.ts';
import { ConferError } from '../core/errors.ts';
import type { DeviceFacts } from '../core/ports.ts';
import { canonicalAddress } from '../core/topology-nodes.ts';
import { packetsAt } from './counting.ts';
import type { OutputQueue } from './output-queue.ts';
import { pcapFile } from './pcap.ts';
import {
  type BoundAccessList,
  busyMsOf,
  type CompiledRoute,
  isOperational,
  lookUp,
  ownsAddress,
  type Port,
  type Router,
} from './router.ts';

type Interface = InterfacesData['ietf-interfaces:interfaces']['interface'][number];
type NextHop = LookupData['confer-device:lookup']['next-hop'][number];

/** Throws ConferError `not-found` for what a router does not hold. */
export function readPath(router: Router, path: string, elapsedMs: number): JsonObject {
  if (path.startsWith(`${dataPaths.counting}=`))
    return counting(router, path.slice(dataPaths.counting.length + 1));
  if (path.startsWith(`${dataPaths.lookup}=`)) return lookup(router, path.slice(dataPaths.lookup.length + 1));
  switch (path) {
    case dataPaths.interfaces:
      return interfaces(router);
    case dataPaths.accessLists:
      return accessLists(router);
    case dataPaths.routing:
      return routing(router);
    case dataPaths.device:
      return { 'confer-device:device': { ...factsOf(router) } } satisfies DeviceData;
    case dataPaths.forwarding:
      return forwarding(router);
    case dataPaths.system:
      return system(router, elapsedMs);
    default:
      throw new ConferError('not-found', `${router.node.name} has no data at ${path}.`);
  }
}

export function factsOf(router: Router): DeviceFacts {
  const { name, address, locator, sids } = router.node;
  return {
    node: name,
    system: 'Confer modelled router 1',
    address,
    locator,
    sids: { ...sids },
    ...(router.routing !== undefined && { protocols: [...router.routing.protocols] }),
  };
}

/** Those of the tested network; the loopback's address is among the facts. */
function interfaces(router: Router): InterfacesData {
  return { 'ietf-interfaces:interfaces': { interface: [...router.ports.values()].map(portReading) } };
}

function portReading(port: Port): Interface {
  return {
    name: port.interface,
    'admin-status': port.shut ? 'down' : 'up',
    'oper-status': isOperational(port) ? 'up' : 'down',
    'phys-address': port.macAddress,
    'confer-device:carrier-changes': String(
      port.link.changing.reduce((sum, changes) => sum + changes(), port.link.changes),
    ),
    'confer-device:duplex': port.duplex,
    'confer-device:late-collisions': String(port.lateCollisions),
    ...(port.members !== undefined && {
      'confer-device:member': port.members.map((member) => ({
        name: member.name,
        partner: member.name,
        'in-pkts': String(member.in),
        'out-pkts': String(member.out),
      })),
    }),
    ...(port.translation !== undefined && {
      'confer-device:translation': {
        'ports-allocated': String(port.translation.ports),
        'ports-free': '0',
        'dropped-port-packets': String(port.translation.dropped),
      },
    }),
    ...(port.queue !== undefined && { 'openconfig-qos:output': outputReading(port.queue) }),
    'ietf-ip:ipv6': {
      mtu: port.mtuBytes,
      address: [{ ip: port.address, 'prefix-length': port.prefixLength }],
      neighbor: [{ ip: port.peer.address, state: port.isResolved ? 'reachable' : 'incomplete' }],
    },
    statistics: {
      'in-octets': String(port.in.octets),
      'in-pkts': String(port.in.packets),
      'in-discards': String(port.in.discards),
      'in-errors': String(port.in.errors),
      'out-octets': String(port.out.octets),
      'out-pkts': String(port.out.packets),
      'out-discards': String(port.out.discards),
      'out-errors': String(port.out.errors),
    },
  };
}

function outputReading(queue: OutputQueue): NonNullable<Interface['openconfig-qos:output']> {
  return {
    queues: {
      queue: [
        {
          name: 'best-effort',
          'transmit-pkts': String(queue.transmitted),
          'dropped-pkts': String(queue.dropped),
          'max-queue-len': String(Math.ceil(queue.peakOctets)),
          'avg-queue-len': String(Math.round(queue.averageOctets)),
        },
      ],
    },
  };
}

function accessLists(router: Router): AccessListsData {
  const attached = (lists: readonly BoundAccessList[]) => ({
    'acl-sets': {
      'acl-set': lists.map(({ name, hits, tcpPort }) => ({
        name,
        'ace-statistics': [
          {
            name: 'drop',
            'matched-packets': String(hits),
            ...(tcpPort !== undefined && { 'confer-device:tcp-port': tcpPort }),
          },
        ],
      })),
    },
  });
  const points = [...router.ports.values()]
    .filter(
      ({ ingress, egress, reversePathFilter }) =>
        ingress.length + egress.length > 0 || reversePathFilter !== undefined,
    )
    .map((port) => ({
      'interface-id': port.interface,
      ...(port.ingress.length > 0 ? { ingress: attached(port.ingress) } : {}),
      ...(port.egress.length > 0 ? { egress: attached(port.egress) } : {}),
      ...(port.reversePathFilter !== undefined && {
        'confer-device:reverse-path-filter': {
          mode: 'strict' as const,
          'dropped-packets': String(port.reversePathFilter.dropped),
        },
      }),
    }));
  const { controlPlane: policer } = router;
  return {
    'ietf-access-control-list:acls': {
      ...(policer !== undefined && {
        'confer-device:control-plane': { 'dropped-packets': String(policer.dropped + policer.ofOthers()) },
      }),
      'attachment-points': { interface: points },
    },
  };
}

function routing(router: Router): RoutingData {
  const own = {
    'destination-prefix': `${router.node.address}/128`,
    'next-hop': { 'special-next-hop': 'receive' as const },
  };
  const others = router.routes.flatMap((route) =>
    nextHopsOf(route).map((nextHop) => ({ 'destination-prefix': route.prefix, 'next-hop': nextHop })),
  );
  return {
    'ietf-routing:routing': {
      ribs: { rib: [{ name: 'ipv6', routes: { route: [own, ...others] } }] },
    },
  };
}

function nextHopsOf({ nextHops, special, segments }: CompiledRoute): NextHop[] {
  if (special !== undefined) return [{ 'special-next-hop': special }];
  return nextHops.map(({ port, address }) => ({
    'outgoing-interface': port.interface,
    ...(segments !== undefined && { 'confer-device:segment-list': [...segments] }),
    ...(address !== undefined && { 'next-hop-address': address }),
  }));
}

/** Of the whole network one clock, so that it is set as well as can be. */
function system({ processor, memory }: Router, elapsedMs: number): SystemData {
  const busyMs = Math.floor(busyMsOf(processor, elapsedMs));
  return {
    'confer-device:system': {
      processor: { 'busy-ms': String(busyMs), 'idle-ms': String(Math.floor(elapsedMs) - busyMs) },
      memory: {
        'total-kilobytes': String(memory.totalKilobytes),
        'available-kilobytes': String(memory.availableKilobytes),
      },
      clock: { id: 'the modelled network', synchronised: true, 'maximum-error-us': 0 },
    },
  };
}

/** Throws ConferError `bad-input` for what is no address. */
function lookup(router: Router, text: string): LookupData {
  checkLookup(text);
  const address = canonicalAddress(text);
  const isOwn = ownsAddress(router, address) || router.sids.get(address)?.installed === true;
  const route = isOwn ? undefined : lookUp(router, address);
  return {
    'confer-device:lookup': {
      address,
      ...(isOwn && { 'destination-prefix': `${address}/128` }),
      ...(route !== undefined && { 'destination-prefix': route.prefix }),
      'next-hop': isOwn ? [{ 'special-next-hop': 'receive' }] : route === undefined ? [] : nextHopsOf(route),
    },
  };
}

function forwarding(router: Router): ForwardingData {
  return {
    'confer-device:forwarding': {
      'local-sid': [...router.sids.values()]
        .filter(({ installed }) => installed)
        .map(({ sid, behavior, packets, errors, port, inWrongTable = false }) => ({
          sid,
          behavior,
          packets: String(packets),
          errors: String(errors),
          ...(port !== undefined && { 'next-hop-address': port.peer.address }),
          ...(behavior === 'End.DT6' && { 'delivers-locally': !inWrongTable }),
        })),
      'segment-routing': [...router.ports.values()].map((port) => ({
        interface: port.interface,
        enabled: port.segmentRouting.enabled,
        'hmac-required': port.segmentRouting.hmacRequired,
      })),
      ipv6: {
        'in-no-routes': String(router.inNoRoutes),
        'out-no-routes': String(router.outNoRoutes),
        'in-too-big-errors': String(router.inTooBigErrors),
        'in-header-errors': String(router.inHeaderErrors),
      },
    },
  };
}

function counting(router: Router, id: string): CountingData {
  const session = router.countings.get(id);
  if (session === undefined)
    throw new ConferError('not-found', `${router.node.name} has no counting session ${id}.`);
  const names = [...router.ports.keys()];
  return {
    'confer-device:counting': {
      id,
      flow: [...session.flows].map(([label, flow]) => ({
        'flow-label': label,
        interface: names.map((name) => ({
          name,
          in: String(packetsAt(flow.in, name)),
          out: String(packetsAt(flow.out, name)),
        })),
        delivered: String(flow.delivered),
      })),
      marked: names.map((name) => ({
        name,
        in: String(packetsAt(session.marked.in, name)),
        out: String(packetsAt(session.marked.out, name)),
      })),
      ...(session.stampsMax > 0 && {
        stamp: session.stamps.map(({ flowLabel, sequence, interface: name, direction, timeMs }) => ({
          'flow-label': flowLabel,
          sequence,
          interface: name,
          direction,
          time: String(BigInt(Math.round(timeMs * 1_000)) * 1_000n),
        })),
      }),
      ...(session.captured.length > 0
        ? { capture: Buffer.from(pcapFile(session.captured)).toString('base64') }
        : {}),
    },
  };
}
