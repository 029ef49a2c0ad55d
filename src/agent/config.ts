/** agent.yaml: everything that one agent is told. Parsed once; all mistakes of a file are reported together. */
import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { ConferError, messageOf } from '../core/errors.ts';
import { allCapabilities } from '../core/tools.ts';

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
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const told = (offset: number, what: string) =>
    `${fileName}:${Math.max(1, lines.linePos(offset).line)}: ${what}`;
  const broken = document.errors.map((error) => told(error.pos[0], `${error.message}; write valid YAML.`));
  if (broken.length > 0) throw new ConferError('bad-input', broken.join('\n'));
  const parsed = agentConfigSchema.safeParse(plain(document, fileName));
  if (parsed.success) return parsed.data;
  const mistakes = parsed.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ field: [...issue.path, key], message: 'There is no such field.' }))
      : [{ field: issue.path, message: issue.message.replace('received undefined', 'but it is missing') }],
  );
  const placed = mistakes.map((one) => ({ ...one, offset: offsetOf(document, one.field) }));
  placed.sort((one, other) => one.offset - other.offset);
  throw new ConferError(
    'bad-input',
    placed
      .map(({ offset, field, message }) => told(offset, `${field.join('.') || 'the file'}: ${message}`))
      .join('\n'),
  );
}

/** An alias without its anchor, or one that multiplies beyond reason, shows only here. */
function plain(document: Document, fileName: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw new ConferError('bad-input', `${fileName}:1: ${messageOf(error)}; write it without aliases.`);
  }
}

/** Where a field stands in the text; where it is missing, the object that should have it. */
function offsetOf(document: Document, field: readonly PropertyKey[]): number {
  for (let depth = field.length; depth > 0; depth -= 1) {
    const node = document.getIn(field.slice(0, depth), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return document.contents?.range?.[0] ?? 0;
}
