/** What every Beacon must do, in PE-1 - P-2 - PE-3. The beacon under test is that of P-2 above all: it has two neighbours. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { verifyAdvertisement } from '../../discovery/advertisement.ts';
import type { Beacon, HeardNode } from '../../discovery/beacon.ts';
import { tableEntriesMax } from '../../discovery/neighbours.ts';
import { advertisementOf, forged, linkStateOf, signed, verifyBytes } from '../unit/discovery/advertise.ts';

export const nodes = ['PE-1', 'P-2', 'PE-3'] as const;
export type Node = (typeof nodes)[number];

export interface BeaconWorld extends AsyncDisposable {
  beacon(node: Node): Beacon;
  /** Lets time go by until it holds, for a bounded time. */
  until(holds: () => boolean): Promise<void>;
  wait(ms: number): Promise<void>;
}

export interface BeaconTraits {
  /** How P-2 hears its neighbours. */
  source: 'lldp' | 'lldpd';
  /** The daemon that speaks LLDP for P-2 lives on when P-2's beacon closes. */
  isDaemon?: true;
}

export function beaconContract(
  name: string,
  { source, isDaemon }: BeaconTraits,
  create: () => Promise<BeaconWorld>,
): void {
  describe(`Beacon: ${name}`, { timeout: 60_000 }, () => {
    it('hears nobody who has not announced, and never itself', async () => {
      await using world = await create();
      for (const node of nodes) assert.deepEqual(world.beacon(node).heard(), { neighbours: [], nodes: [] });
      await world.beacon('P-2').announce(signed('P-2'), linkStateOf('P-2'));
      await world.until(() => knows(world, 'PE-1', 'P-2') && knows(world, 'PE-3', 'P-2'));
      assert.deepEqual(world.beacon('P-2').heard(), { neighbours: [], nodes: [] });
    });

    it('hears its neighbours on their interfaces and the domain with its links, each once', async () => {
      await using world = await create();
      const facts = {
        addresses: ['fc00:3::1'],
        locator: 'fc00:3::/32',
        sids: [{ sid: 'fc00:3::e', behavior: 'End' }],
      };
      await world.beacon('PE-3').announce(signed('PE-3'), linkStateOf('PE-3', facts));
      for (const node of ['PE-1', 'P-2'] as const)
        await world.beacon(node).announce(signed(node), linkStateOf(node));
      // Frames may be late on a busy machine: the next one makes the neighbour fresh again.
      const isFresh = () =>
        world
          .beacon('P-2')
          .heard()
          .neighbours.every(({ fresh }) => fresh);
      await world.until(() => isWhole(world) && isFresh());

      const { neighbours } = world.beacon('P-2').heard();
      assert.deepEqual(neighbours.map((one) => [one.interface, one.node]).sort(), [
        ['p2-pe1', 'PE-1'],
        ['p2-pe3', 'PE-3'],
      ]);
      for (const one of neighbours) {
        assert.deepEqual([one.source, one.fresh, one.authenticated], [source, true, false]);
        assert.ok(one.ageMs >= 0 && one.intervalMs > 0);
        assert.deepEqual(one.advertisement, signed(one.node));
      }
      for (const listener of nodes) {
        const heard = world.beacon(listener).heard();
        assert.deepEqual(
          heard.nodes.map(({ node }) => node).sort(),
          nodes.filter((node) => node !== listener).sort(),
        );
        for (const one of heard.nodes) {
          assert.ok(verifyAdvertisement(one.advertisement, verifyBytes));
          assert.deepEqual(one.advertisement.advertisement, advertisementOf(one.node));
          assert.ok(one.ageMs >= 0);
          assert.equal(one.hops, Math.abs(nodes.indexOf(listener) - nodes.indexOf(one.node as Node)));
        }
      }
      const { linkState } = find(world, 'PE-1', 'PE-3') ?? assert.fail('PE-3 was not heard');
      const { addresses, locator, sids, neighbours: adjacent } = linkState ?? assert.fail('no link state');
      assert.deepEqual({ addresses, locator, sids }, facts);
      assert.deepEqual(
        adjacent.map(({ hostname }) => hostname),
        ['P-2'],
      );
    });

    it('tells what was heard as it is now: whoever changes it changes nothing', async () => {
      await using world = await whole(create);
      const heard = world.beacon('P-2').heard();
      const before = heard.nodes.length;
      heard.nodes.length = heard.neighbours.length = 0;
      assert.equal(world.beacon('P-2').heard().nodes.length, before);
      assert.equal(world.beacon('P-2').heard().neighbours.length, 2);
    });

    it('announced again, it is heard anew everywhere', async () => {
      await using world = await whole(create);
      for (const node of ['PE-1', 'P-2'] as const)
        await world.beacon(node).announce(signed(node, { sequence: 2, port: 4711 }), linkStateOf(node));
      const port = (by: Node, node: Node) => find(world, by, node)?.advertisement.advertisement.port;
      await world.until(() => port('PE-3', 'PE-1') === 4711 && port('PE-3', 'P-2') === 4711);
      await world.until(() => port('P-2', 'PE-1') === 4711 && port('PE-1', 'P-2') === 4711);
      for (const node of nodes) assert.equal(world.beacon(node).heard().nodes.length, 2);
    });

    it('knows those whom TLS has proved, lists them first, and lets no forgery in their place', async () => {
      await using world = await whole(create);
      const beacon = world.beacon('P-2');
      const { confirm, hearRelayed } = withOptional(beacon);
      confirm('PE-3', advertisementOf('PE-3').thumbprint, verifyBytes);
      const first = beacon.heard();
      assert.deepEqual([first.nodes[0]?.node, first.nodes[0]?.authenticated], ['PE-3', true]);
      assert.deepEqual([first.neighbours[0]?.node, first.neighbours[0]?.authenticated], ['PE-3', true]);
      assert.equal(find(world, 'P-2', 'PE-1')?.authenticated, false);

      hearRelayed(forged('PE-3', { sequence: 1_000, port: 6666 }), 1, 1_000);
      const thumbprint = new Uint8Array(32).fill(7);
      hearRelayed(forged('PE-3', { sequence: 1_000, port: 7777, thumbprint }), 1, 1_000);
      const named = beacon.heard().nodes.filter(({ node }) => node === 'PE-3');
      assert.deepEqual(
        named.map(({ authenticated, advertisement }) => [authenticated, advertisement.advertisement.port]),
        [
          [true, 9514],
          [false, 7777],
        ],
      );
    });

    it('drops what it held of a node once TLS proves that it was forged', async () => {
      await using world = await create();
      const beacon = world.beacon('P-2');
      const { confirm, hearRelayed } = withOptional(beacon);
      hearRelayed(forged('PE-3'), 2, 1_000);
      assert.ok(knows(world, 'P-2', 'PE-3'));
      confirm('PE-3', advertisementOf('PE-3').thumbprint, verifyBytes);
      assert.ok(!knows(world, 'P-2', 'PE-3'));
    });

    it('believes what a neighbour relayed for as long as it was told, and takes nothing older', async () => {
      await using world = await create();
      const beacon = world.beacon('P-2');
      const { hearRelayed } = withOptional(beacon);
      hearRelayed(signed('PE-7', { sequence: 5 }), 4, 600);
      hearRelayed(signed('PE-7', { sequence: 4, port: 6666 }), 1, 600);
      const one = find(world, 'P-2', 'PE-7');
      assert.deepEqual(
        [one?.source, one?.hops, one?.linkState, one?.authenticated],
        ['relay', 4, undefined, false],
      );
      assert.equal(one?.advertisement.advertisement.sequence, 5);
      assert.deepEqual(beacon.heard().neighbours, []);
      hearRelayed(signed('PE-8'), 2, 1);
      assert.ok(knows(world, 'P-2', 'PE-8'));
      await world.until(() => !knows(world, 'P-2', 'PE-8'));
      assert.ok(Number(find(world, 'P-2', 'PE-7')?.ageMs) >= 900);
    });

    it('keeps a bounded number of those who were invented, and those whom TLS has proved', async () => {
      await using world = await whole(create);
      const beacon = world.beacon('P-2');
      const { confirm, hearRelayed } = withOptional(beacon);
      confirm('PE-1', advertisementOf('PE-1').thumbprint, verifyBytes);
      for (let at = 0; at < 3 * tableEntriesMax; at += 1) hearRelayed(forged(`invented-${at}`), 1, 1_000);
      const heard = beacon.heard();
      assert.ok(heard.nodes.length <= tableEntriesMax + 2, `${heard.nodes.length} nodes`);
      assert.equal(heard.nodes[0]?.node, 'PE-1');
      assert.equal(heard.neighbours[0]?.node, 'PE-1');
    });

    it('takes back with a lifetime of 0 what it announced, from those too who know it by TLS', async () => {
      await using world = await whole(create);
      for (const [by, node] of [
        ['PE-1', 'P-2'],
        ['PE-1', 'PE-3'],
        ['P-2', 'PE-3'],
      ] as const)
        withOptional(world.beacon(by)).confirm(node, advertisementOf(node).thumbprint, verifyBytes);
      const leave = async (node: Node) => {
        await world.beacon(node).announce(signed(node, { sequence: 2, lifetimeS: 0 }), linkStateOf(node));
        await world.beacon(node).close();
      };
      await leave('PE-3');
      await world.until(() => !knows(world, 'PE-1', 'PE-3') && !knows(world, 'P-2', 'PE-3'));
      await leave('P-2');
      await world.until(() => !knows(world, 'PE-1', 'P-2'));
      assert.deepEqual(world.beacon('PE-1').heard(), { neighbours: [], nodes: [] });
    });

    it('lets nobody evict by a farewell of an earlier restart whom TLS has proved', async () => {
      await using world = await whole(create);
      const now = signed('PE-3', { sequence: 5 });
      await world.beacon('PE-3').announce(now, linkStateOf('PE-3'));
      const sequenceAt = (by: Node) => find(world, by, 'PE-3')?.advertisement.advertisement.sequence;
      await world.until(() => sequenceAt('PE-1') === 5 && sequenceAt('P-2') === 5);
      for (const by of ['PE-1', 'P-2'] as const) {
        const { confirm, hearRelayed } = withOptional(world.beacon(by));
        confirm('PE-3', now.advertisement.thumbprint, verifyBytes);
        const before = world.beacon(by).heard();
        for (const sequence of [0, 3, 5]) hearRelayed(signed('PE-3', { sequence, lifetimeS: 0 }), 1, 600);
        const after = world.beacon(by).heard();
        assert.deepEqual([sequenceAt(by), find(world, by, 'PE-3')?.authenticated], [5, true]);
        assert.deepEqual(after.neighbours.length, before.neighbours.length);
        hearRelayed(signed('PE-3', { sequence: 6, lifetimeS: 0 }), 1, 600);
        assert.ok(!knows(world, by, 'PE-3'), 'its own farewell counts');
        hearRelayed(signed('PE-3', { sequence: 2, lifetimeS: 0 }), 1, 600);
        hearRelayed(signed('PE-3', { sequence: 4 }), 1, 600);
        assert.ok(!knows(world, by, 'PE-3'), 'an older one does not take it back');
      }
    });

    it('says goodbye when it closes: whoever knows it by hearsay forgets it', async () => {
      await using world = await whole(create);
      await world.beacon('PE-3').close();
      await world.until(() => !knows(world, 'PE-1', 'PE-3') && !knows(world, 'P-2', 'PE-3'));
      assert.deepEqual(
        world
          .beacon('P-2')
          .heard()
          .neighbours.map(({ node }) => node),
        ['PE-1'],
      );
      await world.beacon('P-2').close();
      if (isDaemon) await world.until(() => find(world, 'PE-1', 'P-2')?.linkState === undefined);
      else await world.until(() => !knows(world, 'PE-1', 'P-2'));
    });

    it('speaks for its own node, not after it has closed, and closes more than once', async () => {
      await using world = await whole(create);
      const beacon = world.beacon('P-2');
      await assert.rejects(
        beacon.announce(signed('PE-9'), linkStateOf('PE-9')),
        /speaks for P-2, not for PE-9/,
      );
      await Promise.all([beacon.close(), beacon.close()]);
      await beacon.close();
      const again = signed('P-2', { sequence: 9 });
      await assert.rejects(beacon.announce(again, linkStateOf('P-2')), /closed/);
      await world.wait(300);
      for (const node of ['PE-1', 'PE-3'] as const) {
        assert.ok(!knows(world, node, 'PE-9'));
        assert.notEqual(find(world, node, 'P-2')?.advertisement.advertisement.sequence, 9);
      }
    });
  });
}

