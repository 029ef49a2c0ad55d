/** Counting sessions: probes by flow label on every port (the principle of RFC 9341), and the first of them as packets. */
import { checkChange } from '../core/driver-arguments.ts';
import { ConferError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Change } from '../core/ports.ts';
import { ethernetFrame, type Packet } from './packet.ts';
import type { CapturedFrame } from './pcap.ts';
import type { Port, Router } from './router.ts';

export interface FlowCounts {
  in: PortCounts;
  out: PortCounts;
  delivered: number;
}

/** Packets by interface. */
export type PortCounts = Map<string, { packets: number }>;

export interface CountingSession {
  id: string;
  flows: Map<number, FlowCounts>;
  /** Of all flows, packets with a DSCP. */
  marked: Pick<FlowCounts, 'in' | 'out'>;
  captured: CapturedFrame[];
  capturePacketsMax: number;
  stamps: Stamp[];
  stampsMax: number;
}

/** When a packet passed a port. */
export interface Stamp {
  flowLabel: number;
  sequence: number;
  interface: string;
  direction: 'in' | 'out';
  timeMs: number;
}

/** Throws ConferError `overloaded` when too much is counted already, `bad-input` when the id is taken or the change cannot be made. */
export function startCounting(router: Router, change: Change): CountingSession {
  checkChange(change);
  if (router.countings.has(change.id)) {
    throw new ConferError('bad-input', `Counting ${change.id} runs already; choose another id.`);
  }
  if (router.countings.size >= limits.countingSessionsMax) {
    throw new ConferError(
      'overloaded',
      `${router.node.name} counts for ${limits.countingSessionsMax} sessions already: try again when one has ended.`,
    );
  }
  const session: CountingSession = {
    id: change.id,
    flows: new Map(
      change.flowLabels.map((label) => [label, { in: new Map(), out: new Map(), delivered: 0 }]),
    ),
    marked: { in: new Map(), out: new Map() },
    captured: [],
    capturePacketsMax: change.capturePacketsMax,
    stamps: [],
    stampsMax: change.stampsMax ?? 0,
  };
  router.countings.set(change.id, session);
  return session;
}

/**
 * A packet that passes a port: in = as received, before access lists; out = as sent, behind them. It was sent `delayMs`
 * from now and received `linkDelayMs` later, wall time.
 */
export function countAtPort(
  port: Port,
  direction: 'in' | 'out',
  packet: Packet,
  world: { now(): number },
  delayMs: number,
  linkDelayMs = 0,
): void {
  const { countings } = port.router;
  if (countings.size === 0) return;
  for (const session of countings.values()) {
    const flow = session.flows.get(packet.flowLabel);
    if (flow === undefined) continue;
    countOne(flow[direction], port.interface);
    if (packet.dscp !== 0) countOne(session.marked[direction], port.interface);
    if (session.stamps.length < session.stampsMax)
      session.stamps.push({
        flowLabel: packet.flowLabel,
        sequence: packet.icmp.sequence,
        interface: port.interface,
        direction,
        timeMs: world.now() + delayMs + linkDelayMs,
      });
    if (session.captured.length >= session.capturePacketsMax) continue;
    const [from, to] = direction === 'out' ? [port, port.peer] : [port.peer, port];
    const timeMs = world.now() + delayMs + linkDelayMs;
    session.captured.push({ timeMs, bytes: ethernetFrame(from.macAddress, to.macAddress, packet) });
  }
}

function countOne(counts: PortCounts, name: string): void {
  const known = counts.get(name);
  if (known === undefined) counts.set(name, { packets: 1 });
  else known.packets++;
}

export function packetsAt(counts: PortCounts, name: string): number {
  return counts.get(name)?.packets ?? 0;
}

/** What a packet like this one, which has been counted here, raises; isKept: and whether a session keeps it itself. */
export function countersAt(
  port: Port,
  direction: 'in' | 'out',
  { flowLabel, dscp }: Packet,
): { counters: { packets: number }[]; isKept: boolean } {
  const sessions = [...port.router.countings.values()].filter(({ flows }) => flows.has(flowLabel));
  const counters = sessions.flatMap(({ flows, marked }) => [
    flows.get(flowLabel)?.[direction].get(port.interface) ?? [],
    (dscp === 0 ? undefined : marked[direction].get(port.interface)) ?? [],
  ]);
  const isKept = sessions.some(
    ({ stamps, stampsMax, captured, capturePacketsMax }) =>
      stamps.length < stampsMax || captured.length < capturePacketsMax,
  );
  return { counters: counters.flat(), isKept };
}

/** The flows whose packet it is. */
export function countDelivery(router: Router, { flowLabel }: Packet): readonly FlowCounts[] {
  if (router.countings.size === 0) return [];
  const flows = [...router.countings.values()].flatMap((session) => session.flows.get(flowLabel) ?? []);
  for (const flow of flows) flow.delivered++;
  return flows;
}
