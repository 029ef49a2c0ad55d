/** What the kernel knows of its clock: adjtimex(2) without changing anything, which needs no privilege. Through Node's own FFI. */
import { endianness } from 'node:os';

export interface ClockState {
  synchronised: boolean;
  /** By how much the time may be wrong, where it is synchronised (RFC 5905: half the root delay and the dispersion). */
  maximumErrorUs: number;
}

/** More than struct timex of linux/timex.h takes on any architecture. */
const timexBytes = 512;
/** On 64-bit Linux: unsigned modes, padding, offset, freq, maxerror, esterror, status. */
const maximumErrorAt = 24;
/** adjtimex returns this for a clock that nobody keeps set. */
const timeError = 5;

let adjtimex: Promise<((timex: Buffer) => number) | undefined> | undefined;

async function openAdjtimex(): Promise<((timex: Buffer) => number) | undefined> {
  try {
    const ffi = await import('node:ffi');
    const { functions } = ffi.dlopen(null, { adjtimex: { arguments: ['buffer'], return: 'i32' } });
    return (timex) => functions.adjtimex(timex);
  } catch {
    return undefined;
  }
}

/** Undefined where the kernel does not tell. */
export async function readClockState(): Promise<ClockState | undefined> {
  adjtimex ??= openAdjtimex();
  const call = await adjtimex;
  if (call === undefined) return undefined;
  const timex = Buffer.alloc(timexBytes);
  const state = call(timex);
  if (state < 0) return undefined;
  const maximumErrorUs = Number(
    endianness() === 'LE' ? timex.readBigInt64LE(maximumErrorAt) : timex.readBigInt64BE(maximumErrorAt),
  );
  return { synchronised: state !== timeError, maximumErrorUs };
}
