/** Step 1. Input: what was heard. Output: names, addresses and neighbours; unknown names with the nearest known ones. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Beacon } from '../../../discovery/beacon.ts';
import { discover } from '../../../src/collaboration/domain.ts';
import { ConferError } from '../../../src/core/errors.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';
import { type Announced, directory, heardFrom } from './world.ts';

const nodes: Announced[] = [
  { name: 'P-2', addresses: ['fc00:2::1', '2001:db8:1::2'], neighbours: ['PE-1', 'PE-3'], host: 'fc00:2::1' },
  {
    name: 'PE-3',
    addresses: ['fc00:3::1'],
    neighbours: ['P-2'],
    sids: { end: 'fc00:3::e', decapsulate: 'fc00:3::d' },
  },
];
const self = { name: 'PE-1', addresses: ['fc00:1::1'] };

describe('the directory', () => {
  const known = directory(self, nodes);

  it('spells names as the network does', () => {
    assert.equal(known.resolve('pe-3'), 'PE-3');
    assert.equal(known.resolve('PE-1'), 'PE-1');
    assert.equal(known.resolve('PE-9'), undefined);
    assert.deepEqual(known.names(), ['P-2', 'PE-1', 'PE-3']);
  });

  it('knows who owns an address, and where an agent listens', () => {
    assert.equal(known.ownerOf('2001:db8:1::2'), 'P-2');
    assert.equal(known.ownerOf('fc00:1::1'), 'PE-1');
    assert.equal(known.ownerOf('fc00:9::1'), undefined);
    assert.equal(known.loopbackOf('P-2'), 'fc00:2::1');
    assert.equal(known.hostOf('PE-3'), '192.0.2.1');
    assert.deepEqual(known.sids('PE-3'), { end: 'fc00:3::e', decapsulate: 'fc00:3::d' });
    assert.deepEqual(known.sids('P-2'), {});
  });

  it('remembers a link that only one end still announces', () => {
    const oneSided = directory(self, [{ name: 'P-2', neighbours: ['PE-1'] }, { name: 'PE-3' }]);
    assert.deepEqual(oneSided.neighboursOf('PE-1'), ['P-2']);
    assert.deepEqual(oneSided.neighboursOf('PE-3'), []);
    assert.deepEqual([...known.distancesTo('PE-3')].sort(), [
      ['P-2', 1],
      ['PE-1', 2],
      ['PE-3', 0],
    ]);
  });

  it('takes no neighbour whom nobody announced', () => {
    assert.deepEqual(directory(self, [{ name: 'P-2', neighbours: ['GHOST'] }]).neighboursOf('P-2'), []);
  });
});

describe('discovery', () => {
  const never = new AbortController().signal;
  const intent = { kind: 'path-loss' as const, head: 'pe-1', via: ['p-2'], tail: 'PE-3' };

  function world(heardAfterMs: number, others = nodes) {
    const clock = createVirtualClock();
    let announced = 0;
    const beacon: Beacon = {
      announce: async () => {},
      heard: () => ({
        neighbours: [],
        nodes: clock.elapsed() >= heardAfterMs ? heardFrom(others) : [],
      }),
      close: async () => {},
    };
    const ports = {
      clock,
      beacon,
      self: {
        node: self.name,
        addresses: async () => self.addresses,
        announce: async () => {
          announced += 1;
        },
      },
    };
    return { clock, ports, announced: () => announced };
  }

  it('announces first, waits for the nodes of the intent, and spells them', async () => {
    const { clock, ports, announced } = world(1_000);
    const found = discover(intent, ports, never);
    await clock.advance(1_100);
    assert.deepEqual((await found).intent, { kind: 'path-loss', head: 'PE-1', via: ['P-2'], tail: 'PE-3' });
    assert.equal(announced(), 1);
  });

  it('gives up with the nearest known names', async () => {
    const { clock, ports } = world(0);
    const found = discover({ ...intent, tail: 'PE-33' }, ports, never);
    const refused = assert.rejects(found, (error: unknown) => {
      assert.ok(error instanceof ConferError);
      assert.equal(error.code, 'unknown-node');
      assert.match(error.message, /^Nobody announced PE-33; nearest known names: PE-3, PE-1, P-2\./);
      return true;
    });
    await clock.advance(5_000);
    await refused;
    assert.equal(clock.waiting, 0);
  });

  it('can be cancelled while it waits', async () => {
    const { clock, ports } = world(Number.POSITIVE_INFINITY);
    const stop = new AbortController();
    const refused = assert.rejects(discover(intent, ports, stop.signal), /enough/);
    await clock.advance(100);
    stop.abort(new Error('enough'));
    await refused;
  });
});
