/**
 * Whether the loss that an operator is willing to accept is kept on each path: what small probes lost between being sent and being
 * delivered, by the counters of both ends. It judges; what is lost where, and why, is correlation.ts's.
 */
import type { Conclusion, Path, PathLossIntent, PathTolerance } from '../../core/records.ts';
import { isWhole } from '../behind.ts';
import { contradictions } from '../corroboration.ts';
import { answeredPoint, pointsOf } from '../points.ts';
import { lossIntervalPercent, lossPercent } from '../statistics.ts';
import type { Measured } from './kind.ts';
import { namesOfPath } from './path-fields.ts';

type MeasuredLoss = Measured<PathLossIntent>;

/** Undefined where nobody said what is acceptable. */
export function toleranceOf(measured: MeasuredLoss): PathTolerance[] | undefined {
  const { intent, paths, flows, readings } = measured;
  const { lossMaxPercent } = intent;
  if (lossMaxPercent === undefined) return undefined;
  const contradicted = new Set(contradictions(paths, flows, readings).map(({ path }) => path));
  return paths
    .filter((path) => isWhole(path, namesOfPath(intent)))
    .map((path) => pathTolerance(path, lossMaxPercent, measured, contradicted.has(path.id)));
}

function pathTolerance(
  path: Path,
  lossMaxPercent: number,
  { flows, readings }: MeasuredLoss,
  isContradicted: boolean,
): PathTolerance {
  const own = flows.filter((flow) => flow.path === path.id && flow.purpose === 'loss');
  const points = own.map((flow) => pointsOf(path, flow, readings)).filter((all) => all.length > 0);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const sent = sum(points.map(([first]) => first?.packets ?? 0));
  const isCounted = points.length > 0 && points.every((all) => all.at(-1)?.place === 'delivered');
  const arrived = Math.min(
    sent,
    isCounted
      ? sum(points.map((all) => all.at(-1)?.packets ?? 0))
      : sum(own.map((flow) => answeredPoint(path, flow, readings).packets)),
  );
  const interval = lossIntervalPercent(sent, arrived);
  const [least, most] = interval;
  // Replies are lost on their own way back too: they can show that enough arrives, and not that too little does.
  const state =
    sent === 0 || isContradicted
      ? 'unknown'
      : most <= lossMaxPercent
        ? 'kept'
        : isCounted && least > lossMaxPercent
          ? 'broken'
          : 'unknown';
  return {
    path: path.id,
    direction: path.direction,
    state,
    sent,
    arrived,
    lossPercent: lossPercent(sent, arrived),
    lossPercentInterval: interval,
  };
}

export function toleranceLine(tolerance: PathTolerance): string {
  const { path, direction, state, sent, arrived, lossPercent: lost, lossPercentInterval } = tolerance;
  const [low, high] = lossPercentInterval;
  return `${path} ${direction}: what is acceptable is ${wordOf(state)}, ${lost} % lost (${low} to ${high} %), ${arrived} of ${sent} probes arrived`;
}

function wordOf(state: PathTolerance['state']): string {
  return state === 'unknown' ? 'not known to be kept' : state === 'kept' ? 'kept' : 'not kept';
}

/** Of all paths together: one that breaks it is enough. */
export function toleranceFact(
  { tolerance }: Conclusion,
  { lossMaxPercent }: PathLossIntent,
): string | undefined {
  if (tolerance === undefined) return undefined;
  const states = tolerance.map(({ state }) => state);
  const state = states.includes('broken')
    ? 'broken'
    : states.length > 0 && states.every((one) => one === 'kept')
      ? 'kept'
      : 'unknown';
  return `the ${lossMaxPercent} % that is acceptable is ${wordOf(state)}`;
}
