/**
 * pmtud-blackhole: an MTU mismatch of which the sender never learns: the router in front of the smaller end counts what it
 * cannot send on (RFC 8201), and no "packet too big" comes to where the probes are from.
 */
import type { Element } from '../../core/records.ts';
import type { Section } from '../sections.ts';
import { type Evidence, type Explanation, shownBy } from './evidence.ts';
import { mtuMismatch } from './mtu-mismatch.ts';

/** Of the lost probes: for each an error should have been sent. */
const createdShareMin = 0.9;

export function pmtudBlackhole(section: Section, evidence: Evidence): Explanation | undefined {
  const found = mtuMismatch(section, evidence);
  const refused = found && refusedAt(found.element, evidence);
  if (found === undefined || refused === undefined) return undefined;
  return { ...found, kind: 'pmtud-blackhole', supportedBy: [...found.supportedBy, ...refused.supportedBy] };
}

/** Large probes that came to the node and are too large for its interface, where none of them was answered. */
function refusedAt({ node, interface: name }: Element, { sections, readings, paths }: Evidence) {
  const refused = sections.filter(
    ({ purpose, entered, left, fromPoint, toPoint, route }) =>
      purpose === 'size' &&
      entered > 0 &&
      left === 0 &&
      fromPoint.node === node &&
      fromPoint.place === 'in' &&
      toPoint.node === node &&
      toPoint.place === 'out' &&
      route[toPoint.index]?.some(({ egress }) => egress === name),
  );
  const told = readings.get(node)?.forwarding ?? [];
  const [first, last] = [told[0], told.at(-1)];
  if (refused.length === 0 || first === undefined || last === undefined) return undefined;
  const created =
    Number(last.value.ipv6['in-too-big-errors']) - Number(first.value.ipv6['in-too-big-errors']);
  if (created < createdShareMin * refused.reduce((sum, { entered }) => sum + entered, 0)) return undefined;
  const answers = refused.flatMap(({ path, strands }) => {
    const head = paths.find(({ id }) => id === path)?.nodes[0] ?? '';
    const labels = strands.map(({ flowLabel }) => flowLabel);
    return (readings.get(head)?.probes ?? []).filter(({ value }) =>
      value['Flow-Labels'].some(({ label }) => labels.includes(label)),
    );
  });
  if (answers.length === 0 || answers.some(({ value }) => value['packet-too-big-mtu'] !== undefined))
    return undefined;
  return {
    supportedBy: [first.id, last.id, ...answers.map(({ id }) => id), ...refused.flatMap(shownBy)],
  };
}
