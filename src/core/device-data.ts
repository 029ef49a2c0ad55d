/**
 * What a router says of itself, as RFC 7951 JSON (64-bit counters are strings), parsed once at the edge.
 * Standard modules where there is one; `confer-device` is our own for what no standard module holds.
 * Every reading is absolute; the correlation uses differences, so nothing is ever cleared.
 */
import { z } from 'zod';
import { limits } from './limits.ts';
import { routingProtocols } from './topology-routing.ts';

export const dataPaths = {
  interfaces: '/ietf-interfaces:interfaces',
  accessLists: '/ietf-access-control-list:acls',
  routing: '/ietf-routing:routing',
  /** `/confer-device:lookup=ADDRESS`: what forwarding does with an IPv6 address now, whatever the routes say. */
  lookup: '/confer-device:lookup',
  device: '/confer-device:device',
  forwarding: '/confer-device:forwarding',
  /** Processor, memory, and how well its clock is set. */
  system: '/confer-device:system',
  /** Served by the agent from its Beacon, not by the driver. */
  discovery: '/confer-device:discovery',
  /** Signed advertisements that this agent has heard, for neighbours that IS-IS does not reach. */
  advertisements: '/confer-device:advertisements',
  /** `/confer-device:counting=ID` */
  counting: '/confer-device:counting',
} as const;

const counter64 = z.string().regex(/^\d{1,20}$/);
/** Reports repeat it in every section of every path: one long name must not make them longer than a message. */
const name = z.string().max(limits.nameCharactersMax);

/** As openconfig-qos has it, of the queues that an interface sends from; lengths in octets. */
const outputSchema = z.object({
  queues: z.object({
    queue: z
      .array(
        z.object({
          name,
          'transmit-pkts': counter64,
          'dropped-pkts': counter64,
          'max-queue-len': counter64.optional(),
          'avg-queue-len': counter64.optional(),
        }),
      )
      .max(limits.queuesMax),
  }),
});

/** RFC 8343 with RFC 8344's ipv6 augmentation. */
export const interfacesSchema = z.object({
  'ietf-interfaces:interfaces': z.object({
    interface: z.array(
      z.object({
        name,
        description: z.string().optional(),
        'admin-status': z.enum(['up', 'down']),
        'oper-status': z.enum(['up', 'down', 'unknown']),
        'phys-address': z.string().optional(),
        /** How often the interface gained or lost its carrier. */
        'confer-device:carrier-changes': counter64.optional(),
        'confer-device:duplex': z.enum(['full', 'half', 'unknown']).optional(),
        /** Frames that collided after their first 64 octets: only a half-duplex end counts them (IEEE 802.3 clause 4). */
        'confer-device:late-collisions': counter64.optional(),
        /** Of a bundle (IEEE 802.1AX): what each member counted, and which one the other end has there (LACP). */
        'confer-device:member': z
          .array(z.object({ name, partner: name, 'in-pkts': counter64, 'out-pkts': counter64 }))
          .max(limits.bundleMembersMax)
          .optional(),
        /** Where addresses are translated on the way out: names of RFC 8512, of all pools of the interface together. */
        'confer-device:translation': z
          .object({
            'ports-allocated': counter64,
            'ports-free': counter64,
            'dropped-port-packets': counter64,
          })
          .optional(),
        /** Absent where nothing waits. */
        'openconfig-qos:output': outputSchema.optional(),
        'ietf-ip:ipv6': z.object({
          mtu: z.number().int(),
          address: z.array(z.object({ ip: z.ipv6(), 'prefix-length': z.int().min(0).max(128) })),
          /** Whom this interface has resolved, or tries to (RFC 4861); what Linux calls FAILED is incomplete here. */
          neighbor: z
            .array(
              z.object({
                ip: z.ipv6(),
                state: z.enum(['incomplete', 'reachable', 'stale', 'delay', 'probe']),
              }),
            )
            .optional(),
        }),
        statistics: z.object({
          'in-octets': counter64,
          'in-pkts': counter64,
          'in-discards': counter64,
          'in-errors': counter64,
          'out-octets': counter64,
          'out-pkts': counter64,
          'out-discards': counter64,
          'out-errors': counter64,
        }),
      }),
    ),
  }),
});

const attachedAccessList = z.object({
  'acl-sets': z.object({
    'acl-set': z.array(
      z.object({
        name,
        'ace-statistics': z.array(
          z.object({
            name,
            'matched-packets': counter64,
            /** Where the entry matches only TCP to or from one port. */
            'confer-device:tcp-port': z.int().min(1).max(65_535).optional(),
          }),
        ),
      }),
    ),
  }),
});

/** RFC 8519: only dropping entries are counted as hits. */
export const accessListsSchema = z.object({
  'ietf-access-control-list:acls': z.object({
    /** The policer in front of the router's own processor (RFC 6192); absent where there is none. */
    'confer-device:control-plane': z.object({ 'dropped-packets': counter64 }).optional(),
    'attachment-points': z.object({
      interface: z.array(
        z.object({
          'interface-id': name,
          ingress: attachedAccessList.optional(),
          egress: attachedAccessList.optional(),
          /** RFC 3704: strict, a packet is dropped whose source is not routed by this interface; loose, by none. */
          'confer-device:reverse-path-filter': z
            .object({ mode: z.enum(['strict', 'loose']), 'dropped-packets': counter64 })
            .optional(),
        }),
      ),
    }),
  }),
});

/** RFC 8349's next hop. */
const nextHopSchema = z.object({
  /** SIDs in travel order, where the route encapsulates with a segment routing header (RFC 8986 section 5). */
  'confer-device:segment-list': z.array(z.ipv6()).max(limits.pathNodesMax).optional(),
  'outgoing-interface': name.optional(),
  'next-hop-address': z.ipv6().optional(),
  'special-next-hop': z.enum(['blackhole', 'unreachable', 'receive']).optional(),
});

