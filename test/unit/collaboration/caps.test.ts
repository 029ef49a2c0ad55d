/** Input: trains of probes and what an operator allows. Output: trains that stay within it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ProbeCaps, trainMsMax } from '../../../src/collaboration/caps.ts';
import type { Question } from '../../../src/collaboration/session.ts';
import { limits } from '../../../src/core/limits.ts';

const train = fc.record({
  count: fc.integer({ min: 1, max: 5_000 }),
  intervalMs: fc.integer({ min: 1, max: 500 }),
});
const sent = (trains: readonly { count: number }[]) => trains.reduce((sum, { count }) => sum + count, 0);
const perSecond = (trains: readonly { intervalMs: number }[]) =>
  trains.reduce((sum, { intervalMs }) => sum + 1_000 / intervalMs, 0);

describe('what an operator allows of probes', () => {
  it('is never exceeded, altogether and at once, and ends in nothing more', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 20_000 }),
        fc.integer({ min: 1, max: 2_000 }),
        fc.array(fc.array(train, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 6 }),
        (totalMax, perSecondMax, batches) => {
          const caps = new ProbeCaps({ totalMax, perSecondMax });
          const granted = batches.map((batch) => caps.granted(batch));
          assert.ok(sent(granted.flat()) <= totalMax);
          for (const batch of granted) {
            const slowest = batch.some(({ intervalMs }) => intervalMs === limits.probeIntervalMsMax);
            assert.ok(slowest || perSecond(batch) <= perSecondMax + 1e-9);
          }
          // Whoever asks until nothing is left comes to an end.
          for (let asked = 0; !caps.isSpent; asked++) {
            caps.granted([
              { count: 1_000, intervalMs: 1 },
              { count: 1_000, intervalMs: 1 },
            ]);
            assert.ok(asked <= totalMax);
          }
        },
      ),
    );
  });

  it('changes nothing where nothing is said', () => {
    const trains = [
      { count: 7_352, intervalMs: 1 },
      { count: 20, intervalMs: 10 },
    ];
    assert.deepEqual(new ProbeCaps().granted(trains), trains);
    assert.ok(!new ProbeCaps().isSpent);
  });

  it('leaves a share for others', () => {
    const caps = new ProbeCaps({ totalMax: 100 });
    assert.equal(sent(caps.granted([{ count: 80, intervalMs: 1 }], 0.25)), 25);
    assert.equal(sent(caps.granted([{ count: 80, intervalMs: 1 }])), 75);
    assert.ok(caps.isSpent);
  });

  it('of pings lets those that fit be sent whole, slower, and with time to end', () => {
    const ping = (node: string): Question => ({
      node,
      operation: { tool: 'ietf-ping' },
      arguments: { destination: '::1', count: 20, interval: 20 },
    });
    const look: Question = { node: 'A', operation: { uri: 'x' } };
    const granted = new ProbeCaps({ totalMax: 50, perSecondMax: 4 }).grantedPings([
      ping('A'),
      look,
      ping('B'),
      ping('C'),
    ]);
    assert.deepEqual(
      granted.map(({ node }) => node),
      ['A', 'A', 'B'],
    );
    assert.deepEqual(
      granted.map(({ arguments: args }) => args?.interval),
      [500, undefined, 500],
    );
    for (const { arguments: args, timeoutMs = 0 } of granted)
      assert.ok(args === undefined || timeoutMs > 20 * 500);
    const slow = new ProbeCaps({ perSecondMax: 1 }).grantedPings([ping('A'), ping('B')]);
    assert.ok(slow.every(({ arguments: args }) => 20 * Number(args?.interval) <= trainMsMax));
    assert.deepEqual(slow.length, 1);
  });
});
