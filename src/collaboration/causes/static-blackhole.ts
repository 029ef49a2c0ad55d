/** static-blackhole: a router's route for the next SID discards (RFC 8349's special next hops). */
import { aimAt, controlMatch } from '../route-tables.ts';
import type { NodeCause } from './stops.ts';

export const staticBlackhole: NodeCause = (node, path, { readings }, index) => {
  const aim = aimAt(index, path, readings);
  const control = aim && controlMatch(node, aim.sid, readings);
  const discards = control?.nextHops.some(
    ({ 'special-next-hop': special }) => special === 'blackhole' || special === 'unreachable',
  );
  if (control?.prefix === undefined || discards !== true) return undefined;
  return {
    kind: 'static-blackhole',
    element: { node, object: control.prefix },
    direction: path.direction,
    supportedBy: [control.id],
  };
};
