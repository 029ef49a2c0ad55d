/** Reading: YANG data of the router below, what discovery hears, counting sessions, and the reports kept here. */
import { canonicalBytes, type JsonObject, type JsonValue } from '../../crypto/canonical.ts';
import type { Beacon } from '../../discovery/beacon.ts';
import { reportUriPrefix } from '../collaboration/report.ts';
import { dataPaths } from '../core/device-data.ts';
import { ConferError } from '../core/errors.ts';
import type { DeviceDriver } from '../core/ports.ts';
import { reportMetaKeys, shelfUri } from '../core/report-tools.ts';
import { routingPaths } from '../core/routing-data.ts';
import type { CallContext, Caller, ContentItem, ResourceDefinition } from '../core/service.ts';
import type { CountingLeases } from './counting-leases.ts';
import { type DataNode, type DataUri, parseDataUri } from './data-uri.ts';
import type { Policy } from './policy.ts';
import type { Relaying } from './relaying.ts';
import type { ReportShelf } from './report-shelf.ts';

export interface ResourcePorts {
  node: string;
  device: DeviceDriver;
  beacon: Beacon;
  /** How often this agent announces itself: what ages are judged by. */
  announceIntervalMs: number;
  counting: CountingLeases;
  policy: Policy;
  reports: ReportShelf;
  relaying: Relaying;
}

/** RFC 7951 data and RFC 8040's media type for it. */
const yangJson = 'application/yang-data+json';

const served: Record<string, { path: string; description: string }> = {
  'ietf-interfaces/interfaces': {
    path: dataPaths.interfaces,
    description: 'Interfaces and their counters (RFC 8343)',
  },
  'ietf-access-control-list/acls': {
    path: dataPaths.accessLists,
    description: 'ACL hit counters (RFC 8519)',
  },
  'ietf-routing/routing': { path: dataPaths.routing, description: 'Routes (RFC 8349)' },
  'ietf-bgp/bgp': {
    path: routingPaths.bgp,
    description: 'BGP sessions and routes (draft-ietf-idr-bgp-model), where the router runs it',
  },
  'ietf-bfd/bfd': {
    path: routingPaths.bfd,
    description: 'BFD sessions (RFC 9314), where the router runs it',
  },
  'ietf-isis/isis': { path: routingPaths.isis, description: 'IS-IS (RFC 9130), where the router runs it' },
  'confer-device/lookup': { path: dataPaths.lookup, description: 'What forwarding does with one address' },
  'confer-device/device': {
    path: dataPaths.device,
    description: 'Name, loopback, locator and configured SIDs',
  },
  'confer-device/forwarding': { path: dataPaths.forwarding, description: 'Installed SIDs and IPv6 drops' },
  'confer-device/system': { path: dataPaths.system, description: 'Processor, memory and clock' },
  'confer-device/discovery': { path: dataPaths.discovery, description: 'Neighbours heard on each interface' },
  'confer-device/advertisements': {
    path: dataPaths.advertisements,
    description: 'Signed advertisements heard here, for neighbours that IS-IS does not reach',
  },
  'confer-device/counting': { path: dataPaths.counting, description: 'Probes counted by a counting session' },
};

/** These need a key: there is nothing to list. */
const keyed: readonly string[] = [dataPaths.counting, dataPaths.lookup];

export class Resources {
  readonly #ports: ResourcePorts;

  constructor(ports: ResourcePorts) {
    this.#ports = ports;
  }

  async list(mayReadReports: boolean): Promise<ResourceDefinition[]> {
    const data = Object.entries(served)
      .filter(([, { path }]) => !keyed.includes(path))
      .map(([name, { description }]) => ({
        uri: `urn:ietf:params:xml:ns:yang:${name}`,
        name,
        description,
        mimeType: yangJson,
      }));
    if (!mayReadReports) return data;
    const status = await this.#ports.reports.status();
    const shelf = {
      uri: shelfUri,
      name: 'ietf-mcp/report-shelf',
      description: `Reports kept here: ${status.announcement}`,
      mimeType: yangJson,
      _meta: { [reportMetaKeys.shelf]: status },
    };
    const reports = await this.#ports.reports.list();
    return [
      ...data,
      shelf,
      ...reports.map(({ id, ...note }) => ({
        uri: `${reportUriPrefix}${id}`,
        name: `report ${id}`,
        description: `${note.created}: ${note.hypothesis}`,
        mimeType: 'application/json',
        _meta: { [reportMetaKeys.note]: note },
      })),
    ];
  }

