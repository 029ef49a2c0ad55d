/** `ip -j -s -s -d address` as ietf-interfaces (RFC 8343) with ietf-ip's IPv6 part (RFC 8344). */
import { z } from 'zod';
import type { InterfacesData } from '../core/device-data.ts';
import { limits } from '../core/limits.ts';
import { parseToolJson, type RunTool } from './linux-tools.ts';

const direction = z.object({
  bytes: z.number(),
  packets: z.number(),
  errors: z.number(),
  dropped: z.number(),
  carrier_changes: z.number().optional(),
  window_errors: z.number().optional(),
});

const printed = z.array(
  z.object({
    // `-d` adds objects without a name for interfaces that vanish meanwhile.
    ifindex: z.number().optional(),
    ifname: z.string().optional(),
    ifalias: z.string().optional(),
    flags: z.array(z.string()).default([]),
    mtu: z.number().default(0),
    operstate: z.string().default('UNKNOWN'),
    address: z.string().optional(),
    addr_info: z
      .array(
        z.object({
          family: z.string().optional(),
          local: z.string().optional(),
          prefixlen: z.number().optional(),
        }),
      )
      .default([]),
    stats64: z.object({ rx: direction, tx: direction }).optional(),
  }),
);

const printedNeighbours = z.array(
  z.object({ dst: z.ipv6(), dev: z.string(), state: z.array(z.string()).default([]) }),
);

/** Of each interface the root alone: what its classes drop, it counts too. */
const printedQueues = z.array(
  z.object({
    kind: z.string(),
    handle: z.string().optional(),
    dev: z.string(),
    root: z.boolean().optional(),
    packets: z.number().default(0),
    drops: z.number().default(0),
  }),
);

type PrintedQueue = z.infer<typeof printedQueues>[number];
type PrintedNeighbour = z.infer<typeof printedNeighbours>[number];

type NeighbourState = NonNullable<Interface['ietf-ip:ipv6']['neighbor']>[number]['state'];

/** Linux's states as those of RFC 8344; what needs no resolution is left out. */
const neighbourStates: Record<string, NeighbourState> = {
  INCOMPLETE: 'incomplete',
  FAILED: 'incomplete',
  REACHABLE: 'reachable',
  PERMANENT: 'reachable',
  STALE: 'stale',
  DELAY: 'delay',
  PROBE: 'probe',
};

type Printed = z.infer<typeof printed>[number];
type Interface = InterfacesData['ietf-interfaces:interfaces']['interface'][number];

const nothing: z.infer<typeof direction> = { bytes: 0, packets: 0, errors: 0, dropped: 0 };

/** `only` = the interfaces that take part in the tested network; absent = all but the loopback. */
export async function readInterfaces(
  run: RunTool,
  only: readonly string[] | undefined,
  signal?: AbortSignal,
): Promise<InterfacesData> {
  const [output, neighbours, queues] = await Promise.all([
    run('ip', ['-j', '-s', '-s', '-d', 'address', 'show'], { signal }),
    run('ip', ['-j', '-6', 'neighbour', 'show'], { signal }),
    run('tc', ['-j', '-s', 'qdisc', 'show'], { signal }),
  ]);
  return interfacesOf(
    parseToolJson('ip', output),
    only,
    parseToolJson('ip', neighbours),
    parseToolJson('tc', queues),
  );
}

export function interfacesOf(
  json: unknown,
  only?: readonly string[],
  neighboursJson: unknown = [],
  queuesJson: unknown = [],
): InterfacesData {
  const queues = Map.groupBy(printedQueues.parse(queuesJson).filter(waits), ({ dev }) => dev);
  const neighbours = Map.groupBy(printedNeighbours.parse(neighboursJson), ({ dev }) => dev);
  const list = printed
    .parse(json)
    .flatMap((link) =>
      link.ifname === undefined
        ? []
        : [interfaceOf(link, link.ifname, neighbours.get(link.ifname) ?? [], queues.get(link.ifname) ?? [])],
    )
    .filter(({ name }) => (only === undefined ? name !== 'lo' : only.includes(name)));
  return { 'ietf-interfaces:interfaces': { interface: list } };
}

function interfaceOf(
  link: Printed,
  name: string,
  neighbours: readonly PrintedNeighbour[],
  queues: readonly PrintedQueue[],
): Interface {
  const { rx, tx } = link.stats64 ?? { rx: nothing, tx: nothing };
  return {
    name,
    ...(link.ifalias === undefined ? {} : { description: link.ifalias }),
    'admin-status': link.flags.includes('UP') ? 'up' : 'down',
    'oper-status': operStatus(link),
    ...(link.address === undefined ? {} : { 'phys-address': link.address }),
    ...(tx.carrier_changes !== undefined && {
      'confer-device:carrier-changes': String(tx.carrier_changes),
    }),
    // Linux keeps late collisions under this name (include/uapi/linux/if_link.h).
    ...(tx.window_errors !== undefined && { 'confer-device:late-collisions': String(tx.window_errors) }),
    ...(queues.length > 0 && {
      'openconfig-qos:output': {
        queues: {
          queue: queues.slice(0, limits.queuesMax).map(({ kind, handle = '', packets, drops }) => ({
            name: `${kind} ${handle}`.trim(),
            'transmit-pkts': String(packets),
            'dropped-pkts': String(drops),
          })),
        },
      },
    }),
    'ietf-ip:ipv6': {
      mtu: link.mtu,
      address: link.addr_info.flatMap(({ family, local, prefixlen }) =>
        family === 'inet6' && local !== undefined && prefixlen !== undefined
          ? [{ ip: local, 'prefix-length': prefixlen }]
          : [],
      ),
      neighbor: neighbours.flatMap(({ dst, state: [state = ''] }) => {
        const known = neighbourStates[state];
        return known === undefined ? [] : [{ ip: dst, state: known }];
      }),
    },
    statistics: {
      'in-octets': String(rx.bytes),
      'in-pkts': String(rx.packets),
      'in-discards': String(rx.dropped),
      'in-errors': String(rx.errors),
      'out-octets': String(tx.bytes),
      'out-pkts': String(tx.packets),
      'out-discards': String(tx.dropped),
      'out-errors': String(tx.errors),
    },
  };
}

function waits({ kind, root }: PrintedQueue): boolean {
  return root === true && kind !== 'noqueue';
}

/** RFC 2863's states as Linux names them; some drivers never say more than UNKNOWN, then the carrier decides. */
function operStatus({ operstate, flags }: Printed): Interface['oper-status'] {
  if (operstate === 'UP') return 'up';
  if (operstate !== 'UNKNOWN') return 'down';
  return flags.includes('NO-CARRIER') ? 'down' : flags.includes('LOWER_UP') ? 'up' : 'unknown';
}

/** Names and kernel indices of the interfaces that take part in the tested network. */
export async function listInterfaces(
  run: RunTool,
  only: readonly string[] | undefined,
  signal?: AbortSignal,
): Promise<{ name: string; index: number }[]> {
  const output = await run('ip', ['-j', 'link', 'show'], { signal });
  return printed.parse(parseToolJson('ip', output)).flatMap(({ ifname, ifindex }) => {
    if (ifname === undefined || ifindex === undefined) return [];
    const taken = only === undefined ? ifname !== 'lo' : only.includes(ifname);
    return taken ? [{ name: ifname, index: ifindex }] : [];
  });
}