function find(world: BeaconWorld, by: Node, node: string): HeardNode | undefined {
  return world
    .beacon(by)
    .heard()
    .nodes.find((one) => one.node === node);
}

function knows(world: BeaconWorld, by: Node, node: string): boolean {
  const { neighbours, nodes: heard } = world.beacon(by).heard();
  return [...neighbours, ...heard].some((one) => one.node === node);
}

/** Everybody hears everybody with all its links. */
function isWhole(world: BeaconWorld): boolean {
  return nodes.every((by) => {
    const heard = world.beacon(by).heard();
    const direct = by === 'P-2' ? 2 : 1;
    const links = (node: string) => (node === 'P-2' ? 2 : 1);
    return (
      heard.neighbours.length === direct &&
      heard.nodes.length === 2 &&
      heard.nodes.every(({ node, linkState }) => linkState?.neighbours.length === links(node))
    );
  });
}

async function whole(create: () => Promise<BeaconWorld>): Promise<BeaconWorld> {
  const world = await create();
  for (const node of nodes) await world.beacon(node).announce(signed(node), linkStateOf(node));
  await world.until(() => isWhole(world));
  return world;
}

/** Every beacon that hears over a wire can be flooded, and may not hear everybody: it has both. */
function withOptional(beacon: Beacon): Required<Pick<Beacon, 'confirm' | 'hearRelayed'>> {
  const { confirm, hearRelayed } = beacon;
  if (confirm === undefined || hearRelayed === undefined) assert.fail('confirm or hearRelayed is missing');
  return { confirm: confirm.bind(beacon), hearRelayed: hearRelayed.bind(beacon) };
}
