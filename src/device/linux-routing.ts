/** `ip -j -6 route show table main` as ietf-routing (RFC 8349): one entry a next hop. */
import { isIPv6 } from 'node:net';
import { z } from 'zod';
import type { RoutingData } from '../core/device-data.ts';
import { parseToolJson, type RunTool } from './linux-tools.ts';

const printed = z.array(
  z.object({
    type: z.string().optional(),
    dst: z.string(),
    gateway: z.string().optional(),
    via: z.object({ host: z.string() }).optional(),
    dev: z.string().optional(),
    encap: z.string().optional(),
    nexthops: z
      .array(
        z.object({
          gateway: z.string().optional(),
          via: z.object({ host: z.string() }).optional(),
          dev: z.string().optional(),
        }),
      )
      .optional(),
  }),
);

type Route = RoutingData['ietf-routing:routing']['ribs']['rib'][number]['routes']['route'][number];

const specialTypes: Record<string, Route['next-hop']['special-next-hop']> = {
  blackhole: 'blackhole',
  unreachable: 'unreachable',
  prohibit: 'unreachable',
  local: 'receive',
  anycast: 'receive',
};

export async function readRouting(run: RunTool, signal?: AbortSignal): Promise<RoutingData> {
  const output = await run('ip', ['-j', '-6', 'route', 'show', 'table', 'main'], { signal });
  return routingOf(parseToolJson('ip', output));
}

/** Local SIDs are left out: they are no routes towards anybody, `/confer-device:forwarding` has them. */
export function routingOf(json: unknown): RoutingData {
  const route = printed
    .parse(json)
    .filter(({ type, encap }) => type !== 'multicast' && encap !== 'seg6local')
    .flatMap((entry): Route[] => {
      const prefix = prefixOf(entry.dst);
      const special = entry.type === undefined ? undefined : specialTypes[entry.type];
      if (special !== undefined) {
        return [{ 'destination-prefix': prefix, 'next-hop': { 'special-next-hop': special } }];
      }
      return (entry.nexthops ?? [entry]).map(({ dev, gateway, via }) => {
        const given = gateway ?? via?.host;
        const address = given !== undefined && isIPv6(given) ? given : undefined;
        return {
          'destination-prefix': prefix,
          'next-hop': {
            ...(dev === undefined ? {} : { 'outgoing-interface': dev }),
            ...(address === undefined ? {} : { 'next-hop-address': address }),
          },
        };
      });
    });
  return { 'ietf-routing:routing': { ribs: { rib: [{ name: 'ipv6-main', routes: { route } }] } } };
}

/** `ip` writes a host route without its length and ::/0 as "default". */
function prefixOf(destination: string): string {
  if (destination === 'default') return '::/0';
  return destination.includes('/') ? destination : `${destination}/128`;
}
