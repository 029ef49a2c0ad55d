/** Cases from seeds: what is drawn, and the ways of the packets. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type CaseOptions, drawCase, hasRate, usualTiers } from '../../../src/arena/cases.ts';
import { chainOf, drawShape, shapeNames } from '../../../src/arena/shapes.ts';
import { diceOf, streamOf } from '../../../src/arena/streams.ts';
import { segmentsOf, waysOf } from '../../../src/arena/ways.ts';
import { isAtPlace, placesOf } from '../../../src/arena/where.ts';
import { faultKindsOf } from '../../../src/core/fault-kinds.ts';
import { routeOf } from '../../../src/sim/drawn-faults.ts';
import { ModelledNetwork } from '../../../src/sim/network.ts';
import { createVirtualClock } from '../../../src/sim/virtual-clock.ts';

const everything: CaseOptions = {
  world: 'modelled',
  kinds: faultKindsOf('modelled'),
  tiers: usualTiers,
  shapes: shapeNames,
};
const draw = (index: number, options: Partial<CaseOptions> = {}, seed = 1) =>
  drawCase(seed, index, { ...everything, ...options });
const many = Array.from({ length: 120 }, (_, index) => draw(index));

describe('cases', () => {
  it('are the same for the same seed and number, whatever else is drawn', () => {
    assert.deepEqual(draw(17), many[17]);
    assert.notDeepEqual(draw(17, {}, 2), many[17]);
  });

  it('fit into a kernel lab, where that is their world', () => {
    const kernel = { world: 'kernel' as const, kinds: faultKindsOf('kernel') };
    for (let index = 0; index < 40; index += 1) {
      const { topology, drawn } = draw(index, kernel);
      assert.ok(topology.nodes.length <= 9);
      assert.ok(drawn.every(({ fault }) => kernel.kinds.includes(fault.kind)));
    }
    assert.throws(() => draw(0, { ...kernel, shapes: ['fat-tree'] }), {
      code: 'usage',
      message: /9 routers/,
    });
  });

  it('are of every shape and tier, a quarter of them healthy', () => {
    assert.deepEqual([...new Set(many.map(({ shape }) => shape))].sort(), [...shapeNames].sort());
    assert.deepEqual([...new Set(many.map(({ tier }) => tier))].sort(), [...usualTiers].sort());
    const healthy = many.filter(({ drawn }) => drawn.length === 0).length;
    assert.ok(healthy > 15 && healthy < 45, `${healthy} of ${many.length}`);
    assert.ok(many.some(({ drawn }) => drawn.length === 2));
  });

  it('have one liar behind the head where that is asked for', () => {
    for (let index = 0; index < 20; index += 1) {
      const { tier, missing, ways, route } = draw(index, { tiers: ['lying'] });
      assert.equal(tier, 'lying');
      assert.equal(missing.length, 1);
      assert.ok(missing.every(({ node, how }) => how === 'lying' && node !== route.head));
      assert.ok(ways.some(({ nodes }) => nodes.includes(missing[0]?.node ?? '')));
    }
  });

  it('are of another network where one has no place for the fault', () => {
    const loops: Partial<CaseOptions> = {
      kinds: ['forwarding-loop'],
      tiers: ['standard'],
      shapes: ['rings'],
    };
    const drawn = Array.from({ length: 120 }, (_, index) => draw(index, loops, 5)).flatMap(
      (one) => one.drawn,
    );
    assert.ok(drawn.length > 80);
    assert.ok(drawn.every(({ truth }) => truth.kind === 'forwarding-loop'));
  });

  it('put two faults at two places', () => {
    for (const { drawn } of many) {
      const [one, other] = drawn.map(({ truth }) => placesOf(truth.elements));
      if (one !== undefined && other !== undefined)
        assert.ok(!one.some((a) => other.some((b) => isAtPlace(a, b) || isAtPlace(b, a))));
    }
  });

  it('lose what their tier says, in the background and at the fault', () => {
    for (const { tier, drawn, background, backgroundMax, missing } of many) {
      const rates = drawn.flatMap(({ fault }) => fault.lossPercent ?? []).map((percent) => percent / 100);
      const isLow = rates.some((rate) => rate < 10 * backgroundMax);
      if (tier !== 'missing') assert.equal(isLow, tier === 'low-loss');
      assert.equal(missing.length > 0, tier === 'missing');
      assert.equal(backgroundMax, tier === 'noisy' ? 1e-3 : 1e-4);
      assert.ok(background.every(({ lossPercent = 1 }) => lossPercent / 100 <= backgroundMax));
    }
  });

  it('can be put in force', () => {
    for (const { topology, drawn, background } of many.slice(0, 30)) {
      const network = new ModelledNetwork(topology, {
        clock: createVirtualClock(),
        random: streamOf(1, 'x'),
      });
      for (const fault of [...background, ...drawn.map((one) => one.fault)]) network.inject(fault);
    }
  });

  it('are all healthy when that is all that is asked for', () => {
    for (let index = 0; index < 10; index++)
      assert.equal(draw(index, { kinds: ['healthy'] }).drawn.length, 0);
  });

  it('are refused where nothing fits', () => {
    assert.throws(() => draw(0, { kinds: ['link-down'], tiers: ['low-loss'] }), /usage|can be drawn/);
    assert.ok(!hasRate('link-down') && hasRate('silent-loss'));
  });
});

describe('ways', () => {
  it('of a chain lead from end to end and back', () => {
    const topology = chainOf(4, [2]);
    const [ahead, back, ...more] = waysOf(topology, routeOf(topology));
    assert.deepEqual(more, []);
    assert.deepEqual(ahead?.nodes, ['N0', 'N1', 'N2', 'N3', 'N4']);
    assert.deepEqual(back?.nodes, ['N4', 'N3', 'N2', 'N1', 'N0']);
    assert.deepEqual(ahead?.pinned, [false, false, true, false, false]);
    if (ahead !== undefined) assert.equal(segmentsOf(topology, ahead, 0, 4).length, 2);
    if (ahead !== undefined) assert.equal(segmentsOf(topology, ahead, 2, 4).length, 1);
  });

  it('of any shape join head and tail link by link, and cover each other in both directions', () => {
    for (let seed = 0; seed < 40; seed++) {
      const shape = shapeNames[seed % shapeNames.length] ?? 'chain';
      const topology = drawShape(shape, diceOf(streamOf(seed, 'shape')));
      const route = routeOf(topology);
      const ways = waysOf(topology, route);
      assert.ok(ways.length >= 2 && ways.length % 2 === 0);
      for (const { direction, nodes, links } of ways) {
        assert.deepEqual(
          [nodes[0], nodes.at(-1)],
          direction === 'forward' ? [route.head, route.tail] : [route.tail, route.head],
        );
        assert.equal(links.length, nodes.length - 1);
        for (const [index, { from, to }] of links.entries())
          assert.deepEqual([from.node, to.node], [nodes[index], nodes[index + 1]]);
        assert.ok(links.length >= 2 && links.length <= 64, `${shape} ${links.length}`);
      }
    }
  });
});
