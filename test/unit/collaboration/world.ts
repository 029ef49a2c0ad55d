/** What the tests of the collaboration steps share: signed answers of a session that never took place, by hand. */
import { digestOf, type JsonObject } from '../../../crypto/canonical.ts';
import { type Operation, sealAnswer } from '../../../crypto/envelope.ts';
import type { HeardNode } from '../../../discovery/beacon.ts';
import { systemIdOf } from '../../../discovery/link-state.ts';
import { type Directory, directoryOf } from '../../../src/collaboration/domain.ts';
import { resourceUri } from '../../../src/collaboration/resources.ts';
import { dataPaths } from '../../../src/core/device-data.ts';
import type { Envelope, Flow, Path } from '../../../src/core/records.ts';
import { toolNames } from '../../../src/core/tools.ts';
import { identityOf } from '../../support/domain.ts';

interface ToldInterface {
  name: string;
  oper?: 'up' | 'down';
  mtu?: number;
  ip?: string;
  /** An address that it looks for in vain. */
  unresolved?: string;
  inErrors?: number;
  carrierChanges?: number;
  /** Of a bundle, by name. */
  members?: Record<string, { in?: number; out?: number }>;
  /** Packets for whose flows no port was left, and how many ports are. */
  pool?: { dropped: number; free?: number };
  /** Packets that the output queue dropped, and those that it took; octets in it. */
  queue?: { dropped: number; taken?: number; average?: number; peak?: number };
  /** Half-duplex; full otherwise. */
  half?: { lateCollisions: number };
}

/** Envelopes in the order in which they are added: e1, e2, ... */
export class Answers {
  readonly envelopes: Envelope[] = [];

  add(node: string, operation: Operation, data: JsonObject, args: JsonObject = {}): this {
    const { keyPair, certificatePem } = identityOf(node);
    const nonce = this.envelopes.length + 1;
    const { certificate: _, ...signed } = sealAnswer(
      {
        operation,
        argumentsHash: digestOf(args),
        nonce,
        session: 's',
        signer: node,
        caller: 'A',
        signedAt: '2026-07-01T12:00:00.000Z',
      },
      { data, contentHash: digestOf([]), isError: false },
      { privateKey: keyPair.privateKey, certificatePem },
    );
    this.envelopes.push({ id: `e${nonce}`, node, arguments: args, signed });
    return this;
  }

  probes(node: string, flowLabel: number, sent: number, received = sent, tooBigMtu?: number): this {
    return this.add(
      node,
      { tool: toolNames.srv6Ping },
      {
        Head: node,
        Tail: 'Z',
        'SID-List': [],
        Count: sent,
        Size: 128,
        'Flow-Labels': [{ label: flowLabel, sent, received }],
        sent,
        received,
        'loss-percent': 0,
        ...(tooBigMtu !== undefined && { 'packet-too-big-mtu': tooBigMtu }),
      },
    );
  }

  /** Plain packets. */
  ping(node: string, destination: string, received: number, size = 128, sent = 10): this {
    const data = { sent, received, loss: (100 * (sent - received)) / sent };
    return this.add(node, { tool: toolNames.ping }, data, { destination, size });
  }

  /** What a node counted of one flow, in sum over its interfaces. */
  counting(node: string, flowLabel: number, counts: { in?: number; out?: number; delivered?: number }): this {
    return this.countingAll(node, [{ label: flowLabel, ...counts }]);
  }

  countingAll(
    node: string,
    flows: readonly { label: number; in?: number; out?: number; delivered?: number }[],
  ): this {
    const flow = flows.map(({ label, in: inward = 0, out: outward = 0, delivered = 0 }) => ({
      'flow-label': label,
      interface: [{ name: 'eth0', in: String(inward), out: String(outward) }],
      delivered: String(delivered),
    }));
    return this.add(
      node,
      { uri: `${resourceUri(dataPaths.counting)}=c1` },
      { 'confer-device:counting': { id: 'c1', flow } },
    );
  }

  interfaces(node: string, ...interfaces: ToldInterface[]): this {
    const none = { 'in-octets': '0', 'in-pkts': '0', 'in-discards': '0', 'in-errors': '0' };
    const statistics = {
      ...none,
      'out-octets': '0',
      'out-pkts': '0',
      'out-discards': '0',
      'out-errors': '0',
    };
    const data = interfaces.map(
      ({
        name,
        oper = 'up',
        mtu = 1_500,
        ip,
        unresolved,
        inErrors = 0,
        carrierChanges = 0,
        half,
        queue,
        members,
        pool,
      }) => ({
        name,
        'admin-status': 'up',
        'oper-status': oper,
        'ietf-ip:ipv6': {
          mtu,
          address: ip === undefined ? [] : [{ ip, 'prefix-length': 64 }],
          neighbor: unresolved === undefined ? [] : [{ ip: unresolved, state: 'incomplete' as const }],
        },
        ...(members !== undefined && {
          'confer-device:member': Object.entries(members).map(([member, { in: inward = 0, out = 0 }]) => ({
            name: member,
            partner: member,
            'in-pkts': String(inward),
            'out-pkts': String(out),
          })),
        }),
        ...(pool !== undefined && {
          'confer-device:translation': {
            'ports-allocated': '64512',
            'ports-free': String(pool.free ?? 0),
            'dropped-port-packets': String(pool.dropped),
          },
        }),
        ...(queue !== undefined && { 'openconfig-qos:output': outputOf(queue) }),
        'confer-device:carrier-changes': String(carrierChanges),
        'confer-device:duplex': half === undefined ? ('full' as const) : ('half' as const),
        'confer-device:late-collisions': String(half?.lateCollisions ?? 0),
        statistics: { ...statistics, 'in-errors': String(inErrors) },
      }),
    );
    return this.add(
      node,
      { uri: resourceUri(dataPaths.interfaces) },
      { 'ietf-interfaces:interfaces': { interface: data } },
    );
  }

