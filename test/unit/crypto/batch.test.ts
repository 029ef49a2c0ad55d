/** Input: answers that were signed together. Output: each is proved alone, by exactly one text. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import * as noble from '@noble/ed25519';
import fc from 'fast-check';
import { canonicalBytes, digestOf, type JsonObject } from '../../../crypto/canonical.ts';
import {
  type Answer,
  batchType,
  openAnswer,
  preAuthenticationEncoding,
  resultHash,
  type SignedAnswer,
  type Statement,
  sealAnswer,
  signBytes,
  signedAnswerShape,
  signStatements,
  statementType,
  verifyStatement,
} from '../../../crypto/envelope.ts';
import { rawPublicKey } from '../../../crypto/keys.ts';
import { leafHash, merkleTree } from '../../../crypto/merkle.ts';
import { deviceOf } from './fixtures.ts';

const p2 = deviceOf('P-2', 2);
const pe3 = deviceOf('PE-3', 3);

function answerOf(count: number): Answer {
  return { data: { count }, contentHash: digestOf([count]), isError: false };
}

function fieldsOf(nonce: number): Omit<Statement, 'resultHash'> {
  return {
    operation: { tool: 'ietf-srv6-ping' },
    argumentsHash: digestOf({ nonce }),
    nonce,
    session: 's1',
    signer: 'P-2',
    caller: 'PE-1',
    signedAt: '2026-07-01T12:00:00.000Z',
  };
}

function statementOf(nonce: number): Statement {
  return { ...fieldsOf(nonce), resultHash: resultHash(answerOf(nonce)) };
}

/** Answers with the nonces 1 to `size`, signed together. */
function batchOf(size: number, signer = p2): SignedAnswer[] {
  const statements = Array.from({ length: size }, (_, at) => statementOf(at + 1));
  return signStatements(statements.map(canonicalBytes), signer.privateKey).map((signature, at) => ({
    statement: statementOf(at + 1),
    ...signature,
    answer: answerOf(at + 1),
    certificate: signer.certificatePem,
  }));
}

/** Under P-2's own certificate: who issued another one is not looked at here. */
function holds(candidate: unknown): boolean {
  const shape = signedAnswerShape.safeParse(candidate);
  if (!shape.success || shape.data.certificate !== p2.certificatePem) return false;
  return verifyStatement(shape.data).ok;
}

