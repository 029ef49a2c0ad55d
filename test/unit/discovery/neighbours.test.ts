import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, it } from 'node:test';
import { signAdvertisement } from '../../../discovery/advertisement.ts';
import { NeighbourTable } from '../../../discovery/neighbours.ts';
import { advertisementOf, forged, signed, verifyBytes } from './advertise.ts';

const lldp = { source: 'lldp', interface: 'pe1-p2', ttlS: 4 } as const;
const thumbprint = advertisementOf('P-2').thumbprint;

describe('the neighbour table', () => {
  it('keeps one entry a source and interface, the newest sequence of each', () => {
    const table = new NeighbourTable();
    assert.equal(table.hear({ ...lldp, signed: signed('P-2') }, 0), 'new');
    assert.equal(table.hear({ ...lldp, signed: signed('P-2') }, 500), 'refreshed');
    assert.equal(table.hear({ ...lldp, signed: signed('P-2', { sequence: 3, port: 1 }) }, 1000), 'changed');
    assert.equal(table.hear({ ...lldp, signed: signed('P-2', { sequence: 2 }) }, 1500), 'older');
    table.hear({ ...lldp, interface: 'pe1-p2-b', signed: signed('P-2') }, 1500);
    table.hear({ source: 'isis', signed: signed('P-2'), lifetimeS: 30 }, 2000);
    const entries = table.list(2000);
    assert.deepEqual(
      entries.map(({ source, interface: name, adjacent }) => [source, name, adjacent]),
      [
        ['isis', undefined, false],
        ['lldp', 'pe1-p2-b', true],
        ['lldp', 'pe1-p2', true],
      ],
    );
    assert.equal(entries[2]?.advertisement.advertisement.port, 1);
  });

  it('tells silence from the end: stale after the time to live, gone after the lifetime', () => {
    const table = new NeighbourTable();
    table.hear({ ...lldp, signed: signed('P-2', { lifetimeS: 60 }) }, 0);
    const [entry] = table.list(59_999);
    assert.deepEqual([entry?.freshUntilMs, entry?.expiresAtMs], [4000, 60_000]);
    assert.deepEqual(table.list(60_000), []);
    table.age(60_000);
    assert.equal(table.size, 0);
    assert.equal(table.hear({ ...lldp, signed: signed('P-2', { sequence: 0 }) }, 61_000), 'new');
  });

  it('says when a neighbour is back after silence', () => {
    const table = new NeighbourTable();
    table.hear({ ...lldp, signed: signed('P-2') }, 0);
    assert.equal(table.hear({ ...lldp, signed: signed('P-2') }, 5000), 'changed');
  });

  it('forgets on goodbye, on that interface only', () => {
    const table = new NeighbourTable();
    table.hear({ ...lldp, signed: signed('P-2') }, 0);
    table.hear({ ...lldp, interface: 'other', signed: signed('P-2') }, 0);
    table.forget('lldp', 'P-2', 'pe1-p2');
    assert.deepEqual(
      table.list(1).map((entry) => entry.interface),
      ['other'],
    );
  });

  it('believes a lifetime of zero for no time at all', () => {
    const table = new NeighbourTable();
    table.hear({ ...lldp, signed: signed('P-2') }, 0);
    table.hear({ ...lldp, signed: signed('P-2', { sequence: 2, lifetimeS: 0 }) }, 0);
    assert.deepEqual(table.list(0), []);
  });
});

describe('an authenticated neighbour (threats 1 and 2)', () => {
  it('is not displaced by a forgery with a higher sequence', () => {
    const table = new NeighbourTable();
    table.hear({ ...lldp, signed: signed('P-2') }, 0);
    table.confirm('P-2', thumbprint, verifyBytes);
    assert.equal(table.hear({ ...lldp, signed: forged('P-2', { sequence: 9, port: 666 }) }, 1), 'forged');
    assert.ok(table.isForged(forged('P-2')));
    const [entry] = table.list(1);
    assert.deepEqual([entry?.authenticated, entry?.advertisement.advertisement.port], [true, 9514]);
    assert.equal(table.hear({ ...lldp, signed: signed('P-2', { sequence: 9 }) }, 2), 'changed');
    assert.equal(table.list(2)[0]?.authenticated, true);
  });

  it('loses what was forged before it was confirmed', () => {
    const table = new NeighbourTable();
    table.hear({ ...lldp, signed: forged('P-2', { sequence: 9 }) }, 0);
    table.hear({ source: 'isis', signed: signed('P-2') }, 0);
    table.confirm('P-2', thumbprint, verifyBytes);
    assert.deepEqual(
      table.list(1).map(({ source, authenticated }) => [source, authenticated]),
      [['isis', true]],
    );
  });

  it('with a renewed certificate is a hint until TLS has proved the new one', () => {
    const table = new NeighbourTable();
    table.hear({ ...lldp, signed: signed('P-2') }, 0);
    table.confirm('P-2', thumbprint, verifyBytes);
    const { privateKey } = generateKeyPairSync('ed25519');
    const renewed = advertisementOf('P-2', { thumbprint: new Uint8Array(32).fill(5), sequence: 2 });
    table.hear({ ...lldp, signed: signAdvertisement(renewed, (bytes) => sign(null, bytes, privateKey)) }, 1);
    assert.deepEqual(
      table.list(1).map((entry) => entry.authenticated),
      [true, false],
    );
  });

  it('is not forgotten because somebody says so, and lives as long as it signed', () => {
    const table = new NeighbourTable();
    table.hear({ ...lldp, signed: signed('P-2', { lifetimeS: 120 }) }, 0);
    table.confirm('P-2', thumbprint, verifyBytes);
    table.forget('lldp', 'P-2', 'pe1-p2');
    // The time to live and the remaining lifetime of a frame are nobody's signed word.
    table.hear({ ...lldp, ttlS: 1, lifetimeS: 1, signed: signed('P-2', { lifetimeS: 120 }) }, 100);
    assert.equal(table.list(119_000)[0]?.authenticated, true);
    assert.equal(table.list(100)[0]?.freshUntilMs, 4000);
    assert.deepEqual(table.list(120_000), []);
  });

  it('is not evicted by invented ones, of which only so many are kept', () => {
    const table = new NeighbourTable(64);
    table.hear({ ...lldp, signed: signed('P-2') }, 0);
    table.confirm('P-2', thumbprint, verifyBytes);
    for (let at = 0; at < 5000; at++) table.hear({ ...lldp, signed: forged(`N${at}`) }, at / 1000);
    assert.equal(table.size, 65);
    const [first, second] = table.list(10);
    assert.deepEqual([first?.node, first?.authenticated, second?.node], ['P-2', true, 'N4999']);
  });
});

