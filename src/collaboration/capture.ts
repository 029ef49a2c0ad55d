/**
 * Packet files travel inside the signed answer of a counting session, in base64. The report keeps them apart, in the
 * draft's `evidence`, and each envelope names its file by SHA-256: putting it back gives the bytes that were signed.
 */
import { createHash } from 'node:crypto';
import type { JsonObject } from '../../crypto/canonical.ts';

const container = 'confer-device:counting';

export function detachCapture(data: JsonObject): { data: JsonObject; capture?: string; sha256?: string } {
  const counting = data[container];
  if (!isObject(counting) || typeof counting.capture !== 'string') return { data };
  const { capture, ...rest } = counting;
  return { data: { ...data, [container]: rest }, capture, sha256: fileSha256(capture) };
}

export function attachCapture(data: JsonObject, capture: string): JsonObject {
  const counting = data[container];
  return isObject(counting) ? { ...data, [container]: { ...counting, capture } } : data;
}

/** SHA-256 of the packet file itself, lower-case hex. */
export function fileSha256(base64: string): string {
  return createHash('sha256').update(Buffer.from(base64, 'base64')).digest('hex');
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
