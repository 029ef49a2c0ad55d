/**
 * The verified measurements of a session, parsed once and grouped by node. Built from envelopes alone, so that whoever
 * holds the report rebuilds exactly what the creator saw.
 */
import type { z } from 'zod';
import { digestOf, type JsonObject, type JsonValue } from '../../crypto/canonical.ts';
import {
  type AccessListsData,
  accessListsSchema,
  type CountingData,
  countingSchema,
  type DeviceData,
  type DiscoveryData,
  dataPaths,
  deviceSchema,
  discoverySchema,
  type ForwardingData,
  forwardingSchema,
  type InterfacesData,
  interfacesSchema,
  type LookupData,
  lookupSchema,
  type RoutingData,
  routingSchema,
  type SystemData,
  systemSchema,
} from '../core/device-data.ts';
import type { Envelope } from '../core/records.ts';
import {
  type BfdData,
  type BgpData,
  bfdSchema,
  bgpSchema,
  type IsisData,
  isisSchema,
  routingPaths,
} from '../core/routing-data.ts';
import {
  type PingResult,
  pingResult,
  type Srv6PingResult,
  srv6PingResult,
  toolNames,
} from '../core/tools.ts';
import { resourceUri } from './resources.ts';

/** A parsed measurement and the envelope that proves it. */
export interface Reading<T> {
  id: string;
  value: T;
}

export type Interface = InterfacesData['ietf-interfaces:interfaces']['interface'][number];
export type Route = RoutingData['ietf-routing:routing']['ribs']['rib'][number]['routes']['route'][number];
export type AttachmentPoint =
  AccessListsData['ietf-access-control-list:acls']['attachment-points']['interface'][number];
export type Lookup = LookupData['confer-device:lookup'];
export type Forwarding = ForwardingData['confer-device:forwarding'];
export type System = SystemData['confer-device:system'];
export type Discovery = DiscoveryData['confer-device:discovery'];
export type Counting = CountingData['confer-device:counting'];
export type Device = DeviceData['confer-device:device'];
export type Bgp = BgpData['ietf-bgp:bgp'];
export type Bfd = BfdData['ietf-bfd:bfd'];
export type Isis = IsisData['ietf-isis:isis'];

/** What one node said; lists run from the first reading to the last. */
export interface NodeReadings {
  device?: Reading<Device>;
  routes?: Reading<Route[]>;
  lookups: Reading<Lookup>[];
  bgp: Reading<Bgp>[];
  bfd: Reading<Bfd>[];
  isis: Reading<Isis>[];
  interfaces: Reading<Interface[]>[];
  accessLists: Reading<AttachmentPoint[]>[];
  /** Packets to the node itself that its policer has dropped; empty where there is none. */
  controlPlane: Reading<number>[];
  forwarding: Reading<Forwarding>[];
  system: Reading<System>[];
  discovery: Reading<Discovery>[];
  counting: Reading<Counting>[];
  probes: Reading<Srv6PingResult>[];
  /** Plain packets, with what was asked for. */
  pings: Reading<PlainPing>[];
}

export interface PlainPing extends PingResult {
  destination: string;
  source?: string;
  sizeBytes?: number;
}

export type Readings = ReadonlyMap<string, NodeReadings>;

/**
 * Envelopes that hold no measurement (the start of a counting session, say) are left out; errors, malformed ones and
 * results of another train than was asked for too. A node's readings are in the order of its nonces: no other is signed.
 */
export function readingsOf(envelopes: readonly Envelope[]): Readings {
  const readings = new Map<string, NodeReadings>();
  for (const [node, answers] of Map.groupBy(envelopes, (envelope) => envelope.node)) {
    const told = emptyReadings();
    readings.set(node, told);
    for (const envelope of answers.toSorted((a, b) => a.signed.statement.nonce - b.signed.statement.nonce))
      if (!envelope.signed.answer.isError && isAsAsked(envelope)) add(told, envelope);
  }
  return readings;
}

/** What a probe's result repeats of its arguments; where it says something else, it is about something else. */
const repeated = ['Head', 'Tail', 'SID-List', 'Count', 'Size'];

function isAsAsked(envelope: Envelope): boolean {
  const { operation } = envelope.signed.statement;
  if (!('tool' in operation) || operation.tool !== toolNames.srv6Ping) return true;
  const known = trains.get(envelope.signed);
  if (known?.arguments === envelope.arguments) return known.isAsAsked;
  const isAsAsked = isTrainAsAsked(envelope);
  trains.set(envelope.signed, { arguments: envelope.arguments, isAsAsked });
  return isAsAsked;
}

/** Judged once: see `parsedOnce`. */
const trains = new WeakMap<Envelope['signed'], { arguments: JsonObject; isAsAsked: boolean }>();

