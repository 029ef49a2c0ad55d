/** Flooding over whole networks. Input: links and announcements. Output: who has heard whom, in how many rounds. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemIdOf } from '../../../discovery/link-state.ts';
import { linkStateOf, signed, World } from './advertise.ts';

type Links = [string, string][];

const line = (count: number): Links =>
  Array.from({ length: count - 1 }, (_, at): [string, string] => [`R${at}`, `R${at + 1}`]);
const ring = (count: number): Links => [...line(count), [`R${count - 1}`, 'R0']];
const fabric = (spines: number, leaves: number): Links =>
  Array.from({ length: spines * leaves }, (_, at): [string, string] => [
    `S${at % spines}`,
    `L${Math.floor(at / spines)}`,
  ]);

const heardBy = (world: World, node: string): string[] =>
  world
    .speaker(node)
    .heard()
    .nodes.map((heard) => heard.node)
    .sort();

describe('flooding (T21: PE-1 hears PE-3 although LLDP reaches one hop)', () => {
  const graphs: [string, Links, number][] = [
    [
      'the three routers of the draft',
      [
        ['PE-1', 'P-2'],
        ['P-2', 'PE-3'],
      ],
      2,
    ],
    ['a ring of 6', ring(6), 3],
    ['a line of 13', line(13), 12],
    ['a fabric of 4 spines and 16 leaves', fabric(4, 16), 2],
  ];
  for (const [name, links, diameter] of graphs) {
    it(`over ${name}: all hear all, and it is over ${diameter + 1} rounds after it began`, async () => {
      const world = new World(links);
      const nodes = [...world.speakers.keys()];
      await world.announceAll();
      assert.ok(world.settle() <= diameter + 1);
      for (const node of nodes) {
        assert.deepEqual(heardBy(world, node), nodes.filter((other) => other !== node).sort());
      }
      world.advance(1000);
      const heard = world.speaker(nodes[0] ?? '').heard();
      assert.equal(Math.max(...heard.nodes.map((node) => node.hops ?? -1)), diameter);
    });
  }

  it('carries what the owner says about itself, and the adjacencies that LLDP found', async () => {
    const world = new World([
      ['PE-1', 'P-2'],
      ['P-2', 'PE-3'],
    ]);
    await world.announceAll();
    const sids = [
      { sid: 'fc00:3::e', behavior: 'End' },
      { sid: 'fc00:3::d6', behavior: 'End.DT6' },
    ];
    const linkState = linkStateOf('PE-3', {
      addresses: ['fc00:3::1', '192.0.2.3'],
      locator: 'fc00:3::/64',
      sids,
    });
    await world.speaker('PE-3').announce(signed('PE-3', { sequence: 2 }), linkState);
    world.advance(2000);
    const heard = world
      .speaker('PE-1')
      .heard()
      .nodes.find(({ node }) => node === 'PE-3');
    assert.equal(heard?.source, 'isis');
    assert.equal(heard.hops, 2);
    assert.equal(heard.advertisement.advertisement.sequence, 2);
    assert.deepEqual(heard.linkState?.sids, sids);
    assert.equal(heard.linkState.locator, 'fc00:3::/64');
    assert.deepEqual(heard.linkState.addresses, ['192.0.2.3', 'fc00:3::1']);
    assert.deepEqual(heard.linkState.neighbours, [{ systemId: systemIdOf('P-2'), hostname: 'P-2' }]);
  });

  it('gives a node that comes up late everything that is known', async () => {
    const world = new World(
      [
        ['PE-1', 'P-2'],
        ['P-2', 'PE-3'],
      ],
      { linkStateIntervalMs: 900_000 },
    );
    world.passes = (from, to) => from !== 'PE-1' && to !== 'PE-1';
    await world.announceAll();
    world.advance(5000);
    assert.deepEqual(heardBy(world, 'PE-1'), []);
    world.passes = () => true;
    world.advance(3000);
    assert.deepEqual(heardBy(world, 'PE-1'), ['P-2', 'PE-3']);
    assert.deepEqual(heardBy(world, 'PE-3'), ['P-2', 'PE-1']);
  });

  it('jumps past the sequence of an older life of ours', async () => {
    const world = new World([
      ['PE-1', 'P-2'],
      ['P-2', 'PE-3'],
    ]);
    await world.announceAll();
    for (let again = 2; again < 9; again++) {
      await world.speaker('PE-1').announce(signed('PE-1', { sequence: again }), linkStateOf('PE-1'));
      world.settle();
    }
    // The agent of PE-1 starts anew: its LSP begins at sequence 1 again, below what the others hold.
    world.add('PE-1');
    await world.speaker('PE-1').announce(signed('PE-1', { sequence: 99 }), linkStateOf('PE-1'));
    world.advance(1000);
    const heard = world
      .speaker('PE-3')
      .heard()
      .nodes.find(({ node }) => node === 'PE-1');
    assert.equal(heard?.advertisement.advertisement.sequence, 99);
  });

  it('forgets at once what says goodbye', async () => {
    const world = new World([
      ['PE-1', 'P-2'],
      ['P-2', 'PE-3'],
    ]);
    await world.announceAll();
    world.advance(2000);
    await world.speaker('PE-3').close();
    world.settle();
    assert.deepEqual(heardBy(world, 'PE-1'), ['P-2']);
    assert.deepEqual(heardBy(world, 'P-2'), ['PE-1']);
  });

  it('keeps a lost neighbour on the map until its lifetime runs out, and says that it is stale', async () => {
    const world = new World([
      ['PE-1', 'P-2'],
      ['P-2', 'PE-3'],
    ]);
    await world.announceAll();
    world.advance(2000);
    world.passes = (from, to) => from !== 'PE-3' && to !== 'PE-3';
    world.advance(20_000);
    const neighbour = world
      .speaker('P-2')
      .heard()
      .neighbours.find(({ node }) => node === 'PE-3');
    assert.equal(neighbour?.fresh, false);
    assert.ok(neighbour.ageMs >= 20_000 && neighbour.intervalMs === 1000);
    const map = world
      .speaker('PE-1')
      .heard()
      .nodes.find(({ node }) => node === 'P-2')?.linkState;
    assert.deepEqual(
      map?.neighbours.map(({ systemId }) => systemId).sort(),
      [systemIdOf('PE-1'), systemIdOf('PE-3')].sort(),
    );
    world.advance(120_000);
    assert.deepEqual(heardBy(world, 'PE-1'), ['P-2']);
    const later = world
      .speaker('PE-1')
      .heard()
      .nodes.find(({ node }) => node === 'P-2')?.linkState;
    assert.deepEqual(later?.neighbours, [{ systemId: systemIdOf('PE-1'), hostname: 'PE-1' }]);
  });

  it('sees a fibre that carries one way only: one end goes stale, the other does not', async () => {
    const world = new World([['PE-1', 'P-2']]);
    await world.announceAll();
    world.advance(2000);
    world.passes = (from) => from !== 'PE-1';
    world.advance(10_000);
    assert.equal(world.speaker('P-2').heard().neighbours[0]?.fresh, false);
    assert.equal(world.speaker('PE-1').heard().neighbours[0]?.fresh, true);
  });

  it('is quiet between refreshes', async () => {
    const world = new World(ring(6), { linkStateIntervalMs: 900_000 });
    await world.announceAll();
    world.advance(5000);
    const before = world.framesSent;
    world.advance(10_000);
    // Ten LLDP intervals on twelve ends of links, and nothing else.
    assert.equal(world.framesSent - before, 120);
  });
});
