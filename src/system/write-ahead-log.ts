/**
 * What a store's write-ahead log holds behind the last commit that SQLite reads. SQLite follows the checksums of the log
 * from its beginning and silently passes over everything from the first frame on that does not hold, so a changed byte
 * or a cut end turns the store back to an older one that looks whole. Format: https://www.sqlite.org/walformat.html
 *
 *     head | frame, frame (commit) | frame (commit) | frame                      | frames of an earlier round
 *            read by SQLite                           behind the last commit:      other salts, copied into the
 *                                                     judged here                  database long ago
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { messageOf } from '../core/errors.ts';

const headOctets = 32;
const frameHeadOctets = 24;
/** Beginning of a head; the last bit says in which order of octets words are summed. */
const magic = 0x377f0682;
const pageOctetsMin = 512;
const pageOctetsMax = 65_536;
/** The kernel takes what is written page by page, so that a kill or a power cut may leave a write undone at this boundary. */
const kernelPageOctets = 4_096;

export type LogRemains =
  | { state: 'clean' }
  /** Frames of a write that never got as far as its commit: of that nobody was told. An end that was cut may look the same. */
  | { state: 'unfinished'; mark: string }
  /** A commit is behind what SQLite reads. `what` is a clause without a full stop. */
  | { state: 'damaged'; mark: string; what: string };

/**
 * Judges the log as it is now; no log at all is a clean one. A process that writes meanwhile may be in the middle of it:
 * `mark` is the same in two judgements only if the same octets are at fault.
 */
export function remainsOfLog(file: string): LogRemains {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { state: 'clean' };
    return { state: 'damaged', mark: messageOf(error), what: `${file} cannot be read: ${messageOf(error)}` };
  }
  try {
    const log = new OpenLog(descriptor);
    if (log.octets === 0) return { state: 'clean' };
    const head = log.head();
    if (head === undefined)
      return {
        state: 'damaged',
        mark: `head of ${log.octets}`,
        what: `the head of ${file} does not hold, so that SQLite reads nothing of it: it was changed or cut`,
      };
    return judged(file, head, log);
  } finally {
    closeSync(descriptor);
  }
}

/** Two words of 32 bits. */
type Pair = readonly [number, number];

interface Head {
  pageOctets: number;
  littleEndian: boolean;
  salts: Pair;
  sum: Pair;
}

interface Frame {
  /** From 1 on. */
  number: number;
  isCommit: boolean;
  saltsMatch: boolean;
  /** Whether its checksum continues that of the frame before. */
  isNext: boolean;
  sum: Pair;
}

class OpenLog {
  readonly octets: number;
  readonly #descriptor: number;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
    this.octets = fstatSync(descriptor).size;
  }

  /** Undefined where SQLite would not take it. */
  head(): Head | undefined {
    const bytes = this.#read(0, headOctets);
    if (bytes.length < headOctets) return undefined;
    const littleEndian = bytes.readUInt32BE(0) === magic;
    const pageOctets = bytes.readUInt32BE(8);
    const sum = pairAt(bytes, 24);
    const isPower =
      pageOctets >= pageOctetsMin && pageOctets <= pageOctetsMax && !(pageOctets & (pageOctets - 1));
    const isOurs = littleEndian || bytes.readUInt32BE(0) === magic + 1;
    if (!isOurs || !isPower || !same(summed([0, 0], littleEndian, bytes.subarray(0, 24)), sum))
      return undefined;
    return { pageOctets, littleEndian, salts: pairAt(bytes, 16), sum };
  }

  /** All that are there in full, of this round and of earlier ones. */
  *frames({ pageOctets, littleEndian, salts, sum }: Head): Generator<Frame> {
    const frameOctets = frameHeadOctets + pageOctets;
    let before = sum;
    for (let number = 1; ; number += 1) {
      const bytes = this.#read(headOctets + (number - 1) * frameOctets, frameOctets);
      if (bytes.length < frameOctets) return;
      const stored = pairAt(bytes, 16);
      const page = bytes.subarray(frameHeadOctets);
      const computed = summed(summed(before, littleEndian, bytes.subarray(0, 8)), littleEndian, page);
      yield {
        number,
        isCommit: bytes.readUInt32BE(4) !== 0,
        saltsMatch: same(pairAt(bytes, 8), salts),
        isNext: same(computed, stored),
        sum: stored,
      };
      before = stored;
    }
  }

  /** What is there of the frame behind the last full one. */
  rest({ pageOctets }: Head, frames: number): Buffer {
    return this.#read(headOctets + frames * (frameHeadOctets + pageOctets), frameHeadOctets + pageOctets);
  }

  #read(at: number, octets: number): Buffer {
    const bytes = Buffer.alloc(octets);
    let filled = 0;
    for (let read = -1; read !== 0 && filled < octets; filled += read)
      read = readSync(this.#descriptor, bytes, filled, octets - filled, at + filled);
    return bytes.subarray(0, filled);
  }
}

