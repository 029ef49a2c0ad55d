/**
 * Where IS-IS frames cannot pass, neighbours pass on the signed advertisements that they have heard.
 *
 * The rule only: what is offered to a neighbour that asks, and what of it is believed. How it travels is the caller's
 * business. An advertisement goes on at most `relayHopsMax` times and loses lifetime at every hop, so that nothing
 * circulates for ever. Relaying changes nothing about trust: the signature is the origin's.
 */
import { decodeSigned, encodeSigned, type SignedAdvertisement } from './advertisement.ts';
import type { Heard } from './beacon.ts';
import { concat, type DecodeError, isDecodeError, uint16 } from './bytes.ts';

export interface RelayMessage {
  /** How many links the advertisement has travelled when it arrives: 1 when its origin tells. */
  readonly hops: number;
  /** Seconds for which the receiver may still believe it. */
  readonly remainingLifetimeS: number;
  readonly signed: SignedAdvertisement;
}

export const relayHopsMax = 32;
/** Advertisements offered at a time; those that were heard most recently go first. */
export const relayOffersMax = 256;

/** What a neighbour that asks is told: ourselves, and whomever we hear, one hop further and older by its age. */
export function offerRelayed(own: SignedAdvertisement | undefined, heard: Heard): RelayMessage[] {
  const offers: RelayMessage[] = [];
  if (own !== undefined)
    offers.push({ hops: 1, remainingLifetimeS: own.advertisement.lifetimeS, signed: own });
  for (const { advertisement: signed, hops = 1, ageMs } of heard.nodes) {
    const remainingLifetimeS = Math.floor(signed.advertisement.lifetimeS - ageMs / 1000) - 1;
    if (hops < relayHopsMax && remainingLifetimeS > 0)
      offers.push({ hops: hops + 1, remainingLifetimeS, signed });
  }
  return offers.slice(0, relayOffersMax);
}

/** Whether to believe a relayed message at all; which copy is newer is for the neighbour table to say. */
export function judgeRelayed(
  message: RelayMessage,
  self: string,
): 'accepted' | 'own' | 'hop-limit' | 'expired' {
  if (message.signed.advertisement.node === self) return 'own';
  if (message.hops < 1 || message.hops > relayHopsMax) return 'hop-limit';
  const lifetimeS = Math.min(message.remainingLifetimeS, message.signed.advertisement.lifetimeS);
  return lifetimeS > 0 ? 'accepted' : 'expired';
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
