/**
 * `nft -j list ruleset` as ietf-access-control-list (RFC 8519): every rule that counts and drops, at the interface and
 * in the direction to which it is bound.
 *
 *   base chain (hook) -> rule [iifname|oifname NAME] ... counter ... drop      bound by the rule
 *   base chain (hook ingress|egress device NAME) -> rule counter drop          bound by the chain
 *   base chain -> rule [oifname NAME] jump acl-2001 -> rule counter drop       bound by the jump
 *
 * A rule that drops by where a packet's source is routed (`fib saddr`) is a reverse-path filter, and one that drops what is too
 * much for the router itself (`limit`, hook input) its policer; neither is an access list.
 *
 * The access list is the rule's comment without "acl-" ("acl-2001" -> "2001"), else the chain's name.
 */
import { z } from 'zod';
import type { AccessListsData } from '../core/device-data.ts';
import { ownTablePrefix } from './linux-counting.ts';
import { parseToolJson, type RunTool } from './linux-tools.ts';

const chainSchema = z.object({
  family: z.string(),
  table: z.string(),
  name: z.string(),
  hook: z.string().optional(),
  dev: z.union([z.string(), z.array(z.string())]).optional(),
});
const ruleSchema = z.object({
  family: z.string(),
  table: z.string(),
  chain: z.string(),
  handle: z.number(),
  comment: z.string().optional(),
  // An expression is a name, or one key that says what it is.
  expr: z.array(z.union([z.string(), z.record(z.string(), z.unknown())])).default([]),
});
const printed = z.object({
  nftables: z.array(z.object({ chain: chainSchema.optional(), rule: ruleSchema.optional() })),
});
const counterSchema = z.object({ packets: z.number() });
const matchSchema = z.object({
  op: z.string(),
  left: z.object({ meta: z.object({ key: z.string() }) }),
  right: z.union([z.string(), z.object({ set: z.array(z.unknown()) })]),
});
const reversePathSchema = z.object({
  left: z.object({
    fib: z.object({ flags: z.array(z.string()).refine((flags) => flags.includes('saddr')) }),
  }),
});
const targetSchema = z.object({ target: z.string() });

type Chain = z.infer<typeof chainSchema>;
type Rule = z.infer<typeof ruleSchema>;
type Direction = 'ingress' | 'egress';
type AttachmentPoint =
  AccessListsData['ietf-access-control-list:acls']['attachment-points']['interface'][number];

/** Where packets that reach a chain or rule come from or go to. `interfaces` undefined = all. */
interface Binding {
  direction: Direction | undefined;
  interfaces: readonly string[] | undefined;
}

/** An entry that drops; `tcpPort` where it matches TCP to or from that port alone. */
interface Entry {
  packets: number;
  tcpPort?: number;
}

/** Jumps deeper than this are not followed (the kernel itself allows 16). */
const jumpDepthMax = 16;
const directionOfHook: Record<string, Direction> = {
  ingress: 'ingress',
  prerouting: 'ingress',
  input: 'ingress',
  egress: 'egress',
  output: 'egress',
  postrouting: 'egress',
  forward: 'egress',
};

export async function readAccessLists(
  run: RunTool,
  interfaces: () => Promise<readonly string[]>,
  signal?: AbortSignal,
): Promise<AccessListsData> {
  const [output, names] = await Promise.all([
    run('nft', ['-j', 'list', 'ruleset'], { signal }),
    interfaces(),
  ]);
  return accessListsOf(parseToolJson('nft', output), names);
}

