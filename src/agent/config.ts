/** agent.yaml: everything that one agent is told. Parsed once; all mistakes of a file are reported together. */
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { ConferError } from '../core/errors.ts';
import { allCapabilities } from '../core/tools.ts';

const port = z.int().min(1).max(65_535);

const deviceSchema = z.strictObject({
  address: z.ipv6().describe('Loopback address: source and destination of probes'),
  locator: z.string().describe('SRv6 locator prefix, for example fc00:2::/32'),
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
  const document = parseDocument(text);
  const [broken] = document.errors;
  if (broken !== undefined)
    throw new ConferError('bad-input', `${fileName}: ${broken.message.split('\n')[0]} Write valid YAML.`);
  const parsed = agentConfigSchema.safeParse(document.toJS());
  if (parsed.success) return parsed.data;
  const mistakes = parsed.error.issues.map((issue) => {
    const node = document.getIn(issue.path as string[], true) as { range?: [number] } | undefined;
    const line = text.slice(0, node?.range?.[0] ?? 0).split('\n').length;
    return `${fileName}:${line}: ${issue.path.join('.') || 'file'}: ${issue.message}`;
  });
  throw new ConferError('bad-input', mistakes.join('\n'));
}
