/** How many probes an intent is worth. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { effortLeft, effortOf, nextTotal, parallelFactor } from '../../../src/collaboration/effort.ts';
import { limits } from '../../../src/core/limits.ts';
import type { PathLossIntent } from '../../../src/core/records.ts';

function asked(wishes: Partial<PathLossIntent>, paths = 2, isParallel = false) {
  return effortOf({ kind: 'path-loss', head: 'A', tail: 'C', via: [], ...wishes }, paths, isParallel);
}

/** Totals after each portion, until no more are due. */
function totals(wishes: Partial<PathLossIntent>): number[] {
  const effort = asked(wishes);
  const found: number[] = [];
  for (let sent = 0; ; ) {
    const next = nextTotal(effort, sent);
    if (next === sent) return found;
    found.push(next);
    sent = next;
  }
}

describe('the probes of a path', () => {
  it('are enough when a loss that matters would have shown with 99 %', () => {
    for (const lossMinPercent of [0.1, 0.5, 3]) {
      const { enough } = asked({ lossMinPercent });
      const missed = (probes: number) => (1 - lossMinPercent / 100) ** probes;
      assert.ok(missed(enough) <= 0.01 && missed(enough - 1) > 0.01, `${lossMinPercent} %: ${enough}`);
    }
  });

  it('double while the verdict is open, up to the most', () => {
    assert.deepEqual(totals({}), [919, 1838, 3676, 7352]);
  });

  it('begin with few where one fault is enough', () => {
    const first = totals({ firstFaultOnly: true });
    assert.deepEqual(first.slice(0, 6), [16, 20, 24, 28, 32, 36]);
    assert.ok(first.includes(asked({}).enough));
    assert.equal(first.at(-1), asked({}).probesMax);
  });

  it('grow faster where one fault is enough and nothing is suspicious', () => {
    const effort = asked({ firstFaultOnly: true });
    const quiet = [0, 16, 24, 100, 900].map((sent) => nextTotal(effort, sent, 'quiet'));
    assert.deepEqual(quiet, [16, 20, 28, 110, effort.enough]);
  });

  it('grow faster again where everybody had to be asked though nothing is suspicious', () => {
    assert.equal(nextTotal(asked({ firstFaultOnly: true }), 100, 'costly'), 120);
  });

  it('are none any more where a path could not be cleared in what is left of the time', () => {
    const effort = asked({});
    const neededMs = effort.enough * effort.intervalMs;
    assert.equal(effortLeft(effort, 75_000 - neededMs)?.probesMax, effort.enough);
    assert.equal(effortLeft(effort, 75_001 - neededMs), undefined);
    assert.equal(effortLeft(effort, 0)?.probesMax, effort.probesMax);
  });

  it('are never more than asked for, nor faster', () => {
    fc.assert(
      fc.property(
        fc.record({
          lossMinPercent: fc.double({ min: 0.01, max: 50, noNaN: true }),
          count: fc.integer({ min: 1, max: limits.probeCountMax }),
          totalMax: fc.integer({ min: 64, max: 1_000_000 }),
          perSecondMax: fc.integer({ min: 1, max: 100_000 }),
          firstFaultOnly: fc.boolean(),
        }),
        fc.integer({ min: 2, max: 32 }),
        fc.boolean(),
        (wishes, paths, isParallel) => {
          const effort = asked(wishes, paths, isParallel);
          const factor = isParallel ? parallelFactor : 1;
          const all = totals(wishes);
          assert.ok(all.every((total, index) => total <= wishes.count && total > (all[index - 1] ?? 0)));
          const perSecond = (paths * 1_000 * factor) / effort.intervalMs;
          assert.ok(perSecond <= wishes.perSecondMax || effort.intervalMs === limits.probeIntervalMsMax);
          assert.ok(effort.probesMax * factor * paths <= wishes.totalMax || effort.probesMax === 1);
          assert.ok(effort.probesMax * effort.intervalMs <= limits.intentTimeoutMs);
        },
      ),
    );
  });
});
