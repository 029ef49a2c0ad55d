import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { canonicalBytes, canonicalDepthMax, digestOf, isCanonical } from '../../../crypto/canonical.ts';

const text = (value: unknown) => Buffer.from(canonicalBytes(value)).toString('utf8');
const bytesOf = (json: string) => new TextEncoder().encode(json);

interface Vectors {
  documents: { source: string; input: unknown; canonicalHex: string }[];
  numbers: { ieee754: string; json: string }[];
}
const vectors: Vectors = JSON.parse(
  readFileSync(new URL('../../vectors/crypto/rfc8785.json', import.meta.url), 'utf8'),
);

describe('canonical JSON (RFC 8785)', () => {
  for (const { source, input, canonicalHex } of vectors.documents) {
    it(`gives the published bytes of ${source}`, () => {
      assert.equal(Buffer.from(canonicalBytes(input)).toString('hex'), canonicalHex);
      assert.ok(isCanonical(Buffer.from(canonicalHex, 'hex')));
    });
  }

  it('writes every number of appendix B as published', () => {
    for (const { ieee754, json } of vectors.numbers) {
      const value = Buffer.from(ieee754, 'hex').readDoubleBE();
      assert.equal(text(value), json, ieee754);
    }
  });

  it('refuses the numbers of appendix B that JSON does not have', () => {
    for (const ieee754 of ['7fffffffffffffff', '7ff0000000000000']) {
      const value = Buffer.from(ieee754, 'hex').readDoubleBE();
      assert.throws(() => canonicalBytes(value), { code: 'not-canonicalizable' });
    }
  });

  it('is the same for the same value, however its members are ordered or its text is spaced', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const again: unknown = JSON.parse(JSON.stringify(reversed(value), null, 2));
        assert.equal(digestOf(again), digestOf(value));
      }),
    );
  });

  it('agrees with an independent implementation', () => {
    const anything = fc.oneof(
      fc.jsonValue({ maxDepth: 6 }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
    );
    fc.assert(fc.property(anything, (value) => assert.equal(text(value), canonicalize(value))));
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string({ unit: 'binary' }).filter((name) => name.isWellFormed()),
          fc.nat(),
        ),
        (value) => assert.equal(text(value), canonicalize(value)),
      ),
    );
  });

  it('survives reading and writing, and only its own bytes are canonical', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(), fc.integer({ min: 1, max: 255 }), (value, place, flip) => {
        const bytes = canonicalBytes(value);
        assert.ok(isCanonical(bytes));
        const changed = Uint8Array.from(bytes);
        const index = place % bytes.length;
        changed[index] = (bytes[index] ?? 0) ^ flip;
        // A changed byte is either another value, or no longer canonical; never the same value twice.
        if (isCanonical(changed)) {
          assert.notEqual(digestOf(JSON.parse(Buffer.from(changed).toString())), digestOf(value));
        }
      }),
    );
  });

  it('calls no other form canonical', () => {
    const others = [
      '{"b":1,"a":2}',
      '{ }',
      '1.0',
      '-0',
      '1e2',
      '"\\u0041"',
      '{"a":1,"a":1}',
      '\ufeff1',
      '"\\ud800"',
    ];
    for (const json of [...others, '9007199254740993', '', '[1,]'])
      assert.equal(isCanonical(bytesOf(json)), false, json);
    assert.equal(isCanonical(Uint8Array.of(0x22, 0xff, 0x22)), false);
  });

  it('drops undefined members and refuses whatever else JSON cannot carry', () => {
    assert.equal(text({ b: undefined, a: 1 }), '{"a":1}');
    const cycle: unknown[] = [];
    cycle.push(cycle);
    const refusals: [unknown, string][] = [
      [undefined, 'not-canonicalizable'],
      [[undefined], 'not-canonicalizable'],
      [new Array(1), 'not-canonicalizable'],
      [() => 1, 'not-canonicalizable'],
      [{ a: Symbol('a') }, 'not-canonicalizable'],
      [1n, 'not-canonicalizable'],
      [new Date(0), 'not-canonicalizable'],
      [{ toJSON: () => 1 }, 'not-canonicalizable'],
      ['\ud800', 'lone-surrogate'],
      [{ '\udc00': 1 }, 'lone-surrogate'],
      [cycle, 'too-deep'],
    ];
    for (const [value, code] of refusals) assert.throws(() => canonicalBytes(value), { code });
  });

  it('bounds the nesting', () => {
    const nested = (depth: number) => JSON.parse('['.repeat(depth) + ']'.repeat(depth));
    assert.equal(text(nested(canonicalDepthMax)).length, 2 * canonicalDepthMax);
    assert.throws(() => canonicalBytes(nested(20_000)), { code: 'too-deep' });
  });

  it('keeps a member that is called __proto__ as data', () => {
    assert.equal(text(JSON.parse('{"__proto__":{"a":1}}')), '{"__proto__":{"a":1}}');
  });
});

// The same value with the members of every object in the opposite order.
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([member, content]) => [member, reversed(content)]),
  );
}
