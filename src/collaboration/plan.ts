/**
 * Step 3, the plan: which probes, with which flow label and size, over which path.
 */
import { limits } from '../core/limits.ts';
import type { Random } from '../core/ports.ts';
import type { Flow, Path } from '../core/records.ts';
import type { Interface, Readings } from './readings.ts';
import { parallelPaths } from './sections.ts';

/** Large probes: few, because a size that does not fit is lost always. */
const sizeCount = 20;
/**
 * A hash of the flow label picks one of parallel links, or one member of a bundle, so that the probes of a path take many
 * labels in turn. Two links are on two paths at least: sixteen labels leave one of them unused in 1 of 32,768
 * measurements. Another wave follows then; if that does not take the link either, the verdict says so.
 */
const labelsOfWave = 16;
const wavesMax = 2;
/** Before counting: resolves neighbours, so that neighbour discovery is not mistaken for loss. */
export const warmUpCount = 5;
export const warmUpIntervalMs = 20;

/** Where a link does not say its MTU: Ethernet's. */
const mtuBytesUsual = 1_500;
/** IPv6 + SRH + IPv6 + ICMPv6 echo with 16 octets of data (RFC 8754 section 2, RFC 8200, RFC 4443). */
const probeBytes = (segments: number) => 40 + 8 + 16 * segments + 40 + 8 + 16;

/** `sizeBytes`: of small probes, where they should be larger than they must be; `known`: flows that there are already. */
export function planFlows(
  paths: readonly Path[],
  readings: Readings,
  random: Random,
  { sizeBytes = 0, known = [] }: { sizeBytes?: number | undefined; known?: readonly Flow[] } = {},
): Flow[] {
  const used = new Set(known.map(({ flowLabel }) => flowLabel));
  const isParallel = parallelPaths(paths);
  const flowsMax = Math.min(limits.countingFlowsMax, limits.reportFlowsMax - known.length);
  /** Over one path, so that all fit into a counting session. */
  const labelsMax = Math.max(2, Math.floor(flowsMax / paths.length));
  return paths.flatMap((path) => {
    const flows = (purpose: Flow['purpose'], length: number, sizeBytes: number): Flow[] =>
      Array.from({ length }, () => ({
        flowLabel: freshLabel(used, random),
        path: path.id,
        purpose,
        sizeBytes,
      }));
    const small = Math.max(sizeBytes, smallBytes(path));
    const large = carriedBytes(path, readings);
    const waves = isParallel(path) ? wavesMax : 1;
    // Every bundle member has the same MTU; parallel links have not.
    const ofSize = isParallel(path) ? Math.min(waves * labelsOfWave, Math.floor(labelsMax / 2)) : 1;
    return [
      ...flows('loss', Math.min(waves * labelsOfWave, labelsMax - ofSize), small),
      ...flows('size', ofSize, large),
    ];
  });
}

/** The smallest probe over a path. */
export function smallBytes({ segments }: Path): number {
  return Math.max(limits.probeSizeBytesMin, probeBytes(segments.length));
}

/** Flows by the wave in which they are first sent; the first wave measures every path. */
export function wavesOf(flows: readonly Flow[]): Flow[][] {
  const waves: Flow[][] = [];
  for (const same of Map.groupBy(flows, ({ path, purpose }) => `${path} ${purpose}`).values())
    for (const [index, flow] of same.entries()) {
      const wave = Math.floor(index / labelsOfWave);
      waves[wave] ??= [];
      waves[wave].push(flow);
    }
  return waves;
}

export interface Train {
  count: number;
  intervalMs: number;
}

export function sizeTrain(isParallel: boolean): Train {
  return { count: isParallel ? 4 * sizeCount : sizeCount, intervalMs: 10 };
}

/** 20 bits, never 0: that means unlabelled (RFC 6437 section 2). */
export function freshLabel(used: Set<number>, random: Random): number {
  for (;;) {
    const label = 1 + Math.floor(random.fraction() * 0xfffff);
    if (used.has(label)) continue;
    used.add(label);
    return label;
  }
}

/** Hosts may send so much without asking (RFC 8200 section 5). */
export const hostBytesMin = 1_280;
/** IPv6 + SRH (RFC 8754 section 2) around what a host sends. */
export const encapsulationBytes = (segments: number) => 40 + 8 + 16 * segments;

/**
 * What the path should carry if on every link the smaller end were set like the larger; and, where any link has the room,
 * what IPv6 hosts may always send, with its encapsulation (RFC 8754 section 5.3).
 */
export function carriedBytes(path: Path, readings: Readings): number {
  const links = path.hops.map((hop) => {
    const ends = [
      interfaceOf(readings, hop.from, hop.egress)?.['ietf-ip:ipv6'].mtu,
      interfaceOf(readings, hop.to, hop.ingress)?.['ietf-ip:ipv6'].mtu,
    ].filter((mtu) => mtu !== undefined);
    return ends.length > 0 ? Math.max(...ends) : mtuBytesUsual;
  });
  const needed = Math.min(hostBytesMin + encapsulationBytes(path.segments.length), Math.max(...links));
  return Math.min(limits.probeSizeBytesMax, Math.max(Math.min(...links), needed));
}

/** The latest reading of an interface. */
export function interfaceOf(readings: Readings, node: string, name: string): Interface | undefined {
  return readings
    .get(node)
    ?.interfaces.at(-1)
    ?.value.find((one) => one.name === name);
}
