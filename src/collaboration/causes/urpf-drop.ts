/**
 * urpf-drop: a router drops what arrives on an interface by which it would not send back (RFC 3704), and its filter counts
 * as much as is missing.
 */
import type { AttachmentPoint, Reading } from '../readings.ts';
import { controlMatch } from '../route-tables.ts';
import type { Section } from '../sections.ts';
import { type Evidence, type Explanation, shownBy, uncertainProbabilityMax } from './evidence.ts';

/** Of the lost probes: others' packets are dropped too, so that more than these are no surprise. */
const droppedShareMin = 0.9;

export function urpfDrop(section: Section, { readings, paths }: Evidence): Explanation | undefined {
  const lost = section.entered - section.left;
  const head = paths.find(({ id }) => id === section.path)?.nodes[0] ?? '';
  const source = readings.get(head)?.device?.value.address;
  for (const hop of section.route.flat()) {
    if (!section.elements.some(({ node, peer }) => peer === undefined && node === hop.to)) continue;
    const told = readings.get(hop.to)?.accessLists ?? [];
    const [first, last] = [told[0], told.at(-1)];
    if (first === undefined || last === undefined) continue;
    const dropped = droppedAt(last, hop.ingress) - droppedAt(first, hop.ingress);
    if (dropped <= 0 || dropped < droppedShareMin * lost) continue;
    const back = source === undefined ? undefined : controlMatch(hop.to, source, readings);
    const isElsewhere = back?.nextHops.every((one) => one['outgoing-interface'] !== hop.ingress) === true;
    return {
      kind: 'urpf-drop',
      element: { node: hop.to, interface: hop.ingress, peer: hop.from },
      direction: section.direction,
      supportedBy: [...shownBy(section), first.id, last.id, ...(back === undefined ? [] : [back.id])],
      ...(!isElsewhere && { probabilityMax: uncertainProbabilityMax }),
    };
  }
  return undefined;
}

function droppedAt({ value }: Reading<AttachmentPoint[]>, interfaceName: string): number {
  const point = value.find((one) => one['interface-id'] === interfaceName);
  return Number(point?.['confer-device:reverse-path-filter']?.['dropped-packets'] ?? 0);
}
