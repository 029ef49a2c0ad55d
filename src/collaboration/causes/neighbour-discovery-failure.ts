/**
 * neighbour-discovery-failure: a node cannot find out the link-layer address of the next one (RFC 4861) on a link over which
 * both still hear each other. A dead direction starves neighbour discovery too, and shows in who is heard: only once
 * discovery has been read again, after it would have forgotten a neighbour, is it known that both are.
 */
import type { Hop } from '../../core/records.ts';
import { isLinkLocal, sameAddress } from '../addresses.ts';
import { interfaceOf } from '../plan.ts';
import type { Readings } from '../readings.ts';
import { linkElement, type Section } from '../sections.ts';
import { type Evidence, type Explanation, shownBy, touchedHops } from './evidence.ts';
import { hears } from './hearing.ts';

export function neighbourDiscoveryFailure(section: Section, { readings }: Evidence): Explanation | undefined {
  if (section.left > 0) return undefined;
  for (const hop of touchedHops(section)) {
    const read = readings.get(hop.from)?.interfaces.at(-1)?.id;
    if (read === undefined || !isUnresolved(hop, readings)) continue;
    const [here, there] = [
      hears(readings, hop.from, hop.egress, hop.to),
      hears(readings, hop.to, hop.ingress, hop.from),
    ];
    const isReadAgain = [hop.from, hop.to].every((node) => (readings.get(node)?.discovery.length ?? 0) > 1);
    if (here?.fresh !== true || there?.fresh !== true || !isReadAgain) continue;
    return {
      kind: 'neighbour-discovery-failure',
      element: linkElement(hop),
      direction: section.direction,
      supportedBy: [...shownBy(section), read, here.id, there.id],
    };
  }
  return undefined;
}

/** Whether the sending end of the hop looks for an address of the other end in vain. */
function isUnresolved(hop: Hop, readings: Readings): boolean {
  const theirs = interfaceOf(readings, hop.to, hop.ingress)?.['ietf-ip:ipv6'].address ?? [];
  const sought = interfaceOf(readings, hop.from, hop.egress)?.['ietf-ip:ipv6'].neighbor ?? [];
  return sought.some(
    (one) =>
      one.state === 'incomplete' && theirs.some(({ ip }) => !isLinkLocal(ip) && sameAddress(ip, one.ip)),
  );
}
