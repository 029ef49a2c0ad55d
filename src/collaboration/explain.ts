/**
 * Why a section loses packets. Each rule returns a finding only when the evidence shows what that kind alone explains;
 * the most specific rule comes first.
 */
import type { Direction, Element, FindingKind, Hop, Path } from '../core/records.ts';
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
 * An ACL does not tell which packets it hit. Each lost probe is one hit, and so is each lost echo reply to the probes of
 * the other direction; an ACL with many more hits than that works on other traffic, and on ours only perhaps.
 */
const hitsPerLostProbeMax = 4;
const hitsBesidesMax = 50;
const foreignHitsProbabilityMax = 0.9;

/** A neighbour that was not heard for this many announcement intervals is lost in that direction. */
const silentIntervals = 3;

/** The cause inside a section of small probes that loses; undefined when nothing that was read explains it. */
export function explainLoss(
  section: Section,
  path: Path,
  readings: Readings,
  sections: readonly Section[],
): Explanation | undefined {
  const certain = ids(section);
  for (const element of section.elements) {
    if (element.peer !== undefined) continue;
    const found = accessList(element.node, section, path, readings, sections);
    if (found !== undefined) return { ...found, supportedBy: [...certain, ...found.supportedBy] };
  }
  const oneSided = touchedHops(section, path)
    .map((hop) => unidirectional(hop, section, readings))
    .find((found) => found !== undefined);
  if (oneSided !== undefined) return { ...oneSided, supportedBy: [...certain, ...oneSided.supportedBy] };
  const [only] = section.elements;
  const hop = section.hops[0];
  if (section.elements.length !== 1 || only?.peer === undefined || hop === undefined) return undefined;
  return {
    kind: 'silent-loss',
    element: linkElement(hop),
    direction: section.direction,
    supportedBy: certain,
  };
}

/** A section that carries small probes and loses large ones. */
export function explainSize(section: Section, path: Path, readings: Readings): Explanation | undefined {
  for (const hop of touchedHops(section, path)) {
    const from = interfaceOf(readings, hop.from, hop.egress);
    const to = interfaceOf(readings, hop.to, hop.ingress);
    if (from === undefined || to === undefined) continue;
    const [here, there] = [from['ietf-ip:ipv6'].mtu, to['ietf-ip:ipv6'].mtu];
    if (here === there) continue;
    const element =
      here < there
        ? { node: hop.from, interface: hop.egress, peer: hop.to }
        : { node: hop.to, interface: hop.ingress, peer: hop.from };
    const read = [hop.from, hop.to].flatMap((node) => readings.get(node)?.interfaces.at(-1)?.id ?? []);
    return { kind: 'mtu-mismatch', element, direction: 'both', supportedBy: [...ids(section), ...read] };
  }
  return undefined;
}

/** The links of a section, and the link behind a node at which it ends: a router may drop before it sends. */
function touchedHops(section: Section, path: Path): Hop[] {
  if (section.hops.length > 0) return section.hops;
  const next = path.hops[section.toPoint.index];
  return section.toPoint.place === 'out' && next !== undefined ? [next] : [];
}

/** An ACL on the node's interface of arrival or departure whose hits account for at least half of what is missing. */
function accessList(
  node: string,
  section: Section,
  path: Path,
  readings: Readings,
  sections: readonly Section[],
): Explanation | undefined {
  const lost = section.entered - section.left;
  const bindings = path.hops.flatMap((hop) => [
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
  const lostHere = sections
    .filter(({ elements }) => elements.some((one) => one.node === node && one.peer === undefined))
    .reduce((sum, one) => sum + one.entered - one.left, 0);
  const hasForeignHits = best.hits[best.side] > hitsPerLostProbeMax * lostHere + hitsBesidesMax;
  const other = best.side === 'egress' ? 'ingress' : 'egress';
  const oneWay = best.hits.bound[other] && best.hits[other] === 0;
  return {
    kind: oneWay ? 'one-way-acl' : best.side === 'egress' ? 'egress-acl' : 'ingress-acl',
    element: {
      node,
      interface: best.interface,
      peer: best.peer,
      object: best.hits.name,
    },
    direction: section.direction,
    supportedBy: best.hits.supportedBy,
    ...(hasForeignHits && { probabilityMax: foreignHitsProbabilityMax }),
  };
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
    const heard = hears(readings, dead.to, dead.from);
    const heardBack = hears(readings, dead.from, dead.to);
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

/** Whether `node` still hears `neighbour` directly; undefined when it did not say. */
export function hears(
  readings: Readings,
  node: string,
  neighbour: string,
): { id: string; fresh: boolean } | undefined {
  const reading = readings.get(node)?.discovery.at(-1);
  if (reading === undefined) return undefined;
  const limitMs = silentIntervals * reading.value['interval-ms'];
  const fresh = reading.value.neighbour.some((one) => one.node === neighbour && one['age-ms'] <= limitMs);
  return { id: reading.id, fresh };
}

function ids(section: Section): string[] {
  return [...section.fromPoint.supportedBy, ...section.toPoint.supportedBy];
}
