/**
 * seg6-disabled: a node takes packets to its SIDs from one interface not at all, or only with an HMAC (RFC 8754
 * section 2.1.2), which ours have not: its SID is hit and counts an error for each.
 */
import type { Path } from '../../core/records.ts';
import { sameAddress } from '../addresses.ts';
import type { Evidence, Explanation } from './evidence.ts';

export function seg6Disabled(node: string, path: Path, { readings }: Evidence): Explanation | undefined {
  const arrival = path.hops.find(({ to }) => to === node);
  const told = readings.get(node)?.forwarding ?? [];
  const [first, last] = [told[0], told.at(-1)];
  if (arrival === undefined || first === undefined || last === undefined) return undefined;
  const setting = last.value['segment-routing']?.find((one) => one.interface === arrival.ingress);
  if (setting === undefined || (setting.enabled && !setting['hmac-required'])) return undefined;
  const errors = ({ value }: typeof last) =>
    value['local-sid']
      .filter(({ sid }) => path.segments.some((segment) => sameAddress(segment, sid)))
      .reduce((sum, one) => sum + Number(one.errors), 0);
  if (errors(last) <= errors(first)) return undefined;
  return {
    kind: 'seg6-disabled',
    element: { node, interface: arrival.ingress, peer: arrival.from },
    direction: path.direction,
    supportedBy: [first.id, last.id],
  };
}
