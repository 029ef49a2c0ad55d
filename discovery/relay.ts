/**
 * Where IS-IS frames cannot pass, neighbours pass on the signed advertisements that they have heard.
 *
 * The rule only: who is told what. How a message reaches a peer is the caller's business. A message goes on at most
 * `hopsMax` times, each advertisement passes each node once, and remaining lifetime is lost at every hop, so that
 * nothing circulates for ever. Relaying changes nothing about trust: the signature is the origin's.
 */
import { decodeSigned, encodeSigned, type SignedAdvertisement } from './advertisement.ts';
import { concat, type DecodeError, equalBytes, hex, isDecodeError, uint16 } from './bytes.ts';

export interface RelayMessage {
  /** How many links the advertisement has travelled when it arrives: 1 when its first hearer is told by its origin. */
  readonly hops: number;
  /** Seconds for which the receiver may still believe it. */
  readonly remainingLifetimeS: number;
  readonly signed: SignedAdvertisement;
}

export interface RelayReceipt {
  readonly outcome: 'accepted' | 'own' | 'duplicate' | 'older' | 'expired' | 'hop-limit';
  /** To be sent to `forwardTo`, all peers but the one that it came from; absent where nobody is to be told. */
  readonly forward?: RelayMessage;
  readonly forwardTo: readonly string[];
}

export const relayDefaults = { hopsMax: 32, entriesMax: 1024 };

interface Seen {
  readonly message: RelayMessage;
  readonly expiresAtMs: number;
}

export class Relay {
  readonly #node: string;
  readonly #hopsMax: number;
  readonly #entriesMax: number;
  /** By node and thumbprint, in the order in which they were last heard: the first one is evicted first. */
  readonly #seen = new Map<string, Seen>();

  /** `node` is our own name: what comes back about ourselves goes nowhere. */
  constructor(node: string, options: { hopsMax: number; entriesMax: number } = relayDefaults) {
    this.#node = node;
    this.#hopsMax = options.hopsMax;
    this.#entriesMax = options.entriesMax;
  }

  get size(): number {
    return this.#seen.size;
  }

  /** Decides about a message that `from` sent; `peers` are those that we could tell. */
  receive(message: RelayMessage, from: string, peers: readonly string[], nowMs: number): RelayReceipt {
    const { advertisement } = message.signed;
    if (advertisement.node === this.#node) return { outcome: 'own', forwardTo: [] };
    if (message.hops < 1 || message.hops > this.#hopsMax) return { outcome: 'hop-limit', forwardTo: [] };
    const lifetimeS = Math.min(message.remainingLifetimeS, advertisement.lifetimeS);
    if (lifetimeS <= 0) return { outcome: 'expired', forwardTo: [] };
    const key = `${advertisement.node} ${hex(advertisement.thumbprint)}`;
    const held = this.#seen.get(key);
    if (held !== undefined && held.expiresAtMs > nowMs) {
      if (equalBytes(held.message.signed.bytes, message.signed.bytes))
        return { outcome: 'duplicate', forwardTo: [] };
      if (advertisement.sequence <= held.message.signed.advertisement.sequence)
        return { outcome: 'older', forwardTo: [] };
    }
    this.#seen.delete(key);
    for (const oldest of this.#seen.keys()) {
      if (this.#seen.size < this.#entriesMax) break;
      this.#seen.delete(oldest);
    }
    const seen = { message, expiresAtMs: nowMs + lifetimeS * 1000 };
    this.#seen.set(key, seen);
    const forward = this.#onward(seen, nowMs);
    if (forward === undefined) return { outcome: 'accepted', forwardTo: [] };
    return { outcome: 'accepted', forward, forwardTo: peers.filter((peer) => peer !== from) };
  }

  /** What a peer that has just come up is to be told. */
  offer(nowMs: number): RelayMessage[] {
    const messages = [...this.#seen.values()].map((seen) => this.#onward(seen, nowMs));
    return messages.filter((message) => message !== undefined);
  }

  /** Forgets what has outlived its lifetime. */
  age(nowMs: number): void {
    for (const [key, { expiresAtMs }] of this.#seen) if (expiresAtMs <= nowMs) this.#seen.delete(key);
  }

  #onward({ message, expiresAtMs }: Seen, nowMs: number): RelayMessage | undefined {
    const remainingLifetimeS = Math.floor((expiresAtMs - nowMs) / 1000) - 1;
    if (message.hops >= this.#hopsMax || remainingLifetimeS <= 0) return undefined;
    return { hops: message.hops + 1, remainingLifetimeS, signed: message.signed };
  }
}

/** hops(1) remaining lifetime(2) payload: what a transport carries. */
export function encodeRelay(message: RelayMessage): Uint8Array {
  return concat(message.hops, uint16(message.remainingLifetimeS), encodeSigned(message.signed));
}

export function decodeRelay(bytes: Uint8Array): RelayMessage | DecodeError {
  const [hops, high, low] = bytes;
  if (hops === undefined || high === undefined || low === undefined) {
    return { kind: 'decode-error', code: 'truncated', reason: 'relay: fewer than 3 bytes' };
  }
  const signed = decodeSigned(bytes.subarray(3));
  return isDecodeError(signed) ? signed : { hops, remainingLifetimeS: (high << 8) | low, signed };
}
