/**
 * Faults that lose no packet of ours by themselves: a policy in the wrong order, packets marked anew on their way, a router
 * that is too busy to answer, an agent that is gone. They are looked for on every path over which probes arrive.
 */
import type { FindingKind, Path } from '../../core/records.ts';
import { lossIntervalPercent, lossPercent } from '../statistics.ts';
import { agentOnly } from './agent-only.ts';
import { overloadedNodes } from './control-plane-overload.ts';
import { dscpRemark } from './dscp-remark.ts';
import type { Evidence, Explanation } from './evidence.ts';
import { wrongSegmentOrder } from './wrong-segment-order.ts';

/** What a path shows besides losses. */
export type PathCause = (path: Path, evidence: Evidence) => Explanation[];

/** What shows in a configuration, or on the way, whether packets arrive or not. */
const underWay = { 'wrong-segment-order': wrongSegmentOrder, 'dscp-remark': dscpRemark };
/** What only packets show that arrive. */
const arriving = {
  'control-plane-overload': overloadedNodes,
  'agent-only': agentOnly,
};
const pathCauses = { ...underWay, ...arriving } as const satisfies Partial<Record<FindingKind, PathCause>>;

/** Of these no loss is the doing. */
export const harmlessKinds = Object.keys(pathCauses) as (keyof typeof pathCauses)[];

/** Of packets that another fault loses nobody knows what else would have become. */
export const unknownLoss: NonNullable<Explanation['loss']> = { percent: 0, interval: [0, 100] };

/** Their loss is that of the whole path. */
export function harmlessFaults(evidence: Evidence): Explanation[] {
  return evidence.paths.flatMap((path) => {
    const own = evidence.sections.filter((one) => one.path === path.id && one.purpose === 'loss');
    const [sent, arrived] = [own[0]?.fromPoint.packets ?? 0, own.at(-1)?.toPoint.packets ?? 0];
    if (sent === 0) return [];
    const left = Math.min(sent, arrived);
    const loss =
      arrived === 0
        ? unknownLoss
        : { percent: lossPercent(sent, left), interval: lossIntervalPercent(sent, left) };
    return Object.values<PathCause>(arrived === 0 ? underWay : pathCauses)
      .flatMap((cause) => cause(path, evidence))
      .map((found) => ({ ...found, loss }));
  });
}
