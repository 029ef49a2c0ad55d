/** Whether routing daemons have come to rest: what a node's FRR says, compared with what its topology expects. Pure. */
import { z } from 'zod';
import type { Topology } from '../../core/topology.ts';
import { type RoutingProtocol, sessionsOf } from '../../core/topology-routing.ts';

/** What vtysh is asked for each. */
export const stateCommands: Record<RoutingProtocol, readonly string[]> = {
  bgp: ['show bgp neighbors json', 'show bgp ipv6 unicast json'],
  bfd: ['show bfd peers json'],
  isis: ['show isis neighbor json'],
};

/** From what the commands printed, in their order; a daemon that prints something else has just begun. */
export function isAtRest(
  topology: Topology,
  node: string,
  protocol: RoutingProtocol,
  told: readonly string[],
): boolean {
  const [first, second] = told.map(jsonOf);
  switch (protocol) {
    case 'bgp':
      return areEstablished(first) && areExchanged(topology, node, second);
    case 'bfd':
      return areUp(first);
    case 'isis':
      return areAdjacent(topology, node, first);
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const sessionsSchema = z.record(z.string(), z.object({ bgpState: z.string() }));

function areEstablished(told: unknown): boolean {
  const states = Object.values(sessionsSchema.safeParse(told).data ?? {});
  return states.length > 0 && states.every(({ bgpState }) => bgpState === 'Established');
}

const tableSchema = z.object({
  routes: z.record(z.string(), z.array(z.object({ bestpath: z.boolean().optional() }))).default({}),
});

/** FRR sends what a policy let go of up to some seconds later. */
function areExchanged(topology: Topology, name: string, told: unknown): boolean {
  const routes = tableSchema.safeParse(told).data?.routes ?? {};
  const senders = [name, ...sessionsOf(topology, name).map(({ peer }) => peer.node)];
  const expected = topology.nodes.flatMap(({ name: sender, bgp }) =>
    senders.includes(sender) ? (bgp?.prefixes ?? []) : [],
  );
  return expected.every((prefix) => routes[prefix]?.some(({ bestpath }) => bestpath === true) === true);
}

function areUp(told: unknown): boolean {
  const peers = z.array(z.object({ status: z.string() })).safeParse(told).data ?? [];
  return peers.length > 0 && peers.every(({ status }) => status === 'up');
}

const neighboursSchema = z.object({
  areas: z
    .array(
      z.object({
        circuits: z
          .array(
            z.object({
              interface: z.string().optional(),
              level: z.number().optional(),
              state: z.string().optional(),
            }),
          )
          .default([]),
      }),
    )
    .default([]),
});

/** FRR 8.4 has neighbours at levels that the link is not for, until their next hello. */
function areAdjacent({ links }: Topology, name: string, told: unknown): boolean {
  const areas = neighboursSchema.safeParse(told).data?.areas ?? [];
  const known = areas.flatMap(({ circuits }) => circuits);
  return links.every(({ a, b, isisLevel }) =>
    [a, b]
      .filter(({ node }) => node === name && isisLevel !== undefined)
      .every((own) =>
        known.some(
          ({ interface: at, level, state }) => at === own.interface && level === isisLevel && state === 'Up',
        ),
      ),
  );
}
