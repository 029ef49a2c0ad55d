/** The two ends of a link that run IS-IS. */
import type { Hop } from '../../../core/records.ts';
import type { Isis, Readings } from '../../readings.ts';

type IsisInterface = NonNullable<Isis['interface']>[number];

export interface IsisEnd {
  settings: IsisInterface;
  areas: readonly string[];
  isUp: boolean;
  /** Hellos received between the first reading and the last; undefined where the router does not count them here. */
  hellos: number | undefined;
  ids: string[];
}

/**
 * Whether a neighbour is up at a level that the interface runs: FRR 8.4 takes anybody of its area for one at the level of
 * the other's hellos, and link state does not pass.
 */
export function hasNeighbour({ adjacency, 'level-type': own }: IsisInterface): boolean {
  return adjacency.some(
    ({ state, usage = own }) => state === 'up' && (own === usage || [own, usage].includes('level-all')),
  );
}

/** Undefined unless both ends told of it, and their daemons answer. */
export function isisEnds(readings: Readings, hop: Hop): { near: IsisEnd; far: IsisEnd } | undefined {
  const near = isisEnd(readings, hop.from, hop.egress);
  const far = isisEnd(readings, hop.to, hop.ingress);
  return near === undefined || far === undefined ? undefined : { near, far };
}

function isisEnd(readings: Readings, node: string, name: string): IsisEnd | undefined {
  const told = readings.get(node)?.isis ?? [];
  const [first, last] = [told[0], told.at(-1)];
  const find = (one: typeof first) => one?.value.interface?.find((each) => each.name === name);
  const [before, settings] = [find(first), find(last)];
  if (first === undefined || last === undefined || settings === undefined) return undefined;
  const isCounted = first !== last && settings.iih !== undefined && before?.iih !== undefined;
  return {
    settings,
    areas: last.value['area-address'] ?? [],
    isUp: hasNeighbour(settings),
    hellos: isCounted ? Number(settings.iih?.in) - Number(before?.iih?.in) : undefined,
    ids: [...new Set([first.id, last.id])],
  };
}
