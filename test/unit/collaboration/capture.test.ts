/** Packet files leave an answer and come back to it without changing what was signed. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { digestOf } from '../../../crypto/canonical.ts';
import { attachCapture, detachCapture, fileSha256 } from '../../../src/collaboration/capture.ts';

describe('a capture', () => {
  it('is detached with its hash and attached again, byte for byte', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.jsonValue(), (bytes, id) => {
        const capture = Buffer.from(bytes).toString('base64');
        const data = { 'confer-device:counting': { id: id as string, flow: [], capture } };
        const detached = detachCapture(data);
        assert.equal(detached.capture, capture);
        assert.equal(detached.sha256, fileSha256(capture));
        assert.ok(!('capture' in (detached.data['confer-device:counting'] as object)));
        assert.equal(digestOf(attachCapture(detached.data, capture)), digestOf(data));
      }),
    );
  });

  it('is left alone where there is none', () => {
    for (const data of [
      {},
      { 'confer-device:counting': null },
      { 'confer-device:counting': { capture: 7 } },
      { capture: 'x' },
    ])
      assert.deepEqual(detachCapture(data), { data });
  });
});
