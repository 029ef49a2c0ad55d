/** Input: answers of one agent over restarts. Output: statements that verify, and nonces that only grow. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { canonicalBytes, digestOf, type JsonObject } from '../../../crypto/canonical.ts';
import { openAnswer, verifyBytes, verifyStatement } from '../../../crypto/envelope.ts';
import { AnswerSigner, type StatedAnswer, type Unsigned } from '../../../src/agent/signing.ts';
import { sessionType } from '../../../src/collaboration/report.ts';
import { ConferError } from '../../../src/core/errors.ts';
import { limits } from '../../../src/core/limits.ts';
import type { Store } from '../../../src/core/ports.ts';
import type { ServiceAnswer } from '../../../src/core/service.ts';
import { openSqliteStore } from '../../../src/system/sqlite-store.ts';
import { createMemoryStore } from '../../support/memory-store.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';
import { deviceOf, noon } from '../crypto/fixtures.ts';
import { callerOf } from './callers.ts';

const device = deviceOf('PE-3', 3);
const caller = callerOf('PE-1', 1);

function signerOn(store: Store): AnswerSigner {
  return new AnswerSigner(device, createVirtualClock(noon), store);
}

/** Stated, and signed at once. */
async function signedBy(signer: AnswerSigner, unsigned: Unsigned): Promise<ServiceAnswer> {
  return await signer.seal(await signer.state(unsigned));
}

function answer(changes: Partial<Unsigned> = {}): Unsigned {
  const data = { loss: 3.2 };
  return {
    operation: { tool: 'ping' },
    arguments: { destination: 'fc00:1::1' },
    caller,
    session: 's1',
    content: [{ type: 'text', text: JSON.stringify(data) }],
    data,
    isError: false,
    ...changes,
  };
}

describe('signed answers of an agent [T25]', () => {
  it('verify for the call that they answer, with content, time and caller', async () => {
    const { signed, content } = await signedBy(signerOn(createMemoryStore()), answer());
    const opened = openAnswer(signed, {
      operation: { tool: 'ping' },
      argumentsHash: digestOf({ destination: 'fc00:1::1' }),
      session: 's1',
      signer: 'PE-3',
      caller: 'PE-1',
      certificate: device.certificatePem,
      nonceAbove: 0,
    });
    assert.deepEqual(opened, {
      ok: true,
      answer: { data: { loss: 3.2 }, contentHash: digestOf(content), isError: false },
    });
    assert.equal(signed.statement.signedAt, new Date(noon).toISOString());
  });

  it('have nonces that grow, also over calls at once and over restarts of a durable store', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'confer-signing-'));
    try {
      const nonces: number[] = [];
      for (let life = 0; life < 3; life += 1) {
        const store = openSqliteStore(directory);
        const signer = signerOn(store);
        const signed = await Promise.all(Array.from({ length: 20 }, () => signedBy(signer, answer())));
        nonces.push(...signed.map((one) => one.signed.statement.nonce));
        await store.close();
      }
      assert.equal(nonces.length, 60);
      assert.ok(nonces.every((nonce, index) => index === 0 || nonce > (nonces[index - 1] ?? 0)));
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('are not given when the nonce could not be made durable', async () => {
    const failure = new ConferError('storage-failure', 'The disk is full.');
    const store = { ...createMemoryStore(), put: () => Promise.reject(failure) };
    await assert.rejects(signedBy(signerOn(store), answer()), failure);
  });

  it('are not given when the store holds nonsense for a nonce', async () => {
    for (const value of ['many', -1, 1.5, 2 ** 53]) {
      const store = createMemoryStore();
      await store.put('nonces', 'high-water', { value });
      await assert.rejects(signedBy(signerOn(store), answer()), { code: 'nonce-store-broken' });
    }
  });
});

