/**
 * What a probe meets on its way, written down when one arrives: those behind it that go the same way need not look
 * everything up again. They draw the same random numbers in the same order, and raise the same counters, as
 * forwarding.ts does.
 *
 *   first probe of a flow -> forwarding.ts -> arrived: its journey
 *   further ones          -> the journey, until anything in the network is another
 *
 * Only where nothing but chance decides what becomes of a packet: queues, filters, bundles and the like see them all.
 */
import { countersAt, type FlowCounts } from './counting.ts';
import { type ForwardingWorld, isDropped, isLostOnWire } from './forwarding.ts';
import { ethernetHeaderBytes, type Packet } from './packet.ts';
import type { LocalSid, Port } from './router.ts';

interface Crossing {
  egress: Port;
  arrival: Port;
  frameBytes: number;
  /** Of counting sessions, at either end. */
  out: readonly { packets: number }[];
  in: readonly { packets: number }[];
  /** That it is handled by before it leaves the router behind. */
  sids: LocalSid[];
}

/** Of one packet, from where it is sent to where it is delivered. */
export class Journey {
  /** Nothing but chance decides what becomes of others like it. */
  isPlain = true;
  /** A counting session kept the packet itself, and has no room for many more. */
  isKept = false;
  /** That handle it where it is sent. */
  readonly #sids: LocalSid[] = [];
  readonly #crossings: Crossing[] = [];
  #delivered: readonly FlowCounts[] = [];

  handledBy(sid: LocalSid): void {
    (this.#crossings.at(-1)?.sids ?? this.#sids).push(sid);
  }

  /** It is over the link, and counted at both ends. */
  crossed(egress: Port, arrival: Port, packet: Packet): void {
    const [out, into] = [countersAt(egress, 'out', packet), countersAt(arrival, 'in', packet)];
    this.isPlain &&=
      isPlain(egress) && arrival.members === undefined && arrival.reversePathFilter === undefined;
    this.isKept ||= out.isKept || into.isKept;
    const frameBytes = packet.sizeBytes + ethernetHeaderBytes;
    this.#crossings.push({ egress, arrival, frameBytes, out: out.counters, in: into.counters, sids: [] });
  }

  deliveredTo(flows: readonly FlowCounts[]): void {
    this.#delivered = flows;
  }

  /** Another packet like it; whether that arrives, too. */
  repeat(world: ForwardingWorld): boolean {
    for (const sid of this.#sids) sid.packets++;
    for (const crossing of this.#crossings) {
      const { egress, arrival, frameBytes } = crossing;
      if (isDropped(world, egress.egress)) return false;
      egress.out.packets++;
      egress.out.octets += frameBytes;
      for (const counter of crossing.out) counter.packets++;
      if (isLostOnWire(world, egress)) return false;
      arrival.in.packets++;
      arrival.in.octets += frameBytes;
      for (const counter of crossing.in) counter.packets++;
      if (isDropped(world, arrival.ingress)) return false;
      for (const sid of crossing.sids) sid.packets++;
    }
    for (const flow of this.#delivered) flow.delivered++;
    return true;
  }
}

function isPlain({ link, translation, queue, members, filters, damage }: Port): boolean {
  const isOpen = link.cuts.length === 0 && filters.length === 0 && damage.length === 0;
  return isOpen && translation === undefined && queue === undefined && members === undefined;
}

/** There and back. */
export interface RoundTrip {
  there: Journey;
  back: Journey;
  /** The links' part of the time. */
  delayMs: number;
}

/** Of one train of probes, by flow label; undefined where forwarding has to see every packet. */
export type Lane = Map<number, RoundTrip | undefined>;

const lanesMax = 256;

/** The journeys of a network as it is now. */
export class Lanes {
  readonly #byTrain = new Map<string, Lane>();

  /** `train`: everything of its probes but the flow label and the number. */
  of(train: string): Lane {
    const known = this.#byTrain.get(train);
    if (known !== undefined) return known;
    if (this.#byTrain.size >= lanesMax) this.clear();
    const lane: Lane = new Map();
    this.#byTrain.set(train, lane);
    return lane;
  }

  /** To be called whenever anything is another that packets may meet. */
  clear(): void {
    this.#byTrain.clear();
  }
}
