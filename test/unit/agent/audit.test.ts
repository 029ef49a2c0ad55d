/** Input: what happens on an agent. Output: a chain of durable records, signed in between, bounded, and closed for good. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { canonicalBytes, digestOf, type JsonValue, sha256Hex } from '../../../crypto/canonical.ts';
import { auditLog, boundedArguments, boundedText, genesis } from '../../../src/agent/audit-record.ts';
import { verifyAudit } from '../../../src/agent/audit-verify.ts';
import { ConferError } from '../../../src/core/errors.ts';
import { limits } from '../../../src/core/limits.ts';
import type { Store } from '../../../src/core/ports.ts';
import { createMemoryStore } from '../../support/memory-store.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';
import { noon } from '../crypto/fixtures.ts';
import { auditOn, diskOf, eventOf, readable, stoppedTrail, storeOf } from './audit-trails.ts';

const isStorageFailure = (error: unknown) => error instanceof ConferError && error.code === 'storage-failure';

describe('the audit trail [T37]', () => {
  it('holds in each record the SHA-256 of the canonical bytes of the one before', async () => {
    const { records } = await stoppedTrail(5);
    assert.deepEqual(
      records.map(({ record }) => record.event),
      ['started', ...Array(5).fill('exchange'), 'stopped'],
    );
    assert.equal(records[0]?.record.previous, genesis);
    for (const [index, { record }] of records.entries()) {
      assert.equal(record.number, index);
      const next = records[index + 1]?.record;
      if (next !== undefined) assert.equal(next.previous, sha256Hex(canonicalBytes(record)));
    }
  });

  it('keeps the order of events that come at once, each resolved only once durable', async () => {
    const memory = createMemoryStore();
    const appended: (() => void)[] = [];
    const store: Store = {
      ...memory,
      append: async (log, record) => {
        const index = await memory.append(log, record);
        await new Promise<void>((resolve) => appended.push(resolve));
        return index;
      },
    };
    const audit = auditOn(store);
    let done = 0;
    const recording = [0, 1, 2].map((number) => audit.record(eventOf(number)).then(() => (done += 1)));
    for (const expected of [0, 0, 0, 3]) {
      while (appended.length === 0) await new Promise(setImmediate);
      await new Promise(setImmediate);
      assert.equal(done, expected === 3 ? 0 : expected);
      for (const resolve of appended.splice(0)) resolve();
      await new Promise(setImmediate);
      if (done === 3) break;
    }
    await Promise.all(recording);
    const { records } = await diskOf(store);
    assert.deepEqual(
      records.map(({ record }) => (record.arguments as { count?: number } | undefined)?.count),
      [undefined, 0, 1, 2],
    );
    assert.equal((await verifyAudit(readable(await diskOf(store)))).ok, true);
  });

  it('goes on behind the last record after a restart, clean or not', async () => {
    const store = createMemoryStore();
    const first = auditOn(store);
    await first.record(eventOf(0));
    const second = auditOn(store); // the first was killed
    await second.record(eventOf(1));
    await second.close();
    const third = auditOn(store);
    await third.open();
    await third.close();
    const disk = await diskOf(store);
    assert.deepEqual(
      disk.records.map(({ record }) => record.event),
      ['started', 'exchange', 'started', 'exchange', 'stopped', 'started', 'stopped'],
    );
    const { ok, records, unsigned } = await verifyAudit(readable(disk));
    assert.deepEqual({ ok, records, unsigned }, { ok: true, records: 7, unsigned: 0 });
  });

  it('is signed at the start, after so many records, and after so long', async () => {
    const store = createMemoryStore();
    const clock = createVirtualClock(noon);
    const audit = auditOn(store, { clock });
    const signed = async () => (await verifyAudit(readable(await diskOf(store)))).signed?.number;
    await audit.open();
    assert.equal(await signed(), 0);
    for (let number = 1; number < limits.auditCheckpointRecords; number += 1)
      await audit.record(eventOf(number));
    assert.equal(await signed(), 0);
    await audit.record(eventOf(1_000));
    assert.equal(await signed(), limits.auditCheckpointRecords);
    await audit.record(eventOf(1_001));
    await clock.advance(limits.auditCheckpointMs - 1);
    assert.equal(await signed(), limits.auditCheckpointRecords);
    await clock.advance(1);
    assert.equal(await signed(), limits.auditCheckpointRecords + 1);
  });

  it('keeps its bound; the oldest go, and it verifies from there on, also over restarts', async () => {
    const store = createMemoryStore();
    const recordsMax = 50;
    let audit = auditOn(store, { recordsMax });
    let most = 0;
    for (let number = 0; number < 300; number += 1) {
      await audit.record(eventOf(number));
      most = Math.max(most, (await diskOf(store)).records.length);
      if (number % 60 === 0) {
        const { problem } = await verifyAudit(readable(await diskOf(store)));
        assert.equal(problem, undefined);
      }
      if (number % 97 === 0) audit = auditOn(store, { recordsMax });
    }
    await audit.close();
    assert.ok(most <= recordsMax, `${most} records`);
    const disk = await diskOf(store);
    assert.ok(disk.records.length > recordsMax * 0.8, `${disk.records.length} records`);
    const { ok, removed, records } = await verifyAudit(readable(disk));
    assert.ok(ok);
    assert.equal(removed, disk.records[0]?.index);
    assert.equal(records, disk.records.length);
  });

  it('takes nothing more once it is closed, so that the stop is its last record', async () => {
    const store = createMemoryStore();
    const audit = auditOn(store);
    await audit.record(eventOf(0));
    await audit.close();
    await assert.rejects(
      audit.record(eventOf(1)),
      (error: unknown) => error instanceof ConferError && error.code === 'cancelled',
    );
    await audit.close();
    assert.equal((await store.last(auditLog))?.record.event, 'stopped');
    assert.equal(audit.failed.aborted, false);
  });

  it('does not go on where its end was cut off, changed, or continued by somebody else', async () => {
    const whole = await stoppedTrail(20);
    const last = whole.records.at(-1);
    assert.ok(last);
    const cases: [string, typeof whole, RegExp][] = [
      [
        'cut off',
        { ...whole, records: whole.records.slice(0, -3) },
        /ends at record 18, but PE-3 signed record 21/,
      ],
      ['emptied', { ...whole, records: [] }, /ends at record none/],
      [
        'changed',
        {
          ...whole,
          records: [...whole.records.slice(0, -1), { ...last, record: { ...last.record, event: 'started' } }],
        },
        /at record 21: it is not the record that PE-3 signed/,
      ],
      [
        'continued',
        { ...whole, records: [...whole.records, { index: 22, record: { number: 22, previous: genesis } }] },
        /at record 22: record 22 does not carry the hash of record 21/,
      ],
      ['forged', { ...whole, tail: { ...whole.tail, signature: 'A'.repeat(86) } }, /signature of the tail/],
    ];
    for (const [what, disk, told] of cases) {
      const audit = auditOn(await storeOf(disk));
      await assert.rejects(
        audit.open(),
        (error: unknown) => isStorageFailure(error) && told.test(String(error)),
        what,
      );
      assert.ok(isStorageFailure(audit.failed.reason), what);
      await assert.rejects(audit.record(eventOf(0)), isStorageFailure);
      await audit.close();
    }
  });

  it('fails for good with the store, and says so', async () => {
    const memory = createMemoryStore();
    let isFull = false;
    const full = new ConferError('storage-failure', 'the disk is full');
    const store: Store = {
      ...memory,
      append: async (log, record) => {
        if (isFull) throw full;
        return await memory.append(log, record);
      },
    };
    const audit = auditOn(store);
    await audit.record(eventOf(0));
    isFull = true;
    audit.note(eventOf(1));
    await new Promise(setImmediate);
    assert.equal(audit.failed.reason, full);
    isFull = false;
    await assert.rejects(audit.record(eventOf(2)), isStorageFailure);
    await audit.close();
    assert.equal((await store.last(auditLog))?.index, 1);
  });

  it('is not ended by an event that has no canonical form', async () => {
    const store = createMemoryStore();
    const audit = auditOn(store);
    await assert.rejects(audit.record({ event: 'intent', text: 'half a pair: \ud800' }));
    assert.equal(audit.failed.aborted, false);
    await audit.record(eventOf(0));
    assert.equal((await verifyAudit(readable(await diskOf(store)))).ok, true);
  });
});

describe('what goes into a record [T37]', () => {
  it('keeps short arguments, and of longer ones the hash and the length', () => {
    const short = { destination: 'fc00:1::1' };
    assert.deepEqual(boundedArguments(short), { arguments: short });
    const long = { text: 'x'.repeat(limits.auditArgumentsOctetsMax) };
    const octets = canonicalBytes(long).byteLength;
    assert.deepEqual(boundedArguments(long), { argumentsDigest: { sha256: digestOf(long), octets } });
  });

  it('is bounded and has a canonical form, whatever comes in', () => {
    const text = fc.string({ unit: 'binary', maxLength: 600 });
    fc.assert(
      fc.property(text, fc.jsonValue({ maxDepth: 2 }), (said, args) => {
        const bounded = { text: boundedText(said), ...boundedArguments(args as JsonValue) };
        assert.ok(bounded.text.length <= limits.auditTextCharactersMax + 80);
        assert.ok(canonicalBytes(bounded).byteLength < 6 * limits.auditTextCharactersMax + 1_000);
      }),
      { numRuns: 50 },
    );
    assert.deepEqual(boundedArguments({ text: '\ud800' }), {});
  });
});
