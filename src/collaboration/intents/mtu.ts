/**
 * From counted probes of several sizes to how large packets may be. A pure function of what the report carries.
 *
 *   NO_FAULT       the limit of every path is known to the octet, and is what the routers tell of their links
 *   CONFIRMED      a cause explains why large packets are lost: the ends of a link differ, senders are not told, or the SRv6
 *   LIKELY         header takes the room that hosts need; LIKELY where the evidence fits other causes too
 *   INCONCLUSIVE   the limit is not known, is below what is told, or the ends of a link differ and nothing shows which is wrong
 *
 * A size that was asked for and does not pass is told as `required`; where no cause shows, it accuses nobody: links may be as
 * small as they are told to be.
 */
import { limits } from '../../core/limits.ts';
import type {
  Conclusion,
  Element,
  Finding,
  Hop,
  Path,
  PathMtu,
  PathReach,
  Verdict,
} from '../../core/records.ts';
import { confirmedFrom, correlate } from '../correlation.ts';
import { distinctElements, elementsOf } from '../elements.ts';
import { inOrder } from '../envelope-ids.ts';
import { hypothesisOf, nameOf, recommendationFor, sizeKinds } from '../hypothesis.ts';
import { encapsulationBytes, interfaceOf } from '../plan.ts';
import type { Readings } from '../readings.ts';
import { linkElement, parallelLinks } from '../sections.ts';
import type { CorrelationInput } from '../weighing.ts';
import { asLoss } from './path-fields.ts';
import { directionsOf, everyWay, totalLosses } from './reach.ts';
import { type MeasuredMtu, reachOfPath, type Trial, trialsOf } from './size-trials.ts';

export function concludeMtu(measured: MeasuredMtu): Conclusion {
  const { paths, untrusted } = measured;
  const losses = correlate(engineInput(measured));
  const reaches = paths.map((path) => reachOfPath(path, measured));
  const mtu = paths.map((path) => mtuOf(path, measured));
  const dead = directionsOf(reaches, 'unreachable');
  const findings = losses.findings.filter(
    (one) => sizeKinds.includes(one.kind) || totalLosses([one], dead).length > 0,
  );
  const suspects = findings.length > 0 ? [] : suspectsOf(mtu, measured);
  const [best] = findings;
  const verdict: Verdict =
    best !== undefined
      ? best.probability >= confirmedFrom
        ? 'CONFIRMED'
        : 'LIKELY'
      : suspects.length === 0 && everyWay(paths)
        ? 'NO_FAULT'
        : 'INCONCLUSIVE';
  const undecorated = { verdict, findings, suspects, measurements: losses.measurements, mtu };
  return {
    ...undecorated,
    hypothesis: hypothesisOf(undecorated),
    recommendation: adviceFor(mtu, findings, reaches) ?? recommendationFor(undecorated, untrusted),
  };
}

/** What the causes of losses are asked about: small probes, and those as large as each path should carry. */
export function engineInput(measured: MeasuredMtu): CorrelationInput {
  const { intent, paths, flows } = measured;
  const carried = new Map(
    paths.map(({ id }) => [id, flows.find(({ path, purpose }) => path === id && purpose === 'size')]),
  );
  return {
    ...measured,
    intent: asLoss(intent),
    flows: flows.filter(
      ({ path, purpose, sizeBytes }) => purpose === 'loss' || sizeBytes === carried.get(path)?.sizeBytes,
    ),
  };
}

interface Bracket {
  passed?: Trial;
  stopped?: Trial;
  /** There is a size below the limit of which nobody knows. */
  isOpen: boolean;
}

function bracketOf(trials: readonly Trial[]): Bracket {
  const stopped = trials.find(({ state }) => state === 'stopped');
  const below = trials.filter(({ bytes }) => bytes < (stopped?.bytes ?? Number.POSITIVE_INFINITY));
  const passed = below.findLast(({ state }) => state === 'passed');
  return {
    ...(passed !== undefined && { passed }),
    ...(stopped !== undefined && { stopped }),
    isOpen: below.some(({ state }) => state === 'unknown'),
  };
}

