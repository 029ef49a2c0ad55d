/**
 * Why a section loses packets. Each rule returns a finding only when the evidence shows what that kind alone explains;
 * the most specific rule comes first.
 */
import type { Direction, Element, FindingKind, Hop } from '../core/records.ts';
import { interfaceOf } from './plan.ts';
import type { AttachmentPoint, Reading, Readings } from './readings.ts';
import { linkElement, type Section } from './sections.ts';

export interface Explanation {
  kind: FindingKind;
  element: Element;
  direction: Direction | 'both';
  supportedBy: string[];
  /** Where the evidence fits other causes too, what the finding is worth at most. */
  probabilityMax?: number;
}

/**
 * An ACL does not tell which packets it hit. Each lost probe is one hit, and so may be each lost echo reply to the probes
 * of the other direction, on whichever path those went. Fewer hits leave losses that something else made; more are other
 * traffic's, and whether ours was hit as well is then open.
 */
const hitsPerLostProbeMin = 0.9;
const hitsBesidesMax = 20;
/** What a finding is worth whose evidence fits other causes too: LIKELY. */
export const uncertainProbabilityMax = 0.9;

/** A neighbour that was not heard for this many announcement intervals is lost in that direction. */
export const silentIntervals = 3;

/** The cause inside a section of small probes that loses; undefined when nothing that was read explains it. */
export function explainLoss(
  section: Section,
  readings: Readings,
  sections: readonly Section[],
): Explanation | undefined {
  const certain = ids(section);
  for (const { node, peer } of section.elements) {
    if (peer !== undefined) continue;
    const found = accessList(node, section, readings, sections);
    if (found !== undefined) return { ...found, supportedBy: [...certain, ...found.supportedBy] };
  }
  const oneSided = touchedHops(section)
    .map((hop) => unidirectional(hop, section, readings))
    .find((found) => found !== undefined);
  if (oneSided !== undefined) return { ...oneSided, supportedBy: [...certain, ...oneSided.supportedBy] };
  const [only] = section.elements;
  const hop = section.hops[0];
  // A link that carries nothing at all is dead, not lossy, and its state would have to say so.
  if (section.left === 0) return undefined;
  if (section.elements.length !== 1 || only?.peer === undefined || hop === undefined) return undefined;
  return {
    kind: 'silent-loss',
    element: linkElement(hop),
    direction: section.direction,
    supportedBy: certain,
  };
}

/**
 * A section that carries small probes and loses large ones. Two ends that name different sizes accuse each other: only
 * when the end with the larger one was seen to send such packets is the other too small.
 */
export function explainSize(
  section: Section,
  readings: Readings,
  sections: readonly Section[],
): Explanation | undefined {
  for (const hop of touchedHops(section)) {
    const from = interfaceOf(readings, hop.from, hop.egress);
    const to = interfaceOf(readings, hop.to, hop.ingress);
    if (from === undefined || to === undefined) continue;
    const [here, there] = [from['ietf-ip:ipv6'].mtu, to['ietf-ip:ipv6'].mtu];
    if (here === there) continue;
    const [smaller, larger] =
      here < there
        ? [{ node: hop.from, interface: hop.egress, peer: hop.to }, hop.to]
        : [{ node: hop.to, interface: hop.ingress, peer: hop.from }, hop.from];
    if (!sentLarge(larger, smaller.node, sections)) continue;
    const read = [hop.from, hop.to].flatMap((node) => readings.get(node)?.interfaces.at(-1)?.id ?? []);
    return {
      kind: 'mtu-mismatch',
      element: smaller,
      direction: 'both',
      supportedBy: [...ids(section), ...read],
    };
  }
  return undefined;
}

/** Whether large probes were counted going out of `node` towards `peer`. */
function sentLarge(node: string, peer: string, sections: readonly Section[]): boolean {
  return sections.some(
    ({ purpose, fromPoint, route }) =>
      purpose === 'size' &&
      fromPoint.place === 'out' &&
      fromPoint.node === node &&
      fromPoint.packets > 0 &&
      route[fromPoint.index]?.some(({ to }) => to === peer),
  );
}

/** The links of a section, and the link behind a node at which it ends: a router may drop before it sends. */
function touchedHops({ hops, toPoint, route }: Section): readonly Hop[] {
  if (hops.length > 0) return hops;
  return toPoint.place === 'out' ? (route[toPoint.index] ?? []) : [];
}

/** An ACL on the node's interface of arrival or departure whose hits account for at least half of what is missing. */
function accessList(
  node: string,
  section: Section,
  readings: Readings,
  sections: readonly Section[],
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

/**
 * Nothing arrives, and discovery is one-sided. A dead direction also starves neighbour discovery for the other one, so
 * the direction comes from who still hears whom, not from which probes died.
 */
function unidirectional(hop: Hop, section: Section, readings: Readings): Explanation | undefined {
  if (section.left > 0) return undefined;
  const back: Hop = { from: hop.to, egress: hop.ingress, to: hop.from, ingress: hop.egress };
  for (const [dead, direction] of [
    [hop, section.direction],
    [back, section.direction === 'forward' ? 'reverse' : 'forward'],
  ] as const) {
    const heard = hears(readings, dead.to, dead.ingress, dead.from);
    const heardBack = hears(readings, dead.from, dead.egress, dead.to);
    if (heard?.fresh !== false || heardBack?.fresh !== true) continue;
    return {
      kind: 'unidirectional-link',
      element: linkElement(dead),
      direction,
      supportedBy: [heard.id, heardBack.id],
    };
  }
  return undefined;
}

/**
 * Whether `node` still hears `neighbour` directly on this interface (on any, when its name is not known); undefined when
 * it did not say.
 */
export function hears(
  readings: Readings,
  node: string,
  interfaceName: string,
  neighbour: string,
): { id: string; fresh: boolean } | undefined {
  const reading = readings.get(node)?.discovery.at(-1);
  if (reading === undefined) return undefined;
  const usual = reading.value['interval-ms'];
  const fresh = reading.value.neighbour.some(
    (one) =>
      one.node === neighbour &&
      (interfaceName === '' || one.interface === interfaceName) &&
      one['age-ms'] <= silentIntervals * (one['interval-ms'] ?? usual),
  );
  return { id: reading.id, fresh };
}

function ids(section: Section): string[] {
  return [...section.fromPoint.supportedBy, ...section.toPoint.supportedBy];
}
