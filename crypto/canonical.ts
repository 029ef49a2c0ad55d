import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { CryptoError } from './errors.ts';

export { parseStrictJson, type StrictJsonLimits } from './strict-json.ts';

/** A value that JSON text can carry. `undefined` members of an object are dropped, as `JSON.stringify` does. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

/** A JSON object: a record, the arguments of a tool, its structured content. */
export type JsonObject = { readonly [member: string]: JsonValue | undefined };

/** Deepest nesting that is signed or hashed: deeper text is an attack on recursive readers, never a record. */
export const canonicalDepthMax = 128;

/**
 * The one byte string of a JSON value: JSON Canonicalization Scheme, RFC 8785, in UTF-8.
 * Throws CryptoError for what JSON cannot carry: functions, big integers, NaN, lone surrogates, cycles, class instances.
 */
export function canonicalBytes(value: unknown): Uint8Array {
  assertJsonValue(value);
  return new TextEncoder().encode(canonicalize(value));
}

/** Lowercase hexadecimal SHA-256 of `bytes`. */
export function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Lowercase hexadecimal SHA-256 of the canonical bytes of `value`: equal for equal JSON, however it was written. */
export function digestOf(value: unknown): string {
  return sha256Hex(canonicalBytes(value));
}

/** True exactly when `bytes` are the RFC 8785 form of the JSON that they carry: one value, one file. */
export function isCanonical(bytes: Uint8Array): boolean {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return Buffer.from(bytes).equals(canonicalBytes(JSON.parse(text)));
  } catch {
    return false;
  }
}

/**
 * Throws CryptoError for what JSON cannot carry. The canonicalizer would call `toJSON`, write "undefined" for a function
 * and overflow the stack on deep input.
 */
export function assertJsonValue(value: unknown, depth = 0): void {
  if (depth > canonicalDepthMax) {
    throw new CryptoError(
      'too-deep',
      `Nest JSON at most ${canonicalDepthMax} levels deep (or remove its cycle).`,
    );
  }
  if (value === null || typeof value === 'boolean') return;
  if (typeof value === 'string') {
    assertWellFormed(value);
    return;
  }
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return;
    throw new CryptoError(
      'not-canonicalizable',
      `JSON has no ${value}; leave the member out or send a string.`,
    );
  }
  if (Array.isArray(value)) {
    // By index, not by iterator: a hole in the array is refused like the `undefined` that it reads as.
    for (let index = 0; index < value.length; index++) assertJsonValue(value[index], depth + 1);
    return;
  }
  if (typeof value !== 'object' || !isPlain(value)) {
    throw new CryptoError(
      'not-canonicalizable',
      `JSON cannot carry a ${typeof value} here; send plain data.`,
    );
  }
  for (const [member, content] of Object.entries(value)) {
    assertWellFormed(member);
    if (content !== undefined) assertJsonValue(content, depth + 1);
  }
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return (
    (prototype === Object.prototype || prototype === null) &&
    typeof Reflect.get(value, 'toJSON') !== 'function'
  );
}

function assertWellFormed(text: string): void {
  if (text.isWellFormed()) return;
  throw new CryptoError('lone-surrogate', 'A string holds half a surrogate pair; send well-formed Unicode.');
}
