/**
 * Bounded reading and writing of bytes in network order.
 *
 * What arrives on a wire is hostile: every read is checked against the end, and a malformed input comes back as a
 * `DecodeError` value from `decoding`, never as an exception that reaches the caller.
 */

/** Why some received bytes were not understood. A value: malformed input is expected, not exceptional. */
export interface DecodeError {
  readonly kind: 'decode-error';
  readonly code: 'truncated' | 'malformed' | 'unsupported' | 'checksum';
  readonly reason: string;
}

/** Tells a decoded record from the reason why it could not be decoded. */
export function isDecodeError(value: unknown): value is DecodeError {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'decode-error';
}

/** Thrown inside a `decoding` block only; it never leaves it. */
export class Malformed extends Error {
  readonly code: DecodeError['code'];

  constructor(code: DecodeError['code'], reason: string) {
    super(reason);
    this.code = code;
  }
}

/** Runs a decoder and turns `Malformed` into a value; anything else is a defect of ours and keeps flying. */
export function decoding<T>(what: string, decode: () => T): T | DecodeError {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return { kind: 'decode-error', code: error.code, reason: `${what}: ${error.message}` };
  }
}

/** Reads forward through bytes; every read beyond the end is `Malformed`. */
export class Reader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#offset;
  }

  get offset(): number {
    return this.#offset;
  }

  uint8(): number {
    return this.#octet(this.#advance(1));
  }

  uint16(): number {
    const start = this.#advance(2);
    return (this.#octet(start) << 8) | this.#octet(start + 1);
  }

  uint32(): number {
    return this.uint16() * 0x1_0000 + this.uint16();
  }

  /** The next bytes as a view on the input: copy them before keeping them. */
  take(length: number): Uint8Array {
    const start = this.#advance(length);
    return this.#bytes.subarray(start, start + length);
  }

  #octet(at: number): number {
    return this.#bytes[at] ?? 0;
  }

  #advance(length: number): number {
    if (length > this.left) throw new Malformed('truncated', `${length} bytes wanted, ${this.left} left`);
    const start = this.#offset;
    this.#offset += length;
    return start;
  }
}

/** The given pieces (bytes, or single octets as numbers) one after the other. */
export function concat(...pieces: readonly (Uint8Array | number)[]): Uint8Array {
  let length = 0;
  for (const piece of pieces) length += typeof piece === 'number' ? 1 : piece.length;
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const piece of pieces) {
    if (typeof piece === 'number') joined[offset++] = piece;
    else {
      joined.set(piece, offset);
      offset += piece.length;
    }
  }
  return joined;
}

export function uint16(value: number): Uint8Array {
  return Uint8Array.of((value >>> 8) & 0xff, value & 0xff);
}

export function uint32(value: number): Uint8Array {
  return Uint8Array.of((value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Text that came off the wire; invalid UTF-8 is `Malformed`. */
export function text(bytes: Uint8Array): string {
  if (bytes.every(isAscii))
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  try {
    return utf8.decode(bytes);
  } catch {
    throw new Malformed('malformed', 'a text is not UTF-8');
  }
}

/** Nearly all names are, and a decoder that looks for more costs more. */
function isAscii(octet: number): boolean {
  return octet < 0x80;
}
