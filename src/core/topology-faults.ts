/**
 * Faults: labels of the node where they sit.
 *   confer.fault.ID: "kind=egress-acl interface=pe1-p2 object=2001 loss-percent=3.2 active=true"
 */
import { z } from 'zod';
import { detailsOf, type FaultDetail, type FaultKind, faultKinds } from './fault-kinds.ts';
import type { Fault, LinkEnd, TopologyLink } from './topology.ts';
import { mtuBytesMin, type TopologyDocument } from './topology-document.ts';
import { canonicalPrefix } from './topology-nodes.ts';
import type { Problems } from './topology-problems.ts';

const percent = z
  .string()
  .regex(/^\d{1,3}(\.\d{1,6})?$/)
  .transform(Number)
  .refine((value) => value > 0 && value <= 100);

const milliseconds = z
  .string()
  .regex(/^\d{1,5}$/)
  .transform(Number)
  .refine((value) => value >= 100 && value <= 60_000);

const schemas = {
  interface: { schema: z.string(), expected: 'an interface of this node' },
  object: {
    schema: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/),
    expected: 'the name of an access list',
  },
  'loss-percent': { schema: percent, expected: 'a number above 0 and at most 100' },
  'mtu-bytes': {
    schema: z
      .string()
      .regex(/^\d{1,9}$/)
      .transform(Number),
    expected: `a whole number of octets from ${mtuBytesMin} (RFC 8200 section 5)`,
  },
  'rate-kbps': {
    schema: z
      .string()
      .regex(/^\d{1,9}$/)
      .transform(Number)
      .refine((value) => value >= 8),
    expected: 'a whole number of 1,000 bits a second from 8',
  },
  members: {
    schema: z
      .string()
      .regex(/^\d{1,2}$/)
      .transform(Number)
      .refine((value) => value >= 2 && value <= 16),
    expected: 'a whole number from 2 to 16',
  },
  'period-ms': { schema: milliseconds, expected: 'milliseconds from 100 to 60000' },
  'down-ms': { schema: milliseconds, expected: 'milliseconds from 100 to 60000' },
  sid: { schema: z.enum(['end', 'decapsulate']), expected: 'end or decapsulate' },
  hits: { schema: z.enum(['ingress', 'egress']), expected: 'ingress or egress' },
  destination: { schema: z.string(), expected: 'another node' },
  segments: {
    schema: z.string().transform((text) => text.split(',')),
    expected: 'nodes, with commas between',
  },
  dscp: {
    schema: z
      .string()
      .regex(/^\d{1,2}$/)
      .transform(Number)
      .refine((value) => value >= 1 && value <= 63),
    expected: 'a whole number from 1 to 63',
  },
  prefix: {
    schema: z
      .string()
      .transform((text) => canonicalPrefix(text))
      .refine((prefix) => prefix !== undefined),
    expected: 'an IPv6 prefix such as 2001:db8:a::/48',
  },
  policy: { schema: z.enum(['import', 'export']), expected: 'import or export' },
  differs: { schema: z.enum(['level', 'authentication']), expected: 'level or authentication' },
} as const;

export function readFaults(
  document: TopologyDocument,
  links: readonly TopologyLink[],
  problems: Problems,
): Fault[] {
  const faults: Fault[] = [];
  const owners = new Map<string, string>();
  for (const [node, value] of Object.entries(document.topology.nodes)) {
    for (const [key, label] of Object.entries(value?.labels ?? {})) {
      if (!key.startsWith('confer.fault.')) continue;
      const id = key.slice('confer.fault.'.length);
      const path = ['topology', 'nodes', node, 'labels', key];
      const owner = owners.get(id);
      if (owner !== undefined)
        problems.add(path, `expected an id of its own, but a fault of ${owner} is called ${id} too`);
      owners.set(id, node);
      const fault = readFault(id, node, String(label), links, (expectation) =>
        problems.add(path, expectation),
      );
      if (fault !== undefined) faults.push(fault);
    }
  }
  return faults;
}