function isTrainAsAsked({ arguments: args, signed }: Envelope): boolean {
  const data = signed.answer.data as JsonObject;
  const isRepeated = (name: string) =>
    args[name] === undefined || digestOf(args[name]) === digestOf(data?.[name] ?? null);
  const told = srv6PingResult.safeParse(data).data?.['Flow-Labels'].map(({ label }) => label);
  const labels = args['Flow-Labels'];
  return repeated.every(isRepeated) && (labels === undefined || digestOf(labels) === digestOf(told ?? null));
}

export function emptyReadings(): NodeReadings {
  return {
    interfaces: [],
    accessLists: [],
    controlPlane: [],
    forwarding: [],
    system: [],
    discovery: [],
    counting: [],
    probes: [],
    pings: [],
    lookups: [],
    bgp: [],
    bfd: [],
    isis: [],
  };
}

function add(node: NodeReadings, envelope: Envelope): void {
  const { operation } = envelope.signed.statement;
  const source = 'tool' in operation ? operation.tool : (operation.uri.split('=')[0] ?? '');
  parsers[source]?.(node, envelope);
}

function parser<T>(
  schema: z.ZodType<T>,
  use: (node: NodeReadings, id: string, value: T, args: JsonObject) => void,
) {
  return (node: NodeReadings, { id, signed, arguments: args }: Envelope): void => {
    const value = parsedOnce(schema, signed.answer.data);
    if (value !== undefined) use(node, id, value, args);
  };
}

/** All that was said is read again whenever something new has come; what was signed does not change meanwhile. */
const parsed = new WeakMap<object, { schema: z.ZodType; value: unknown }>();

function parsedOnce<T>(schema: z.ZodType<T>, data: JsonValue): T | undefined {
  if (typeof data !== 'object' || data === null) return schema.safeParse(data).data;
  const known = parsed.get(data);
  if (known?.schema === schema) return known.value as T | undefined;
  const value = schema.safeParse(data).data;
  parsed.set(data, { schema, value });
  return value;
}

const parseCounting = parser(countingSchema, (node, id, value) => {
  node.counting.push({ id, value: value['confer-device:counting'] });
});

/** By tool name, or by resource URI without its key. */
const parsers: Record<string, ReturnType<typeof parser>> = {
  [toolNames.srv6Ping]: parser(srv6PingResult, (node, id, value) => {
    node.probes.push({ id, value });
  }),
  [toolNames.ping]: parser(pingResult, (node, id, value, { destination, source, size }) => {
    const asked = {
      destination: String(destination),
      ...(typeof source === 'string' && { source }),
      ...(typeof size === 'number' && { sizeBytes: size }),
    };
    node.pings.push({ id, value: { ...value, ...asked } });
  }),
  [toolNames.countingStop]: parseCounting,
  [resourceUri(dataPaths.counting)]: parseCounting,
  [resourceUri(dataPaths.device)]: parser(deviceSchema, (node, id, value) => {
    node.device = { id, value: value['confer-device:device'] };
  }),
  [resourceUri(dataPaths.routing)]: parser(routingSchema, (node, id, value) => {
    const ribs = value['ietf-routing:routing'].ribs.rib;
    node.routes = { id, value: ribs.flatMap((rib) => rib.routes.route) };
  }),
  [resourceUri(routingPaths.bgp)]: parser(bgpSchema, (node, id, value) => {
    node.bgp.push({ id, value: value['ietf-bgp:bgp'] });
  }),
  [resourceUri(routingPaths.bfd)]: parser(bfdSchema, (node, id, value) => {
    node.bfd.push({ id, value: value['ietf-bfd:bfd'] });
  }),
  [resourceUri(routingPaths.isis)]: parser(isisSchema, (node, id, value) => {
    node.isis.push({ id, value: value['ietf-isis:isis'] });
  }),
  [resourceUri(dataPaths.lookup)]: parser(lookupSchema, (node, id, value) => {
    node.lookups.push({ id, value: value['confer-device:lookup'] });
  }),
  [resourceUri(dataPaths.interfaces)]: parser(interfacesSchema, (node, id, value) => {
    node.interfaces.push({ id, value: value['ietf-interfaces:interfaces'].interface });
  }),
  [resourceUri(dataPaths.accessLists)]: parser(accessListsSchema, (node, id, value) => {
    const { 'attachment-points': points, 'confer-device:control-plane': policer } =
      value['ietf-access-control-list:acls'];
    node.accessLists.push({ id, value: points.interface });
    if (policer !== undefined) node.controlPlane.push({ id, value: Number(policer['dropped-packets']) });
  }),
  [resourceUri(dataPaths.forwarding)]: parser(forwardingSchema, (node, id, value) => {
    node.forwarding.push({ id, value: value['confer-device:forwarding'] });
  }),
  [resourceUri(dataPaths.system)]: parser(systemSchema, (node, id, value) => {
    node.system.push({ id, value: value['confer-device:system'] });
  }),
  [resourceUri(dataPaths.discovery)]: parser(discoverySchema, (node, id, value) => {
    node.discovery.push({ id, value: value['confer-device:discovery'] });
  }),
};
