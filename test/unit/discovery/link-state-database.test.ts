/** ISO 10589 7.3.15 and 7.3.16. Input: LSPs by interface and time. Output: what is kept, flooded, answered, purged. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Lsp, makeLsp, purgeOf, withRemainingLifetime } from '../../../discovery/isis.ts';
import { systemIdOf } from '../../../discovery/link-state.ts';
import { databaseDefaults, LinkStateDatabase } from '../../../discovery/link-state-database.ts';

const ourselves = systemIdOf('PE-1');
const other = systemIdOf('P-2');
const interfaces = ['east', 'west', 'north'];
const lsp = (sequence: number, lifetimeS = 1200, content = 1, fragment = 0, systemId = other): Lsp =>
  makeLsp(systemId, fragment, sequence, lifetimeS, Uint8Array.of(content, 0));
const database = (changes: Partial<typeof databaseDefaults> = {}): LinkStateDatabase =>
  new LinkStateDatabase({ ...databaseDefaults, systemId: ourselves, ...changes });
const body = Uint8Array.of(9, 0);

describe('an LSP of another system', () => {
  it('newer is kept and flooded everywhere but back, with at least a second less to live', () => {
    const held = database();
    const first = held.receive(lsp(5), 'east', interfaces, 0);
    assert.deepEqual([first.accepted, first.outcome, first.floodTo], [true, 'newer', ['west', 'north']]);
    assert.equal(first.flood?.remainingLifetimeS, 1199);
    assert.equal(held.receive(lsp(6, 100), 'west', interfaces, 0).flood?.remainingLifetimeS, 99);
    assert.equal(held.size, 1);
  });

  it('equal ends the flooding', () => {
    const held = database();
    held.receive(lsp(5), 'east', interfaces, 0);
    const again = held.receive(lsp(5, 1190), 'west', interfaces, 10);
    assert.deepEqual(again, { accepted: false, outcome: 'equal', floodTo: [] });
  });

  it('older is answered with ours, aged', () => {
    const held = database();
    held.receive(lsp(5), 'east', interfaces, 0);
    const older = held.receive(lsp(4), 'west', interfaces, 10_000);
    assert.deepEqual([older.accepted, older.outcome, older.floodTo], [false, 'older', []]);
    assert.deepEqual([older.reply?.sequence, older.reply?.remainingLifetimeS], [5, 1189]);
  });

  it('of one sequence with other contents is purged: its owner will say which holds', () => {
    const held = database();
    held.receive(lsp(5, 1200, 1), 'east', interfaces, 0);
    const confused = held.receive(lsp(5, 1200, 2), 'west', interfaces, 0);
    assert.deepEqual([confused.outcome, confused.flood?.remainingLifetimeS], ['purged', 0]);
    assert.equal(held.systems(0).size, 0);
  });

  it('a purge is kept as a header, flooded, and wins over the same sequence', () => {
    const held = database();
    held.receive(lsp(5), 'east', interfaces, 0);
    const purge = held.receive(purgeOf(lsp(5)), 'east', interfaces, 0);
    assert.deepEqual(
      [purge.outcome, purge.floodTo, purge.flood?.tlvs.length],
      ['purged', ['west', 'north'], 0],
    );
    assert.equal(held.systems(0).size, 0);
    const late = held.receive(lsp(5), 'west', interfaces, 1000);
    assert.deepEqual([late.outcome, late.reply?.remainingLifetimeS], ['older', 0]);
    assert.equal(held.receive(purgeOf(lsp(5)), 'west', interfaces, 1000).outcome, 'equal');
    held.tick(59_000);
    assert.equal(held.size, 1);
    held.tick(60_000);
    assert.equal(held.size, 0);
  });

  it('a purge of what nobody had is refused', () => {
    const held = database();
    assert.equal(held.receive(purgeOf(lsp(5)), 'east', interfaces, 0).outcome, 'refused');
    assert.equal(held.size, 0);
  });

  it('that runs out is purged for all', () => {
    const held = database();
    held.receive(lsp(5, 30), 'east', interfaces, 0);
    assert.deepEqual(held.tick(29_999), { flood: [], expired: [] });
    const { flood, expired } = held.tick(30_000);
    assert.deepEqual(
      flood.map((sent) => [sent.sequence, sent.remainingLifetimeS]),
      [[5, 0]],
    );
    assert.deepEqual(expired, [other]);
  });

  it('with a second left goes no further, but is no purge', () => {
    const held = database();
    const receipt = held.receive(lsp(5, 1), 'east', interfaces, 0);
    assert.deepEqual([receipt.accepted, receipt.floodTo, receipt.flood], [true, [], undefined]);
  });

  it('claims no more than the longest lifetime', () => {
    const held = database({ maxAgeS: 100 });
    assert.equal(held.receive(lsp(5, 65_535), 'east', interfaces, 0).flood?.remainingLifetimeS, 99);
  });
});

describe('the bound', () => {
  it('evicts what was heard longest ago, but nothing protected', () => {
    const held = database({ entriesMax: 3 });
    held.receive(lsp(1), 'east', interfaces, 0);
    held.protect(other);
    for (let at = 0; at < 1000; at++) {
      held.receive(lsp(1, 1200, 1, 0, systemIdOf(`fake${at}`)), 'west', interfaces, at);
      assert.ok(held.size <= 3);
    }
    const kept = [...held.systems(1000).keys()].sort();
    assert.deepEqual(kept, [other, systemIdOf('fake998'), systemIdOf('fake999')].sort());
    held.protect(systemIdOf('fake998'));
    held.protect(systemIdOf('fake999'));
    assert.equal(
      held.receive(lsp(1, 1200, 1, 0, systemIdOf('late')), 'west', interfaces, 1000).outcome,
      'refused',
    );
  });
});

describe('an LSP of ours', () => {
  it('begins at sequence 1 and grows; a fragment that is gone is purged', () => {
    const held = database();
    assert.deepEqual(sequences(held.originate([body, body], 1200, 0)), [
      [0, 1, 1200],
      [1, 1, 1200],
    ]);
    assert.deepEqual(sequences(held.originate([body], 1200, 0)), [
      [0, 2, 1200],
      [1, 1, 0],
    ]);
  });

  it('is refreshed on time, and three times within its lifetime at least', () => {
    const held = database({ refreshMs: 900_000 });
    held.originate([body], 1200, 0);
    assert.deepEqual(held.tick(399_999).flood, []);
    assert.deepEqual(sequences(held.tick(400_000).flood), [[0, 2, 1200]]);
    const brief = database({ refreshMs: 5000 });
    brief.originate([body], 1200, 0);
    assert.deepEqual(sequences(brief.tick(5000).flood), [[0, 2, 1200]]);
  });

  it('heard newer than we sent it makes us jump past it, once a tick however often it is replayed', () => {
    const held = database();
    held.originate([body], 1200, 0);
    for (let again = 0; again < 50; again++) {
      const receipt = held.receive(lsp(40 + again, 1200, 3, 0, ourselves), 'east', interfaces, 0);
      assert.deepEqual([receipt.outcome, receipt.floodTo], ['own', []]);
    }
    assert.deepEqual(sequences(held.tick(1).flood), [[0, 90, 1200]]);
    assert.deepEqual(held.tick(2).flood, []);
  });

  it('heard purged is sent again', () => {
    const held = database();
    const [sent] = held.originate([body], 1200, 0);
    assert.ok(sent);
    held.receive(purgeOf(sent), 'east', interfaces, 0);
    assert.deepEqual(sequences(held.tick(1).flood), [[0, 2, 1200]]);
  });

  it('heard older is answered with what we say now', () => {
    const held = database();
    const [old] = held.originate([body], 1200, 0);
    held.originate([body], 1200, 0);
    assert.ok(old);
    assert.equal(held.receive(old, 'east', interfaces, 5000).reply?.sequence, 2);
    assert.equal(held.receive(old, 'east', interfaces, 5000).reply?.remainingLifetimeS, 1195);
  });

  it('of an older life: before we speak its sequence is remembered, later what we do not say is purged', () => {
    const held = database();
    held.receive(lsp(70, 1200, 1, 0, ourselves), 'east', interfaces, 0);
    assert.deepEqual(sequences(held.originate([body], 1200, 0)), [[0, 71, 1200]]);
    const leftover = held.receive(lsp(12, 1200, 1, 3, ourselves), 'east', interfaces, 0);
    assert.deepEqual([leftover.floodTo, leftover.flood?.remainingLifetimeS], [interfaces, 0]);
    assert.equal(leftover.flood?.fragment, 3);
  });

  it('whose sequence has run out is purged, and starts from 1 when no old copy can be left', () => {
    const held = database({ maxAgeS: 1200, zeroAgeS: 60 });
    held.originate([body], 1200, 0);
    held.receive(lsp(0xffffffff, 1200, 1, 0, ourselves), 'east', interfaces, 0);
    assert.deepEqual(sequences(held.tick(1000).flood), [[0, 1, 0]]);
    assert.deepEqual(held.originate([body], 1200, 2000), []);
    held.receive(lsp(0xffffffff, 1200, 1, 0, ourselves), 'east', interfaces, 3000);
    assert.deepEqual(held.tick(1_260_999).flood, []);
    assert.deepEqual(sequences(held.tick(1_261_000).flood), [[0, 1, 1200]]);
  });

  it('is given to a new neighbour with all others, aged', () => {
    const held = database();
    held.originate([body], 1200, 0);
    held.receive(withRemainingLifetime(lsp(5), 600), 'east', interfaces, 0);
    const snapshot = held.snapshot(10_000).map((sent) => [sent.systemId, sent.remainingLifetimeS]);
    assert.deepEqual(snapshot, [
      [ourselves, 1190],
      [other, 589],
    ]);
  });

  it('is purged when we stop', () => {
    const held = database();
    held.originate([body, body], 1200, 0);
    assert.deepEqual(sequences(held.withdraw()), [
      [0, 1, 0],
      [1, 1, 0],
    ]);
    assert.deepEqual(held.tick(3_600_000).flood, []);
  });
});

function sequences(lsps: readonly Lsp[]): number[][] {
  return lsps.map(({ fragment, sequence, remainingLifetimeS }) => [fragment, sequence, remainingLifetimeS]);
}
