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
