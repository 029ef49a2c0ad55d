/**
 * What a router's routing protocols say, as RFC 7951 JSON: subsets of ietf-bgp (draft-ietf-idr-bgp-model), ietf-bfd
 * (RFC 9314) and ietf-isis (RFC 9130). Their top levels hang below ietf-routing there; here each protocol is read alone.
 * A daemon that does not answer has `confer-device:running` false and nothing else.
 */
import { z } from 'zod';
import { limits } from './limits.ts';

export const routingPaths = {
  bgp: '/ietf-bgp:bgp',
  bfd: '/ietf-bfd:bfd',
  isis: '/ietf-isis:isis',
} as const;

const counter64 = z.string().regex(/^\d{1,20}$/);
const name = z.string().max(limits.nameCharactersMax);
const autonomousSystem = z.int().min(0).max(4_294_967_295);

/** RFC 4271 section 4.5 and RFC 4486: error code and subcode of a NOTIFICATION. */
const notification = z.object({ code: z.int().min(0).max(255), subcode: z.int().min(0).max(255) });

const bgpRoute = z.object({
  prefix: z.cidrv6(),
  origin: z.enum(['igp', 'egp', 'incomplete']),
  'as-path': z.array(autonomousSystem).max(limits.bgpAsPathMax),
});
const bgpRoutes = z.array(bgpRoute).max(limits.bgpRoutesMax);

export const bgpStates = ['idle', 'connect', 'active', 'opensent', 'openconfirm', 'established'] as const;

const bgpNeighbor = z.object({
  'remote-address': z.ipv6(),
  'local-address': z.ipv6().optional(),
  'peer-as': autonomousSystem,
  'session-state': z.enum(bgpStates),
  /** The last NOTIFICATION of each direction. */
  errors: z.object({ sent: notification.optional(), received: notification.optional() }).optional(),
  /** Prefixes taken at most. */
  'prefix-limit': z.int().min(0).optional(),
  /** Names of the policies in force. */
  'import-policy': name.optional(),
  'export-policy': name.optional(),
  /**
   * As received, before any policy and after it; as sent, after it. Present while the session is up, the first only where
   * the router keeps a copy.
   */
  'adj-rib-in-pre': bgpRoutes.optional(),
  'adj-rib-in-post': bgpRoutes.optional(),
  'adj-rib-out-post': bgpRoutes.optional(),
});

export const bgpSchema = z.object({
  'ietf-bgp:bgp': z.object({
    'confer-device:running': z.boolean(),
    global: z.object({ as: autonomousSystem }).optional(),
    neighbors: z.object({ neighbor: z.array(bgpNeighbor).max(limits.bgpNeighborsMax) }).optional(),
    /** What it is configured to originate, whether it does or not. */
    'confer-device:network': z.array(z.cidrv6()).max(limits.bgpRoutesMax).optional(),
    /** The routes that were chosen; `from` is the neighbour's address, absent for the router's own. */
    'loc-rib': z
      .array(bgpRoute.extend({ from: z.ipv6().optional() }))
      .max(limits.bgpRoutesMax)
      .optional(),
  }),
});

/** RFC 5880 section 6.8.1. */
const bfdState = z.enum(['adminDown', 'down', 'init', 'up']);

export const bfdSchema = z.object({
  'ietf-bfd:bfd': z.object({
    'confer-device:running': z.boolean(),
    session: z
      .array(
        z.object({
          interface: name,
          'dest-addr': z.ipv6(),
          'local-state': bfdState,
          'receive-packet-count': counter64,
          'send-packet-count': counter64,
        }),
      )
      .max(limits.bgpNeighborsMax)
      .optional(),
  }),
});

const level = z.enum(['level-1', 'level-2', 'level-all']);

export const isisSchema = z.object({
  'ietf-isis:isis': z.object({
    'confer-device:running': z.boolean(),
    'system-id': name.optional(),
    'area-address': z.array(name).max(8).optional(),
    interface: z
      .array(
        z.object({
          name,
          'level-type': level,
          /** How hellos are signed; never the key. */
          'confer-device:authentication': z.enum(['none', 'cleartext', 'md5']),
          adjacency: z
            .array(
              z.object({
                'neighbor-sysid': name,
                state: z.enum(['up', 'down', 'init']),
                /** At which level; absent where the router does not tell. */
                usage: level.optional(),
              }),
            )
            .max(64),
          /** Hellos, where the router counts them by interface. */
          iih: z.object({ in: counter64, out: counter64 }).optional(),
        }),
      )
      .max(limits.bgpNeighborsMax)
      .optional(),
    /** Link state: whose, and its sequence number. */
    lsp: z
      .array(z.object({ 'lsp-id': name, sequence: z.int().min(0) }))
      .max(limits.bgpRoutesMax)
      .optional(),
  }),
});

export type BgpData = z.infer<typeof bgpSchema>;
export type BfdData = z.infer<typeof bfdSchema>;
export type IsisData = z.infer<typeof isisSchema>;
export type BgpRoute = z.infer<typeof bgpRoute>;
export type Notification = z.infer<typeof notification>;