describe('answers that were signed together', () => {
  it('are each proved alone, whatever their number, also after they travelled as JSON', () => {
    for (const size of [2, 3, 4, 5, 7, 8, 16, 33, 64]) {
      const batch = batchOf(size);
      assert.equal(new Set(batch.map(({ signature }) => signature)).size, 1);
      for (const signed of batch.toReversed()) assert.ok(holds(JSON.parse(JSON.stringify(signed))));
    }
  });

  it('are judged on arrival like any other', () => {
    const [, second] = batchOf(3);
    assert.ok(second !== undefined);
    const { operation, argumentsHash, session, signer, caller } = second.statement;
    const expected = { operation, argumentsHash, session, signer, caller, certificate: p2.certificatePem };
    assert.ok(openAnswer(second, { ...expected, nonceAbove: 1 }).ok);
    const replayed = openAnswer(second, { ...expected, nonceAbove: 2 });
    assert.equal(replayed.ok || replayed.reason, 'replay');
    const other = openAnswer(second, { ...expected, nonceAbove: 1, caller: 'PE-9' });
    assert.equal(other.ok || other.reason, 'wrong-caller');
  });

  it('that are only one are signed as if there were no batches', () => {
    const [only] = batchOf(1);
    assert.deepEqual(only, sealAnswer(fieldsOf(1), answerOf(1), p2));
    assert.deepEqual(signStatements([], p2.privateKey), []);
  });

  it('have one signature over root and size, which whoever reads RFC 9162 can check', async () => {
    const sha256 = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
    const leaves = [1, 2, 3].map((nonce) => {
      const body = canonicalBytes(statementOf(nonce));
      return sha256(Buffer.of(0), preAuthenticationEncoding(statementType, body));
    });
    const [a = Buffer.of(), b = Buffer.of(), c = Buffer.of()] = leaves;
    const ab = sha256(Buffer.of(1), a, b);
    const root = sha256(Buffer.of(1), ab, c).toString('hex');
    const record = Buffer.from(`{"root":"${root}","size":3}`);
    const message = Buffer.from(`DSSEv1 ${batchType.length} ${batchType} ${record.length} ${record}`);
    const batch = batchOf(3);
    for (const { signature } of batch)
      assert.ok(
        await noble.verifyAsync(Buffer.from(signature, 'base64url'), message, rawPublicKey(p2.publicKey), {
          zip215: false,
        }),
      );
    assert.deepEqual(
      batch.map(({ batch }) => batch),
      [
        { index: 0, size: 3, path: [b.toString('hex'), c.toString('hex')] },
        { index: 1, size: 3, path: [a.toString('hex'), c.toString('hex')] },
        { index: 2, size: 3, path: [ab.toString('hex')] },
      ],
    );
  });

  it('are refused with any one bit of any text changed, before and after the good one was seen', () => {
    const [, signed] = batchOf(5);
    const original = Buffer.from(JSON.stringify(signed));
    for (const isSeen of [false, true]) {
      if (isSeen) assert.ok(holds(signed));
      let refusedCount = 0;
      for (let place = 0; place < original.length; place++) {
        const changed = Buffer.from(original);
        changed[place] = (original[place] ?? 0) ^ (1 << (place % 7));
        let candidate: unknown;
        try {
          candidate = JSON.parse(changed.toString());
        } catch {
          continue; // no JSON any more
        }
        assert.ok(!holds(candidate), `byte ${place}: ${changed.toString()}`);
        refusedCount++;
      }
      assert.ok(refusedCount > original.length / 2);
    }
  });

  it('have one text each: every other index, size, path and signature is refused', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 20 }),
        fc.nat(),
        fc.integer({ min: -1, max: 40 }),
        (size, pick, other) => {
          const all = batchOf(size);
          const [signed, neighbour] = [all[pick % size], all[(pick + 1) % size]];
          assert.ok(signed?.batch !== undefined && neighbour?.batch !== undefined);
          assert.ok(holds(signed) && holds(neighbour));
          const { batch, signature } = signed;
          const changes: object[] = [
            { batch: neighbour.batch },
            { batch: undefined },
            { batch: { ...batch, index: neighbour.batch.index } },
            { batch: { ...batch, path: [] } },
            { batch: { ...batch, path: [...batch.path, ...batch.path.slice(-1)] } },
            { batch: { ...batch, path: batch.path.map((one) => one.toUpperCase()) } },
            { batch: { ...batch, more: 1 } },
            { signature: `${signature}=` },
            { signature: signature.slice(0, -1) },
            { statement: neighbour.statement },
            { statement: neighbour.statement, answer: neighbour.answer },
            { certificate: pe3.certificatePem },
          ];
          if (other !== batch.size) changes.push({ batch: { ...batch, size: other } });
          if (other !== batch.index) changes.push({ batch: { ...batch, index: other } });
          for (const change of changes) {
            const changed: object = { ...signed, ...change };
            if (batch.path.every((one) => /^\d+$/.test(one)) && 'path' in change) continue;
            assert.ok(!holds(changed), JSON.stringify(change));
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('are no statement themselves, and a statement is no root', () => {
    const [first, second] = batchOf(2);
    assert.ok(first !== undefined && second?.batch !== undefined);
    // The signature over a single statement, shown as one over a tree, and the other way round.
    const single = sealAnswer(fieldsOf(1), answerOf(1), p2);
    assert.ok(!holds({ ...single, batch: first.batch }));
    const { batch: _, ...bare } = first;
    assert.ok(!holds(bare));
    // A tree of one says the same thing a second way.
    const [leaf = ''] = [leafHash(preAuthenticationEncoding(statementType, canonicalBytes(statementOf(1))))];
    const { root } = merkleTree([leaf]);
    const signature = signBytes(batchType, canonicalBytes({ root, size: 1 }), p2.privateKey);
    assert.ok(!holds({ ...single, signature, batch: { index: 0, size: 1, path: [] } }));
    assert.ok(!verifyStatement({ ...single, signature, batch: { index: 0, size: 1, path: [] } }).ok);
  });

  it('do not vouch for a node of the tree as if it were a statement', () => {
    const all = batchOf(4);
    const [first, second, third] = all;
    assert.ok(first?.batch !== undefined && second?.batch !== undefined && third?.batch !== undefined);
    const [own = '', pair = ''] = [second.batch.path[0], first.batch.path[1]];
    assert.equal(leafHash(preAuthenticationEncoding(statementType, canonicalBytes(first.statement))), own);
    for (const path of [[pair], [third.batch.path[1] ?? '']])
      assert.ok(!holds({ ...first, batch: { index: 0, size: 2, path } }));
  });

  it('were signed by the one whose certificate is enclosed, even where that one signed the same root', () => {
    const [mine] = batchOf(2);
    const [theirs] = batchOf(2, pe3);
    assert.ok(mine !== undefined && theirs !== undefined);
    assert.ok(holds(mine));
    assert.ok(!verifyStatement({ ...mine, certificate: pe3.certificatePem }).ok);
    const named = verifyStatement(theirs);
    assert.equal(named.ok || named.reason, 'wrong-signer');
  });

  it('stay provable however many batches come in between', () => {
    const batches = Array.from({ length: 200 }, (_, at) =>
      signStatements([statementOf(at + 1), statementOf(at + 2)].map(canonicalBytes), p2.privateKey),
    );
    for (let round = 0; round < 2; round++)
      for (const [at, signatures] of batches.entries())
        for (const [place, signature] of signatures.entries()) {
          const nonce = at + 1 + place;
          const signed: JsonObject = {
            statement: { ...statementOf(nonce) },
            ...(signature as unknown as JsonObject),
            answer: { ...answerOf(nonce) },
            certificate: p2.certificatePem,
          };
          assert.ok(holds(signed));
        }
  });
});
