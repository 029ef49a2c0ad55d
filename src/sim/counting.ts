/** Counting sessions: probes by flow label on every port (the principle of RFC 9341), and the first of them as packets. */
import { checkChange } from '../core/driver-arguments.ts';
import { ConferError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Change } from '../core/ports.ts';
import { ethernetFrame, type Packet } from './packet.ts';
import type { CapturedFrame } from './pcap.ts';
import type { Port, Router } from './router.ts';

export interface FlowCounts {
  in: Map<string, number>;
  out: Map<string, number>;
  delivered: number;
}

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

/** A packet that passes a port: in = as received, before access lists; out = as sent, behind them. */
export function countAtPort(port: Port, direction: 'in' | 'out', packet: Packet, timeMs: () => number): void {
  for (const session of port.router.countings.values()) {
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
        timeMs: timeMs(),
      });
    if (session.captured.length >= session.capturePacketsMax) continue;
    const [from, to] = direction === 'out' ? [port, port.peer] : [port.peer, port];
    session.captured.push({ timeMs: timeMs(), bytes: ethernetFrame(from.macAddress, to.macAddress, packet) });
  }
}

function countOne(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

export function countDelivery(router: Router, packet: Packet): void {
  for (const session of router.countings.values()) {
    const flow = session.flows.get(packet.flowLabel);
    if (flow !== undefined) flow.delivered++;
  }
}
