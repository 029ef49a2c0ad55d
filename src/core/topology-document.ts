/**
 * The shape of a topology file: containerlab's fields as far as we read them, and our labels.
 * Labels may hold strings or numbers, as in containerlab's published schema (srl-labs/containerlab,
 * schemas/clab.schema.json); on links, `labels` and `mtu` are fields of its parser (links/link.go, LinkCommonParams).
 */
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { limits } from './limits.ts';
import { containerlabFields, unknownField } from './topology-fields.ts';
import { type FieldPath, Problems } from './topology-problems.ts';
import { syntaxMistakes } from './yaml-syntax.ts';

/** IFNAMSIZ of Linux less the terminating zero. */
const interfaceNameCharactersMax = 15;
/** A file larger than this is no topology. */
const fileBytesMax = 4 * 1024 * 1024;
/** RFC 8200 section 5: no IPv6 link below. */
export const mtuBytesMin = 1_280;
const mtuBytesMax = 65_535;

const number = (from: number, to: number, what: 'a number' | 'a whole number') =>
  z.union([z.string(), z.number()]).transform((value, context) => {
    const parsed = typeof value === 'number' ? value : value.trim() === '' ? Number.NaN : Number(value);
    const isAllowed = what === 'a number' || Number.isInteger(parsed);
    if (isAllowed && parsed >= from && parsed <= to) return parsed;
    context.addIssue({
      code: 'custom',
      message: `expected ${what} from ${from} to ${to}, found ${JSON.stringify(value)}`,
    });
    return z.NEVER;
  });

const ipv6 = (what: string) => z.ipv6({ error: `expected ${what}` });

const settingLabels = {
  'confer.intent': z
    .string()
    .min(1)
    .max(limits.intentTextBytesMax)
    .optional()
    .describe('The sentence that says what to verify'),
  'confer.management': z
    .enum(['out-of-band', 'in-band'])
    .optional()
    .describe("in-band: the agents' calls share the links that are tested"),
  'confer.background-loss-percent': number(0, 100, 'a number')
    .optional()
    .describe('Loss of every healthy link in each direction'),
};

const nodeLabels = {
  'confer.role': z.string().min(1).max(64).optional().describe('Free text: edge, transit, leaf, spine'),
  'confer.address': ipv6('an IPv6 address such as "fc00:1::1"').optional().describe('Loopback'),
  'confer.locator': z
    .cidrv6({ error: 'expected an IPv6 prefix such as "fc00:1::/32"' })
    .optional()
    .describe('SRv6 locator'),
  'confer.sid-end': ipv6('an IPv6 address such as "fc00:1::e"').optional().describe('End SID'),
  'confer.sid-decapsulate': ipv6('an IPv6 address such as "fc00:1::d"').optional().describe('End.DT6 SID'),
  'confer.capabilities': z
    .string()
    .optional()
    .describe('Comma-separated; restricts what the agent of this node offers'),
  'confer.bgp-as': number(1, 4_294_967_295, 'a whole number')
    .optional()
    .describe('The node speaks BGP in this AS'),
  'confer.bgp-neighbors': z
    .string()
    .optional()
    .describe('Nodes with which it has a session, comma-separated'),
  'confer.bgp-prefixes': z.string().optional().describe('IPv6 prefixes that it originates, comma-separated'),
  'confer.bgp-max-prefix': number(1, 1_000_000, 'a whole number')
    .optional()
    .describe('Prefixes taken from each neighbour at most'),
};

const address = z
  .cidrv6({ error: 'expected an address with its prefix length such as "2001:db8:1:2::1/64"' })
  .optional();

const linkLabels = {
  'confer.metric': number(1, 65_535, 'a whole number').optional().describe('Routing cost of both directions'),
  'confer.address-a': address.describe('Address of the first end'),
  'confer.address-b': address.describe('Address of the second end'),
  'confer.isis-level': number(1, 2, 'a whole number')
    .optional()
    .describe('The link runs IS-IS at this level'),
  'confer.bfd': z
    .enum(['true', 'false'], { error: 'expected "true" or "false", in quotes' })
    .optional()
    .describe('The ends of the link watch each other by BFD'),
};

