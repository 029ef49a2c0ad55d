/** An access list whose hits account for what is missing: egress-acl, ingress-acl, one-way-acl. */
import type { AttachmentPoint, Reading, Readings } from '../readings.ts';
import type { Section } from '../sections.ts';
import { type Evidence, type Explanation, shownBy, uncertainProbabilityMax } from './evidence.ts';

/**
 * An ACL does not tell which packets it hit. Each lost probe is one hit, and so may be each lost echo reply to the probes
 * of the other direction, on whichever path those went. Fewer hits leave losses that something else made; more are other
 * traffic's, and whether ours was hit as well is then open.
 */
const hitsPerLostProbeMin = 0.9;
const hitsBesidesMax = 20;

export function accessList(section: Section, evidence: Evidence): Explanation | undefined {
  for (const { node, peer } of section.elements) {
    if (peer !== undefined) continue;
    const found = accessListOf(node, section, evidence);
    if (found !== undefined) return { ...found, supportedBy: [...shownBy(section), ...found.supportedBy] };
  }
  return undefined;
}

/** An ACL on the node's interface of arrival or departure whose hits account for at least half of what is missing. */
function accessListOf(
  node: string,
  section: Section,
  { readings, sections }: Evidence,
): Explanation | undefined {
  const lost = section.entered - section.left;
  const bindings = section.route
    .flat()
    .flatMap((hop) => [
      ...(hop.from === node ? [{ side: 'egress', interface: hop.egress, peer: hop.to } as const] : []),
      ...(hop.to === node ? [{ side: 'ingress', interface: hop.ingress, peer: hop.from } as const] : []),
    ]);
  const candidates = bindings.flatMap((binding) =>
    hitsOf(readings, node, binding.interface).flatMap((hits) =>
      hits[binding.side] * 2 >= lost && hits[binding.side] > 0 ? [{ ...binding, hits }] : [],
    ),
  );
  const best = candidates.sort((a, b) => b.hits[b.side] - a.hits[a.side])[0];
  if (best === undefined) return undefined;
  const other = best.side === 'egress' ? 'ingress' : 'egress';
  const oneWay = best.hits.bound[other] && best.hits[other] === 0;
  const isCertain =
    section.elements.length === 1 && accountsFor(best.hits[best.side], section, node, sections);
  return {
    kind: oneWay ? 'one-way-acl' : best.side === 'egress' ? 'egress-acl' : 'ingress-acl',
    element: { node, interface: best.interface, peer: best.peer, object: best.hits.name },
    direction: section.direction,
    supportedBy: best.hits.supportedBy,
    ...(!isCertain && { probabilityMax: uncertainProbabilityMax }),
  };
}

/** Whether the hits are what our own lost packets make: all of them, and not many more. */
function accountsFor(hits: number, section: Section, node: string, sections: readonly Section[]): boolean {
  const lost = section.entered - section.left;
  const lostHere = sections
    .filter(({ elements }) => elements.some((one) => one.node === node && one.peer === undefined))
    .reduce((sum, one) => sum + one.entered - one.left, 0);
  const replies = sections
    .filter(({ direction, toPoint }) => direction !== section.direction && isLast(toPoint))
    .reduce((sum, { left }) => sum + left, 0);
  const expected = lostHere + (lost / section.entered) * replies;
  return hits >= hitsPerLostProbeMin * lost && hits <= expected + 4 * Math.sqrt(expected) + hitsBesidesMax;
}

function isLast({ place }: Section['toPoint']): boolean {
  return place === 'delivered' || place === 'answered';
}

interface Hits {
  name: string;
  egress: number;
  ingress: number;
  bound: { egress: boolean; ingress: boolean };
  supportedBy: string[];
}

/** New hits of each ACL at an interface, between the first reading and the last. */
function hitsOf(readings: Readings, node: string, interfaceName: string): Hits[] {
  const lists = readings.get(node)?.accessLists ?? [];
  const [first, last] = [lists[0], lists.at(-1)];
  if (first === undefined || last === undefined) return [];
  const names = new Set(
    [...setsAt(last, interfaceName, 'egress'), ...setsAt(last, interfaceName, 'ingress')].map(
      ([name]) => name,
    ),
  );
  return [...names].map((name) => {
    const count = (reading: Reading<AttachmentPoint[]>, side: 'egress' | 'ingress') =>
      setsAt(reading, interfaceName, side).find(([one]) => one === name)?.[1];
    const grown = (side: 'egress' | 'ingress') =>
      Math.max(0, (count(last, side) ?? 0) - (count(first, side) ?? 0));
    return {
      name,
      egress: grown('egress'),
      ingress: grown('ingress'),
      bound: { egress: count(last, 'egress') !== undefined, ingress: count(last, 'ingress') !== undefined },
      supportedBy: [first.id, last.id],
    };
  });
}

function setsAt(
  reading: Reading<AttachmentPoint[]>,
  interfaceName: string,
  side: 'egress' | 'ingress',
): [name: string, packets: number][] {
  const point = reading.value.find((one) => one['interface-id'] === interfaceName);
  return (point?.[side]?.['acl-sets']['acl-set'] ?? []).map((set) => [
    set.name,
    set['ace-statistics'].reduce((sum, ace) => sum + Number(ace['matched-packets']), 0),
  ]);
}
