import { hash } from 'node:crypto';
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
  return Buffer.from(written(value, 0));
}

/** Lowercase hexadecimal SHA-256 of `bytes`. */
export function sha256Hex(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex');
}

/** Lowercase hexadecimal SHA-256 of the canonical bytes of `value`: equal for equal JSON, however it was written. */
export function digestOf(value: unknown): string {
  return hash('sha256', written(value, 0), 'hex');
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

/** Refuses what `JSON.stringify` forgives: it would call `toJSON`, drop functions, and overflow the stack on deep input. */
function written(value: unknown, depth: number): string {
  if (depth > canonicalDepthMax) {
    throw new CryptoError(
      'too-deep',
      `Nest JSON at most ${canonicalDepthMax} levels deep (or remove its cycle).`,
    );
  }
  if (typeof value === 'string') return writtenText(value);
  if (typeof value === 'number') {
    // ECMAScript writes numbers as RFC 8785 section 3.2.2.3 asks for, and -0 as 0.
    if (Number.isFinite(value)) return String(value);
    throw new CryptoError(
      'not-canonicalizable',
      `JSON has no ${value}; leave the member out or send a string.`,
    );
  }
  if (value === null || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) {
    let items = '';
    // By index, not by iterator: a hole in the array is refused like the `undefined` that it reads as.
    for (let index = 0; index < value.length; index++) {
      items += (index === 0 ? '' : ',') + written(value[index], depth + 1);
    }
    return `[${items}]`;
  }
  if (typeof value !== 'object' || !isPlain(value)) {
    throw new CryptoError(
      'not-canonicalizable',
      `JSON cannot carry a ${typeof value} here; send plain data.`,
    );
  }
  let members = '';
  // By UTF-16 code units, as `sort` compares (RFC 8785 section 3.2.3).
  for (const member of Object.keys(value).sort()) {
    const content: unknown = value[member as keyof typeof value];
    if (content === undefined) continue;
    members += (members === '' ? '' : ',') + writtenName(member) + written(content, depth + 1);
  }
  return `{${members}}`;
}

/** The same few names come again in every record: with the colon behind them. */
const namesKeptMax = 1_024;
const namesWritten = new Map<string, string>();

function writtenName(name: string): string {
  const known = namesWritten.get(name);
  if (known !== undefined) return known;
  const text = `${writtenText(name)}:`;
  // Names that somebody made up fill it once, and cost no more than they did without it.
  if (namesWritten.size < namesKeptMax && name.length <= 64) namesWritten.set(name, text);
  return text;
}

function writtenText(text: string): string {
  if (text.isWellFormed()) return JSON.stringify(text);
  throw new CryptoError('lone-surrogate', 'A string holds half a surrogate pair; send well-formed Unicode.');
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return (
    (prototype === Object.prototype || prototype === null) &&
    typeof Reflect.get(value, 'toJSON') !== 'function'
  );
}
