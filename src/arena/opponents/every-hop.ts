/**
 * Pings every hop with a fixed count, as mtr does (R. Kirchner, B. Wolff: mtr, manual page), with one advantage over it:
 * every node probes its next one and the probes are counted where they arrive, so that the direction shows. A link is
 * bad when it loses more than the background explains, at a level for all links together (Bonferroni).
 */

import { cellsOf, diagnosisOf, type Lossy, linksIn } from './cells.ts';
import type { Opponent } from './opponent.ts';
import { tailProbability } from './tests.ts';

/** As tuned; docs/arena/README.md says how. */
const everyHopSettings = { count: 1_000, background: 1e-4, falseAlarm: 1e-3 };

export function everyHop(settings = everyHopSettings): Opponent {
  return {
    name: 'every-hop',
    source: 'mtr(8); every hop with a fixed count',
    model: 'M1',
    async diagnose(prober) {
      const lossy: Lossy[] = [];
      const done = new Set<string>();
      const cells = prober.ways.flatMap((way) => cellsOf(prober, way));
      for (const cell of cells) {
        const key = `${cell.way.nodes.slice(cell.from, cell.to + 1).join(' ')}`;
        if (done.has(key)) continue;
        done.add(key);
        const counted = await prober.send(cell.way, cell.from, cell.to, settings.count);
        if (counted === undefined) continue;
        const rate = settings.background * linksIn(cell).length;
        if (tailProbability(counted.sent, counted.lost, rate) < settings.falseAlarm / cells.length)
          lossy.push({ cell, lossShare: counted.lost / counted.sent });
      }
      return diagnosisOf(lossy);
    },
  };
}
