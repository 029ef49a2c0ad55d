/**
 * single-sided-bfd: one end hears nothing and is down; the other hears that, and waits (RFC 5880 section 6.8.6). Who hears
 * nothing names nobody's discriminator: FRR 8.4 passes over such packets uncounted while it waits, gives up when its time is
 * over, and waits again from the next one on. So the other may be down, or have counted nothing, at any one moment.
 */
import type { Hop } from '../../../core/records.ts';
import type { Readings } from '../../readings.ts';
import { turned } from '../../sections.ts';
import { directionOf, hopsOf, type RoutingExplanation, type SessionEvidence } from './evidence.ts';

export function singleSidedBfd(evidence: SessionEvidence): RoutingExplanation[] {
  return hopsOf(evidence)
    .flatMap((hop) => [hop, turned(hop)])
    .flatMap((hop) => {
      const sender = sessionAt(evidence.readings, hop.from, hop.egress);
      const receiver = sessionAt(evidence.readings, hop.to, hop.ingress);
      if (sender === undefined || receiver === undefined) return [];
      const isDeaf = receiver.state === 'down' && receiver.received === 0;
      const isHearing = sender.before === 'init' || sender.received > 0;
      const isWaiting = sender.state === 'init' || sender.state === 'up';
      const hasGivenUp = sender.state === 'down' && receiver.before === 'down';
      if (!isDeaf || !isHearing || !(isWaiting || hasGivenUp)) return [];
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

/** States at the first reading and the last, and control packets received between them. */
function sessionAt(readings: Readings, node: string, name: string) {
  const told = readings.get(node)?.bfd ?? [];
  const [first, last] = [told[0], told.at(-1)];
  const find = (one: typeof first) => one?.value.session?.find((session) => session.interface === name);
  const [before, now] = [find(first), find(last)];
  if (first === undefined || last === undefined || first === last || now === undefined) return undefined;
  const received = Number(now['receive-packet-count']) - Number(before?.['receive-packet-count'] ?? 0);
  return { before: before?.['local-state'], state: now['local-state'], received, ids: [first.id, last.id] };
}
