/**
 * FRR's routing daemons as routing-data.ts has them. `vtysh` is asked for JSON, daemon by daemon, whenever somebody reads;
 * keys and passwords of its configuration are left out. Tried with FRR 8.4.
 */
import { z } from 'zod';
import type { JsonObject } from '../../crypto/canonical.ts';
import { ConferError, messageOf } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import {
  type BfdData,
  type BgpData,
  type BgpRoute,
  bgpStates,
  type IsisData,
  type Notification,
} from '../core/routing-data.ts';
import type { RoutingProtocol } from '../core/topology-routing.ts';
import type { RunTool } from './linux-tools.ts';

export interface Frr {
  protocols: readonly RoutingProtocol[];
  /** Directory of the daemons' vty sockets; FRR's own when absent. */
  socketDirectory?: string;
}

const timeoutMs = 4_000;

/** Throws ConferError `device-failure` when FRR is not installed, or prints what we do not know. */
export async function readFrr(
  run: RunTool,
  frr: Frr,
  protocol: RoutingProtocol,
  signal: AbortSignal,
): Promise<JsonObject> {
  const ask: Ask = async (daemon, commands) => {
    const socket = frr.socketDirectory === undefined ? [] : ['--vty_socket', frr.socketDirectory];
    // One process for all: each has to load everything that vtysh knows.
    const asked = commands.flatMap((command) => ['-c', command]);
    const told = await run('vtysh', [...socket, '-d', daemon, ...asked], { signal, timeoutMs });
    return answersIn(told);
  };
  try {
    if (protocol === 'bgp') return { 'ietf-bgp:bgp': await bgp(ask) } satisfies BgpData;
    if (protocol === 'bfd') return { 'ietf-bfd:bfd': await bfd(ask) } satisfies BfdData;
    return { 'ietf-isis:isis': await isis(ask) } satisfies IsisData;
  } catch (error) {
    if (!isDown(error)) throw error;
    const modules = { bgp: 'ietf-bgp:bgp', bfd: 'ietf-bfd:bfd', isis: 'ietf-isis:isis' };
    return { [modules[protocol]]: { 'confer-device:running': false } };
  }
}

/** What vtysh says when nobody listens at the daemon's socket. */
function isDown(error: unknown): boolean {
  return error instanceof ConferError && /failed to connect|not running/i.test(messageOf(error));
}

/** What each command printed. */
type Ask = (daemon: string, commands: readonly string[]) => Promise<string[]>;

/** The JSON values that follow each other in a text, and what comes behind them, as texts. */
export function answersIn(text: string): string[] {
  const answers: string[] = [];
  let [start, depth, isQuoted] = [0, 0, false];
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (isQuoted && character === '\\') at++;
    else if (character === '"') isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (character === '{' || character === '[') depth++;
    else if (character === '}' || character === ']') {
      depth--;
      if (depth > 0) continue;
      answers.push(text.slice(start, at + 1).trim());
      start = at + 1;
    } else if (depth === 0 && character.trim() !== '') break;
  }
  return [...answers, text.slice(start)];
}

function json<T>(text: string | undefined, schema: z.ZodType<T>): T {
  try {
    return schema.parse(JSON.parse(text?.trim() || '{}'));
  } catch (error) {
    throw new ConferError('device-failure', 'vtysh printed something else than expected of FRR 8.4.', {
      cause: error,
    });
  }
}

const neighborsSchema = z.record(
  z.string(),
  z.object({
    remoteAs: z.number(),
    localAs: z.number(),
    bgpState: z.string(),
    hostLocal: z.string().optional(),
    updateSource: z.string().optional(),
    lastResetDueTo: z.string().optional(),
    lastErrorCodeSubcode: z.string().optional(),
    addressFamilyInfo: z
      .object({
        ipv6Unicast: z
          .object({
            prefixAllowedMax: z.number().optional(),
            incomingUpdatePrefixFilterList: z.string().optional(),
            outgoingUpdatePrefixFilterList: z.string().optional(),
            routeMapForIncomingAdvertisements: z.string().optional(),
            routeMapForOutgoingAdvertisements: z.string().optional(),
          })
          .optional(),
      })
      .optional(),
  }),
);

const pathSchema = z.object({
  bestpath: z.boolean().optional(),
  peerId: z.string(),
  path: z.string(),
  origin: z.string(),
});
const tableSchema = z.object({
  localAS: z.number().optional(),
  routes: z.record(z.string(), z.array(pathSchema)).default({}),
});

type Table = z.infer<typeof tableSchema>;

const exchangedRoutes = z.record(z.string(), z.object({ path: z.string(), bgpOriginCode: z.string() }));
const exchangedSchema = z.object({
  advertisedRoutes: exchangedRoutes.default({}),
  receivedRoutes: exchangedRoutes.default({}),
});