const faultKeyPattern = /^confer\.fault\.[a-z0-9][a-z0-9-]{0,39}$/;

/** Labels of others pass; that ours must be known is told to editors here and to people by reportUnknownLabels. */
function labels<Shape extends z.ZodRawShape>(known: Shape, patternProperties: Record<string, object> = {}) {
  const allowed = [
    { not: { pattern: '^confer\\.' } },
    { enum: Object.keys(known) },
    ...Object.keys(patternProperties).map((pattern) => ({ pattern })),
  ];
  return z
    .object(known)
    .catchall(z.union([z.string(), z.number()], { error: 'expected a string: put the value in quotes' }))
    .meta({ propertyNames: { anyOf: allowed }, patternProperties })
    .nullish();
}

const faultDescription =
  'kind=KIND [interface=NAME] [object=ACL] [loss-percent=N] [mtu-bytes=N] [sid=end|decapsulate] [hits=ingress|egress] [active=true|false]';

/** To editors: the fields of containerlab and no others. People are told by reportUnknownFields. */
const fieldsOf = (known: readonly string[]) => ({ propertyNames: { enum: [...known] } });

function mtuExpected({ input }: { input?: unknown }): string {
  return `expected a whole number of octets from ${mtuBytesMin} (RFC 8200 section 5) to ${mtuBytesMax}, found ${JSON.stringify(input)}`;
}

const nodeSchema = z
  .looseObject({
    kind: z.string().optional(),
    image: z.string().optional(),
    labels: labels(nodeLabels, {
      [faultKeyPattern.source]: { type: 'string', description: faultDescription },
    }),
  })
  .meta(fieldsOf(containerlabFields.node))
  .nullable();

/** Every network namespace has a loopback; the others are directories beside those of interfaces in /proc/sys/net. */
const reservedInterfaces: ReadonlyMap<string, string> = new Map([
  ['lo', 'is the loopback'],
  ['all', 'stands for others in the settings of Linux'],
  ['default', 'stands for others in the settings of Linux'],
]);

/** What Linux keeps that interface name for; undefined where anybody may have it. */
export function reservedFor(name: string): string | undefined {
  return reservedInterfaces.get(name);
}

/** To editors: endpoints that no link can have. People are told by readLinks. */
export const reservedInterface = { pattern: `:(?:${[...reservedInterfaces.keys()].join('|')})$` };

const endpoint = z
  .string()
  .regex(/^[^\s:]+:[^\s:]+$/, { error: 'expected "NODE:INTERFACE" such as "PE-1:pe1-p2"' })
  .meta({ not: reservedInterface });

const linkSchema = z
  .looseObject({
    endpoints: z.tuple([endpoint, endpoint], {
      error: 'expected two endpoints such as ["PE-1:pe1-p2", "P-2:p2-pe1"]',
    }),
    mtu: z
      .int({ error: mtuExpected })
      .min(mtuBytesMin, { error: mtuExpected })
      .max(mtuBytesMax, { error: mtuExpected })
      .optional()
      .describe('Octets of the largest IP packet, the same at both ends'),
    labels: labels(linkLabels),
  })
  .meta(fieldsOf(containerlabFields.link));

/** What Linux takes as an interface name, and what needs no quoting anywhere. */
export const interfaceNamePattern = new RegExp(
  `^[A-Za-z0-9][A-Za-z0-9._-]{0,${interfaceNameCharactersMax - 1}}$`,
);

const topologyDocumentSchema = z
  .looseObject(
    {
      name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, {
        error: 'expected a name of letters, digits, dots and hyphens',
      }),
      topology: z.looseObject({
        defaults: z.looseObject({ labels: labels(settingLabels) }).nullish(),
        nodes: z.record(z.string(), nodeSchema),
        links: z.array(linkSchema).nullish(),
      }),
    },
    { error: 'expected a containerlab topology with the fields name and topology' },
  )
  .meta({ title: 'Confer topology: a containerlab file with confer.* labels' });

/** JSON Schema (draft 2020-12) of what a file may say, for editors. */
export function topologyJsonSchema(): object {
  return z.toJSONSchema(topologyDocumentSchema, { io: 'input' });
}

export type TopologyDocument = z.infer<typeof topologyDocumentSchema>;

