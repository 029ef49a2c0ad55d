/**
 * From a few counted probes to whether each path carries anything, and why not. A pure function of what the report carries.
 *
 *   NO_FAULT       something arrived over every path
 *   CONFIRMED      nothing arrives over one of them, and one cause explains that
 *   LIKELY         the same, where the evidence fits other causes too
 *   INCONCLUSIVE   nothing arrives and no cause shows, or nobody tells whether something does
 */
import type { SummaryFacts } from '../../../models/language-model.ts';
import type {
  Conclusion,
  Direction,
  Finding,
  Path,
  PathReach,
  ReachabilityIntent,
  Verdict,
} from '../../core/records.ts';
import { confirmedFrom, correlate } from '../correlation.ts';
import { contradictions } from '../corroboration.ts';
import { elementsOf } from '../elements.ts';
import { inOrder } from '../envelope-ids.ts';
import { findingFacts, hypothesisOf, nameOf, recommendationFor } from '../hypothesis.ts';
import { answeredPoint, type Point, pointsOf } from '../points.ts';
import type { Measured } from './kind.ts';
import { asLoss } from './path-fields.ts';

type MeasuredReach = Measured<ReachabilityIntent>;

export function concludeReach(measured: MeasuredReach): Conclusion {
  const { intent, paths, flows, readings, untrusted } = measured;
  const losses = correlate({ ...measured, intent: asLoss(intent) });
  const contradicted = new Set(contradictions(paths, flows, readings).map(({ path }) => path));
  const reachability = paths.map((path) => reachOf(path, measured, contradicted.has(path.id)));
  const findings = totalLosses(losses.findings, directionsOf(reachability, 'unreachable'));
  const isReached = everyWay(paths) && reachability.every(({ state }) => state === 'reachable');
  const suspects = isReached || findings.length > 0 ? [] : suspectsOf(losses, reachability, paths);
  const [best] = findings;
  const verdict: Verdict = isReached
    ? 'NO_FAULT'
    : best === undefined
      ? 'INCONCLUSIVE'
      : best.probability >= confirmedFrom
        ? 'CONFIRMED'
        : 'LIKELY';
  const undecorated = { verdict, findings, suspects, measurements: losses.measurements, reachability };
  const lossy = reachability.filter(({ state, sent, arrived }) => state === 'reachable' && arrived < sent);
  return {
    ...undecorated,
    hypothesis: hypothesisOf(undecorated),
    recommendation:
      isReached && lossy.length > 0
        ? `Some probes were lost on ${lossy.map(({ path }) => path).join(', ')}: verify packet loss on the path.`
        : recommendationFor(undecorated, untrusted),
  };
}

/** Findings that let nothing pass, in one of these directions. */
export function totalLosses(findings: readonly Finding[], directions: ReadonlySet<Direction>): Finding[] {
  return findings.filter(
    ({ direction, lossPercentInterval: [, most] }) =>
      most === 100 && (direction === 'both' ? directions.size > 0 : directions.has(direction)),
  );
}

/** Whether anything arrived over a path, of all its flows together. */
export function reachOf(
  path: Path,
  { flows, readings }: Pick<MeasuredReach, 'flows' | 'readings'>,
  isContradicted: boolean,
): PathReach {
  const own = flows.filter((flow) => flow.path === path.id && flow.purpose === 'loss');
  const points = own.map((flow) => pointsOf(path, flow, readings));
  const replies = own.map((flow) => answeredPoint(path, flow, readings));
  const first = points.flatMap(([sent]) => sent ?? []);
  const last = points.flatMap((all) => all.at(-1) ?? []);
  const isCounted = last.length > 0 && last.every(({ place }) => place === 'delivered');
  const sent = packetsOf(first);
  const [arrived, supported] = isCounted ? [packetsOf(last), last] : [packetsOf(replies), replies];
  // Where all of them were seen to die before the tail, nobody needs its word.
  const isSeenDead = points.some((all) =>
    all.some(({ place, packets }) => place !== 'answered' && packets === 0),
  );
  const isNothing = arrived === 0 && (isCounted || (points.every(isDying) && isSeenDead));
  // Whoever is contradicted on the way, both ends say the same.
  const isVouchedFor = arrived > 0 === packetsOf(replies) > 0;
  const state =
    sent === 0 || (isContradicted && !isVouchedFor)
      ? 'unknown'
      : arrived > 0
        ? 'reachable'
        : isNothing
          ? 'unreachable'
          : 'unknown';
  return {
    path: path.id,
    direction: path.direction,
    state,
    sent,
    arrived: Math.min(sent, arrived),
    shownBy: sent === 0 ? 'nobody' : isCounted ? 'counter' : 'replies',
    supportedBy: inOrder([...first, ...supported].flatMap(({ supportedBy }) => supportedBy)),
  };
}