/** The text of a fault's label; `report` receives what is wrong with it. */
function readFault(
  id: string,
  node: string,
  text: string,
  links: readonly TopologyLink[],
  report: (expectation: string) => void,
): Fault | undefined {
  const words = readWords(text, report);
  const kind = faultKinds.find((candidate) => candidate === words.get('kind'));
  if (kind === undefined) {
    report(`expected kind= with one of ${faultKinds.join(', ')}, found "${words.get('kind') ?? ''}"`);
    return undefined;
  }
  const active = words.get('active') ?? 'false';
  if (active !== 'true' && active !== 'false')
    report(`expected active=true or active=false, found "${active}"`);
  reportMissingAndUnknown(kind, words, report);

  const value = <Name extends FaultDetail>(
    name: Name,
  ): z.output<(typeof schemas)[Name]['schema']> | undefined => {
    const word = words.get(name);
    if (word === undefined) return undefined;
    const parsed = schemas[name].schema.safeParse(word);
    if (!parsed.success) report(`expected ${name}= with ${schemas[name].expected}, found "${word}"`);
    return parsed.success ? (parsed.data as z.output<(typeof schemas)[Name]['schema']>) : undefined;
  };
  const details = (Object.keys(schemas) as FaultDetail[]).map((name) => [camelCase(name), value(name)]);
  const fault: Fault = {
    id,
    kind,
    node,
    ...(detailsOf(kind).includes('loss-percent?') && { lossPercent: 100 }),
    ...Object.fromEntries(details.filter(([, said]) => said !== undefined)),
    active: active === 'true',
  };
  for (const expectation of misplacements(fault, links)) report(expectation);
  return fault;
}

/** A detail's name as the fault's own field: loss-percent is lossPercent. */
function camelCase(name: FaultDetail): string {
  return name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function readWords(text: string, report: (expectation: string) => void): Map<string, string> {
  const words = new Map<string, string>();
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const [key = '', value, ...rest] = word.split('=');
    if (value === undefined || value === '' || rest.length > 0) report(`expected key=value, found "${word}"`);
    else if (words.has(key)) report(`expected ${key}= once`);
    else words.set(key, value);
  }
  return words;
}

function reportMissingAndUnknown(
  kind: FaultKind,
  words: ReadonlyMap<string, string>,
  report: (expectation: string) => void,
): void {
  const allowed = ['kind', 'active', ...detailsOf(kind).map((detail) => detail.replace('?', ''))];
  for (const key of words.keys()) {
    if (!allowed.includes(key)) report(`expected for ${kind} only ${allowed.join(', ')}, found "${key}"`);
  }
  for (const detail of detailsOf(kind)) {
    if (!detail.endsWith('?') && !words.has(detail))
      report(`expected ${detail}= for ${kind}, which is missing`);
  }
}

/**
 * What is wrong with the place or size of a fault in these links; empty = nothing. Worlds use it for faults that
 * do not come from a file.
 */
export function misplacements(fault: Fault, links: readonly TopologyLink[]): string[] {
  const ends = links.flatMap((link) => [link.a, link.b]).filter((end) => end.node === fault.node);
  const details = detailsOf(fault.kind);
  const wants = details.includes('interface') || details.includes('interface?');
  const end = ends.find((candidate) => candidate.interface === fault.interface);
  if (wants && fault.interface !== undefined && end === undefined) {
    const names = [...new Set(ends.map((candidate) => candidate.interface))].join(', ');
    return [
      `expected interface= with one of ${names === '' ? 'none (this node has no link)' : names}, found "${fault.interface}"`,
    ];
  }
  if (fault.destination !== undefined) {
    const others = new Set(links.flatMap(({ a, b }) => [a.node, b.node]));
    others.delete(fault.node);
    if (!others.has(fault.destination))
      return [`expected destination= with one of ${[...others].join(', ')}, found "${fault.destination}"`];
  }
  const nodes = new Set(links.flatMap(({ a, b }) => [a.node, b.node]));
  const unknown = fault.segments?.find((name) => !nodes.has(name));
  if (unknown !== undefined)
    return [`expected segments= with some of ${[...nodes].join(', ')}, found "${unknown}"`];
  if (fault.kind === 'sid-wrong-behaviour' && fault.sid === 'decapsulate' && fault.interface !== undefined)
    return ['expected interface= only with sid=end: what is decapsulated here is for this node'];
  if (fault.kind === 'silent-loss' && fault.lossPercent === 100) {
    return ['expected loss-percent= below 100: a direction that carries nothing is a unidirectional-link'];
  }
  if (fault.kind === 'link-flap' && !((fault.downMs ?? 0) < (fault.periodMs ?? 0)))
    return [`expected down-ms= below period-ms=, found ${fault.downMs} of ${fault.periodMs}`];
  if (details.includes('mtu-bytes') && end !== undefined) return mtuMisfits(fault, end);
  return [];
}

function mtuMisfits(fault: Fault, end: LinkEnd): string[] {
  const { mtuBytes } = fault;
  if (mtuBytes === undefined || (mtuBytes >= mtuBytesMin && mtuBytes < end.mtuBytes)) return [];
  return [
    `expected mtu-bytes= from ${mtuBytesMin} (RFC 8200 section 5) to below the other end's ${end.mtuBytes}, found ${mtuBytes}`,
  ];
}
