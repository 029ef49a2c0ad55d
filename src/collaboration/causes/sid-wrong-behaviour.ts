/**
 * sid-wrong-behaviour: a SID of the path is installed with another behaviour than its node says that it has (RFC 8986
 * section 4), or looks decapsulated packets up where they are not known, or sends them out of the wrong interface.
 */
import type { Path } from '../../core/records.ts';
import { contains, sameAddress } from '../addresses.ts';
import type { Forwarding, Reading, Readings } from '../readings.ts';
import { lossIntervalPercent, lossPercent } from '../statistics.ts';
import type { Explanation } from './evidence.ts';
import type { NodeCause } from './stops.ts';

type LocalSid = Forwarding['local-sid'][number];

/** What each SID of a node is for, and the behaviours that do it. */
const behaviours = { end: ['End'], decapsulate: ['End.DT6', 'End.DT46'] } as const;

/** Packets die at it; not where the wrong way out is this path's own. */
export const sidWrongBehaviour: NodeCause = (node, path, { readings }, index) => {
  const wrong = wrongSid(node, path, readings);
  if (wrong === undefined) return undefined;
  const egress = egressOf(wrong, node, readings);
  return egress !== undefined && egress === path.hops[index]?.egress
    ? undefined
    : explained(node, path, wrong);
};

/**
 * Packets leave by an interface that is not the path's: the neighbour there sends them on by its own routes, mostly back,
 * and they may arrive in the end.
 */
export const sidDetour: NodeCause = (node, path, { readings, sections }, index) => {
  const wrong = wrongSid(node, path, readings);
  const hop = path.hops[index];
  if (wrong === undefined || hop === undefined) return undefined;
  const egress = egressOf(wrong, node, readings);
  if (egress === undefined || egress === hop.egress) return undefined;
  const own = sections.filter((one) => one.path === path.id && one.purpose === 'loss');
  const [sent, arrived] = [own[0]?.fromPoint.packets ?? 0, own.at(-1)?.toPoint.packets ?? 0];
  if (sent === 0) return undefined;
  const left = Math.min(sent, arrived);
  return {
    ...explained(node, path, wrong),
    loss: { percent: lossPercent(sent, left), interval: lossIntervalPercent(sent, left) },
    multiplies: true,
  };
};

interface Wrong {
  sid: LocalSid;
  told: readonly Reading<unknown>[];
}

function wrongSid(node: string, path: Path, readings: Readings): Wrong | undefined {
  const state = readings.get(node);
  const device = state?.device;
  const forwarding = state?.forwarding.at(-1);
  if (device === undefined || forwarding === undefined) return undefined;
  for (const role of ['end', 'decapsulate'] as const) {
    const own = device.value.sids[role];
    if (!path.segments.some((segment) => sameAddress(segment, own))) continue;
    const sid = forwarding.value['local-sid'].find((one) => sameAddress(one.sid, own));
    if (sid !== undefined && isWrong(sid, role)) return { sid, told: [device, forwarding] };
  }
  return undefined;
}

/** The interface that the SID sends packets out of; undefined where it leaves that to the routes. */
function egressOf({ sid }: Wrong, node: string, readings: Readings): string | undefined {
  const nextHop = sid['next-hop-address'];
  if (nextHop === undefined) return undefined;
  const isReached = ({ ip, 'prefix-length': length }: { ip: string; 'prefix-length': number }) =>
    contains(`${ip}/${length}`, nextHop);
  const interfaces = readings.get(node)?.interfaces.at(-1)?.value;
  return interfaces?.find((one) => one['ietf-ip:ipv6'].address.some(isReached))?.name;
}

function isWrong(
  { behavior, 'delivers-locally': delivers }: LocalSid,
  role: keyof typeof behaviours,
): boolean {
  const right: readonly string[] = behaviours[role];
  if (behavior === 'unknown') return false;
  return !right.includes(behavior) || (role === 'decapsulate' && delivers === false);
}

function explained(node: string, { direction }: Path, { sid, told }: Wrong): Explanation {
  return {
    kind: 'sid-wrong-behaviour',
    element: { node, object: sid.sid },
    direction,
    supportedBy: told.map(({ id }) => id),
  };
}
