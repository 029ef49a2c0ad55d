/** FRR's bgpd as routing-data.ts has it; frr.ts says how it is asked. */
import { z } from 'zod';
import { limits } from '../core/limits.ts';
import { type BgpData, type BgpRoute, bgpStates, type Notification } from '../core/routing-data.ts';
import { type Ask, json } from './frr-answers.ts';

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
/** Without "soft-reconfiguration inbound" FRR keeps no copy of what it received, and prints a warning in its place. */
const exchangedSchema = z.object({
  advertisedRoutes: exchangedRoutes.default({}),
  receivedRoutes: exchangedRoutes.optional(),
});

export async function bgp(ask: Ask): Promise<BgpData['ietf-bgp:bgp']> {
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
  const exchanged = answers.map((answer) => json(answer, exchangedSchema));
  const routes = (told: z.infer<typeof exchangedRoutes>) =>
    Object.entries(told)
      .map(([prefix, { path, bgpOriginCode }]) => routeOf(prefix, path, bgpOriginCode))
      .slice(0, limits.bgpRoutesMax);
  return new Map(
    up.map((address, index) => {
      const received = exchanged[2 * index]?.receivedRoutes;
      const ribs: Exchanged = {
        ...(received !== undefined && { 'adj-rib-in-pre': routes(received) }),
        'adj-rib-in-post': Object.entries(table.routes)
          .flatMap(([prefix, paths]) =>
            paths
              .filter(({ peerId }) => peerId === address)
              .map(({ path, origin }) => routeOf(prefix, path, origin)),
          )
          .slice(0, limits.bgpRoutesMax),
        'adj-rib-out-post': routes(exchanged[2 * index + 1]?.advertisedRoutes ?? {}),
      };
      return [address, ribs];
    }),
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
