/** Input: whom discovery hears, over time. Output: what the log is told, and how often discovery was asked. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Beacon } from '../../../discovery/beacon.ts';
import { watchDomain } from '../../../src/cli/domain-watch.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

function watching() {
  const clock = createVirtualClock();
  const told: unknown[] = [];
  const world = { nodes: [] as string[], looks: 0 };
  const beacon = {
    heard: () => {
      world.looks += 1;
      return { nodes: world.nodes.map((node) => ({ node })), neighbours: [] };
    },
  } as unknown as Beacon;
  const log = {
    info: (message: string, fields?: unknown) => void told.push([message, fields]),
    warn: () => {},
  };
  return { clock, told, world, stop: watchDomain(beacon, log, clock) };
}

describe('the log of the domain', () => {
  it('names everybody as soon as they are heard, sorted and once', async () => {
    const { clock, told, world, stop } = watching();
    await clock.advance(1_000);
    assert.deepEqual(told, []);
    world.nodes = ['PE-3', 'P-2', 'P-2'];
    await clock.advance(200);
    assert.deepEqual(told, [['domain', { nodes: ['P-2', 'PE-3'] }]]);
    await clock.advance(10_000);
    world.nodes = ['PE-3'];
    await clock.advance(200);
    assert.deepEqual(told[1], ['domain', { nodes: ['PE-3'] }]);
    assert.equal(told.length, 2);
    stop();
  });

  it('costs next to nothing once the agent has been up for a while, and still tells of changes', async () => {
    const { clock, told, world, stop } = watching();
    await clock.advance(60_000);
    const looks = world.looks;
    await clock.advance(600_000);
    assert.ok(world.looks - looks <= 121, `${world.looks - looks} looks in ten minutes`);
    world.nodes = ['P-2'];
    await clock.advance(5_001);
    assert.deepEqual(told, [['domain', { nodes: ['P-2'] }]]);
    stop();
    await clock.advance(10_000);
    assert.equal(clock.waiting, 0);
  });
});
