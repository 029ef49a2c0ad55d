/**
 * Counts probes by flow label (the principle of RFC 9341: the router counts marked packets where it sees them).
 * One nftables transaction makes two tables of our own, one removes them; nobody else's rules are touched.
 *
 *   netdev confer_ID   each interface: ingress before everything else -> in, egress after everything else -> out
 *   inet confer_ID     input, after everything else: echo requests handed to the router itself -> delivered
 *
 * Sets whose elements count cost one hash lookup a packet, however many flows there are. Egress hooks need Linux 5.16.
 */
import { z } from 'zod';
import type { CountingData } from '../core/device-data.ts';
import type { Change } from '../core/ports.ts';
import { parseToolJson, type RunTool } from './linux-tools.ts';
import { PacketCapture, sentByUs } from './packet-capture.ts';
import { readProbe } from './probe-packets.ts';

/** Tables of this prefix are ours. */
export const ownTablePrefix = 'confer_';

const tablesSchema = z.object({
  nftables: z.array(z.object({ table: z.object({ family: z.string(), name: z.string() }).optional() })),
});
const setsSchema = z.object({
  nftables: z.array(
    z.object({
      set: z
        .object({
          name: z.string(),
          elem: z
            .array(
              z.object({ elem: z.object({ val: z.number(), counter: z.object({ packets: z.number() }) }) }),
            )
            .default([]),
        })
        .optional(),
    }),
  ),
});

const rulesSchema = z.object({
  nftables: z.array(
    z.object({ rule: z.object({ chain: z.string(), expr: z.array(z.unknown()).default([]) }).optional() }),
  ),
});
const counterSchema = z.object({ counter: z.object({ packets: z.number() }) });

export class Counting implements AsyncDisposable {
  readonly id: string;
  readonly #run: RunTool;
  readonly #change: Change;
  /** By the kernel's index. */
  readonly #nameOf: ReadonlyMap<number, string>;
  readonly #flowLabels: readonly number[];
  readonly #interfaces: readonly string[];
  readonly #capture: PacketCapture | undefined;
  #removed: Promise<void> | undefined;

  private constructor(
    run: RunTool,
    change: Change,
    interfaces: readonly { name: string; index: number }[],
    capture: PacketCapture | undefined,
  ) {
    this.#run = run;
    this.#change = change;
    this.#nameOf = new Map(interfaces.map(({ name, index }) => [index, name]));
    this.id = change.id;
    this.#flowLabels = [...new Set(change.flowLabels)];
    this.#interfaces = interfaces.map(({ name }) => name);
    this.#capture = capture;
  }

  /** `change` was checked. Throws ConferError `device-failure`; then nothing was changed. */
  static async start(
    run: RunTool,
    change: Change,
    interfaces: readonly { name: string; index: number }[],
  ): Promise<Counting> {
    const names = interfaces.map(({ name }) => name);
    const indices = interfaces.map(({ index }) => index);
    const { flowLabels, capturePacketsMax, stampsMax = 0 } = change;
    const capture =
      capturePacketsMax === 0 && stampsMax === 0
        ? undefined
        : await PacketCapture.start(flowLabels, capturePacketsMax, indices);
    try {
      await run('nft', ['-f', '-'], { input: countingRules(change, names) });
    } catch (error) {
      capture?.[Symbol.dispose]();
      throw error;
    }
    return new Counting(run, change, interfaces, capture);
  }

  async read(signal: AbortSignal): Promise<CountingData> {
    const table = `${ownTablePrefix}${this.id}`;
    const [links, input] = await Promise.all([
      this.#run('nft', ['-j', 'list', 'table', 'netdev', table], { signal }),
      this.#run('nft', ['-j', 'list', 'table', 'inet', table], { signal }),
    ]);
    const { capturePacketsMax, stampsMax = 0 } = this.#change;
    const pcap = capturePacketsMax === 0 ? undefined : this.#capture?.pcap();
    const { 'confer-device:counting': counted } = countingOf(
      this.id,
      this.#flowLabels,
      this.#interfaces,
      links,
      input,
      pcap,
    );
    const stamp = stampsMax === 0 ? undefined : this.#stamps(stampsMax);
    return { 'confer-device:counting': { ...counted, ...(stamp !== undefined && { stamp }) } };
  }

  #stamps(stampsMax: number): NonNullable<CountingData['confer-device:counting']['stamp']> {
    const stamps = (this.#capture?.packets() ?? []).flatMap((packet) => {
      const name = this.#nameOf.get(packet.interfaceIndex);
      const probe = readProbe(packet.data);
      if (name === undefined || probe === undefined) return [];
      return [
        {
          'flow-label': packet.data.readUInt32BE(0) & 0xfffff,
          sequence: probe.sequence,
          interface: name,
          direction: packet.packetType === sentByUs ? ('out' as const) : ('in' as const),
          time: String(packet.time),
        },
      ];
    });
    return stamps.slice(0, stampsMax);
  }

  /** Idempotent; where the router refused, the next call tries again. */
  remove(): Promise<void> {
    this.#capture?.[Symbol.dispose]();
    this.#removed ??= deleteTables(this.#run, [
      { family: 'netdev', name: `${ownTablePrefix}${this.id}` },
      { family: 'inet', name: `${ownTablePrefix}${this.id}` },
    ]).catch((error) => {
      this.#removed = undefined;
      throw error;
    });
    return this.#removed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.remove();
  }
}