describe('a withdrawal of an authenticated neighbour (threat 1)', () => {
  const farewell = (sequence: number) => signed('P-2', { sequence, lifetimeS: 0 });
  const held = (table: NeighbourTable, nowMs: number) =>
    table.list(nowMs).map(({ source, advertisement }) => [source, advertisement.advertisement.sequence]);

  /** P-2 is known by TLS; LLDP tells of it with sequence 500, and IS-IS, which is slower, still with 499. */
  function confirmed(): NeighbourTable {
    const table = new NeighbourTable();
    table.confirm('P-2', thumbprint, verifyBytes);
    table.hear({ source: 'isis', signed: signed('P-2', { sequence: 499 }) }, 0);
    table.hear({ ...lldp, signed: signed('P-2', { sequence: 500 }) }, 0);
    return table;
  }

  it('that is not newer than all we hold is one of an earlier restart, wherever it is replayed', () => {
    const table = confirmed();
    for (const sequence of [100, 499, 500]) {
      for (const interfaceName of ['pe1-p2', 'customer0'])
        assert.equal(
          table.hear({ ...lldp, interface: interfaceName, signed: farewell(sequence) }, 1),
          'older',
        );
      for (const source of ['isis', 'relay', 'lldpd'] as const)
        assert.equal(table.hear({ source, signed: farewell(sequence) }, 1), 'older');
    }
    assert.deepEqual(held(table, 2), [
      ['isis', 499],
      ['lldp', 500],
    ]);
    assert.equal(table.hear({ source: 'isis', signed: signed('P-2', { sequence: 500 }) }, 3), 'changed');
  });

  it('takes back what every source told, once: its copies say nothing new', () => {
    const table = confirmed();
    assert.notEqual(table.hear({ ...lldp, signed: farewell(501) }, 1_000), 'older');
    assert.deepEqual(held(table, 1_000), []);
    for (const interfaceName of ['pe1-p2', 'pe1-p2-b'])
      assert.equal(table.hear({ ...lldp, interface: interfaceName, signed: farewell(501) }, 2_000), 'older');
    // No copy prolongs the time for which older ones are kept out.
    assert.equal(table.hear({ ...lldp, signed: signed('P-2', { sequence: 500 }) }, 10_999), 'older');
    assert.notEqual(table.hear({ ...lldp, signed: signed('P-2', { sequence: 500 }) }, 11_000), 'older');
    assert.deepEqual(held(table, 11_000), [['lldp', 500]]);
  });

  it('keeps out what was said before it, though an older withdrawal is replayed after it', () => {
    const table = confirmed();
    table.hear({ ...lldp, signed: farewell(501) }, 0);
    assert.equal(table.hear({ ...lldp, signed: farewell(100) }, 1), 'older');
    assert.equal(table.hear({ source: 'isis', signed: signed('P-2', { sequence: 500 }) }, 2), 'older');
    assert.deepEqual(held(table, 2), []);
  });

  it('counts no longer once the node has started again, within the same second or with a clock set back', () => {
    for (const [sequence, atMs] of [
      [501, 1], // sequences are seconds: the restart has that of the farewell
      [300, 10_001],
    ] as const) {
      const table = confirmed();
      table.hear({ ...lldp, signed: farewell(501) }, 0);
      assert.equal(table.hear({ source: 'relay', signed: farewell(100) }, atMs), 'older');
      assert.notEqual(table.hear({ ...lldp, signed: signed('P-2', { sequence }) }, atMs), 'older');
      table.confirm('P-2', thumbprint, verifyBytes);
      assert.equal(table.hear({ source: 'isis', signed: farewell(501) }, atMs + 1), 'older');
      assert.deepEqual(held(table, atMs + 2), [['lldp', sequence]]);
      assert.notEqual(table.hear({ source: 'isis', signed: farewell(502) }, atMs + 3), 'older');
      assert.deepEqual(held(table, atMs + 4), []);
    }
  });
});
