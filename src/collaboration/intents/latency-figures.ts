/**
 * What routers told of delays, as figures: between two time stamps of the same probes, of round trips, and by how much two
 * clocks may differ. All times are milliseconds.
 */
import { type Distribution, distributionOf } from '../../core/distribution.ts';
import { limits } from '../../core/limits.ts';
import type { Flow, Hop } from '../../core/records.ts';
import { sameAddress } from '../addresses.ts';
import { linkAddress } from '../follow-ups.ts';
import type { Readings } from '../readings.ts';

export interface Figures extends Pick<Distribution, 'min' | 'median' | 'p99' | 'max'> {
  probes: number;
  supportedBy: string[];
}

/** A place where probes were stamped. */
export interface Stamped {
  node: string;
  interface: string;
  direction: 'in' | 'out';
}

/** What a report can say, with room for what clocks differ by. */
export const delayMsMax = limits.intentTimeoutMs;

export function outOf({ from, egress }: Hop): Stamped {
  return { node: from, interface: egress, direction: 'out' };
}

export function into({ to, ingress }: Hop): Stamped {
  return { node: to, interface: ingress, direction: 'in' };
}

/** Of every probe that both places stamped. Undefined where there is none, or one of them is beyond all measure. */
export function stampedBetween(
  { flowLabel }: Flow,
  [from, to]: readonly [Stamped, Stamped],
  readings: Readings,
): Figures | undefined {
  const [earlier, later] = [from, to].map((place) => stampsAt(place, flowLabel, readings));
  if (earlier === undefined || later === undefined) return undefined;
  const delays = [...earlier.times].flatMap(([sequence, time]) => {
    const arrived = later.times.get(sequence);
    return arrived === undefined ? [] : [Number(arrived - time) / 1e6];
  });
  if (delays.length === 0 || delays.some((delay) => Math.abs(delay) > delayMsMax)) return undefined;
  return {
    ...distributionOf(delays),
    probes: delays.length,
    supportedBy: [earlier.id, later.id],
  };
}

function stampsAt({ node, interface: name, direction }: Stamped, flowLabel: number, readings: Readings) {
  const told = readings.get(node)?.counting.at(-1);
  if (told?.value.stamp === undefined) return undefined;
  const times = new Map<number, bigint>();
  for (const stamp of told.value.stamp)
    if (
      stamp['flow-label'] === flowLabel &&
      stamp.direction === direction &&
      stamp.interface === name &&
      !times.has(stamp.sequence)
    )
      times.set(stamp.sequence, BigInt(stamp.time));
  return { id: told.id, times };
}

/** By how much the clocks of two nodes may differ; undefined when that is not known. */
export function clockError(
  a: string,
  b: string,
  readings: Readings,
): { errorMs: number; supportedBy: string[] } | undefined {
  const [one, other] = [a, b].map((node) => readings.get(node)?.system.at(-1));
  const [first, second] = [one?.value.clock, other?.value.clock];
  if (one === undefined || other === undefined || first === undefined || second === undefined)
    return undefined;
  const supportedBy = [one.id, other.id];
  if (first.id === second.id) return { errorMs: 0, supportedBy };
  const [error, otherError] = [first['maximum-error-us'], second['maximum-error-us']];
  if (!first.synchronised || !second.synchronised || error === undefined || otherError === undefined)
    return undefined;
  return { errorMs: (error + otherError) / 1_000, supportedBy };
}

/** The plain packets from the sending end of a link to the other. */
export function pingedOver(hop: Hop, readings: Readings): Figures | undefined {
  const source = linkAddress(hop.from, hop.egress, readings);
  const destination = linkAddress(hop.to, hop.ingress, readings);
  if (source === undefined || destination === undefined) return undefined;
  const told = readings
    .get(hop.from)
    ?.pings.findLast(
      ({ value }) =>
        sameAddress(value.destination, destination) &&
        value.source !== undefined &&
        sameAddress(value.source, source),
    );
  return told && roundTripOf(told.value, told.id);
}

/** The probes of the path itself, whose replies come back by another way. */
export function probesOver(head: string, { flowLabel }: Flow, readings: Readings): Figures | undefined {
  const told = readings
    .get(head)
    ?.probes.find(({ value }) => value['Flow-Labels'].some(({ label }) => label === flowLabel));
  return told && roundTripOf(told.value, told.id);
}

interface RoundTrips {
  received: number;
  rtt?: { min: number; max: number; median?: number | undefined; p99?: number | undefined } | undefined;
}

function roundTripOf({ received, rtt }: RoundTrips, id: string): Figures | undefined {
  if (rtt?.median === undefined || rtt.p99 === undefined) return undefined;
  const { min, median, p99, max } = rtt;
  const isOrdered = min >= 0 && min <= median && median <= p99 && p99 <= max && max <= delayMsMax;
  return isOrdered ? { min, median, p99, max, probes: Math.max(0, received), supportedBy: [id] } : undefined;
}
