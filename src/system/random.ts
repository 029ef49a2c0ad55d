import { randomBytes } from 'node:crypto';
import type { Random } from '../core/ports.ts';

/** The kernel's generator. */
export function createSystemRandom(): Random {
  return {
    bytes: (length) => new Uint8Array(randomBytes(length)),
    fraction: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
  };
}
