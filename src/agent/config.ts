/** agent.yaml: everything that one agent is told. Parsed once; all mistakes of a file are reported together. */
import { BlockList, isIPv6 } from 'node:net';
import { z } from 'zod';
import { hostRule, isAdvertisedHost, isAdvertisedName, nameRule } from '../../discovery/advertisement.ts';
import { privateCodepoints } from '../../discovery/codepoints.ts';
import { limits } from '../core/limits.ts';
import { allCapabilities } from '../core/tools.ts';
import { routingProtocols } from '../core/topology-routing.ts';
import { parseYaml } from '../core/yaml-document.ts';

const port = z.int().min(1).max(65_535);

const deviceSchema = z.strictObject({
  address: z.ipv6().describe('Loopback address: source and destination of probes'),
  locator: z.cidrv6().describe('SRv6 locator prefix, for example fc00:2::/32'),
  sids: z.strictObject({
    end: z.ipv6().describe('SID with behavior End (RFC 8986 section 4.1)'),
    decapsulate: z.ipv6().describe('SID with behavior End.DT6 (RFC 8986 section 4.6)'),
  }),
  interfaces: z.array(z.string().min(1)).optional().describe('Interfaces that take part; all when absent'),
  routing: z
    .strictObject({
      protocols: z.array(z.enum(routingProtocols)).min(1),
      socketDirectory: z
        .string()
        .min(1)
        .exactOptional()
        .describe("Of FRR's vty sockets; its own when absent"),
    })
    .exactOptional()
    .describe('Routing protocols that FRR runs here; nothing is told of them when absent'),
});

/** Loopback and private addresses are reachable for somebody; these are for nobody. */
const unreachable = new BlockList();
unreachable.addAddress('0.0.0.0');
unreachable.addAddress('::', 'ipv6');
unreachable.addSubnet('224.0.0.0', 4);
unreachable.addSubnet('ff00::', 8, 'ipv6');
unreachable.addSubnet('fe80::', 10, 'ipv6'); // means something only on one link, and the zone does not travel

function isReachable(host: string): boolean {
  return !unreachable.check(host, isIPv6(host) ? 'ipv6' : 'ipv4');
}

/** IEEE 802.1 and 802.3 say their own TLVs under these. */
const standardOuis = ['0080c2', '00120f'];

function octets(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replace(/[^0-9a-f]/gi, ''), 'hex'));
}

const codepointsSchema = z
  .strictObject({
    lldpOui: z
      .string()
      .regex(/^[0-9a-f]{2}([-:][0-9a-f]{2}){2}$/i, 'Write three octets, for example 02-43-46.')
      .transform(octets)
      .refine((oui) => ((oui[0] ?? 0) & 1) === 0, 'The first octet of an OUI is even.')
      .refine(
        (oui) => !standardOuis.includes(Buffer.from(oui).toString('hex')),
        'IEEE says its own TLVs under this OUI; write one of yours, or a private one.',
      )
      .default(privateCodepoints.lldpOui)
      .describe('Organisation of our LLDP TLV'),
    lldpSubtype: z.int().min(0).max(255).default(privateCodepoints.lldpSubtype),
    isisApplication: z
      .int()
      .min(0)
      .max(65_535)
      .default(privateCodepoints.isisApplication)
      .describe('Application identifier in GENINFO TLV 251 (RFC 6823)'),
    isisArea: z
      .string('Write the area address in quotes, for example "49.0001": without them it is a number.')
      .regex(
        /^[0-9a-f]{2}(\.[0-9a-f]{4}){0,6}$/i,
        'Write an area address as IS-IS does, for example 49.0001.',
      )
      .transform(octets)
      .default(privateCodepoints.isisArea)
      .describe('Area address in our link state PDUs'),
  })
  .describe('Private numbers of ours; the same on every node of a domain');

const agentConfigSchema = z
  .strictObject({
    node: z
      .string()
      .refine(isAdvertisedName, `A name that can be announced has ${nameRule}.`)
      .describe('Name of this router, as its certificate says'),
    identity: z.string().min(1).describe('Directory with certificate.pem, key.pem and ca.pem'),
    listen: z
      .strictObject({ host: z.string().min(1).default('::'), port: port.default(9514) })
      .default({ host: '::', port: 9514 }),
    advertise: z.strictObject({
      host: z
        .string()
        .refine(isAdvertisedHost, `Neighbours are told an address and no name: write ${hostRule}.`)
        .refine(isReachable, 'Neighbours cannot call this address: write one that they have a route to.'),
      port: port.optional(),
    }),
    store: z.string().min(1).describe('Directory for reports, nonces and audit'),
    driver: z.enum(['linux', 'modelled']),
    device: deviceSchema.optional(),
    discovery: z
      .strictObject({
        source: z.enum(['frames', 'lldpd', 'modelled']).default('frames'),
        intervalMs: z.int().min(100).max(300_000).default(30_000),
        lldpdSocket: z.string().optional(),
        codepoints: codepointsSchema.default(privateCodepoints),
      })
      .default({ source: 'frames', intervalMs: 30_000, codepoints: privateCodepoints }),
    capabilities: z
      .array(z.enum(allCapabilities as [string, ...string[]]))
      .refine((names) => new Set(names).size === names.length, 'Name each capability once.')
      .default([...allCapabilities])
      .describe('What neighbours may call: the white-list of the troubleshooting draft'),
    conformance: z
      .boolean()
      .default(false)
      .describe('Also serve the fixtures of the MCP conformance suites; never on a router in use'),
    reports: z
      .strictObject({
        keepMax: z.int().min(1).max(100_000).default(limits.reportsMax),
        warnAtPercent: z.int().min(1).max(100).default(80),
      })
      .default({ keepMax: limits.reportsMax, warnAtPercent: 80 })
      .describe('Reports kept until a controller holds them'),
    model: z
      .strictObject({
        name: z
          .string()
          .regex(/^[A-Za-z0-9][\w.-]*$/, 'Write the name of a folder below models/weights, or rules.')
          .default('confer-1'),
        sha256: z
          .string()
          .regex(/^[0-9a-f]{64}$/, 'Write 64 hexadecimal digits, as confer model info prints them.')
          .exactOptional(),
        graph: z.string().min(1).exactOptional().describe('One of several ONNX files in the folder'),
        memoryMaxMib: z.int().min(32).max(65_536).default(512),
        answerTimeoutMs: z.int().min(10).max(60_000).default(2_000),
      })
      .default({ name: 'confer-1', memoryMaxMib: 512, answerTimeoutMs: 2_000 })
      .describe('The on-box language model; without weights of that name, rules read and word'),
    audit: z
      .strictObject({ recordsMax: z.int().min(1_000).max(10_000_000).default(limits.auditRecordsMax) })
      .default({ recordsMax: limits.auditRecordsMax })
      .describe('Records kept in the audit trail, about 600 octets each'),
  })
  .superRefine((config, context) => {
    if (config.driver === 'linux' && config.device === undefined)
      context.addIssue({
        code: 'custom',
        path: ['device'],
        message: 'driver linux needs device: address, locator and sids',
      });
  });

export type AgentConfig = z.infer<typeof agentConfigSchema>;

/** Throws ConferError `bad-input` that names file, line and field of everything that is wrong. */
export function parseAgentConfig(text: string, fileName: string): AgentConfig {
  return parseYaml(agentConfigSchema, text, fileName);
}
