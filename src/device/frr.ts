/**
 * FRR's routing daemons as routing-data.ts has them. `vtysh` is asked for JSON, daemon by daemon, whenever somebody reads;
 * keys and passwords of its configuration are left out. Tried with FRR 8.4.
 */
import { z } from 'zod';
import type { JsonObject } from '../../crypto/canonical.ts';
import { ConferError, messageOf } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { BfdData, BgpData, IsisData } from '../core/routing-data.ts';
import type { RoutingProtocol } from '../core/topology-routing.ts';
import { type Ask, answersIn, json } from './frr-answers.ts';
import { bgp } from './frr-bgp.ts';
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