/** RFC 8349 with its IPv6 augmentation: the routes that the router's control plane has chosen, one entry a next hop. */
export const routingSchema = z.object({
  'ietf-routing:routing': z.object({
    ribs: z.object({
      rib: z.array(
        z.object({
          name,
          routes: z.object({
            route: z.array(
              z.object({
                'destination-prefix': z.cidrv6(),
                'next-hop': nextHopSchema,
              }),
            ),
          }),
        }),
      ),
    }),
  }),
});

/** The answer of forwarding itself; nothing matches where there is no next hop. */
export const lookupSchema = z.object({
  'confer-device:lookup': z.object({
    address: z.ipv6(),
    'destination-prefix': z.cidrv6().optional(),
    /** Equal cost. */
    'next-hop': z.array(nextHopSchema).max(limits.nextHopsMax),
  }),
});

/** The DeviceFacts. */
export const deviceSchema = z.object({
  'confer-device:device': z.object({
    node: name,
    system: z.string(),
    address: z.ipv6(),
    locator: z.cidrv6(),
    sids: z.object({ end: z.ipv6(), decapsulate: z.ipv6() }),
    /** Routing protocols that it is configured to run, whether they answer or not; routing-data.ts has their readings. */
    protocols: z.array(z.enum(routingProtocols)).optional(),
  }),
});

/** Installed local SIDs (seg6local on Linux) and IPv6 drop counters (RFC 4293 names). */
export const forwardingSchema = z.object({
  'confer-device:forwarding': z.object({
    'local-sid': z.array(
      z.object({
        sid: z.ipv6(),
        behavior: z.string(),
        packets: counter64,
        errors: counter64,
        /** Of End.X: where packets go instead of where their next SID is routed (RFC 8986 section 4.2). */
        'next-hop-address': z.ipv6().optional(),
        /** Of End.DT6: whether the table that it looks in holds the router's own addresses (RFC 8986 section 4.6). */
        'delivers-locally': z.boolean().optional(),
      }),
    ),
    /** By interface of arrival: whether a SID of this router takes packets, and only with an HMAC (RFC 8754 section 2.1.2). */
    'segment-routing': z
      .array(z.object({ interface: name, enabled: z.boolean(), 'hmac-required': z.boolean() }))
      .optional(),
    ipv6: z.object({
      'in-no-routes': counter64,
      'out-no-routes': counter64,
      'in-too-big-errors': counter64,
      'in-header-errors': counter64,
    }),
  }),
});

/** Each part absent where the router does not tell it. */
export const systemSchema = z.object({
  'confer-device:system': z.object({
    /** Of all cores together, since some time in the past: two readings tell how busy they were in between. */
    processor: z.object({ 'busy-ms': counter64, 'idle-ms': counter64 }).optional(),
    memory: z.object({ 'total-kilobytes': counter64, 'available-kilobytes': counter64 }).optional(),
    clock: z
      .object({
        /** The same for those that read the very same clock, as network namespaces of one kernel do. */
        id: name,
        /** Whether a protocol keeps it set (NTP, PTP), and by how much it may be wrong then (RFC 5905's maximum error). */
        synchronised: z.boolean(),
        'maximum-error-us': z.int().min(0).optional(),
      })
      .optional(),
  }),
});

/** Who is heard directly, interface by interface. */
export const discoverySchema = z.object({
  'confer-device:discovery': z.object({
    'interval-ms': z.number().positive(),
    neighbour: z.array(
      z.object({
        interface: name,
        node: name,
        source: z.string(),
        'age-ms': z.number().min(0),
        /** How often the neighbour says that it sends; as often as this node itself, when absent. */
        'interval-ms': z.number().positive().optional(),
      }),
    ),
  }),
});

/** Each is base64 of discovery/relay.ts's encoding. */
export const advertisementsSchema = z.object({
  'confer-device:advertisements': z.object({ relayed: z.array(z.base64()).max(256) }),
});

/** Probes counted by flow label since the counting session began. */
export const countingSchema = z.object({
  'confer-device:counting': z.object({
    id: z.string(),
    flow: z.array(
      z.object({
        'flow-label': z.number().int(),
        interface: z.array(z.object({ name, in: counter64, out: counter64 })),
        /** Decapsulated here and handed to the router itself. */
        delivered: counter64,
      }),
    ),
    /** Of all these flows together: packets with another DSCP than 0 (RFC 2474). */
    marked: z.array(z.object({ name, in: counter64, out: counter64 })).optional(),
    /** Where that was asked for: when the first packets passed, by this router's own clock, nanoseconds since the epoch. */
    stamp: z
      .array(
        z.object({
          'flow-label': z.int(),
          /** Of the ICMPv6 echo request. */
          sequence: z.int().min(0).max(0xffff),
          interface: name,
          direction: z.enum(['in', 'out']),
          time: counter64,
        }),
      )
      .max(limits.stampsMax)
      .optional(),
    /** A libpcap file of the first matching packets, base64. */
    capture: z.string().optional(),
  }),
});

export type InterfacesData = z.infer<typeof interfacesSchema>;
export type AccessListsData = z.infer<typeof accessListsSchema>;
export type RoutingData = z.infer<typeof routingSchema>;
export type LookupData = z.infer<typeof lookupSchema>;
export type DeviceData = z.infer<typeof deviceSchema>;
export type ForwardingData = z.infer<typeof forwardingSchema>;
export type SystemData = z.infer<typeof systemSchema>;
export type DiscoveryData = z.infer<typeof discoverySchema>;
export type CountingData = z.infer<typeof countingSchema>;
