import type { JsonValue } from './canonical.ts';
import { CryptoError } from './errors.ts';

/** Bounds of one JSON text: nesting in levels, length in UTF-8 bytes. */
export interface StrictJsonLimits {
  depthMax: number;
  bytesMax: number;
}

/**
 * The I-JSON gate (RFC 7493): parses text that every JSON reader understands alike, and nothing else.
 *
 * Two readers that disagree about a document let an attacker show one thing to the check and another to the act.
 * So duplicate keys, `__proto__`, integers outside +-(2^53 - 1), numbers beyond a double and lone surrogates are
 * refused, as are too long and too deep texts.
 *
 * Throws CryptoError; code `not-json` is a syntax error (JSON-RPC -32700), every other code a refusal (-32600).
 */
export function parseStrictJson(input: string | Uint8Array, limits: StrictJsonLimits): JsonValue {
  const text = decode(input, limits.bytesMax);
  const value = parse(text);
  scan(text, limits.depthMax);
  return value;
}

function decode(input: string | Uint8Array, bytesMax: number): string {
  const bytes = typeof input === 'string' ? Buffer.byteLength(input) : input.byteLength;
  if (bytes > bytesMax) {
    throw new CryptoError('too-large', `The JSON text has ${bytes} bytes; send at most ${bytesMax}.`);
  }
  if (typeof input === 'string') {
    if (!input.isWellFormed()) throw loneSurrogate();
    return input;
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(input);
  } catch (cause) {
    throw new CryptoError('not-json', 'The JSON text is not UTF-8; send UTF-8 without a byte order mark.', {
      cause,
    });
  }
}

function parse(text: string): JsonValue {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CryptoError('not-json', 'The text is not JSON; send one JSON value as of RFC 8259.', { cause });
  }
}

// Finds what JSON.parse forgives. The text is known to be JSON, so one linear walk is enough; it does not recurse, and
// what is open is a stack: the keys seen in an object, or null for an array.
function scan(text: string, depthMax: number): void {
  const open: (Set<string> | null)[] = [];
  let previous = '';
  for (let at = 0; at < text.length; ) {
    const end = lexemeEnd(text, at);
    const lexeme = text.slice(at, end);
    at = end;
    if (/^\s/.test(lexeme)) continue;
    if (lexeme === '{' || lexeme === '[') {
      if (open.length >= depthMax) {
        throw new CryptoError('too-deep', `The JSON text nests deeper than ${depthMax} levels; flatten it.`);
      }
      open.push(lexeme === '{' ? new Set() : null);
    } else if (lexeme === '}' || lexeme === ']') {
      open.pop();
    } else if (lexeme.startsWith('"')) {
      const value = unquote(lexeme);
      const keys = open.at(-1);
      // In an object a string after "{" or "," is a member's name; after ":" it is a value.
      if (keys && previous !== ':') addKey(keys, value);
    } else if (/^[-\d]/.test(lexeme)) {
      checkNumber(lexeme);
    }
    previous = lexeme;
  }
}

// The end of the string, number or run of spaces that begins at `at`; anything else is one character long.
function lexemeEnd(text: string, at: number): number {
  if (text[at] === '"') {
    let end = at + 1;
    while (text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
    return end + 1;
  }
  run.lastIndex = at;
  return run.test(text) ? run.lastIndex : at + 1;
}

const run = /[-+.\deE]+|\s+/y;

function unquote(lexeme: string): string {
  if (!lexeme.includes('\\')) return lexeme.slice(1, -1);
  const value = String(parse(lexeme));
  if (!value.isWellFormed()) throw loneSurrogate();
  return value;
}

function addKey(keys: Set<string>, key: string): void {
  if (key === '__proto__') {
    throw new CryptoError('forbidden-key', 'The member name "__proto__" is not accepted; rename it.');
  }
  if (keys.has(key)) {
    throw new CryptoError(
      'duplicate-key',
      `The member ${JSON.stringify(key.slice(0, 64))} occurs twice; send it once.`,
    );
  }
  keys.add(key);
}

function checkNumber(lexeme: string): void {
  const value = Number(lexeme);
  if (Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))) return;
  throw new CryptoError(
    'unsafe-number',
    `The number ${lexeme.slice(0, 40)} is outside what a double holds exactly; send it as a string (RFC 7951).`,
  );
}

function loneSurrogate(): CryptoError {
  return new CryptoError('lone-surrogate', 'A string holds half a surrogate pair; send well-formed Unicode.');
}
