/** agent.yaml: everything that one agent is told. Parsed once; all mistakes of a file are reported together. */
import { z } from 'zod';
import { limits } from '../core/limits.ts';
import { allCapabilities } from '../core/tools.ts';
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
});

const agentConfigSchema = z
  .strictObject({
    node: z.string().min(1).max(64).describe('Name of this router, as its certificate says'),
    identity: z.string().min(1).describe('Directory with certificate.pem, key.pem and ca.pem'),
    listen: z
      .strictObject({ host: z.string().min(1).default('::'), port: port.default(9514) })
      .default({ host: '::', port: 9514 }),
    advertise: z.strictObject({ host: z.string().min(1), port: port.optional() }),
    store: z.string().min(1).describe('Directory for reports, nonces and audit'),
    driver: z.enum(['linux', 'modelled']),
    device: deviceSchema.optional(),
    discovery: z
      .strictObject({
        source: z.enum(['frames', 'lldpd', 'modelled']).default('frames'),
        intervalMs: z.int().min(100).max(300_000).default(30_000),
        lldpdSocket: z.string().optional(),
      })
      .default({ source: 'frames', intervalMs: 30_000 }),
    capabilities: z
      .array(z.enum(allCapabilities as [string, ...string[]]))
      .default([...allCapabilities])
      .describe('What neighbours may call: the white-list of the troubleshooting draft'),
    conformance: z
      .boolean()
      .default(false)
      .describe('Also serve the fixtures of the MCP conformance suites; never on a router in use'),
    reports: z
      .strictObject({
        keepMax: z.int().min(1).max(100_000).default(limits.reportsMax),
        warnAtPercent: z.number().min(1).max(100).default(80),
      })
      .default({ keepMax: limits.reportsMax, warnAtPercent: 80 })
      .describe('Reports kept until a controller holds them'),
    audit: z
      .strictObject({ recordsMax: z.int().min(1_000).max(10_000_000).default(limits.auditRecordsMax) })
      .default({ recordsMax: limits.auditRecordsMax })
      .describe('Records kept in the audit trail, about 700 octets each'),
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
