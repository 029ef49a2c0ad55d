/**
 * 007 (B. Arzani and others, "007: Democratically finding the cause of packet drops", NSDI 2018): every flow that lost a
 * packet gives each link of its path one vote, shared among them. The link with the most votes is blamed, the flows over
 * it are explained, and the votes of the others are counted again (algorithm 1), as long as the first has its share.
 *
 * The flows are one-way trains between random nodes of a way. As in the paper, flows that lost one packet to noise
 * vote too; what is asked of the first link is what keeps noise from being blamed.
 */
import type { Prober } from '../prober.ts';
import { type Cell, cellsOf, diagnosisOf } from './cells.ts';
import type { Opponent } from './opponent.ts';

/** As tuned; docs/arena/README.md says how. */
const votingSettings = {
  /** For each part of a way that probes can tell apart. */
  flowsOfCell: 12,
  packetsOfFlow: 100,
  /** Of all votes, what the first link needs to be blamed; the paper has 1 % for networks of thousands of links. */
  shareMin: 0.02,
  /** Flows over it that lost packets. */
  flowsMin: 3,
  /** Of the flows over it. */
  lossyShareMin: 0.1,
};

/** A train: the cells that it crossed by name, and whether it lost a packet. */
export interface Flow {
  cells: readonly string[];
  isLossy: boolean;
}

export function voting(settings = votingSettings): Opponent {
  return {
    name: '007',
    source: 'Arzani and others, NSDI 2018, algorithm 1',
    model: 'M1',
    async diagnose(prober) {
      const flows: Flow[] = [];
      const cells = new Map<string, Cell>();
      /** Packets that came through, by cell. */
      const arrivals = new Map<string, number>();
      for (const way of prober.ways) {
        const parts = cellsOf(prober, way);
        for (const part of parts) cells.set(nameOf(part), part);
        for (let flow = 0; flow < settings.flowsOfCell * parts.length; flow++) {
          const [one, other] = [pickIndex(parts, prober), pickIndex(parts, prober)];
          const crossed = parts.slice(Math.min(one, other), Math.max(one, other) + 1);
          const [first, last] = [crossed[0], crossed.at(-1)];
          if (first === undefined || last === undefined) continue;
          const counted = await prober.send(way, first.from, last.to, settings.packetsOfFlow);
          if (counted === undefined) continue;
          const names = crossed.map(nameOf);
          flows.push({ cells: names, isLossy: counted.lost > 0 });
          for (const name of names)
            arrivals.set(name, (arrivals.get(name) ?? 0) + counted.sent - counted.lost);
        }
      }
      return diagnosisOf(
        blamed(flows, settings).flatMap((name) => {
          const cell = cells.get(name);
          return cell === undefined ? [] : [{ cell, lossShare: arrivals.get(name) === 0 ? 1 : 0 }];
        }),
      );
    },
  };
}

/** Algorithm 1: names of the cells, the most blamed first. */
export function blamed(
  flows: readonly Flow[],
  {
    shareMin,
    flowsMin,
    lossyShareMin,
  }: Pick<typeof votingSettings, 'shareMin' | 'flowsMin' | 'lossyShareMin'>,
): string[] {
  let left = flows.filter(({ isLossy }) => isLossy);
  const total = votes(left).sum;
  const found: string[] = [];
  while (left.length > 0) {
    const { tally } = votes(left);
    const [first] = [...tally].sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1));
    if (first === undefined) break;
    const [name, most] = first;
    const over = left.filter(({ cells }) => cells.includes(name));
    const all = flows.filter(({ cells }) => cells.includes(name));
    if (most < shareMin * total || over.length < flowsMin || over.length < lossyShareMin * all.length) break;
    found.push(name);
    left = left.filter((flow) => !over.includes(flow));
  }
  return found;
}

function votes(lossy: readonly Flow[]): { tally: Map<string, number>; sum: number } {
  const tally = new Map<string, number>();
  for (const { cells } of lossy)
    for (const cell of cells) tally.set(cell, (tally.get(cell) ?? 0) + 1 / cells.length);
  return { tally, sum: lossy.length };
}

function nameOf({ way, from, to }: Cell): string {
  return way.nodes.slice(from, to + 1).join(' ');
}

function pickIndex(items: readonly unknown[], { random }: Prober): number {
  return Math.floor(random.fraction() * items.length);
}
