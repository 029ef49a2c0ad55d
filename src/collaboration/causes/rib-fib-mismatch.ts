/** rib-fib-mismatch: a router has a route towards the next SID, and its forwarding does something else. */
import { sameAddress } from '../addresses.ts';
import { aimAt, controlMatch, forwardingMatch, leadsOn, type NextHop } from '../route-tables.ts';
import type { NodeCause } from './stops.ts';

export const ribFibMismatch: NodeCause = (node, path, { readings }, index) => {
  const aim = aimAt(index, path, readings);
  const control = aim && controlMatch(node, aim.sid, readings);
  const forwarding = aim && forwardingMatch(node, aim.sid, readings);
  if (control?.prefix === undefined || forwarding === undefined) return undefined;
  const routes = control.nextHops.filter(leadsOn);
  if (routes.length === 0) return undefined;
  const agrees = forwarding.nextHops.some((nextHop) => routes.some((route) => isSame(route, nextHop)));
  if (agrees) return undefined;
  return {
    kind: 'rib-fib-mismatch',
    element: { node, object: control.prefix },
    direction: path.direction,
    supportedBy: [control.id, forwarding.id],
    // Sent elsewhere, packets may come back and be sent again.
    multiplies: forwarding.nextHops.some(leadsOn),
  };
};

/** A next hop on a link between two routers may be told without its address. */
function isSame(one: NextHop, other: NextHop): boolean {
  const [here, there] = [one['next-hop-address'], other['next-hop-address']];
  return (
    leadsOn(other) &&
    one['outgoing-interface'] === other['outgoing-interface'] &&
    (here === undefined || there === undefined || sameAddress(here, there))
  );
}
