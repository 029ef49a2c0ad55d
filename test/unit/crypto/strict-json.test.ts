import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseStrictJson } from '../../../crypto/canonical.ts';

const limits = { depthMax: 32, bytesMax: 1_000_000 };
const refuses = (input: string | Uint8Array, code: string) =>
  assert.throws(() => parseStrictJson(input, limits), { name: 'CryptoError', code });

// Threat 16: two readers that disagree about a text let an attacker show one thing and do another.
describe('the I-JSON gate (RFC 7493)', () => {
  it('reads every value that JSON.stringify writes, from text and from bytes', () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 8 }).filter((value) => isInterchangeable(value)),
        fc.constantFrom(undefined, 2, '\t'),
        (value, indent) => {
          const json = JSON.stringify(value, null, indent);
          assert.deepEqual(parseStrictJson(json, limits), JSON.parse(json));
          assert.deepEqual(parseStrictJson(new TextEncoder().encode(json), limits), JSON.parse(json));
        },
      ),
    );
  });

  it('refuses a repeated member, also when it is spelled with escapes', () => {
    refuses('{"a":1,"a":2}', 'duplicate-key');
    refuses('{"a":1,"\\u0061":2}', 'duplicate-key');
    refuses('[{"x":{"b":1, "c":[{}], "b":2}}]', 'duplicate-key');
    refuses('{"":1,"":2}', 'duplicate-key');
  });

  it('finds any repeated member, wherever it is', () => {
    const name = fc.string({ unit: 'grapheme' }).filter((text) => text !== '__proto__');
    fc.assert(
      fc.property(fc.array(name, { minLength: 1 }), fc.nat(), (names, pick) => {
        const again = names[pick % names.length];
        const members = [...names, again].map((name) => `${JSON.stringify(name)}:[{"k":"{\\",:"}]`);
        refuses(`{${members.join(',')}}`, 'duplicate-key');
      }),
    );
  });

  it('takes equal names in different objects, and equal strings as values', () => {
    const json = '{"a":{"a":"a"},"b":["a","a",{"a":1}],"c":"a"}';
    assert.deepEqual(parseStrictJson(json, limits), JSON.parse(json));
  });

  it('refuses __proto__ as a member, and takes it as a value', () => {
    refuses('{"__proto__":{"isAdmin":true}}', 'forbidden-key');
    refuses('[{"\\u005f_proto__":1}]', 'forbidden-key');
    assert.deepEqual(parseStrictJson('{"a":"__proto__"}', limits), { a: '__proto__' });
  });

  it('refuses numbers that a double does not hold exactly', () => {
    for (const number of [
      '9007199254740992',
      '9007199254740993',
      '-9007199254740993',
      '9007199254740993e0',
      '1e400',
    ]) {
      refuses(`{"n":${number}}`, 'unsafe-number');
    }
    for (const number of ['9007199254740991', '-9007199254740991', '0.1', '-0', '1e3', '1.5E-9']) {
      assert.equal(parseStrictJson(number, limits), Number(number));
    }
    assert.equal(parseStrictJson('"9007199254740993"', limits), '9007199254740993');
  });

  it('refuses half a surrogate pair, escaped or raw, in names and in values', () => {
    for (const json of ['"\\ud800"', '"\\udc00x"', '{"\\ud83d":1}', '"\ud800"', '"\\udc00\\ud800"']) {
      refuses(json, 'lone-surrogate');
    }
    assert.equal(parseStrictJson('"\\ud83d\\ude00"', limits), '\u{1f600}');
    // An escaped backslash, and then letters: no escape of a surrogate.
    assert.equal(parseStrictJson('"\\\\ud800"', limits), '\\ud800');
    refuses('["\\\\", "\\\\\\ud800"]', 'lone-surrogate');
    refuses('["\\ud83d\\ude00", {"a": "\\uDBff"}]', 'lone-surrogate');
  });

  it('refuses depth 20,000 and 10 MB quickly', () => {
    refuses('['.repeat(20_000) + ']'.repeat(20_000), 'too-deep');
    refuses(`${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`, 'too-deep');
    refuses(`"${'a'.repeat(10_000_000)}"`, 'too-large');
    refuses(new Uint8Array(10_000_000), 'too-large');
  });

  it('counts bytes, not characters', () => {
    const twoBytesEach = '"é"';
    assert.equal(parseStrictJson(twoBytesEach, { depthMax: 1, bytesMax: 4 }), 'é');
    assert.throws(() => parseStrictJson(twoBytesEach, { depthMax: 1, bytesMax: 3 }), { code: 'too-large' });
  });

  it('takes exactly the permitted depth', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    assert.doesNotThrow(() => parseStrictJson(nested(32), limits));
    refuses(nested(33), 'too-deep');
  });

  it('stays linear on long strings full of escapes', () => {
    const json = `["${'\\"'.repeat(400_000)}"]`;
    const started = performance.now();
    assert.deepEqual(parseStrictJson(json, limits), ['"'.repeat(400_000)]);
    refuses(json.slice(0, -2), 'not-json');
    assert.ok(performance.now() - started < 2000);
  });

  it('finds the end of every string, whatever is escaped in it', () => {
    const nasty = fc.string({ unit: fc.constantFrom('\\', '"', 'u', ':', ',', '{', '}', '\n', 'é') });
    fc.assert(
      fc.property(fc.array(fc.tuple(nasty, nasty)), (members) => {
        const object = Object.fromEntries(members);
        const text = JSON.stringify([object, members]);
        assert.deepEqual(parseStrictJson(text, limits), [object, members]);
        refuses(`${text.slice(0, -1)},{"x":1,"x":2}]`, 'duplicate-key');
      }),
    );
  });

  it('calls what is not JSON a syntax error', () => {
    for (const json of [
      '',
      '{',
      '[1,]',
      '{"a" 1}',
      "'a'",
      'NaN',
      '01',
      '1-2',
      '"a',
      '\ufeff{}',
      '{"a":1}x',
      '"\t"',
    ]) {
      refuses(json, 'not-json');
    }
    refuses(Uint8Array.of(0x22, 0xc3, 0x22), 'not-json');
  });
});

// fast-check makes numbers, names and strings that the gate is there to refuse.
function isInterchangeable(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isInteger(value) || Number.isSafeInteger(value);
  if (typeof value === 'string') return value.isWellFormed();
  if (value === null || typeof value !== 'object') return true;
  return Object.entries(value).every(
    ([member, content]) => member !== '__proto__' && member.isWellFormed() && isInterchangeable(content),
  );
}