/** Sets are named by position, for interface names may hold what nft's names may not. */
export function countingRules({ id, flowLabels }: Change, interfaces: readonly string[]): string {
  const elements = [...new Set(flowLabels)].join(', ');
  const set = (name: string) => `  set ${name} {
    typeof ip6 flowlabel
    counter
    elements = { ${elements} }
  }
`;
  const chain = (name: string, hook: string, rule: string) => `  chain ${name} {
    type filter hook ${hook}; policy accept;
    ${rule}
  }
`;
  // The look-up counts by label, and only what carries a DSCP gets as far as the rule's own counter.
  const marked = 'ip6 dscp != 0 counter';
  const links = interfaces.flatMap((device, index) => [
    set(`in_${index}`),
    set(`out_${index}`),
    chain(
      `ingress_${index}`,
      `ingress device "${device}" priority -500`,
      `ip6 flowlabel @in_${index} ${marked}`,
    ),
    chain(
      `egress_${index}`,
      `egress device "${device}" priority 500`,
      `ip6 flowlabel @out_${index} ${marked}`,
    ),
  ]);
  // The outer header of a probe is followed by a routing header: only what was decapsulated matches here.
  const delivered = 'ip6 nexthdr icmpv6 icmpv6 type echo-request ip6 flowlabel @delivered';
  return `table netdev ${ownTablePrefix}${id} {
${links.join('')}}
table inet ${ownTablePrefix}${id} {
${set('delivered')}${chain('input', 'input priority 500', delivered)}}
`;
}

export function countingOf(
  id: string,
  flowLabels: readonly number[],
  interfaces: readonly string[],
  linksOutput: string,
  inputOutput: string,
  pcap: Buffer | undefined,
): CountingData {
  const counts = new Map([...setCounts(linksOutput), ...setCounts(inputOutput)]);
  const marked = ruleCounts(linksOutput);
  const count = (set: string, label: number) => String(counts.get(set)?.get(label) ?? 0);
  return {
    'confer-device:counting': {
      id,
      flow: flowLabels.map((label) => ({
        'flow-label': label,
        interface: interfaces.map((name, index) => ({
          name,
          in: count(`in_${index}`, label),
          out: count(`out_${index}`, label),
        })),
        delivered: count('delivered', label),
      })),
      marked: interfaces.map((name, index) => ({
        name,
        in: String(marked.get(`ingress_${index}`) ?? 0),
        out: String(marked.get(`egress_${index}`) ?? 0),
      })),
      ...(pcap === undefined ? {} : { capture: pcap.toString('base64') }),
    },
  };
}

function setCounts(output: string): Map<string, Map<number, number>> {
  const { nftables } = setsSchema.parse(parseToolJson('nft', output));
  return new Map(
    nftables.flatMap(({ set }) =>
      set === undefined
        ? []
        : [[set.name, new Map(set.elem.map(({ elem }) => [elem.val, elem.counter.packets]))] as const],
    ),
  );
}

/** By chain. */
function ruleCounts(output: string): Map<string, number> {
  const { nftables } = rulesSchema.parse(parseToolJson('nft', output));
  return new Map(
    nftables.flatMap(({ rule }) =>
      (rule?.expr ?? []).flatMap((expression) => {
        const counter = counterSchema.safeParse(expression);
        return rule !== undefined && counter.success
          ? [[rule.chain, counter.data.counter.packets] as const]
          : [];
      }),
    ),
  );
}

/**
 * Deletes what an agent that crashed has left in this router: all our tables. Call it before an agent starts, when
 * no other agent runs on this router. Returns their names.
 */
export async function removeCountingTables(run: RunTool): Promise<string[]> {
  const output = await run('nft', ['-j', 'list', 'tables']);
  const json = parseToolJson('nft', output);
  const listed = Array.isArray(json) ? [] : tablesSchema.parse(json).nftables;
  const own = listed.flatMap(({ table }) => (table?.name.startsWith(ownTablePrefix) ? [table] : []));
  await deleteTables(run, own);
  return own.map(({ family, name }) => `${family} ${name}`);
}

/** "add" first, so that a table which somebody else has deleted is no error. */
async function deleteTables(
  run: RunTool,
  tables: readonly { family: string; name: string }[],
): Promise<void> {
  if (tables.length === 0) return;
  const commands = tables.map(
    ({ family, name }) => `add table ${family} ${name}\ndelete table ${family} ${name}\n`,
  );
  await run('nft', ['-f', '-'], { input: commands.join('') });
}
