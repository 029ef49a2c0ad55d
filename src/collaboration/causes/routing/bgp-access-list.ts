/** bgp-acl-179: both ends try to connect, ping passes, and an access list for the port of BGP is hit on the way. */
import type { AttachmentPoint, Reading } from '../../readings.ts';
import { uncertainProbabilityMax } from '../evidence.ts';
import { isEstablished, type RoutingExplanation, type SessionEvidence } from './evidence.ts';
import { pingsOf } from './pings.ts';

const bgpPort = 179;

export function bgpAccessList(evidence: SessionEvidence): RoutingExplanation[] {
  if (isEstablished(evidence) || pingsOf(evidence).every(({ value }) => value.received === 0)) return [];
  return evidence.paths.flatMap(({ hops, direction }) =>
    hops.flatMap(({ from, egress, to, ingress }) =>
      [
        ...listsAt(evidence, { node: from, interface: egress, side: 'egress' }),
        ...listsAt(evidence, { node: to, interface: ingress, side: 'ingress' }),
      ].map(({ node, object, grown, supportedBy }) => ({
        kind: 'bgp-acl-179' as const,
        element:
          node === from
            ? { node, interface: egress, peer: to, object }
            : { node, interface: ingress, peer: from, object },
        direction,
        supportedBy: [...supportedBy, ...pingsOf(evidence).map(({ id }) => id)],
        // Old hits alone may be anybody's.
        ...(!grown && { probabilityMax: uncertainProbabilityMax }),
      })),
    ),
  );
}

interface Place {
  node: string;
  interface: string;
  side: 'ingress' | 'egress';
}

function listsAt({ readings }: SessionEvidence, place: Place) {
  const told = readings.get(place.node)?.accessLists ?? [];
  const [first, last] = [told[0], told.at(-1)];
  if (first === undefined || last === undefined) return [];
  return [...hitsAt(last, place)].flatMap(([object, hits]) =>
    hits === 0
      ? []
      : {
          node: place.node,
          object,
          grown: hits > (hitsAt(first, place).get(object) ?? 0),
          supportedBy: [first.id, last.id],
        },
  );
}

/** Hits of the entries that match the port of BGP, by access list. */
function hitsAt({ value }: Reading<AttachmentPoint[]>, place: Place): Map<string, number> {
  const point = value.find((one) => one['interface-id'] === place.interface);
  return new Map(
    (point?.[place.side]?.['acl-sets']['acl-set'] ?? []).map((list) => [
      list.name,
      list['ace-statistics']
        .filter((entry) => entry['confer-device:tcp-port'] === bgpPort)
        .reduce((sum, entry) => sum + Number(entry['matched-packets']), 0),
    ]),
  );
}
