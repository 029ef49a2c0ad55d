/**
 * What an answer must look like, beyond its signature, before the report may carry it. The report holds every answer
 * inside itself and is judged as a whole: a number, a depth or a file that its verification would not take must be
 * refused on arrival, or one peer could void what all the others signed.
 */
import type { JsonValue } from '../../crypto/canonical.ts';
import { validityOf } from '../../crypto/certificate.ts';
import { limits } from '../core/limits.ts';

/** Levels of nesting in one answer. The report adds five above it, and is read to a depth of 64. */
export const answerDepthMax = 48;
/** Octets of base64 of one packet file: `limits.capturePacketsMax` of the largest probes are below 200,000. */
export const captureBytesMax = 256 * 1024;

/** The first thing about the data that no report could carry; undefined when it fits. */
export function dataFault(data: JsonValue | undefined, levels = answerDepthMax): string | undefined {
  if (typeof data === 'number')
    return Number.isFinite(data) && (!Number.isInteger(data) || Number.isSafeInteger(data))
      ? undefined
      : `the number ${data} is outside what a double holds exactly; 64-bit values are strings (RFC 7951)`;
  if (typeof data !== 'object' || data === null) return undefined;
  if (levels === 0) return `it nests deeper than ${answerDepthMax} levels`;
  for (const [member, value] of Object.entries(data)) {
    if (member === '__proto__') return 'it has a member "__proto__"';
    const fault = dataFault(value, levels - 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** One packet file has one text: base64 of RFC 4648 section 4 with padding, no spare bits, nothing else. */
export function captureFault(base64: string): string | undefined {
  if (base64.length > captureBytesMax)
    return `its packet file has ${base64.length} octets of base64, more than ${captureBytesMax}`;
  return Buffer.from(base64, 'base64').toString('base64') === base64
    ? undefined
    : 'its packet file is not in plain base64';
}

/** `signedAt` must lie in the session and in the signer's certificate, or the report could not be dated. */
export function timeFault(
  signedAt: string,
  { startedAtMs, nowMs, certificate }: { startedAtMs: number; nowMs: number; certificate: string },
): string | undefined {
  const atMs = Date.parse(signedAt);
  if (atMs < startedAtMs - limits.clockSkewMs || atMs > nowMs + limits.clockSkewMs)
    return `it was signed at ${signedAt}, and here it is ${new Date(nowMs).toISOString()}: set the clock of one of us`;
  const { fromMs, toMs } = validityOf(certificate);
  return atMs >= fromMs && atMs < toMs
    ? undefined
    : `it was signed at ${signedAt}, when its certificate was not valid`;
}
