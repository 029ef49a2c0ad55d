/** single-sided-bfd: one end hears nothing and is down; the other hears that, and waits (RFC 5880 section 6.8.6). */
import type { Hop } from '../../../core/records.ts';
import type { Readings } from '../../readings.ts';
import { directionOf, hopsOf, type RoutingExplanation, type SessionEvidence, turned } from './evidence.ts';

export function singleSidedBfd(evidence: SessionEvidence): RoutingExplanation[] {
  return hopsOf(evidence)
    .flatMap((hop) => [hop, turned(hop)])
    .flatMap((hop) => {
      const sender = sessionAt(evidence.readings, hop.from, hop.egress);
      const receiver = sessionAt(evidence.readings, hop.to, hop.ingress);
      if (sender === undefined || receiver === undefined) return [];
      const isOneSided = receiver.state === 'down' && (sender.state === 'init' || sender.state === 'up');
      if (!isOneSided || receiver.received > 0 || sender.received === 0) return [];
      return {
        kind: 'single-sided-bfd' as const,
        element: elementOf(hop),
        direction: directionOf(hop, evidence) ?? 'both',
        supportedBy: [...sender.ids, ...receiver.ids],
      };
    });
}

function elementOf({ from, egress, to }: Hop) {
  return { node: from, interface: egress, peer: to };
}

/** State, and control packets received between the first reading and the last. */
function sessionAt(readings: Readings, node: string, name: string) {
  const told = readings.get(node)?.bfd ?? [];
  const [first, last] = [told[0], told.at(-1)];
  const find = (one: typeof first) => one?.value.session?.find((session) => session.interface === name);
  const [before, now] = [find(first), find(last)];
  if (first === undefined || last === undefined || first === last || now === undefined) return undefined;
  const received = Number(now['receive-packet-count']) - Number(before?.['receive-packet-count'] ?? 0);
  return { state: now['local-state'], received, ids: [first.id, last.id] };
}