/** `interfaces` = those of the tested network; rules of others are left out. */
export function accessListsOf(json: unknown, interfaces: readonly string[]): AccessListsData {
  const ruleset = Array.isArray(json) ? { nftables: [] } : printed.parse(json);
  const items = ruleset.nftables.filter(({ chain, rule }) => {
    return !(chain ?? rule)?.table.startsWith(ownTablePrefix);
  });
  const points = new AttachmentPoints(interfaces);
  const rulesOf = groupRules(items.flatMap(({ rule }) => (rule === undefined ? [] : [rule])));
  const visit = (
    chain: Pick<Chain, 'family' | 'table' | 'name'>,
    outer: Binding,
    depth: number,
    isOwn: boolean,
  ): void => {
    for (const rule of rulesOf.get(chainKey(chain.family, chain.table, chain.name)) ?? []) {
      const binding = narrowed(outer, rule);
      const packets = droppedPackets(rule);
      const mode = reversePathMode(rule);
      if (packets !== undefined && isOwn && isLimit(rule)) points.addPolicer(packets);
      else if (packets !== undefined && mode !== undefined) points.addFilter(binding, mode, packets);
      else if (packets !== undefined)
        points.add(binding, accessListName(rule), aceName(rule), { packets, ...tcpPortOf(rule) });
      if (depth === jumpDepthMax) continue;
      for (const name of jumpTargets(rule)) visit({ ...chain, name }, binding, depth + 1, isOwn);
    }
  };
  for (const { chain } of items) {
    if (chain?.hook === undefined) continue;
    const device = typeof chain.dev === 'string' ? [chain.dev] : chain.dev;
    visit(chain, { direction: directionOfHook[chain.hook], interfaces: device }, 0, chain.hook === 'input');
  }
  const { policed } = points;
  return {
    'ietf-access-control-list:acls': {
      ...(policed !== undefined && { 'confer-device:control-plane': { 'dropped-packets': String(policed) } }),
      'attachment-points': { interface: points.list() },
    },
  };
}

class AttachmentPoints {
  /** Packets to the router itself that were too many. */
  policed: number | undefined;
  readonly #points: Map<string, Record<Direction, Map<string, Map<string, Entry>>>>;
  readonly #filters = new Map<string, { mode: 'strict' | 'loose'; packets: number }>();

  constructor(interfaces: readonly string[]) {
    this.#points = new Map(interfaces.map((name) => [name, { ingress: new Map(), egress: new Map() }]));
  }

  add({ direction, interfaces }: Binding, list: string, entry: string, { packets, tcpPort }: Entry): void {
    if (direction === undefined) return;
    for (const [name, point] of this.#points) {
      if (interfaces !== undefined && !interfaces.some((pattern) => matchesName(pattern, name))) continue;
      const entries = point[direction].get(list) ?? new Map<string, Entry>();
      point[direction].set(list, entries);
      const sum = (entries.get(entry)?.packets ?? 0) + packets;
      entries.set(entry, { packets: sum, ...(tcpPort !== undefined && { tcpPort }) });
    }
  }

  addPolicer(packets: number): void {
    this.policed = packets + (this.policed ?? 0);
  }

  /** Of one interface, what all rules of this sort have dropped. */
  addFilter({ interfaces }: Binding, mode: 'strict' | 'loose', packets: number): void {
    for (const name of this.#points.keys()) {
      if (interfaces !== undefined && !interfaces.some((pattern) => matchesName(pattern, name))) continue;
      this.#filters.set(name, { mode, packets: packets + (this.#filters.get(name)?.packets ?? 0) });
    }
  }

  list(): AttachmentPoint[] {
    return [...this.#points].flatMap(([name, { ingress, egress }]) => {
      const filter = this.#filters.get(name);
      return ingress.size + egress.size === 0 && filter === undefined
        ? []
        : [
            {
              'interface-id': name,
              ...(ingress.size === 0 ? {} : { ingress: attached(ingress) }),
              ...(egress.size === 0 ? {} : { egress: attached(egress) }),
              ...(filter !== undefined && {
                'confer-device:reverse-path-filter': {
                  mode: filter.mode,
                  'dropped-packets': String(filter.packets),
                },
              }),
            },
          ];
    });
  }
}

