/**
 * srv6-encap-mtu: both ends of a link name the same size, in which what a host may send fits, and no longer fits once it is
 * encapsulated (RFC 8754 section 5.3).
 */
import { mostPassed, plainOver } from '../follow-ups.ts';
import { hostBytesMin, interfaceOf } from '../plan.ts';
import { linkElement, type Section } from '../sections.ts';
import { inForwardOrder } from './dead-link.ts';
import { type Evidence, type Explanation, shownBy, touchedHops } from './evidence.ts';

export function srv6EncapMtu(section: Section, { readings, paths }: Evidence): Explanation | undefined {
  for (const hop of touchedHops(section)) {
    const [here, there] = [
      interfaceOf(readings, hop.from, hop.egress)?.['ietf-ip:ipv6'].mtu,
      interfaceOf(readings, hop.to, hop.ingress)?.['ietf-ip:ipv6'].mtu,
    ];
    if (here === undefined || here !== there || here >= section.sizeBytes) continue;
    const plain = plainOver(hop, hostBytesMin, readings);
    if (plain === undefined || !mostPassed(plain)) continue;
    const read = [hop.from, hop.to].flatMap((node) => readings.get(node)?.interfaces.at(-1)?.id ?? []);
    return {
      kind: 'srv6-encap-mtu',
      element: linkElement(inForwardOrder(hop, paths)),
      direction: 'both',
      supportedBy: [...shownBy(section), ...read, plain.id],
    };
  }
  return undefined;
}
