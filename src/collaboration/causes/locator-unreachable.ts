/** locator-unreachable: a router has no route towards the next SID, whose node is well. */
import { sameAddress } from '../addresses.ts';
import { interfaceOf } from '../plan.ts';
import type { Interface, Readings } from '../readings.ts';
import { type Aim, aimAt, controlMatch, forwardingMatch, leadsOn } from '../route-tables.ts';
import { uncertainProbabilityMax } from './evidence.ts';
import type { NodeCause } from './stops.ts';

export const locatorUnreachable: NodeCause = (node, path, { readings }, index) => {
  const aim = aimAt(index, path, readings);
  const control = aim && controlMatch(node, aim.sid, readings);
  if (aim === undefined || control === undefined || control.nextHops.length > 0) return undefined;
  const forwarding = forwardingMatch(node, aim.sid, readings);
  if (forwarding?.nextHops.some(leadsOn) === true) return undefined;
  // The routes over an interface go with it: what is down is the fault.
  const hop = path.hops[index];
  const egress = hop && interfaceOf(readings, node, hop.egress);
  if (egress !== undefined && isDown(egress)) return undefined;
  const isWhole =
    readings
      .get(node)
      ?.interfaces.at(-1)
      ?.value.every((one) => !isDown(one)) === true;
  const owner = readings.get(aim.node);
  const installed = owner?.forwarding.at(-1);
  const isWell = installed?.value['local-sid'].some(({ sid }) => sameAddress(sid, aim.sid)) === true;
  return {
    kind: 'locator-unreachable',
    element: { node, object: owner?.device?.value.locator ?? prefixElsewhere(aim, readings) },
    direction: path.direction,
    supportedBy: [control, forwarding, installed].flatMap((told) => told?.id ?? []),
    // A silent node may itself be gone, and its route with it; so may a link of which nobody told the state, or one that is
    // not on the path because it is down.
    ...((!isWell || egress === undefined || !isWhole) && { probabilityMax: uncertainProbabilityMax }),
  };
};

function isDown(one: Interface): boolean {
  return one['admin-status'] === 'down' || one['oper-status'] === 'down';
}

/** The locator of a node that does not answer, as others have it in their routes. */
function prefixElsewhere({ sid }: Aim, readings: Readings): string {
  for (const node of readings.keys()) {
    const match = controlMatch(node, sid, readings);
    if (match?.prefix !== undefined && match.nextHops.some(leadsOn)) return match.prefix;
  }
  return sid;
}
