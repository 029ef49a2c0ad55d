/** sid-missing: a SID of the path that its node is configured with and has not installed (RFC 8986 section 4). */
import type { Path } from '../../core/records.ts';
import { sameAddress } from '../addresses.ts';
import type { Evidence, Explanation } from './evidence.ts';

export function sidMissing(node: string, path: Path, { readings }: Evidence): Explanation | undefined {
  const state = readings.get(node);
  const device = state?.device;
  const forwarding = state?.forwarding.at(-1);
  if (device === undefined || forwarding === undefined) return undefined;
  const mine = path.segments.filter((sid) =>
    Object.values(device.value.sids).some((own) => sameAddress(own, sid)),
  );
  const missing = mine.find((sid) => !forwarding.value['local-sid'].some((one) => sameAddress(one.sid, sid)));
  if (missing === undefined) return undefined;
  return {
    kind: 'sid-missing',
    element: { node, object: missing },
    direction: path.direction,
    supportedBy: [device.id, forwarding.id],
  };
}
