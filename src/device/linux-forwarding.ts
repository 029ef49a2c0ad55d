/** Installed local SIDs (`seg6local` routes), who may use them, and the kernel's IPv6 drop counters. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { ForwardingData } from '../core/device-data.ts';
import { parseToolJson, type RunTool } from './linux-tools.ts';

const printed = z.array(
  z.object({
    dst: z.string(),
    type: z.string().optional(),
    encap: z.string().optional(),
    action: z.string().optional(),
    nh6: z.ipv6().optional(),
    // Of a SID the one that its action looks in, else the route's own; none = main.
    table: z.string().optional(),
    // Only routes that were added with `count` have counters.
    stats64: z.object({ packets: z.number(), errors: z.number() }).optional(),
  }),
);

const counterNames = {
  'in-no-routes': 'Ip6InNoRoutes',
  'out-no-routes': 'Ip6OutNoRoutes',
  'in-too-big-errors': 'Ip6InTooBigErrors',
  'in-header-errors': 'Ip6InHdrErrors',
} as const;

type SegmentRouting = NonNullable<ForwardingData['confer-device:forwarding']['segment-routing']>;

/** `interfaces` take part in the tested network. */
export async function readForwarding(
  run: RunTool,
  interfaces: readonly string[],
  signal?: AbortSignal,
): Promise<ForwardingData> {
  const [routes, counters, segmentRouting] = await Promise.all([
    run('ip', ['-j', '-6', '-s', 'route', 'show', 'table', 'all'], { signal }),
    // Through the calling process, so these are the counters of the agent's own network namespace.
    readFile('/proc/self/net/snmp6', 'utf8'),
    Promise.all(interfaces.map(segmentRoutingOf)),
  ]);
  return forwardingOf(parseToolJson('ip', routes), counters, segmentRouting.flat());
}

/** Nothing for an interface that has gone meanwhile, or where the kernel has no segment routing. */
async function segmentRoutingOf(name: string): Promise<SegmentRouting> {
  const setting = async (key: string) =>
    Number(await readFile(`/proc/sys/net/ipv6/conf/${name}/${key}`, 'utf8'));
  try {
    const [enabled, hmac] = await Promise.all([setting('seg6_enabled'), setting('seg6_require_hmac')]);
    return [{ interface: name, enabled: enabled === 1, 'hmac-required': hmac === 1 }];
  } catch {
    return [];
  }
}

export function forwardingOf(
  routesJson: unknown,
  snmp6: string,
  segmentRouting: SegmentRouting = [],
): ForwardingData {
  const counters = new Map(
    snmp6.split('\n').map((line): [string, string] => {
      const [name = '', value = '0'] = line.trim().split(/\s+/);
      return [name, value];
    }),
  );
  const counter = (name: keyof typeof counterNames) => counters.get(counterNames[name]) ?? '0';
  const routes = printed.parse(routesJson);
  const localTables = new Set(
    routes.flatMap(({ type, encap, table = 'main' }) =>
      type === 'local' && encap === undefined ? [table] : [],
    ),
  );
  return {
    'confer-device:forwarding': {
      'local-sid': routes.flatMap(({ dst, encap, action, nh6, table, stats64 }) =>
        encap === 'seg6local'
          ? [
              {
                sid: dst,
                behavior: action ?? 'unknown',
                packets: String(stats64?.packets ?? 0),
                errors: String(stats64?.errors ?? 0),
                ...(nh6 !== undefined && { 'next-hop-address': nh6 }),
                ...(action === 'End.DT6' &&
                  table !== undefined && { 'delivers-locally': localTables.has(table) }),
              },
            ]
          : [],
      ),
      'segment-routing': segmentRouting,
      ipv6: {
        'in-no-routes': counter('in-no-routes'),
        'out-no-routes': counter('out-no-routes'),
        'in-too-big-errors': counter('in-too-big-errors'),
        'in-header-errors': counter('in-header-errors'),
      },
    },
  };
}
