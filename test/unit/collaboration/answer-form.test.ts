/** Input: what a peer signed. Output: the first thing that no report could carry, or nothing. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { canonicalBytes, type JsonObject, parseStrictJson } from '../../../crypto/canonical.ts';
import { issueAuthority } from '../../../crypto/issue.ts';
import { keyPairFromSeed } from '../../../crypto/keys.ts';
import {
  answerDepthMax,
  captureBytesMax,
  captureFault,
  dataFault,
  timeFault,
} from '../../../src/collaboration/answer-form.ts';

describe('the data of an answer', () => {
  const nested = (levels: number): JsonObject => (levels === 1 ? {} : { deeper: nested(levels - 1) });

  it('fits or not, as the strict reader of the report decides', () => {
    const numbers = fc.oneof(
      fc.double(),
      fc.integer(),
      fc.constantFrom(2 ** 53, -(2 ** 53), 2 ** 53 - 1, 1e300, -0),
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 5 },
        numbers,
        fc.string(),
        fc.constantFrom(null, true),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.oneof(fc.string(), fc.constant('__proto__')), tie('value'), { maxKeys: 3 }),
      ),
    }));
    fc.assert(
      fc.property(value, (data) => {
        assert.equal(dataFault(data as JsonObject) === undefined, isRead(data), JSON.stringify(data));
      }),
    );
  });

  it('nests as deep as leaves room for the report around it', () => {
    assert.equal(dataFault(nested(answerDepthMax)), undefined);
    assert.match(dataFault(nested(answerDepthMax + 1)) ?? '', /deeper than 48 levels/);
    assert.match(dataFault(nested(5_000)) ?? '', /deeper than 48 levels/);
  });

  function isRead(data: unknown): boolean {
    try {
      parseStrictJson(canonicalBytes(data), { depthMax: answerDepthMax, bytesMax: 1_000_000 });
      return true;
    } catch {
      return false;
    }
  }
});

describe('a packet file', () => {
  it('has one text', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        assert.equal(captureFault(Buffer.from(bytes).toString('base64')), undefined);
      }),
    );
    for (const text of ['QUJ=', 'QUI', 'QUI=\n', ' QUI=', '-_-_', 'Q===', '=', 'é'])
      assert.match(captureFault(text) ?? '', /plain base64/, text);
    assert.match(captureFault('A'.repeat(captureBytesMax + 4)) ?? '', /more than 262144/);
  });
});

describe('the time of an answer', () => {
  const startedAtMs = Date.UTC(2026, 6, 1, 12);
  const keyPair = keyPairFromSeed(Buffer.alloc(32, 3));
  const request = {
    name: 'test',
    serial: Buffer.alloc(16, 3),
    keyPair,
    now: startedAtMs,
    lifetimeMs: 30_000,
  };
  const certificate = issueAuthority(request);
  const fault = (secondsLater: number, nowSecondsLater = 20) =>
    timeFault(new Date(startedAtMs + secondsLater * 1_000).toISOString(), {
      startedAtMs,
      nowMs: startedAtMs + nowSecondsLater * 1_000,
      certificate,
    });

  it('lies in the session, give or take ten seconds, and in the certificate', () => {
    for (const fine of [-10, 0, 20, 29.999]) assert.equal(fault(fine), undefined);
    for (const off of [-10.001, 30.001, 3_600, -3_600]) assert.match(fault(off) ?? '', /set the clock/);
    assert.match(fault(30, 25) ?? '', /certificate was not valid/);
  });
});
