/** A train of probes as a question to the node that sends it. */
import type { JsonObject } from '../../crypto/canonical.ts';
import { limits } from '../core/limits.ts';
import type { Progress } from '../core/ports.ts';
import type { Flow, Path } from '../core/records.ts';
import { toolNames } from '../core/tools.ts';
import { type Effort, parallelFactor } from './effort.ts';
import type { Measuring } from './measure.ts';
import { sizeTrain, type Train } from './plan.ts';
import type { Question } from './session.ts';

/** Whether a train of this purpose can have been sent for an intent of this effort; caps make it slower and shorter. */
export function isTrainFor(
  purpose: Flow['purpose'],
  { count, intervalMs }: Train,
  effort: Effort,
  isCapped = false,
): boolean {
  return [false, true].some((isParallel) => {
    const factor = isParallel ? parallelFactor : 1;
    const [most, usualMs] =
      purpose === 'size'
        ? [sizeTrain(isParallel).count, sizeTrain(isParallel).intervalMs]
        : [factor * effort.probesMax, effort.intervalMs / factor];
    const isWhole = purpose === 'loss' || isCapped ? count <= most : count === most;
    return isWhole && (isCapped ? intervalMs >= usualMs : intervalMs === usualMs);
  });
}

/** A train from the path's first node to its last, over the path's SIDs. */
export function questionFor(
  work: Measuring,
  path: Path,
  train: Train & { size?: number; flowLabels?: number[] },
): Question | undefined {
  const [head, tail] = [path.nodes[0], path.nodes.at(-1)];
  const address = tail === undefined ? undefined : work.addressOf(tail);
  if (head === undefined || tail === undefined || address === undefined) return undefined;
  const name = `${head} -> ${tail} ${path.id}`;
  const args: JsonObject = {
    Head: head,
    Tail: tail,
    'Tail-Address': address,
    'SID-List': path.segments,
    Count: train.count,
    Interval: train.intervalMs,
    ...(work.dscp !== undefined && { DSCP: work.dscp }),
    ...(train.size !== undefined && { Size: train.size }),
    ...(train.flowLabels !== undefined && { 'Flow-Labels': train.flowLabels }),
  };
  return {
    node: head,
    operation: { tool: toolNames.srv6Ping },
    arguments: args,
    timeoutMs: train.count * train.intervalMs + limits.probeSlackMs,
    onProgress: quarters((fraction) =>
      work.observe({
        step: 'calls',
        text: `${toolNames.srv6Ping} ${name}: ${Math.round(fraction * train.count)} of ${train.count} probes of ${train.size} octets sent`,
        fraction: 0.3 + 0.5 * fraction,
      }),
    ),
  };
}

/** Four lines a train are enough for a person. */
function quarters(tellFraction: (fraction: number) => void): (progress: Progress) => void {
  let told = 0;
  return ({ fraction }) => {
    const quarter = Math.floor(fraction * 4);
    if (quarter > told) tellFraction(quarter / 4);
    told = Math.max(told, quarter);
  };
}