async function bgp(ask: Ask): Promise<BgpData['ietf-bgp:bgp']> {
  const commands = ['show bgp neighbors json', 'show bgp ipv6 unicast json', 'show running-config'];
  const [sessions, routes, configuration = ''] = await ask('bgpd', commands);
  const table = json(routes, tableSchema);
  const all = Object.entries(json(sessions, neighborsSchema));
  const told = all
    .filter(([address]) => z.ipv6().safeParse(address).success)
    .slice(0, limits.bgpNeighborsMax);
  const exchanged = await exchangedRoutesOf(ask, told, table);
  const neighbor = told.map(([address, one]) =>
    neighborOf(address, one, configuration, exchanged.get(address)),
  );
  const as = table.localAS ?? all[0]?.[1].localAs;
  return {
    'confer-device:running': true,
    ...(as !== undefined && { global: { as } }),
    neighbors: { neighbor },
    'confer-device:network': [...configuration.matchAll(/^ {2}network (\S+:\S*\/\d+)/gm)]
      .map(([, prefix = '']) => prefix)
      .slice(0, limits.bgpRoutesMax),
    'loc-rib': Object.entries(table.routes)
      .flatMap(([prefix, paths]) => {
        const best = paths.find(({ bestpath }) => bestpath === true);
        if (best === undefined) return [];
        const from = z.ipv6().safeParse(best.peerId).data;
        return [
          {
            ...routeOf(prefix, best.path, best.origin),
            ...(from !== undefined && from !== '::' && { from }),
          },
        ];
      })
      .slice(0, limits.bgpRoutesMax),
  };
}

type Neighbor = NonNullable<BgpData['ietf-bgp:bgp']['neighbors']>['neighbor'][number];
type Told = z.infer<typeof neighborsSchema>[string];
type Exchanged = Pick<Neighbor, 'adj-rib-in-pre' | 'adj-rib-in-post' | 'adj-rib-out-post'>;

/** Of the sessions that are up. What passed a policy is in the table, usable or not; what did not pass is not there. */
async function exchangedRoutesOf(
  ask: Ask,
  told: readonly (readonly [string, Told])[],
  table: Table,
): Promise<Map<string, Exchanged>> {
  const up = told.filter(([, one]) => stateOf(one) === 'established').map(([address]) => address);
  if (up.length === 0) return new Map();
  const command = (address: string, which: string) =>
    `show bgp ipv6 unicast neighbors ${address} ${which}-routes json`;
  const answers = await ask(
    'bgpd',
    up.flatMap((address) => [command(address, 'received'), command(address, 'advertised')]),
  );
  const routes = (index: number, which: 'receivedRoutes' | 'advertisedRoutes') =>
    Object.entries(json(answers[index], exchangedSchema)[which])
      .map(([prefix, { path, bgpOriginCode }]) => routeOf(prefix, path, bgpOriginCode))
      .slice(0, limits.bgpRoutesMax);
  return new Map(
    up.map((address, index) => [
      address,
      {
        'adj-rib-in-pre': routes(2 * index, 'receivedRoutes'),
        'adj-rib-in-post': Object.entries(table.routes)
          .flatMap(([prefix, paths]) =>
            paths
              .filter(({ peerId }) => peerId === address)
              .map(({ path, origin }) => routeOf(prefix, path, origin)),
          )
          .slice(0, limits.bgpRoutesMax),
        'adj-rib-out-post': routes(2 * index + 1, 'advertisedRoutes'),
      },
    ]),
  );
}

function stateOf({ bgpState }: Told): Neighbor['session-state'] {
  return bgpStates.find((name) => name === bgpState.toLowerCase()) ?? 'idle';
}

function neighborOf(
  address: string,
  one: Told,
  configuration: string,
  exchanged: Exchanged | undefined,
): Neighbor {
  const family = one.addressFamilyInfo?.ipv6Unicast;
  const ofNeighbor = (word: string) =>
    new RegExp(String.raw`^ *neighbor ${address.replaceAll('.', '\\.')} ${word} (\S+)`, 'm').exec(
      configuration,
    )?.[1];
  const source =
    z.ipv6().safeParse(ofNeighbor('update-source')).data ?? z.ipv6().safeParse(one.hostLocal).data;
  const limit = family?.prefixAllowedMax ?? Number(ofNeighbor('maximum-prefix') ?? Number.NaN);
  const imports = family?.incomingUpdatePrefixFilterList ?? family?.routeMapForIncomingAdvertisements;
  const exports = family?.outgoingUpdatePrefixFilterList ?? family?.routeMapForOutgoingAdvertisements;
  return {
    'remote-address': address,
    ...(source !== undefined && { 'local-address': source }),
    'peer-as': one.remoteAs,
    'session-state': stateOf(one),
    ...errorsOf(one.lastErrorCodeSubcode, one.lastResetDueTo),
    ...(Number.isInteger(limit) && { 'prefix-limit': limit }),
    ...(imports !== undefined && { 'import-policy': imports.replace(/^\*/, '') }),
    ...(exports !== undefined && { 'export-policy': exports.replace(/^\*/, '') }),
    ...exchanged,
  };
}

/** "0202" is code 2, subcode 2, in hexadecimal. */
function errorsOf(code: string | undefined, due = ''): Pick<Neighbor, 'errors'> {
  const match = /^([0-9a-f]{2})([0-9a-f]{2})$/i.exec(code ?? '');
  if (match === null) return {};
  const [, high = '', low = ''] = match;
  const told: Notification = { code: Number.parseInt(high, 16), subcode: Number.parseInt(low, 16) };
  return { errors: /received/i.test(due) ? { received: told } : { sent: told } };
}