  /** Hits of access lists: {interface: {ingress: {name: hits}, egress: ...}}. */
  accessLists(
    node: string,
    points: Record<string, Partial<Record<'ingress' | 'egress', Record<string, number>>>>,
  ): this {
    const attached = (lists: Record<string, number> | undefined) => ({
      'acl-sets': {
        'acl-set': Object.entries(lists ?? {}).map(([name, hits]) => ({
          name,
          'ace-statistics': [{ name: 'drop', 'matched-packets': String(hits) }],
        })),
      },
    });
    const data = Object.entries(points).map(([name, { ingress, egress }]) => ({
      'interface-id': name,
      ...(ingress !== undefined && { ingress: attached(ingress) }),
      ...(egress !== undefined && { egress: attached(egress) }),
    }));
    return this.add(
      node,
      { uri: resourceUri(dataPaths.accessLists) },
      { 'ietf-access-control-list:acls': { 'attachment-points': { interface: data } } },
    );
  }

  /** Whom a node hears, with the age of what it heard in announcement intervals. */
  hears(node: string, ages: Record<string, number>): this {
    const neighbour = Object.entries(ages).map(([name, intervals]) => ({
      interface: `${node}${name}`.toLowerCase(),
      node: name,
      source: 'lldp',
      'age-ms': intervals * 500,
    }));
    return this.add(
      node,
      { uri: resourceUri(dataPaths.discovery) },
      { 'confer-device:discovery': { 'interval-ms': 500, neighbour } },
    );
  }
}

function outputOf({ dropped, taken = 20_000, average, peak }: NonNullable<ToldInterface['queue']>) {
  const queue = {
    name: 'q',
    'transmit-pkts': String(taken),
    'dropped-pkts': String(dropped),
    ...(average !== undefined && { 'avg-queue-len': String(average) }),
    ...(peak !== undefined && { 'max-queue-len': String(peak) }),
  };
  return { queues: { queue: [queue] } };
}

/** A path over these nodes; interfaces are named after both ends: "ab" is A's towards B. */
export function pathOver(nodes: string, id = 'f1'): Path {
  const names = [...nodes];
  const hops = names.slice(1).map((to, index) => {
    const from = names[index] ?? '';
    return { from, egress: `${from}${to}`.toLowerCase(), to, ingress: `${to}${from}`.toLowerCase() };
  });
  return { id, direction: id.startsWith('f') ? 'forward' : 'reverse', nodes: names, hops, segments: [] };
}

export function flowOf(path: Path, flowLabel: number, purpose: Flow['purpose'] = 'loss'): Flow {
  return { flowLabel, path: path.id, purpose, sizeBytes: purpose === 'loss' ? 128 : 1_500 };
}

export interface Announced {
  name: string;
  addresses?: string[];
  neighbours?: string[];
  sids?: { end: string; decapsulate: string };
  host?: string;
}

/** What `self` has heard of these nodes. */
export function heardFrom(nodes: readonly Announced[]): HeardNode[] {
  return nodes.map(({ name, addresses = [], neighbours = [], sids, host = '192.0.2.1' }) => ({
    node: name,
    advertisement: {
      advertisement: {
        node: name,
        host,
        port: 9514,
        capabilities: [],
        thumbprint: new Uint8Array(32),
        sequence: 1,
        lifetimeS: 1_200,
      },
      bytes: new Uint8Array(),
      signature: new Uint8Array(64),
    },
    linkState: {
      hostname: name,
      addresses,
      locator: 'fc00::/32',
      neighbours: neighbours.map((hostname) => ({ systemId: systemIdOf(hostname), hostname })),
      sids:
        sids === undefined
          ? []
          : [
              { sid: sids.end, behavior: 'End' as const },
              { sid: sids.decapsulate, behavior: 'End.DT6' as const },
            ],
    },
    source: 'isis' as const,
    ageMs: 0,
    authenticated: true,
  }));
}

export function directory(self: Announced, others: readonly Announced[]): Directory {
  const heard = { neighbours: [], nodes: heardFrom(others) };
  return directoryOf(heard, { name: self.name, addresses: self.addresses ?? [] });
}
