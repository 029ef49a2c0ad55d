/** Text files line by line as they stream in, plain or gzipped: the first two bytes tell which (RFC 1952 section 2.3.1). */
import { open } from 'node:fs/promises';
import { pipeline, Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { createGunzip } from 'node:zlib';
import { ConferError, messageOf } from '../../core/errors.ts';
import { shortened } from '../../core/shortened.ts';
import { pathError } from '../../system/system-errors.ts';
import { bounds } from './bounds.ts';

const excerptCharactersMax = 60;

/** One line, without its end; it knows how to complain of itself. */
export interface Line {
  readonly file: string;
  /** From 1. */
  number: number;
  text: string;
}

/** Throws ConferError `bad-input` where the file is no text of bounded lines, and what `take` throws. */
export async function eachLine(file: string, take: (line: Line) => void): Promise<void> {
  const line: Line = { file, number: 0, text: '' };
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const takeLine = (text: string) => {
    line.number++;
    line.text = text.endsWith('\r') ? text.slice(0, -1) : text;
    if (text.length > bounds.lineCharactersMax) throw tooLong(line);
    take(line);
  };
  for await (const bytes of bytesOf(file)) {
    const text = rest + decoder.write(bytes);
    let from = 0;
    for (let to = text.indexOf('\n'); to !== -1; to = text.indexOf('\n', from)) {
      takeLine(text.slice(from, to));
      from = to + 1;
    }
    rest = text.slice(from);
    if (rest.length > bounds.lineCharactersMax) takeLine(rest);
  }
  rest += decoder.end();
  if (rest !== '') takeLine(rest);
}

/** "F, line 7: expected ..., found ...". */
export function unexpected({ file, number, text }: Line, expected: string): ConferError {
  const found = text.trim() === '' ? 'an empty line' : `"${shortened(text.trim(), excerptCharactersMax)}"`;
  return new ConferError('bad-input', `${file}, line ${number}: expected ${expected}, found ${found}.`);
}

function tooLong({ file, number, text }: Line): ConferError {
  return new ConferError(
    'bad-input',
    `${file}, line ${number}: expected at most ${bounds.lineCharactersMax} characters, found "${shortened(text, excerptCharactersMax)}".`,
  );
}

/** Words of a line: what blanks and tabs separate. */
export function wordsOf(text: string): string[] {
  const words: string[] = [];
  let from = -1;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code !== 32 && code !== 9) {
      if (from === -1) from = at;
    } else if (from !== -1) {
      words.push(text.slice(from, at));
      from = -1;
    }
  }
  if (from !== -1) words.push(text.slice(from));
  return words;
}

async function* bytesOf(file: string): AsyncGenerator<Buffer> {
  await using handle = await open(file);
  const start = await firstBytes(handle).catch((error: unknown) => {
    throw pathError(file, 'cannot be read', error);
  });
  const whole = Readable.from(
    (async function* () {
      yield start;
      yield* handle.createReadStream({ autoClose: false });
    })(),
    { objectMode: false },
  );
  if (start[0] !== 0x1f || start[1] !== 0x8b) return yield* whole;
  const unpacked = createGunzip();
  // Failures of either reach whoever reads `unpacked`.
  pipeline(whole, unpacked, () => {});
  try {
    yield* unpacked;
  } catch (error) {
    if (!isGzipError(error)) throw error;
    throw new ConferError('bad-input', `${file} is not a whole gzip file: ${messageOf(error)}.`);
  }
}

/** A pipe may give them one by one. */
async function firstBytes(handle: Awaited<ReturnType<typeof open>>): Promise<Buffer> {
  const start = Buffer.alloc(2);
  let length = 0;
  while (length < start.length) {
    const { bytesRead } = await handle.read(start, length, start.length - length, null);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return start.subarray(0, length);
}

function isGzipError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^Z_/.test(String(error.code));
}
