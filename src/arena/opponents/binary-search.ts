/**
 * Binary search with sequential tests: a whole way is probed one way until Wald's test (A. Wald, "Sequential tests of
 * statistical hypotheses", 1945) takes it for healthy or for lossy; a lossy one is halved, and both halves are tested in
 * turn, so that two faults are two leaves (R. Dorfman's group testing, 1943).
 */
import type { Counted, Prober } from '../prober.ts';
import type { Way } from '../ways.ts';
import { type Cell, cellsOf, diagnosisOf, type Lossy, linkElement, linksIn } from './cells.ts';
import type { Opponent } from './opponent.ts';
import { logRatio, rowLoss, sprtBounds } from './tests.ts';

/** As tuned; docs/arena/README.md says how. */
const binarySearchSettings = {
  background: 1e-4,
  /** The least loss of a bad link that it looks for. */
  lossMin: 0.002,
  falseAlarm: 1e-3,
  miss: 1e-2,
  /** Probes between two looks at the test. */
  batch: 32,
  /** Of one part of a way; then the likelier side is taken. */
  probesMax: 20_000,
};

export function binarySearch(settings = binarySearchSettings): Opponent {
  return {
    name: 'binary-search',
    source: 'Wald 1945 (sequential test), Dorfman 1943 (group testing)',
    model: 'M1',
    async diagnose(prober) {
      const lossy: Lossy[] = [];
      /** Lossy as a whole and healthy in parts: something that only probes across see. */
      const torn: Cell[] = [];
      const known = new Map<string, Counted | undefined>();
      const test = async (part: Cell) => {
        const key = part.way.nodes.slice(part.from, part.to + 1).join(' ');
        if (!known.has(key)) known.set(key, await sequential(prober, part, settings));
        return known.get(key);
      };
      const search = async (cells: readonly Cell[]): Promise<boolean> => {
        const part = joined(cells);
        if (part === undefined) return false;
        const loss = await test(part);
        if (loss === undefined) return false;
        if (cells.length === 1) {
          lossy.push({ cell: part, lossShare: loss.lost / loss.sent });
          return true;
        }
        const middle = cells.length >> 1;
        const found = [await search(cells.slice(0, middle)), await search(cells.slice(middle))];
        if (!found.includes(true)) torn.push(part);
        return true;
      };
      for (const way of prober.ways) await search(cellsOf(prober, way));
      const distinct = new Map(lossy.map((one) => [keyOf(one.cell), one]));
      const diagnosis = diagnosisOf([...distinct.values()]);
      if (diagnosis.claims.length > 0 || torn.length === 0) return diagnosis;
      const suspects = torn.flatMap((part) => [
        ...linksIn(part).map(linkElement),
        ...part.way.nodes.slice(part.from, part.to + 1).map((node) => ({ node })),
      ]);
      return { claims: [], suspects: [...diagnosis.suspects, ...suspects], isInconclusive: true };
    },
  };
}

/** What was counted, when it is lossy; undefined when it is healthy or cannot be probed. */
async function sequential(
  prober: Prober,
  { way, from, to }: { way: Way; from: number; to: number },
  settings: typeof binarySearchSettings,
): Promise<Counted | undefined> {
  const { background, lossMin, batch, probesMax } = settings;
  const rates = { healthy: rowLoss(to - from, background), lossy: rowLoss(to - from, background, lossMin) };
  const bounds = sprtBounds(settings);
  const sum = { sent: 0, lost: 0 };
  for (;;) {
    const ratio = logRatio(sum, rates);
    if (ratio >= bounds.lossy || (sum.sent >= probesMax && ratio > 0)) return sum;
    if (ratio <= bounds.healthy || sum.sent >= probesMax) return undefined;
    const counted = await prober.send(way, from, to, batch);
    if (counted === undefined) return undefined;
    sum.sent += counted.sent;
    sum.lost += counted.lost;
  }
}

function joined(cells: readonly Cell[]): Cell | undefined {
  const [first, last] = [cells[0], cells.at(-1)];
  return first === undefined || last === undefined
    ? undefined
    : { way: first.way, from: first.from, to: last.to };
}

function keyOf({ way, from, to }: Cell): string {
  return way.nodes.slice(from, to + 1).join(' ');
}
