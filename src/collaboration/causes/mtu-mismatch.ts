/** mtu-mismatch: the ends of a link name different sizes, and large packets die at the smaller end. */
import { interfaceOf } from '../plan.ts';
import type { Section } from '../sections.ts';
import {
  type Evidence,
  type Explanation,
  shownBy,
  touchedHops,
  uncertainProbabilityMax,
} from './evidence.ts';
import { refusalAt } from './too-big.ts';

/**
 * A section that carries small probes and loses large ones. Two ends that name different sizes accuse each other: only
 * when the end with the larger one was seen to send such packets is the other too small.
 */
export function mtuMismatch(section: Section, evidence: Evidence): Explanation | undefined {
  const { readings, sections } = evidence;
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
      supportedBy: [...shownBy(section), ...read],
      // Nobody saw whether senders are told: it may be a pmtud-blackhole.
      ...(refusalAt(smaller, evidence) === undefined && { probabilityMax: uncertainProbabilityMax }),
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