/** SQLite writes a transaction frame by frame, its commit last, and begins the next when the disk has that commit. */
function judged(file: string, head: Head, log: OpenLog): LogRemains {
  let behind = new Behind(0);
  let frames = 0;
  let isRead = true;
  let wasOfThisRound = true;
  for (const frame of log.frames(head)) {
    frames = frame.number;
    // Salts are not summed: what continues a frame of this round is of this round.
    wasOfThisRound = frame.saltsMatch || (frame.isNext && wasOfThisRound);
    isRead &&= frame.saltsMatch && frame.isNext;
    if (isRead && frame.isCommit) behind = new Behind(frame.number);
    else if (wasOfThisRound) behind.add(frame, isRead);
  }
  const rest = restOf(log, head, frames, wasOfThisRound);
  const at = behind.broken ?? behind.first;
  const mark = `${head.salts} ${at === undefined ? `rest ${log.octets}` : `${at.number} ${at.sum}`}`;
  if (behind.broken !== undefined && behind.commits > 0)
    return { state: 'damaged', mark, what: lostCommits(file, behind, behind.broken) };
  if (rest === 'cut')
    return {
      state: 'damaged',
      mark,
      what: `${file} ends in the middle of frame ${frames + 1}: its end was cut off, or ${powerCut}`,
    };
  return at === undefined && rest === 'none' ? { state: 'clean' } : { state: 'unfinished', mark };
}

const powerCut = 'the device lost power in the middle of a write that nobody was told of';

function lostCommits(file: string, { commits, isProved }: Behind, broken: Frame): string {
  const many = commits === 1 ? 'a commit' : `${commits} commits`;
  const passed = `frame ${broken.number} of ${file} does not hold, so that SQLite passes over ${many} from there on`;
  return isProved
    ? `${passed}: it was changed after it was written`
    : `${passed}: it was changed, or ${powerCut}`;
}

/** The frames of this round behind the last commit that SQLite reads. */
class Behind {
  /** Number of that commit. */
  readonly #commit: number;
  first: Frame | undefined;
  /** The first that does not hold. */
  broken: Frame | undefined;
  commits = 0;
  /** A commit was followed by the next transaction: the disk had it, and whoever waited for it was told. */
  isProved = false;
  #last: Frame | undefined;

  constructor(commit: number) {
    this.#commit = commit;
  }

  add(frame: Frame, isRead: boolean): void {
    this.first ??= frame;
    if (!isRead) this.broken ??= frame;
    if (frame.isCommit) this.commits += 1;
    const last = this.#last;
    if (last?.isCommit && last.number > this.#commit && last.number === frame.number - 1 && frame.isNext)
      this.isProved = true;
    this.#last = frame;
  }
}

/**
 * The beginning of a frame at the end of the log. A process that is killed leaves a frame's head alone, which is written
 * first, or stops where a page of the kernel ends; of a commit this much is never left but by a cut, or by a power cut.
 */
function restOf(
  log: OpenLog,
  head: Head,
  frames: number,
  wasOfThisRound: boolean,
): 'none' | 'unfinished' | 'cut' {
  const rest = log.rest(head, frames);
  const isOfThisRound =
    rest.length < 16 ? rest.length > 0 && wasOfThisRound : same(pairAt(rest, 8), head.salts);
  if (!isOfThisRound) return 'none';
  if (rest.length === frameHeadOctets) return 'unfinished';
  const isCommit = rest.length >= 8 && rest.readUInt32BE(4) !== 0;
  return !isCommit && log.octets % kernelPageOctets === 0 ? 'unfinished' : 'cut';
}

function pairAt(bytes: Buffer, offset: number): Pair {
  return [bytes.readUInt32BE(offset), bytes.readUInt32BE(offset + 4)];
}

function same(one: Pair, other: Pair): boolean {
  return one[0] === other[0] && one[1] === other[1];
}

/** The checksum of the format, section 4.2, carried on over `bytes`: their number is a multiple of eight. */
function summed([first, second]: Pair, littleEndian: boolean, bytes: Buffer): Pair {
  let [one, two] = [first, second];
  for (let at = 0; at < bytes.length; at += 8) {
    one = (one + (littleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at)) + two) >>> 0;
    two = (two + (littleEndian ? bytes.readUInt32LE(at + 4) : bytes.readUInt32BE(at + 4)) + one) >>> 0;
  }
  return [one, two];
}