/** What to try next over a path; nothing once the limit is known, or when nobody would tell. */
export function nextSizes(path: Path, trials: readonly Trial[], measured: MeasuredMtu): number[] {
  const { passed, stopped, isOpen } = bracketOf(trials);
  if (passed === undefined || isOpen) return [];
  const tried = new Set(trials.map(({ bytes }) => bytes));
  const told = toldBytes(path, measured);
  const likely = [told, told === undefined ? undefined : told + 1, measured.intent.sizeBytes]
    .filter((bytes) => bytes !== undefined)
    .filter((bytes) => bytes > passed.bytes && bytes < (stopped?.bytes ?? limits.probeSizeBytesMax + 1))
    .filter((bytes) => !tried.has(bytes));
  if (likely.length > 0) return [...new Set(likely)];
  if (stopped === undefined)
    return passed.bytes >= limits.probeSizeBytesMax ? [] : [limits.probeSizeBytesMax];
  return stopped.bytes - passed.bytes > 1 ? [Math.floor((passed.bytes + stopped.bytes) / 2)] : [];
}

function mtuOf(path: Path, measured: MeasuredMtu): PathMtu {
  const { intent } = measured;
  const { passed, stopped } = bracketOf(trialsOf(path, measured));
  const told = toldBytes(path, measured);
  const { sizeBytes } = intent;
  const required =
    sizeBytes === undefined
      ? undefined
      : passed !== undefined && sizeBytes <= passed.bytes
        ? 'kept'
        : stopped !== undefined && sizeBytes >= stopped.bytes
          ? 'broken'
          : 'unknown';
  const host = passed && passed.bytes - encapsulationBytes(path.segments.length);
  return {
    path: path.id,
    direction: path.direction,
    ...(passed !== undefined && { passesBytes: passed.bytes }),
    ...(stopped !== undefined && { failsBytes: stopped.bytes }),
    ...(host !== undefined && { hostBytes: Math.max(0, host) }),
    ...(told !== undefined && { toldBytes: told }),
    limitedBy: stopped?.at ?? [],
    ...(required !== undefined && { required }),
    supportedBy: inOrder([...(passed?.supportedBy ?? []), ...(stopped?.supportedBy ?? [])]),
  };
}

/** Undefined where no router told of any link. */
function toldBytes(
  path: Path,
  { paths, readings }: Pick<MeasuredMtu, 'paths' | 'readings'>,
): number | undefined {
  // Which of parallel links a packet takes, a hash chooses.
  const linksOf = parallelLinks(paths);
  const told = path.hops.flatMap(linksOf).flatMap((hop) => endsOf(hop, readings));
  if (told.length === 0) return undefined;
  return Math.min(limits.probeSizeBytesMax, ...told);
}

function endsOf({ from, egress, to, ingress }: Hop, readings: Readings): number[] {
  return [interfaceOf(readings, from, egress), interfaceOf(readings, to, ingress)].flatMap(
    (one) => one?.['ietf-ip:ipv6'].mtu ?? [],
  );
}

/** Where something does not fit: a limit that is not known or too low, links whose ends differ. */
function suspectsOf(mtu: readonly PathMtu[], { paths, readings }: MeasuredMtu): Element[] {
  return distinctElements(
    paths.flatMap((path) => {
      const own = mtu.find((one) => one.path === path.id);
      if (own === undefined || !isExact(own)) return everythingOn(path, own);
      if ((own.passesBytes ?? 0) < (own.toldBytes ?? 0)) return own.limitedBy;
      return path.hops.filter((hop) => new Set(endsOf(hop, readings)).size > 1).map(linkElement);
    }),
  );
}

export function isExact({ passesBytes, failsBytes }: PathMtu): boolean {
  if (passesBytes === undefined) return false;
  return failsBytes === undefined ? passesBytes >= limits.probeSizeBytesMax : failsBytes - passesBytes === 1;
}

function everythingOn(path: Path, mtu: PathMtu | undefined): Element[] {
  return mtu !== undefined && mtu.limitedBy.length > 0 ? mtu.limitedBy : elementsOf([path]);
}

/** Where a size that was asked for does not pass, that comes first; why it does not, findings say themselves. */
function adviceFor(
  mtu: readonly PathMtu[],
  findings: readonly Finding[],
  reaches: readonly PathReach[],
): string | undefined {
  const dead = reaches.filter(({ state }) => state === 'unreachable').map(({ path }) => path);
  if (dead.length > 0 && findings.length === 0)
    return `Nothing passes over ${dead.join(', ')}: ask why its end is not reachable.`;
  const broken = mtu.filter(({ required }) => required === 'broken');
  const least = Math.min(...mtu.map(({ passesBytes = 0 }) => passesBytes));
  if (broken.length === 0 || least === 0) return undefined;
  const links = [...new Set(broken.flatMap(({ limitedBy }) => limitedBy.map(nameOf)))];
  return `Send at most ${least} octets, SRv6 header included, or raise the MTU of ${links.join(', ')}.`;
}