describe('answers that are ready together', () => {
  const answers = (count: number) => Array.from({ length: count }, (_, at) => answer({ arguments: { at } }));
  const stated = async (signer: AnswerSigner, count: number) =>
    await Promise.all(answers(count).map((one) => signer.state(one)));

  it('share one signature, and each is proved by itself', async () => {
    const signer = signerOn(createMemoryStore());
    const sealed = await Promise.all((await stated(signer, 5)).map((one) => signer.seal(one)));
    assert.equal(new Set(sealed.map(({ signed }) => signed.signature)).size, 1);
    for (const [index, { signed }] of sealed.entries()) {
      assert.deepEqual([signed.batch?.index, signed.batch?.size], [index, 5]);
      assert.ok(verifyStatement(signed).ok);
    }
  });

  it('leave alone what is ready in another turn: it waits for nobody, and its form is the plain one', async () => {
    const signer = signerOn(createMemoryStore());
    const [first, second] = await stated(signer, 2);
    assert.ok(first !== undefined && second !== undefined);
    for (const one of [first, second]) {
      const { signed } = await signer.seal(one);
      assert.equal(signed.batch, undefined);
      assert.ok(verifyStatement(signed).ok);
    }
  });

  it('are at most 64 to a signature', async () => {
    const signer = signerOn(createMemoryStore());
    const sealed = await Promise.all((await stated(signer, 129)).map((one) => signer.seal(one)));
    assert.deepEqual(
      sealed.map(({ signed }) => signed.batch?.size ?? 1),
      [...Array.from({ length: 128 }, () => 64), 1],
    );
    for (const { signed } of sealed) assert.ok(verifyStatement(signed).ok);
  });

  it('are those of one commit of the store, also with what came in the same turn for others', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'confer-signing-'));
    try {
      const store = openSqliteStore(directory);
      const signer = signerOn(store);
      const written = async (one: StatedAnswer) => {
        await store.append('audit', { nonce: one.statement.nonce });
        return await signer.seal(one);
      };
      const both = [...(await stated(signer, 3)), await signer.state(answer({ caller: callerOf('P-2', 2) }))];
      const sealed = await Promise.all(both.map(written));
      assert.deepEqual(
        sealed.map(({ signed }) => signed.batch?.size),
        [4, 4, 4, 4],
      );
      await store.close();
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe('the conclusion of a session [T27]', () => {
  it('signs every answer to that caller in that session, in the order of the nonces', async () => {
    const signer = signerOn(createMemoryStore());
    const mine = await Promise.all(
      [1, 2, 3].map((count) => signedBy(signer, answer({ arguments: { count } }))),
    );
    await signedBy(signer, answer({ session: 's2' }));
    await signedBy(signer, answer({ caller: callerOf('P-2', 2) }));
    const { signature, ...covered } = signer.conclude(caller, 's1');
    const byNonce = mine.map(({ signed }) => signed).sort((a, b) => a.statement.nonce - b.statement.nonce);
    const digests = byNonce.map(({ statement }) => digestOf(statement as unknown as JsonObject));
    assert.deepEqual(covered, { session: 's1', node: 'PE-3', statements: digests });
    assert.ok(verifyBytes(sessionType, canonicalBytes(covered), signature, device.publicKey));
  });

  it('of a session that never was covers nothing', () => {
    assert.deepEqual(signerOn(createMemoryStore()).conclude(caller, 's9').statements, []);
  });

  it('is bounded: one answer more than it can cover is refused', async () => {
    const signer = signerOn(createMemoryStore());
    for (let count = 0; count < limits.sessionAnswersMax; count += 1) await signedBy(signer, answer());
    await assert.rejects(signedBy(signer, answer()), { code: 'overloaded' });
    const { signed } = await signedBy(signer, answer({ session: 's2' }));
    assert.ok(verifyStatement(signed).ok);
    assert.equal(signer.conclude(caller, 's1').statements.length, limits.sessionAnswersMax);
  });

  it('forgets the session that was silent longest when there are too many', async () => {
    const signer = signerOn(createMemoryStore());
    for (let number = 0; number < limits.sessionsOfOneCallerMax; number += 1)
      await signedBy(signer, answer({ session: `s${number}` }));
    await signedBy(signer, answer({ session: 's0' }));
    await signedBy(signer, answer({ session: 'one more' }));
    assert.equal(signer.conclude(caller, 's0').statements.length, 2);
    assert.equal(signer.conclude(caller, 's1').statements.length, 0);
  });

  it('of one caller is safe from another that opens many', async () => {
    const signer = signerOn(createMemoryStore());
    await signedBy(signer, answer({ session: 's1' }));
    const busy = { ...caller, thumbprint: 'ff'.repeat(32) };
    for (let number = 0; number < 2 * limits.sessionsMax; number += 1)
      await signedBy(signer, answer({ session: `s${number}`, caller: busy }));
    assert.equal(signer.conclude(caller, 's1').statements.length, 1);
  });

  it('of one caller is safe from many that open many: whoever has the most loses its oldest', async () => {
    const signer = signerOn(createMemoryStore());
    await signedBy(signer, answer({ session: 's1' }));
    const busy = Array.from({ length: 8 }, (_, at) => ({ ...caller, thumbprint: `${at}f`.repeat(32) }));
    for (const one of busy)
      for (let number = 0; number < limits.sessionsOfOneCallerMax; number += 1)
        await signedBy(signer, answer({ session: `s${number}`, caller: one }));
    assert.equal(signer.conclude(caller, 's1').statements.length, 1);
    const kept = busy.map(
      (one) =>
        Array.from({ length: limits.sessionsOfOneCallerMax }, (_, number) => `s${number}`).filter(
          (session) => signer.conclude(one, session).statements.length > 0,
        ).length,
    );
    assert.equal(
      kept.reduce((sum, count) => sum + count),
      limits.sessionsMax - 1,
    );
    assert.ok(Math.max(...kept) - Math.min(...kept) <= 1, `shared fairly: ${kept}`);
  });

  it('of a caller that is one of too many goes when it was silent longest', async () => {
    const signer = signerOn(createMemoryStore());
    const callers = Array.from({ length: limits.sessionsMax + 1 }, (_, at) => ({
      ...caller,
      thumbprint: String(at).padStart(64, '0'),
    }));
    for (const one of callers) await signedBy(signer, answer({ caller: one }));
    assert.deepEqual(
      callers.map((one) => signer.conclude(one, 's1').statements.length),
      callers.map((_, at) => (at === 0 ? 0 : 1)),
    );
  });

  it('needs a session: answers outside of one are never too many', async () => {
    const signer = signerOn(createMemoryStore());
    for (let count = 0; count <= limits.sessionAnswersMax; count += 1)
      await signedBy(signer, answer({ session: undefined }));
  });
});
