/** Input: a trail, whole or tampered with. Output: whether it holds, and the first thing that does not. */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { digestOf, type JsonObject } from '../../../crypto/canonical.ts';
import { type CheckpointBody, genesis, sealCheckpoint } from '../../../src/agent/audit-record.ts';
import { verifyAudit } from '../../../src/agent/audit-verify.ts';
import { limits } from '../../../src/core/limits.ts';
import { authority, authorityOf, deviceOf, noon } from '../crypto/fixtures.ts';
import { auditedDevice, type Disk, readable, stoppedTrail } from './audit-trails.ts';

let whole: Disk;
let trimmed: Disk;
before(async () => {
  whole = await stoppedTrail(40);
  trimmed = await stoppedTrail(200, 50);
});

const verified = (disk: Disk, options = {}) => verifyAudit(readable(disk), options);
const authorityPem = authority.certificatePem;

/** As the whole file: nothing moves, one thing changes. */
function withRecords(disk: Disk, change: (records: Disk['records']) => Disk['records']): Disk {
  return { ...disk, records: change(structuredClone(disk.records)) };
}

function digestAt(checkpoint: JsonObject): string {
  return (checkpoint.body as unknown as CheckpointBody).digest;
}

/** Hashes and numbers made to fit again, as somebody does who knows how the trail works but has no key. */
function rewoven(disk: Disk): Disk {
  let previous = disk.base === undefined ? genesis : digestAt(disk.base);
  const from = disk.records[0]?.index ?? 0;
  return withRecords(disk, (records) =>
    records.map(({ record }, place) => {
      const index = from + place;
      const woven: JsonObject = { ...record, number: index, previous };
      previous = digestOf(woven);
      return { index, record: woven };
    }),
  );
}

