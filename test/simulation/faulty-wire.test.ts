/** Messages under one fault at a time: what arrives, when, and what is counted. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type FaultMix, noFaults } from '../../src/sim/fault-mix.ts';
import { FaultyWire } from '../../src/sim/faulty-wire.ts';
import { createSeededRandom } from '../../src/sim/seeded-random.ts';
import { Trace } from '../../src/sim/trace.ts';

const messages = 2_000;
const flightMs = [1, 2] as const;

/** Arrival times of messages sent one millisecond apart, and what was counted. */
function sent(faults: Partial<FaultMix>, stalls = true) {
  let nowMs = 0;
  const trace = new Trace(() => nowMs);
  const wire = new FaultyWire({
    trace,
    random: createSeededRandom(7),
    mix: () => ({ ...noFaults, ...faults }),
    elapsed: () => nowMs,
    flightMs,
    stalls,
  });
  const pipe = { lastDueMs: 0 };
  const arrivals: number[][] = [];
  for (; nowMs < messages; nowMs += 1)
    arrivals.push(wire.fates(pipe, () => 'message').map((afterMs) => nowMs + afterMs));
  return { arrivals, counts: trace.faultCounts };
}

const isSorted = (times: readonly number[]) => times.every((time, index) => time >= (times[index - 1] ?? 0));
const near = (count: number, share: number) => Math.abs(count - share * messages) < 0.05 * messages;

describe('a faulty wire', () => {
  it('without faults brings everything once, in order and in time', () => {
    const { arrivals, counts } = sent({});
    assert.ok(arrivals.every(({ length }) => length === 1) && isSorted(arrivals.flat()));
    assert.ok(arrivals.every(([at = 0], index) => at - index <= flightMs[1] + 1));
    assert.ok(Object.values(counts).every((count) => count === 0));
  });

  it('drops a share, and counts it', () => {
    const { arrivals, counts } = sent({ drop: 0.3 });
    const lost = arrivals.filter(({ length }) => length === 0).length;
    assert.ok(near(lost, 0.3), String(lost));
    assert.equal(counts.drop, lost);
  });

  it('brings a share twice, and counts it', () => {
    const { arrivals, counts } = sent({ duplicate: 0.2 });
    const twice = arrivals.filter(({ length }) => length === 2).length;
    assert.ok(near(twice, 0.2), String(twice));
    assert.equal(counts.duplicate, twice);
  });

  it('delays a share, and what is behind it waits: a connection keeps its order', () => {
    const { arrivals, counts } = sent({ delay: 0.2 });
    assert.ok(isSorted(arrivals.flat()));
    assert.ok(near(counts.delay, 0.2), String(counts.delay));
    assert.ok(arrivals.some(([at = 0], index) => at - index > 100));
  });

  it('holds up a connection for seconds now and then, and a link never', () => {
    const longest = ({ arrivals }: ReturnType<typeof sent>) =>
      Math.max(...arrivals.map(([at = 0], index) => at - index));
    assert.ok(longest(sent({ delay: 0.9 })) > 3_000);
    assert.ok(longest(sent({ delay: 0.9 }, false)) < 310);
  });

  it('lets a share be overtaken, and counts it', () => {
    const { arrivals, counts } = sent({ reorder: 0.2 });
    assert.ok(!isSorted(arrivals.flat()));
    assert.ok(near(counts.reorder, 0.2), String(counts.reorder));
  });

  it('does the same for the same seed', () => {
    const faults = { drop: 0.1, duplicate: 0.1, reorder: 0.1, delay: 0.1 };
    assert.deepEqual(sent(faults), sent(faults));
  });
});
