/**
 * NetBouncer (C. Tan and others, "NetBouncer: Active device and link failure localization in data center networks",
 * NSDI 2019): the share of packets that arrives over a path is the product of what its links let through; the links are
 * found by least squares with a penalty that pulls each towards 0 or 1, by coordinate descent, and those below a
 * threshold are bad.
 *
 * The paths lead from where each way begins to every node of it, as NetBouncer bounces packets off every switch, and from
 * every node to where it ends; one way each, so that the direction shows.
 */
import type { Prober } from '../prober.ts';
import { type Cell, cellsOf, diagnosisOf } from './cells.ts';
import type { Opponent } from './opponent.ts';

/** As tuned; docs/arena/README.md says how. */
const regressionSettings = {
  packetsOfPath: 1_000,
  /** Weight of the penalty x (1 - x). */
  penalty: 0.01,
  /** A link that loses more is bad, share. */
  lossMin: 0.004,
};

/** What arrived over some cells in a row. */
export interface PathShare {
  cells: readonly string[];
  arrived: number;
}

const roundsMax = 500;
const settledWithin = 1e-9;

export function regression(settings = regressionSettings): Opponent {
  return {
    name: 'netbouncer',
    source: 'Tan and others, NSDI 2019, section 4',
    model: 'M1',
    async diagnose(prober) {
      const shares: PathShare[] = [];
      const cells = new Map<string, Cell>();
      const done = new Set<string>();
      for (const way of prober.ways) {
        const parts = cellsOf(prober, way);
        for (const part of parts) cells.set(nameOf(part), part);
        for (const row of rowsOf(parts)) {
          const share = await measured(prober, row, settings.packetsOfPath, done);
          if (share !== undefined) shares.push(share);
        }
      }
      const passing = regress(shares, settings.penalty);
      return diagnosisOf(
        [...passing].flatMap(([name, share]) => {
          const cell = cells.get(name);
          return cell === undefined || 1 - share < settings.lossMin ? [] : [{ cell, lossShare: 1 - share }];
        }),
      );
    },
  };
}

/** From the first node to every other, and from every other to the last. */
function rowsOf(parts: readonly Cell[]): Cell[][] {
  const ahead = parts.map((_, index) => parts.slice(0, index + 1));
  const behind = parts.slice(1).map((_, index) => parts.slice(index + 1));
  return [...ahead, ...behind];
}

async function measured(
  prober: Prober,
  row: readonly Cell[],
  packets: number,
  done: Set<string>,
): Promise<PathShare | undefined> {
  const [first, last] = [row[0], row.at(-1)];
  const cells = row.map(nameOf);
  if (first === undefined || last === undefined || done.has(cells.join(', '))) return undefined;
  done.add(cells.join(', '));
  const counted = await prober.send(first.way, first.from, last.to, packets);
  return counted === undefined ? undefined : { cells, arrived: 1 - counted.lost / counted.sent };
}

/**
 * What each cell lets through, 0..1: minimises sum (arrived - product)^2 + penalty * sum x (1 - x). For one cell with the
 * others fixed this is a parabola, so that each step is exact (the paper's algorithm 1).
 */
export function regress(shares: readonly PathShare[], penalty: number): Map<string, number> {
  const names = [...new Set(shares.flatMap(({ cells }) => cells))];
  const indexOf = new Map(names.map((name, index) => [name, index]));
  const rows = shares.map(({ cells, arrived }) => ({
    links: cells.map((cell) => indexOf.get(cell) ?? 0),
    arrived,
    product: 1,
  }));
  const over = names.map((_, link) => rows.filter(({ links }) => links.includes(link)));
  const passing = names.map(() => 1);
  const without = (link: number, { links, product }: (typeof rows)[number]) => {
    const own = passing[link] ?? 1;
    if (own > 0) return product / own;
    return links.reduce((all, one) => (one === link ? all : all * (passing[one] ?? 1)), 1);
  };
  for (let round = 0; round < roundsMax; round++) {
    let moved = 0;
    for (const [link, mine] of over.entries()) {
      let [square, product] = [0, 0];
      const rests = mine.map((row) => without(link, row));
      for (const [index, row] of mine.entries()) {
        const rest = rests[index] ?? 1;
        square += rest * rest;
        product += rest * row.arrived;
      }
      const before = passing[link] ?? 1;
      const after = lowest(square - penalty, 2 * product - penalty, before);
      passing[link] = after;
      for (const [index, row] of mine.entries()) row.product = (rests[index] ?? 1) * after;
      moved = Math.max(moved, Math.abs(after - before));
    }
    if (moved < settledWithin) break;
  }
  return new Map(names.map((name, link) => [name, passing[link] ?? 1]));
}

/** Where a x^2 - b x is lowest in 0..1. What no packet reached is as good as it was before, or takes the better end. */
function lowest(a: number, b: number, before: number): number {
  if (a > 0) return Math.min(1, Math.max(0, b / (2 * a)));
  if (a === b && a === 0) return before;
  return a - b <= 0 ? 1 : 0;
}

function nameOf({ way, from, to }: Cell): string {
  return way.nodes.slice(from, to + 1).join(' ');
}