function routeOf(prefix: string, path: string, origin: string): BgpRoute {
  const numbers = path.match(/\d+/g) ?? [];
  return {
    prefix,
    origin: /^(i|igp)$/i.test(origin) ? 'igp' : /^(e|egp)$/i.test(origin) ? 'egp' : 'incomplete',
    'as-path': numbers.map(Number).slice(0, limits.bgpAsPathMax),
  };
}

const peersSchema = z.array(
  z.object({
    peer: z.string(),
    interface: z.string().optional(),
    multihop: z.boolean(),
    status: z.string().optional(),
    'control-packet-input': z.number().optional(),
    'control-packet-output': z.number().optional(),
  }),
);

async function bfd(ask: Ask): Promise<BfdData['ietf-bfd:bfd']> {
  const [told, counts] = await ask('bfdd', ['show bfd peers json', 'show bfd peers counters json']);
  const [peers, counted] = [json(told || '[]', peersSchema), json(counts || '[]', peersSchema)];
  const session = peers.flatMap(({ peer, interface: name, multihop, status }) => {
    if (multihop || name === undefined || !z.ipv6().safeParse(peer).success) return [];
    const counters = counted.find((one) => one.peer === peer && one.interface === name);
    return {
      interface: name,
      'dest-addr': peer,
      'local-state': bfdStates[status ?? ''] ?? ('down' as const),
      'receive-packet-count': String(counters?.['control-packet-input'] ?? 0),
      'send-packet-count': String(counters?.['control-packet-output'] ?? 0),
    };
  });
  return { 'confer-device:running': true, session: session.slice(0, limits.bgpNeighborsMax) };
}

const bfdStates: Record<string, 'adminDown' | 'down' | 'init' | 'up'> = {
  up: 'up',
  down: 'down',
  init: 'init',
  shutdown: 'adminDown',
};

const circuitsOf = <T extends z.ZodType>(circuit: T) =>
  z.object({ areas: z.array(z.object({ circuits: z.array(circuit).default([]) })).default([]) });
const interfacesSchema = circuitsOf(
  z.object({ interface: z.object({ name: z.string(), level: z.string() }) }),
);
const adjacenciesSchema = circuitsOf(
  z.object({
    adj: z.string().optional(),
    interface: z.string().optional(),
    level: z.number().optional(),
    state: z.string().optional(),
  }),
);
const summarySchema = z.object({
  'system-id': z.string().optional(),
  areas: z.array(z.object({ net: z.string().optional() })).default([]),
});

/** What it prints for both is another word. */
const levels: Record<string, 'level-1' | 'level-2'> = { L1: 'level-1', L2: 'level-2' };

async function isis(ask: Ask): Promise<IsisData['ietf-isis:isis']> {
  const commands = [
    'show isis interface detail json',
    'show isis neighbor json',
    'show isis summary json',
    'show running-config',
  ];
  const [ends, neighbours, whole, configuration = ''] = await ask('isisd', commands);
  const interfaces = json(ends, interfacesSchema);
  const adjacencies = json(neighbours, adjacenciesSchema);
  const summary = json(whole, summarySchema);
  const known = adjacencies.areas.flatMap(({ circuits }) => circuits);
  const names = interfaces.areas.flatMap(({ circuits }) => circuits.map((circuit) => circuit.interface));
  const systemId = summary['system-id'];
  return {
    'confer-device:running': true,
    ...(systemId !== undefined && { 'system-id': systemId }),
    'area-address': summary.areas.flatMap(({ net }) => (net === undefined ? [] : areaOf(net))).slice(0, 8),
    interface: names.slice(0, limits.bgpNeighborsMax).map(({ name, level }) => ({
      name,
      'level-type': levels[level] ?? 'level-all',
      'confer-device:authentication': authenticationOf(name, configuration),
      adjacency: known.flatMap(({ adj, interface: at, state, level: usage }) =>
        at === name && adj !== undefined
          ? {
              'neighbor-sysid': adj,
              state:
                state === 'Up'
                  ? ('up' as const)
                  : state === 'Initializing'
                    ? ('init' as const)
                    : ('down' as const),
              ...(usage !== undefined && { usage: levels[`L${usage}`] ?? ('level-all' as const) }),
            }
          : [],
      ),
    })),
  };
}

/** "49.0001.0000.0000.0001.00": the system and the selector are its last seven octets (ISO 10589 section 7.1.1). */
function areaOf(net: string): string {
  return net.split('.').slice(0, -4).join('.');
}

/** The kind of it alone. */
function authenticationOf(name: string, configuration: string): 'none' | 'cleartext' | 'md5' {
  const section = configuration
    .split(/^(?=interface |router )/m)
    .find((part) => part.startsWith(`interface ${name}\n`));
  const kind = /^ isis password (md5|clear) /m.exec(section ?? '')?.[1];
  return kind === 'md5' ? 'md5' : kind === 'clear' ? 'cleartext' : 'none';
}
