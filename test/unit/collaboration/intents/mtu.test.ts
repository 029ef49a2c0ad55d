/** Input: what became of probes of some sizes. Output: the next size to try, until the limit is known or nobody tells. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { nextSizes } from '../../../../src/collaboration/intents/mtu.ts';
import { isSizeTrain, planSizes } from '../../../../src/collaboration/intents/mtu-search.ts';
import type { Trial } from '../../../../src/collaboration/intents/size-trials.ts';
import { readingsOf } from '../../../../src/collaboration/readings.ts';
import { limits } from '../../../../src/core/limits.ts';
import type { PathMtuIntent } from '../../../../src/core/records.ts';
import { createSeededRandom } from '../../../../src/sim/seeded-random.ts';
import { Answers, pathOver } from '../world.ts';

const path = pathOver('ABC');
const intent: PathMtuIntent = { kind: 'path-mtu', head: 'A', tail: 'C', via: ['B'] };

function measuredWith(told: number | undefined, sizeBytes?: number) {
  const answers = new Answers();
  if (told !== undefined)
    for (const node of 'ABC')
      answers.interfaces(
        node,
        ...[...'abc'].map((peer) => ({ name: `${node.toLowerCase()}${peer}`, mtu: told })),
      );
  return {
    intent: { ...intent, ...(sizeBytes !== undefined && { sizeBytes }) },
    paths: [path],
    flows: [],
    readings: readingsOf(answers.envelopes),
    untrusted: [],
  };
}

const tried = (bytes: number, limit: number): Trial => ({
  bytes,
  state: bytes <= limit ? 'passed' : 'stopped',
  at: [],
  supportedBy: [],
});

/** All sizes that are tried in turn, from small probes on. */
function search(limit: number, told: number | undefined, sizeBytes?: number): Trial[] {
  let trials = [tried(160, limit)];
  for (;;) {
    const next = nextSizes(path, trials, measuredWith(told, sizeBytes));
    if (next.length === 0) return trials;
    trials = [...trials, ...next.map((bytes) => tried(bytes, limit))].sort((a, b) => a.bytes - b.bytes);
  }
}

describe('the search for the path MTU', () => {
  it('takes two sizes where the limit is what the routers tell', () => {
    assert.deepEqual(
      search(1_500, 1_500).map(({ bytes }) => bytes),
      [160, 1_500, 1_501],
    );
  });

  it('finds any limit to the octet, whatever the routers tell, with fewer sizes than there are labels', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 160, max: limits.probeSizeBytesMax }),
        fc.option(fc.integer({ min: 68, max: 65_535 }), { nil: undefined }),
        fc.option(fc.integer({ min: 128, max: limits.probeSizeBytesMax }), { nil: undefined }),
        (limit, told, sizeBytes) => {
          const trials = search(limit, told, sizeBytes);
          assert.equal(trials.findLast(({ state }) => state === 'passed')?.bytes, limit);
          const stopped = trials.find(({ state }) => state === 'stopped')?.bytes;
          assert.equal(stopped, limit === limits.probeSizeBytesMax ? undefined : limit + 1);
          assert.ok(trials.length <= 19, `${trials.length} sizes`);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('stops where nobody tells what became of a size, or nothing passes', () => {
    const unknown: Trial = { bytes: 1_500, state: 'unknown', at: [], supportedBy: [] };
    assert.deepEqual(nextSizes(path, [tried(160, 160), unknown], measuredWith(1_500)), []);
    assert.deepEqual(nextSizes(path, [], measuredWith(1_500)), []);
  });

  it('has labels for small probes and for sizes on as many paths as can be measured', () => {
    for (let count = 1; count <= 2 * limits.pathsMax; count++) {
      const paths = Array.from({ length: count }, (_, index) => pathOver('ABC', `f${index + 1}`));
      const { flows, spare } = planSizes(paths, readingsOf([]), createSeededRandom(count));
      assert.ok(flows.length <= limits.countingFlowsMax);
      assert.equal(new Set(flows.map(({ flowLabel }) => flowLabel)).size, flows.length);
      for (const { id } of paths) {
        const own = flows.filter((flow) => flow.path === id);
        assert.deepEqual(new Set(own.map(({ purpose }) => purpose)), new Set(['loss', 'size']));
        assert.ok((spare.get(id) ?? []).length >= 2);
      }
    }
  });

  it('knows its own trains of probes', () => {
    assert.ok(isSizeTrain({ count: 8, intervalMs: 5 }) && isSizeTrain({ count: 32, intervalMs: 5 }));
    assert.ok(isSizeTrain({ count: 20, intervalMs: 10 }));
    assert.ok(!isSizeTrain({ count: 9, intervalMs: 5 }) && !isSizeTrain({ count: 8, intervalMs: 1 }));
  });
});
