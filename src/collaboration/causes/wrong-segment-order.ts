/**
 * wrong-segment-order: the head's policy towards the tail names nodes of the path in another order than the one in which
 * probes pass them (RFC 9256 section 5).
 */
import type { Path } from '../../core/records.ts';
import { sameAddress } from '../addresses.ts';
import type { Readings } from '../readings.ts';
import { longestMatch } from '../route-tables.ts';
import type { Evidence, Explanation } from './evidence.ts';

export function wrongSegmentOrder(path: Path, { readings, sections }: Evidence): Explanation[] {
  const [head = '', tail = ''] = [path.nodes[0], path.nodes.at(-1)];
  const [routes, device] = [readings.get(head)?.routes, readings.get(tail)?.device];
  if (routes === undefined || device === undefined) return [];
  const route = longestMatch(routes.value, device.value.address).find(
    ({ 'next-hop': nextHop }) => nextHop['confer-device:segment-list'] !== undefined,
  );
  const places = route?.['next-hop']['confer-device:segment-list']?.map((sid) =>
    ownerOf(sid, path, readings),
  );
  const isOnPath = places?.every((place) => place !== undefined && place.index >= 0) === true;
  if (route === undefined || places === undefined || !isOnPath) return [];
  const indices = places.map((place) => place?.index ?? 0);
  if (indices.every((index, at) => at === 0 || index >= (indices[at - 1] ?? 0))) return [];
  const arrival = sections.findLast((one) => one.path === path.id && one.purpose === 'loss');
  return [
    {
      kind: 'wrong-segment-order',
      element: { node: head, object: route['destination-prefix'] },
      direction: path.direction,
      supportedBy: [
        routes.id,
        ...places.flatMap((place) => place?.id ?? []),
        ...(arrival?.toPoint.supportedBy ?? []),
      ],
    },
  ];
}

/** Whose SID it is, by that node's own word, and where the path passes it. */
function ownerOf(sid: string, path: Path, readings: Readings): { index: number; id: string } | undefined {
  for (const [node, { device }] of readings)
    if (device !== undefined && Object.values(device.value.sids).some((own) => sameAddress(own, sid)))
      return { index: path.nodes.indexOf(node), id: device.id };
  return undefined;
}
