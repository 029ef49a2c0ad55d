/**
 * Where a neighbour is heard by LLDP but no IS-IS comes through, asks it over mutual TLS for the signed advertisements
 * that it has heard, and offers its own the same way: hop by hop the whole domain becomes known.
 */
import type { JsonObject } from '../../crypto/canonical.ts';
import { digestOf } from '../../crypto/canonical.ts';
import { openAnswer } from '../../crypto/envelope.ts';
import type { SignedAdvertisement } from '../../discovery/advertisement.ts';
import type { Beacon } from '../../discovery/beacon.ts';
import { isDecodeError } from '../../discovery/bytes.ts';
import { decodeRelay, encodeRelay, judgeRelayed, offerRelayed } from '../../discovery/relay.ts';
import { resourceUri } from '../collaboration/resources.ts';
import { advertisementsSchema, dataPaths } from '../core/device-data.ts';
import { messageOf } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Clock, Log, Peers } from '../core/ports.ts';

/** Neighbours asked in one round. */
const askedMax = 32;

export class Relaying {
  readonly #node: string;
  readonly #ports: { beacon: Beacon; peers: Peers; clock: Clock; log: Log };
  readonly #own: () => SignedAdvertisement | undefined;
  /** Highest nonce taken from each neighbour. */
  readonly #nonces = new Map<string, number>();

  constructor(
    node: string,
    ports: { beacon: Beacon; peers: Peers; clock: Clock; log: Log },
    own: () => SignedAdvertisement | undefined,
  ) {
    this.#node = node;
    this.#ports = ports;
    this.#own = own;
  }

  /** What a neighbour that asks is told. */
  offer(): JsonObject {
    const offers = offerRelayed(this.#own(), this.#ports.beacon.heard());
    const relayed = offers.map((message) => Buffer.from(encodeRelay(message)).toString('base64'));
    return { 'confer-device:advertisements': { relayed } };
  }

  /** Asks until the signal aborts. */
  async run(intervalMs: number, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#ports;
    while (!signal.aborted) {
      await clock.sleep(intervalMs, signal).catch(() => {});
      for (const neighbour of this.#withoutLinkState()) {
        if (signal.aborted) return;
        await this.#ask(neighbour, signal).catch((error: unknown) => {
          if (!signal.aborted) log.warn('neighbour relays nothing', { neighbour, reason: messageOf(error) });
        });
      }
    }
  }

  /** Neighbours that we hear directly and whose link state has not come: IS-IS frames do not pass here. */
  #withoutLinkState(): string[] {
    const { neighbours, nodes } = this.#ports.beacon.heard();
    const flooded = new Set(nodes.flatMap(({ node, linkState }) => (linkState === undefined ? [] : [node])));
    const silent = neighbours.filter(({ node, fresh }) => fresh && !flooded.has(node));
    return [...new Set(silent.map(({ node }) => node))].slice(0, askedMax);
  }

  async #ask(neighbour: string, signal: AbortSignal): Promise<void> {
    const { beacon, peers, clock } = this.#ports;
    if (beacon.hearRelayed === undefined) return;
    const session = `relay-${clock.now()}`;
    using deadline = clock.deadline(limits.readTimeoutMs, signal);
    const peer = await peers.open(neighbour, { session, signal: deadline.signal });
    const uri = resourceUri(dataPaths.advertisements);
    const signed = await peer.read(uri, { signal: deadline.signal });
    const opened = openAnswer(signed, {
      operation: { uri },
      argumentsHash: digestOf({}),
      session,
      signer: neighbour,
      caller: this.#node,
      certificate: peer.certificate,
      nonceAbove: this.#nonces.get(neighbour) ?? 0,
    });
    if (!opened.ok) throw new Error(opened.detail);
    this.#nonces.set(neighbour, signed.statement.nonce);
    const { relayed } = advertisementsSchema.parse(opened.answer.data)['confer-device:advertisements'];
    for (const text of relayed) {
      const message = decodeRelay(Buffer.from(text, 'base64'));
      if (!isDecodeError(message) && judgeRelayed(message, this.#node) === 'accepted')
        beacon.hearRelayed(message.signed, message.hops, message.remainingLifetimeS);
    }
  }
}
