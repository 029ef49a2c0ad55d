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
// what is open is a stack: the names seen in an object, or null for an array. By character codes: every message that
// arrives goes through here.
function scan(text: string, depthMax: number): void {
  const open: (Set<string> | null)[] = [];
  // The text itself is well-formed: only an escape can be half a pair.
  const hasSurrogates = surrogateEscape.test(text);
  let names: Set<string> | null = null;
  // In an object a string after "{" or "," is a member's name; after ":" it is a value.
  let isName = false;
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (code === codes.quote) {
      const end = endOfString(text, at);
      if (names !== null && isName) addName(names, unquoted(text.slice(at, end)));
      else if (hasSurrogates && text.slice(at, end).includes('\\u')) unquoted(text.slice(at, end));
      isName = false;
      at = end;
    } else if (code === codes.minus || (code >= codes.zero && code <= codes.nine)) {
      const end = endOfNumber(text, at);
      // Fifteen digits are always safe.
      if (end - at > 15 || !isInteger(text, at, end)) checkNumber(text.slice(at, end));
      at = end;
    } else {
      if (code === codes.brace || code === codes.bracket) {
        if (open.length >= depthMax) {
          throw new CryptoError(
            'too-deep',
            `The JSON text nests deeper than ${depthMax} levels; flatten it.`,
          );
        }
        names = code === codes.brace ? new Set() : null;
        open.push(names);
        isName = true;
      } else if (code === codes.braceEnd || code === codes.bracketEnd) {
        open.pop();
        names = open.at(-1) ?? null;
      } else if (code === codes.comma) {
        isName = true;
      }
      at += 1;
    }
  }
}

const codes = {
  quote: 0x22,
  comma: 0x2c,
  minus: 0x2d,
  zero: 0x30,
  nine: 0x39,
  bracket: 0x5b,
  backslash: 0x5c,
  bracketEnd: 0x5d,
  brace: 0x7b,
  braceEnd: 0x7d,
} as const;

const surrogateEscape = /\\u[dD][89a-fA-F]/;

/** Behind the closing quote of the string that begins at `at`. */
function endOfString(text: string, at: number): number {
  for (let end = text.indexOf('"', at + 1); ; end = text.indexOf('"', end + 1)) {
    let before = end;
    while (text.charCodeAt(before - 1) === codes.backslash) before -= 1;
    if ((end - before) % 2 === 0) return end + 1;
  }
}

function endOfNumber(text: string, at: number): number {
  numberRun.lastIndex = at;
  numberRun.test(text);
  return numberRun.lastIndex;
}

const numberRun = /[-+.\deE]+/y;

function isInteger(text: string, from: number, to: number): boolean {
  for (let at = from + 1; at < to; at++) {
    const code = text.charCodeAt(at);
    if (code < codes.zero || code > codes.nine) return false;
  }
  return true;
}

function unquoted(lexeme: string): string {
  if (!lexeme.includes('\\')) return lexeme.slice(1, -1);
  const value = String(parse(lexeme));
  if (!value.isWellFormed()) throw loneSurrogate();
  return value;
}

function addName(names: Set<string>, name: string): void {
  if (name === '__proto__') {
    throw new CryptoError('forbidden-key', 'The member name "__proto__" is not accepted; rename it.');
  }
  if (names.has(name)) {
    throw new CryptoError(
      'duplicate-key',
      `The member ${JSON.stringify(name.slice(0, 64))} occurs twice; send it once.`,
    );
  }
  names.add(name);
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