describe('the verification of an audit trail [T37]', () => {
  it('tells what a whole trail holds', async () => {
    const { signed, ...rest } = await verified(whole, { authorityPem });
    const time = new Date(noon).toISOString();
    assert.deepEqual(rest, {
      ok: true,
      node: 'PE-3',
      records: 42,
      removed: 0,
      from: time,
      to: time,
      trusted: true,
      unsigned: 0,
    });
    const last = whole.records.at(-1)?.record;
    assert.deepEqual(signed, { number: 41, digest: digestOf(last), time });
  });

  it('begins behind what was removed with a signature', async () => {
    const { removed, records, problem } = await verified(trimmed, { authorityPem });
    assert.equal(problem, undefined);
    assert.ok(removed > 100);
    assert.equal(removed + records, 202);
  });

  it('finds every change of any record, and where, also when all hashes are made to fit [threat 27]', async () => {
    const members = fc.constantFrom('time', 'event', 'outcome', 'previous', 'number', 'operation');
    const disks = fc.constantFrom(whole, trimmed);
    await fc.assert(
      fc.asyncProperty(disks, fc.nat(), members, async (disk, at, member) => {
        const place = at % disk.records.length;
        const number = disk.records[place]?.index ?? -1;
        const changed = withRecords(disk, (records) =>
          records.map(({ index, record }) => ({
            index,
            record: index === number ? { ...record, [member]: `${record[member]}x` } : record,
          })),
        );
        const { ok, problem } = await verified(changed);
        assert.equal(ok, false);
        assert.ok(problem?.record === number || problem?.record === number + 1);
        const isMended = member === 'previous' || member === 'number'; // weaving anew writes these as they were
        assert.equal((await verified(rewoven(changed))).ok, isMended);
      }),
      { numRuns: 100 },
    );
  });

  it('finds what was deleted, inserted, put in another order, or cut off [threat 27]', async () => {
    const cases: [string, (records: Disk['records']) => Disk['records'], RegExp, number][] = [
      ['the first', (records) => records.slice(1), /record 0 is missing/, 0],
      [
        'one in the middle',
        (records) => records.filter(({ index }) => index !== 7),
        /record 7 is missing/,
        7,
      ],
      [
        'many',
        (records) => records.filter(({ index }) => index < 7 || index > 20),
        /records 7 to 20 are missing/,
        7,
      ],
      [
        'the last',
        (records) => records.slice(0, -1),
        /ends at record 40, but the device signed record 41/,
        41,
      ],
      ['all', () => [], /^the trail is empty, but the device signed record 41: its end was cut off$/, 0],
    ];
    for (const [what, change, told, at] of cases) {
      const { ok, problem } = await verified(withRecords(whole, change));
      assert.equal(ok, false, what);
      assert.match(problem?.what ?? '', told);
      assert.equal(problem?.record, at, what);
    }
    const woven: [string, (records: Disk['records']) => Disk['records']][] = [
      ['deleted', (records) => records.filter((_, place) => place !== 7)],
      ['inserted', (records) => [...records.slice(0, 7), ...records.slice(6)]],
      [
        'swapped',
        (records) => [...records.slice(0, 7), ...records.slice(7, 9).reverse(), ...records.slice(9)],
      ],
      ['cut off', (records) => records.slice(0, -1)],
    ];
    for (const [what, change] of woven)
      for (const disk of [whole, trimmed]) {
        const { ok } = await verified(rewoven(withRecords(disk, change)));
        assert.equal(ok, false, `${what} and woven anew`);
      }
  });

  it('finds signatures that are missing, forged, swapped or of somebody else [threat 27]', async () => {
    const stranger = deviceOf('PE-9', 9);
    const impostor = deviceOf('PE-3', 8, { authority: authorityOf(7, 'Another authority') });
    const [tail, base] = [trimmed.tail, trimmed.base];
    const body = tail?.body as unknown as CheckpointBody;
    const sealed = (key: typeof stranger, changes = {}) =>
      sealCheckpoint({ ...body, ...changes }, key) as unknown as JsonObject;
    const cases: [string, Partial<Disk>, RegExp][] = [
      ['no tail', { tail: undefined }, /signature over the end of the trail is missing/],
      ['no base', { base: undefined }, /records 0 to \d+ are missing/],
      ['a tail as base', { base: tail }, /base checkpoint was signed as tail/],
      ['a base as tail', { tail: base }, /tail checkpoint was signed as base/],
      ['another number', { tail: { ...tail, body: { ...body, number: 3 } } }, /signature of the tail/],
      ['of another node', { tail: sealed(stranger) }, /signed by another node/],
      [
        'of another node, as itself',
        { tail: sealed(stranger, { node: 'PE-9' }) },
        /by PE-3, its end by PE-9/,
      ],
      ['no checkpoint', { tail: { signature: 1 } }, /tail checkpoint cannot be read/],
      ['no certificate', { tail: { ...tail, certificate: 'none' } }, /certificate of the tail/],
      ['of an impostor', { tail: sealed(impostor) }, /not issued by Confer test authority/],
      [
        'long expired',
        { tail: sealed(auditedDevice, { time: '2030-01-01T00:00:00.000Z' }) },
        /expired|not valid/,
      ],
    ];
    for (const [what, change, told] of cases) {
      const { ok, trusted, problem } = await verified({ ...trimmed, ...change }, { authorityPem });
      assert.deepEqual({ ok, trusted }, { ok: false, trusted: false }, what);
      assert.match(problem?.what ?? '', told, what);
    }
    const unasked = await verified({ ...trimmed, tail: sealed(impostor) });
    assert.deepEqual({ ok: unasked.ok, trusted: unasked.trusted }, { ok: true, trusted: false });
  });

  it('tells an older copy by what was seen earlier [threat 27]', async () => {
    const earlier = await stoppedTrail(10);
    const { signed: seen } = await verified(whole);
    assert.ok(seen);
    assert.equal((await verified(earlier)).ok, true, 'by itself it is whole');
    const { ok, problem } = await verified(earlier, { seen });
    assert.equal(ok, false);
    assert.match(
      problem?.what ?? '',
      /ends at record 11, but record 41 was seen earlier: this is an older copy/,
    );
    assert.equal((await verified(whole, { seen })).ok, true);
    const elsewhere = await verified(whole, { seen: { ...seen, node: 'P-2' } });
    assert.equal(
      elsewhere.problem?.what,
      'the earlier result is of P-2, and this trail is of PE-3: give each device an earlier result of its own',
    );
    assert.equal((await verified(whole, { seen: { ...seen, node: 'PE-3' } })).ok, true);
    const other = await verified(whole, { seen: { number: 5, digest: 'f'.repeat(64) } });
    assert.equal(other.problem?.record, 5);
    assert.equal(
      (await verified(trimmed, { seen: { number: 5, digest: 'f'.repeat(64) } })).ok,
      true,
      'removed',
    );
  });

  it('finds more records behind the last signature than a device ever leaves', async () => {
    const tail = whole.tail;
    const grown = rewoven(
      withRecords(whole, (records) => [
        ...records,
        ...Array.from({ length: 2 * limits.auditCheckpointRecords + 1 }, (_, place) => ({
          index: 42 + place,
          record: { event: 'exchange', time: '' },
        })),
      ]),
    );
    const { ok, problem, unsigned } = await verified({ ...grown, tail });
    assert.equal(ok, false);
    assert.equal(unsigned, 2 * limits.auditCheckpointRecords + 1);
    assert.match(problem?.what ?? '', /513 records follow the last signature/);
  });
});
