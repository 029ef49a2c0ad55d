/** Input: text of any length. Output: at most so many characters of it, which every JSON reader takes. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { PeerError } from '../../../src/core/errors.ts';
import { limits } from '../../../src/core/limits.ts';
import { shortened } from '../../../src/core/shortened.ts';

describe('shortened text', () => {
  it('is what it was when it fits, and else its beginning', () => {
    assert.equal(shortened('PE-1', 4), 'PE-1');
    assert.equal(shortened('PE-1 and P-2', 8), 'PE-1 ...');
  });

  it('is never longer, and never holds half a character', () => {
    const text = fc.array(fc.constantFrom('a', '😀', '\ud83d', '\ude00')).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, fc.integer({ min: 3, max: 20 }), (long, charactersMax) => {
        const short = shortened(long, charactersMax);
        assert.ok(short.isWellFormed());
        assert.ok(short.length <= charactersMax);
      }),
    );
  });
});

describe('what is told of a peer', () => {
  it('is short and well formed, however much it said', () => {
    const { message } = new PeerError('refused', `P-2: ${'😀'.repeat(1e6)}`);
    assert.ok(message.startsWith('P-2: 😀'));
    assert.ok(message.isWellFormed());
    assert.ok(message.length <= limits.peerTextCharactersMax);
  });
});