function attached(lists: Map<string, Map<string, Entry>>): NonNullable<AttachmentPoint['ingress']> {
  return {
    'acl-sets': {
      'acl-set': [...lists].map(([name, entries]) => ({
        name,
        'ace-statistics': [...entries].map(([entry, { packets, tcpPort }]) => ({
          name: entry,
          'matched-packets': String(packets),
          ...(tcpPort !== undefined && { 'confer-device:tcp-port': tcpPort }),
        })),
      })),
    },
  };
}

function chainKey(family: string, table: string, chain: string): string {
  return JSON.stringify([family, table, chain]);
}

function groupRules(rules: readonly Rule[]): Map<string, Rule[]> {
  const groups = new Map<string, Rule[]>();
  for (const rule of rules) {
    const key = chainKey(rule.family, rule.table, rule.chain);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [rule]);
    else group.push(rule);
  }
  return groups;
}

/** The outer binding as far as the rule's own interface matches narrow it; oifname in a forward chain means egress. */
function narrowed(outer: Binding, rule: Rule): Binding {
  let binding = outer;
  for (const expression of rule.expr) {
    if (typeof expression === 'string' || expression.match === undefined) continue;
    const match = matchSchema.safeParse(expression.match);
    if (!match.success || (match.data.op !== '==' && match.data.op !== 'in')) continue;
    const { key } = match.data.left.meta;
    const direction = key === 'oifname' || key === 'oif' ? 'egress' : 'ingress';
    if (!['iifname', 'iif', 'oifname', 'oif'].includes(key)) continue;
    const { right } = match.data;
    const names = typeof right === 'string' ? [right] : right.set.filter((name) => typeof name === 'string');
    binding = { direction, interfaces: names };
  }
  return binding;
}

/** nft writes a prefix of names as "eth*". */
function matchesName(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
}

/** Packets that a rule has dropped; undefined when it does not drop or does not count. */
function droppedPackets(rule: Rule): number | undefined {
  let packets: number | undefined;
  let drops = false;
  for (const expression of rule.expr) {
    if (typeof expression === 'string') continue;
    if ('drop' in expression || 'reject' in expression) drops = true;
    const counter = counterSchema.safeParse(expression.counter);
    if (counter.success) packets = counter.data.packets;
  }
  return drops ? packets : undefined;
}

/** `fib saddr . iif oif missing` and the like: what the rule matches is where a packet's source is not routed. */
function reversePathMode({ expr }: Rule): 'strict' | 'loose' | undefined {
  for (const expression of expr) {
    if (typeof expression === 'string') continue;
    const match = reversePathSchema.safeParse(expression.match);
    if (match.success) return match.data.left.fib.flags.includes('iif') ? 'strict' : 'loose';
  }
  return undefined;
}

/** `limit rate over 100/second`: what the rule matches is too much. */
function isLimit({ expr }: Rule): boolean {
  return expr.some((expression) => typeof expression !== 'string' && 'limit' in expression);
}

const portSchema = z.object({
  op: z.literal('=='),
  left: z.object({ payload: z.object({ protocol: z.literal('tcp'), field: z.enum(['dport', 'sport']) }) }),
  right: z.int().min(1).max(65_535),
});

function tcpPortOf({ expr }: Rule): Pick<Entry, 'tcpPort'> {
  for (const expression of expr) {
    const match = portSchema.safeParse(typeof expression === 'string' ? undefined : expression.match);
    if (match.success) return { tcpPort: match.data.right };
  }
  return {};
}

function jumpTargets(rule: Rule): string[] {
  return rule.expr.flatMap((expression) => {
    if (typeof expression === 'string') return [];
    const target = targetSchema.safeParse(expression.jump ?? expression.goto);
    return target.success ? [target.data.target] : [];
  });
}

function accessListName({ comment, chain }: Rule): string {
  return (comment ?? chain).replace(/^acl-/, '');
}

/** RFC 8519 wants a name for each entry; the handle never changes while the rule exists. */
function aceName({ handle }: Rule): string {
  return `rule-${handle}`;
}
