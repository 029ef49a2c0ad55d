/** Plain packets between the two addresses of the session, in either direction. */
import { sameAddress } from '../../addresses.ts';
import type { PlainPing, Reading } from '../../readings.ts';
import type { SessionEvidence } from './evidence.ts';

export function pingsOf({ ends, readings }: SessionEvidence): Reading<PlainPing>[] {
  return ends.flatMap(({ node, session }) =>
    (readings.get(node)?.pings ?? []).filter(
      ({ value }) => session !== undefined && sameAddress(value.destination, session['remote-address']),
    ),
  );
}
