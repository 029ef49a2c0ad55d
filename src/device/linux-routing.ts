/** `ip -j -6 route show table main` as ietf-routing (RFC 8349), one entry a next hop; and what forwarding finds. */
import { isIPv6 } from 'node:net';
import { z } from 'zod';
import type { LookupData, RoutingData } from '../core/device-data.ts';
import { checkLookup } from '../core/driver-arguments.ts';
import { messageOf } from '../core/errors.ts';
import { canonicalAddress } from '../core/topology-nodes.ts';
import { parseToolJson, type RunTool } from './linux-tools.ts';

const printed = z.object({
  type: z.string().optional(),
  dst: z.string(),
  gateway: z.string().optional(),
  via: z.object({ host: z.string() }).optional(),
  dev: z.string().optional(),
  encap: z.string().optional(),
  /** Of encap seg6. */
  segs: z.array(z.ipv6()).optional(),
  nexthops: z
    .array(
      z.object({
        gateway: z.string().optional(),
        via: z.object({ host: z.string() }).optional(),
        dev: z.string().optional(),
      }),
    )
    .optional(),
});

type Printed = z.infer<typeof printed>;
type Route = RoutingData['ietf-routing:routing']['ribs']['rib'][number]['routes']['route'][number];

type NextHop = Route['next-hop'];

const specialTypes: Partial<Record<string, NonNullable<NextHop['special-next-hop']>>> = {
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
  const route = z
    .array(printed)
    .parse(json)
    .filter(({ type, encap }) => type !== 'multicast' && encap !== 'seg6local')
    .flatMap((entry): Route[] =>
      nextHopsOf(entry).map((nextHop) => ({
        'destination-prefix': prefixOf(entry.dst),
        'next-hop': nextHop,
      })),
    );
  return { 'ietf-routing:routing': { ribs: { rib: [{ name: 'ipv6-main', routes: { route } }] } } };
}

/** `ip -j -6 route get fibmatch`: what forwarding finds, through every rule and table (iproute2 4.13, Linux 4.13). */
export async function readLookup(run: RunTool, text: string, signal?: AbortSignal): Promise<LookupData> {
  checkLookup(text);
  const address = canonicalAddress(text);
  const args = ['-j', '-6', 'route', 'get', 'fibmatch', address];
  const output = await run('ip', args, { signal }).catch((error) => {
    const refusal = refusals.find(({ said }) => messageOf(error).includes(said));
    if (refusal === undefined) throw error;
    return refusal;
  });
  if (typeof output === 'object') return lookupOf(address, undefined, output.nextHops);
  const [entry] = z.array(printed).parse(parseToolJson('ip', output));
  return lookupOf(address, entry, entry === undefined ? [] : nextHopsOf(entry));
}

/** The kernel answers a look-up that leads nowhere with the errno that it would give a sender. */
const refusals: readonly { said: string; nextHops: NextHop[] }[] = [
  { said: 'RTNETLINK answers: Network is unreachable', nextHops: [] },
  { said: 'RTNETLINK answers: Invalid argument', nextHops: [{ 'special-next-hop': 'blackhole' }] },
  { said: 'RTNETLINK answers: No route to host', nextHops: [{ 'special-next-hop': 'unreachable' }] },
  { said: 'RTNETLINK answers: Permission denied', nextHops: [{ 'special-next-hop': 'unreachable' }] },
];

function lookupOf(address: string, entry: Printed | undefined, nextHops: NextHop[]): LookupData {
  return {
    'confer-device:lookup': {
      address,
      ...(entry !== undefined && { 'destination-prefix': prefixOf(entry.dst) }),
      'next-hop': nextHops,
    },
  };
}

/** A local SID is where a packet has arrived, whatever becomes of it then. */
function nextHopsOf(entry: Printed): NextHop[] {
  const special = entry.encap === 'seg6local' ? 'receive' : specialTypes[entry.type ?? ''];
  if (special !== undefined) return [{ 'special-next-hop': special }];
  return (entry.nexthops ?? [entry]).map(({ dev, gateway, via }) => {
    const given = gateway ?? via?.host;
    const address = given !== undefined && isIPv6(given) ? given : undefined;
    return {
      ...(entry.encap === 'seg6' && entry.segs !== undefined && { 'confer-device:segment-list': entry.segs }),
      ...(dev === undefined ? {} : { 'outgoing-interface': dev }),
      ...(address === undefined ? {} : { 'next-hop-address': address }),
    };
  });
}

/** `ip` writes a host route without its length and ::/0 as "default". */
function prefixOf(destination: string): string {
  if (destination === 'default') return '::/0';
  return destination.includes('/') ? destination : `${destination}/128`;
}