/** Of a flow: none was counted any more at some point on the way, or none was sent. */
function isDying(points: readonly Point[]): boolean {
  const [sent] = points;
  return (
    sent === undefined ||
    sent.packets === 0 ||
    points.some(({ place, packets }) => place !== 'answered' && packets === 0)
  );
}

function packetsOf(points: readonly Point[]): number {
  return points.reduce((sum, { packets }) => sum + packets, 0);
}

function suspectsOf(losses: Conclusion, reachability: readonly PathReach[], paths: readonly Path[]) {
  if (losses.suspects.length > 0) return losses.suspects;
  const open = paths.filter(({ id }) =>
    reachability.some(({ path, state }) => path === id && state !== 'reachable'),
  );
  return elementsOf(open);
}

export function directionsOf(
  reachability: readonly PathReach[],
  state: PathReach['state'],
): ReadonlySet<Direction> {
  return new Set(reachability.filter((one) => one.state === state).map(({ direction }) => direction));
}

export function everyWay(paths: readonly Path[]): boolean {
  return (['forward', 'reverse'] as const).every((one) => paths.some(({ direction }) => direction === one));
}

export function reachLine({ path, direction, state, sent, arrived, shownBy }: PathReach): string {
  const what = shownBy === 'replies' ? 'probes were answered' : 'probes arrived';
  const told = shownBy === 'nobody' ? 'nobody told of probes' : `${arrived} of ${sent} ${what}`;
  return `${path} ${direction}: ${state}, ${told}`;
}

export function reachFacts(conclusion: Conclusion, { intent, untrusted }: MeasuredReach): SummaryFacts {
  const { head, tail } = intent;
  const { reachability = [] } = conclusion;
  const ways = (['forward', 'reverse'] as const).map((direction) => wayFact(direction, intent, reachability));
  const isBoth = reachability.length > 0 && reachability.every(({ state }) => state === 'reachable');
  return {
    verdict: conclusion.verdict,
    head,
    tail,
    answer: isBoth ? `${tail} is reachable from ${head}, and ${head} from ${tail}` : ways.join(', '),
    findings: findingFacts(conclusion),
    suspects: conclusion.suspects.map(nameOf),
    untrusted: untrusted.map(({ node, reason }) => `${node} (${reason})`),
    probes: reachability.reduce((sum, { sent }) => sum + sent, 0),
  };
}

function wayFact(
  direction: Direction,
  { head, tail }: ReachabilityIntent,
  all: readonly PathReach[],
): string {
  const [to, from] = direction === 'forward' ? [tail, head] : [head, tail];
  const own = all.filter((one) => one.direction === direction);
  const said = `${to} is`;
  if (own.length > 0 && own.every(({ state }) => state === 'reachable'))
    return `${said} reachable from ${from}`;
  if (own.length > 0 && own.every(({ state }) => state === 'unreachable'))
    return `${said} not reachable from ${from}`;
  const dead = own.filter(({ state }) => state === 'unreachable').map(({ path }) => path);
  return dead.length > 0
    ? `${said} not reachable from ${from} over ${dead.join(', ')}`
    : `whether ${said} reachable from ${from} is not known`;
}
