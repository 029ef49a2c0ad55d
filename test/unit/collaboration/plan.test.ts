/** The plan. Input: paths. Output: flows with labels of their own, as large as the path should carry. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { planFlows, wavesOf } from '../../../src/collaboration/plan.ts';
import { readingsOf } from '../../../src/collaboration/readings.ts';
import { limits } from '../../../src/core/limits.ts';
import type { Path } from '../../../src/core/records.ts';
import { createSeededRandom } from '../../../src/sim/seeded-random.ts';
import { Answers, pathOver } from './world.ts';

const none = readingsOf([]);

/** Paths over one of several links between A and B. */
function sideBySide(index: number): Path {
  const hop = { from: 'A', egress: `ab${index}`, to: 'B', ingress: `ba${index}` };
  return { ...pathOver('AB', `f${index + 1}`), hops: [hop] };
}

describe('the plan', () => {
  it('gives every flow a label of its own, of 20 bits, never 0', () => {
    const paths = Array.from({ length: 2 * limits.pathsMax }, (_, index) =>
      pathOver(`A${String.fromCharCode(97 + index)}C`, `f${index + 1}`),
    );
    for (let seed = 0; seed < 200; seed += 1) {
      const labels = planFlows(paths, none, createSeededRandom(seed)).map(({ flowLabel }) => flowLabel);
      // Three of small probes, one of large ones.
      assert.equal(new Set(labels).size, 4 * paths.length);
      assert.ok(labels.every((label) => Number.isInteger(label) && label >= 1 && label <= 0xfffff));
      assert.ok(labels.length <= limits.countingFlowsMax, 'one counting session holds them all');
    }
  });

  it('takes many labels over each path, whose hashes nobody can choose, within one counting session', () => {
    const labels = (count: number) => {
      const paths = Array.from({ length: count }, (_, index) => sideBySide(index));
      return planFlows(paths, none, createSeededRandom(1)).length;
    };
    assert.equal(labels(1), 16 + 1);
    assert.equal(labels(2), 2 * (32 + 32));
    assert.ok(labels(2 * limits.pathsMax) <= limits.countingFlowsMax);
  });

  it('sends them in waves, the first of which measures every path', () => {
    const paths = [sideBySide(0), sideBySide(1)];
    const flows = planFlows(paths, none, createSeededRandom(1));
    const waves = wavesOf(flows);
    assert.deepEqual(
      waves.map((wave) => wave.length),
      [64, 64],
    );
    assert.equal(new Set(waves.flat()).size, flows.length);
    for (const id of ['f1', 'f2'])
      for (const purpose of ['loss', 'size'])
        assert.ok(waves[0]?.some((flow) => flow.path === id && flow.purpose === purpose));
    const single = planFlows([pathOver('AB')], none, createSeededRandom(1));
    assert.deepEqual(wavesOf(single), [single]);
  });

  it('draws again when the random source repeats itself', () => {
    const fractions = [0.5, 0.5, 0.5, 0.25, 1 - 2 ** -53];
    const fresh = createSeededRandom(1);
    const random = { bytes: () => new Uint8Array(), fraction: () => fractions.shift() ?? fresh.fraction() };
    const labels = planFlows([pathOver('AB')], none, random).map(({ flowLabel }) => flowLabel);
    assert.equal(new Set(labels).size, labels.length);
    assert.deepEqual(fractions, []);
  });

  it('sends large probes as large as the smaller end would carry if it were set like the larger', () => {
    const sizes = (answers: Answers) =>
      planFlows([pathOver('ABC')], readingsOf(answers.envelopes), createSeededRandom(1))
        .map((flow) => [flow.purpose, flow.sizeBytes])
        .slice(-2);
    const jumbo = new Answers()
      .interfaces('A', { name: 'ab', mtu: 9_000 })
      .interfaces('B', { name: 'ba', mtu: 1_400 }, { name: 'bc', mtu: 9_000 })
      .interfaces('C', { name: 'cb', mtu: 9_000 });
    assert.deepEqual(sizes(jumbo), [
      ['loss', 128],
      ['size', 9_000],
    ]);
    assert.deepEqual(sizes(new Answers())[1], ['size', 1_500]);
    const huge = new Answers()
      .interfaces('A', { name: 'ab', mtu: 65_536 })
      .interfaces('B', { name: 'bc', mtu: 65_536 });
    assert.deepEqual(sizes(huge)[1], ['size', limits.probeSizeBytesMax]);
  });

  it('makes room for the encapsulation of what hosts may always send, where any link of the path has it', () => {
    const path = { ...pathOver('ABC'), segments: ['fc00:b::e', 'fc00:c::d'] };
    const size = (first: number, second: number) => {
      const answers = new Answers()
        .interfaces('A', { name: 'ab', mtu: first })
        .interfaces('B', { name: 'ba', mtu: first }, { name: 'bc', mtu: second })
        .interfaces('C', { name: 'cb', mtu: second });
      return planFlows([path], readingsOf(answers.envelopes), createSeededRandom(1)).at(-1)?.sizeBytes;
    };
    assert.equal(size(1_500, 1_300), 1_280 + 40 + 8 + 2 * 16);
    assert.equal(size(1_500, 1_400), 1_400);
    assert.equal(size(1_320, 1_300), 1_320);
    assert.equal(size(1_300, 1_300), 1_300);
  });

  it('makes small probes large enough for their segments', () => {
    const path = { ...pathOver('AB'), segments: Array.from({ length: 20 }, () => 'fc00::e') };
    assert.equal(planFlows([path], none, createSeededRandom(1))[0]?.sizeBytes, 40 + 8 + 320 + 40 + 8 + 16);
  });
});