  /** Throws ConferError `access-denied`, `not-found`, `bad-input`, `device-failure`. */
  async read(uri: string, context: CallContext): Promise<{ content: ContentItem[]; data: JsonObject }> {
    if (uri.startsWith(reportUriPrefix)) return await this.#readReport(uri, context);
    if (uri === shelfUri) return await this.#readShelf(context);
    const { target, top, below, source } = this.#find(uri);
    this.#authorise(context.caller, source.path);
    if (context.relay !== undefined) this.#authorise(context.relay, source.path);
    const whole = await this.#source(source.path, top, context);
    const data = below.length === 0 ? whole : await this.#part(whole, target, below, uri, context);
    return { data, content: [{ uri, mimeType: yangJson, text: JSON.stringify(data) }] };
  }

  /** Whether the caller may read state of this address, here or elsewhere. Throws ConferError `access-denied`, `not-found`. */
  requireState(uri: string, caller: Caller): void {
    this.#authorise(caller, this.#find(uri).source.path);
  }

  #find(uri: string) {
    const target = parseDataUri(uri, this.#ports.node);
    const [top, ...below] = target.nodes;
    const source = served[`${target.module}/${top?.name}`];
    if (top === undefined || source === undefined)
      throw new ConferError('not-found', `${uri} is not served; resources/list says what is.`);
    return { target, top, below, source };
  }

  #authorise(caller: Caller, path: string): void {
    this.#ports.policy.requireRead(caller, path === dataPaths.counting ? 'counting' : 'state');
  }

  async #source(path: string, top: DataNode, context: CallContext): Promise<JsonObject> {
    if (path === dataPaths.discovery) return this.#discovery();
    if (path === dataPaths.advertisements) return this.#ports.relaying.offer();
    if (path === dataPaths.counting)
      return await this.#ports.counting.read(context.caller, top.key ?? '', context.signal);
    if (path === dataPaths.lookup)
      return await this.#ports.device.read(`${path}=${top.key ?? ''}`, context.signal);
    return await this.#ports.device.read(path, context.signal);
  }

  #discovery(): JsonObject {
    return {
      'confer-device:discovery': {
        'interval-ms': this.#ports.announceIntervalMs,
        neighbour: this.#ports.beacon.heard().neighbours.map((one) => ({
          interface: one.interface,
          node: one.node,
          source: one.source,
          'age-ms': Math.round(one.ageMs),
          'interval-ms': Math.max(1, Math.round(one.intervalMs)),
        })),
      },
    };
  }

  async #readReport(uri: string, context: CallContext) {
    this.#ports.policy.requireRead(context.caller, 'report');
    const data = await this.#ports.reports.get(uri.slice(reportUriPrefix.length));
    if (data === undefined) throw new ConferError('not-found', `${uri} is not on this device.`);
    return {
      data,
      content: [{ uri, mimeType: 'application/json', text: Buffer.from(canonicalBytes(data)).toString() }],
    };
  }

  async #readShelf(context: CallContext) {
    this.#ports.policy.requireRead(context.caller, 'report');
    const data = { 'ietf-mcp:report-shelf': await this.#ports.reports.status() };
    return { data, content: [{ uri: shelfUri, mimeType: yangJson, text: JSON.stringify(data) }] };
  }

  /** Walks down list keys and containers; the result keeps the module's name (RFC 7951 section 4). */
  async #part(
    whole: JsonObject,
    target: DataUri,
    below: readonly DataNode[],
    uri: string,
    context: CallContext,
  ): Promise<JsonObject> {
    let value: JsonValue | undefined = Object.values(whole)[0];
    let name = '';
    for (const node of below) {
      name = node.name;
      const member = isObject(value) && Object.hasOwn(value, node.name) ? value[node.name] : undefined;
      const key = node.key === 'SID-Endpoint' ? await this.#sidEndpoint(context.signal) : node.key;
      value = key === undefined ? member : entry(member, key);
      if (value === undefined)
        throw new ConferError(
          'not-found',
          `${uri}: there is no ${node.name}${key === undefined ? '' : ` ${key}`}.`,
        );
    }
    const isEntry = below.at(-1)?.key !== undefined;
    return { [`${target.module}:${name}`]: isEntry ? [value ?? null] : (value ?? null) };
  }

  /** The draft's `interface=SID-Endpoint`: the interface with the address that stands for this node in SID lists. */
  async #sidEndpoint(signal: AbortSignal): Promise<string> {
    const { address } = await this.#ports.device.facts();
    const data = await this.#ports.device.read(dataPaths.interfaces, signal);
    const container = data['ietf-interfaces:interfaces'];
    const list = isObject(container) && Array.isArray(container.interface) ? container.interface : [];
    const holds = (one: JsonValue) => JSON.stringify(one).includes(`"${address}"`);
    const found = list.find(holds) ?? list[0];
    return isObject(found) && typeof found.name === 'string' ? found.name : '';
  }
}

function entry(list: JsonValue | undefined, key: string): JsonValue | undefined {
  if (!Array.isArray(list)) return undefined;
  const keys = ['name', 'interface-id', 'id', 'sid', 'destination-prefix'];
  return list.find((one) => isObject(one) && keys.some((member) => one[member] === key));
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