/** Throws ConferError `bad-input` where the text is no YAML or has not this shape. */
export function readDocument(
  text: string,
  fileName: string,
): { document: TopologyDocument; problems: Problems } {
  const lines = new LineCounter();
  const yaml = parseDocument(text.slice(0, fileBytesMax + 1), {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'error',
  });
  const problems = new Problems(fileName, yaml, lines);
  if (text.length > fileBytesMax) problems.add([], `expected a file of at most ${fileBytesMax} bytes`);
  for (const { offset, expectation } of syntaxMistakes(yaml, text)) problems.addAt(offset, expectation);
  problems.throwIfAny();
  const value = plainValue(yaml, problems);
  reportUnknownFields(value, problems);
  reportUnknownLabels(value, problems);
  let parsed = topologyDocumentSchema.safeParse(value);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) problems.addIssue(issue, value);
    // Without its bad labels the rest may still be judged, so that one run tells everything.
    for (const issue of parsed.error.issues) removeLabel(value, issue.path);
    parsed = topologyDocumentSchema.safeParse(value);
    if (!parsed.success) return problems.throwIfAny() ?? unreachable();
  }
  return { document: parsed.data, problems };
}

function unreachable(): never {
  throw new Error('a topology document that did not parse has no problems');
}

/** A misspelt `links` would leave a network without links, a misspelt `labels` a node without its addresses. */
function reportUnknownFields(value: unknown, problems: Problems): void {
  const check = (path: FieldPath, of: unknown, known: readonly string[]) => {
    for (const key of Object.keys(asRecord(of)))
      if (!known.includes(key)) problems.add([...path, key], unknownField(key, known));
  };
  check([], value, containerlabFields.file);
  const topology = child(value, 'topology');
  check(['topology'], topology, containerlabFields.topology);
  check(['topology', 'defaults'], child(topology, 'defaults'), containerlabFields.node);
  for (const section of ['kinds', 'groups', 'nodes'] as const)
    for (const [name, node] of Object.entries(asRecord(child(topology, section))))
      check(['topology', section, name], node, containerlabFields.node);
  for (const [index, link] of Object.entries(asRecord(child(topology, 'links'))))
    check(['topology', 'links', Number(index)], link, containerlabFields.link);
}

/** Ours must be known: a misspelt setting must not pass unseen. */
function reportUnknownLabels(value: unknown, problems: Problems): void {
  const topology = child(value, 'topology');
  const check = (path: FieldPath, of: unknown, known: object, extra: readonly string[]) => {
    const expected = [...Object.keys(known), ...extra];
    for (const key of Object.keys(asRecord(child(of, 'labels')))) {
      if (!key.startsWith('confer.') || key in known) continue;
      if (extra.length > 0 && faultKeyPattern.test(key)) continue;
      problems.add([...path, 'labels', key], `unknown label, expected one of ${expected.join(', ')}`);
    }
  };
  check(['topology', 'defaults'], child(topology, 'defaults'), settingLabels, []);
  for (const [name, node] of Object.entries(asRecord(child(topology, 'nodes')))) {
    check(['topology', 'nodes', name], node, nodeLabels, [
      'confer.fault.ID (lower-case letters, digits, hyphens)',
    ]);
  }
  for (const [index, link] of Object.entries(asRecord(child(topology, 'links')))) {
    check(['topology', 'links', Number(index)], link, linkLabels, []);
  }
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function child(value: unknown, key: string): unknown {
  return Object.hasOwn(asRecord(value), key) ? asRecord(value)[key] : undefined;
}

function removeLabel(value: unknown, path: readonly PropertyKey[]): void {
  const key = path.at(-1);
  if (path.at(-2) !== 'labels' || typeof key !== 'string') return;
  let parent = value;
  for (const part of path.slice(0, -1)) parent = child(parent, String(part));
  delete asRecord(parent)[key];
}

/** Aliases may be unresolved or expand without end: the parser says so only here. */
function plainValue(yaml: ReturnType<typeof parseDocument>, problems: Problems): unknown {
  try {
    return yaml.toJS({ maxAliasCount: 100 });
  } catch (error) {
    problems.add([], error instanceof Error ? error.message : String(error));
    return problems.throwIfAny();
  }
}
