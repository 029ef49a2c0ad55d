/**
 * Words for what the correlation found: the hypothesis ("PE-1 egress ACL 2001"), the recommendation, and the facts that a sentence
 * may be worded from, which leave nothing to invent.
 */
import type { SummaryFacts } from '../../models/language-model.ts';
import type { Conclusion, Element, Finding, Flow, Path, PathLossIntent, Untrusted } from '../core/records.ts';
import { isWhole } from './behind.ts';
import { adviceFor, placeOf } from './fault-words.ts';

type Undecorated = Omit<Conclusion, 'hypothesis' | 'recommendation'>;

export function hypothesisOf(conclusion: Undecorated): string {
  const { findings, suspects, verdict } = conclusion;
  if (verdict === 'NO_FAULT') return 'no fault';
  const open = suspects.length > 0 && `undetermined, among ${suspects.map(nameOf).join(', ')}`;
  if (findings.length === 0) return open || 'undetermined';
  return [...findings.map(placeOf), ...(open ? [open] : [])].join('; ');
}

export function nameOf({ node, interface: name, peer }: Element): string {
  return peer === undefined ? node : `${node}${name === undefined ? '' : ` ${name}`} -> ${peer}`;
}

export function recommendationFor(conclusion: Undecorated, untrusted: readonly Untrusted[]): string {
  const { findings, suspects } = conclusion;
  const look = suspects.length > 0 ? `Inspect ${suspects.map(nameOf).join(', ')}. ` : '';
  if (findings.length > 0) return `${look}${findings.map(adviceFor).join(' ')}`;
  const away = untrusted.map(({ node }) => node);
  if (conclusion.verdict === 'NO_FAULT')
    return away.length === 0
      ? 'Nothing to do.'
      : `The data path is clean; look after the agent of ${away.join(', ')}.`;
  return away.length > 0
    ? `${look}Measure again once ${away.join(', ')} answers.`
    : `${look}Measure again with more probes.`;
}

/** What was measured for a conclusion, and who did not help. */
export interface Measured {
  intent: PathLossIntent;
  paths: readonly Path[];
  flows: readonly Flow[];
  untrusted: readonly Untrusted[];
}

export function factsOf(conclusion: Conclusion, { intent, paths, flows, untrusted }: Measured): SummaryFacts {
  const opposite = oppositeLoss(conclusion);
  const whole = paths.filter((path) => isWhole(path, [intent.head, intent.tail]));
  const lost = conclusion.verdict === 'INCONCLUSIVE' ? lostOver(whole, conclusion) : undefined;
  return {
    verdict: conclusion.verdict,
    head: intent.head,
    tail: intent.tail,
    findings: conclusion.findings.map((finding) => ({
      place: placeOf(finding),
      ...travelled(finding, paths),
      direction: finding.direction,
      loss: `${finding.lossPercent} %`,
      ...sizeOf(finding, paths, flows),
      interval: `95 % interval ${finding.lossPercentInterval.join(' to ')} %`,
    })),
    ...(opposite !== undefined && { oppositeLoss: `${opposite} %` }),
    ...(lost !== undefined && { lost }),
    suspects: conclusion.suspects.map(nameOf),
    untrusted: untrusted.map(({ node, reason }) => `${node} (${reason})`),
    probes: conclusion.measurements
      .filter(({ from, purpose }) => purpose === 'loss' && from.endsWith(' sent'))
      .reduce((sum, { entered }) => sum + entered, 0),
  };
}

/** Each in the order in which its element names the two ends, whichever way the lost packets travel. */
export function findingFacts({ findings }: Pick<Conclusion, 'findings'>): SummaryFacts['findings'] {
  return findings.map((finding) => ({
    place: placeOf(finding),
    from: finding.element.node,
    to: finding.element.peer ?? finding.element.node,
    direction: finding.direction,
    loss: `${finding.lossPercent} %`,
    interval: `95 % interval ${finding.lossPercentInterval.join(' to ')} %`,
  }));
}

/** The two ends of the place in the order in which the lost packets meet them. */
function travelled({ element, direction }: Finding, paths: readonly Path[]): { from: string; to: string } {
  const { node, peer = node } = element;
  const isAgainst = paths.some(
    (path) => path.direction === direction && path.hops.some(({ from, to }) => from === peer && to === node),
  );
  return isAgainst ? { from: peer, to: node } : { from: node, to: peer };
}

/** Of findings, those that small probes do not show. */
export const sizeKinds: readonly Finding['kind'][] = ['mtu-mismatch', 'pmtud-blackhole', 'srv6-encap-mtu'];

/** Small packets pass: the loss is that of the large probes. */
function sizeOf(
  { kind, direction }: Finding,
  paths: readonly Path[],
  flows: readonly Flow[],
): { octets?: number } {
  if (!sizeKinds.includes(kind)) return {};
  const ways = paths
    .filter((path) => direction === 'both' || path.direction === direction)
    .map(({ id }) => id);
  const sizes = flows.filter(({ purpose, path }) => purpose === 'size' && ways.includes(path));
  return sizes.length === 0 ? {} : { octets: Math.max(...sizes.map(({ sizeBytes }) => sizeBytes)) };
}

/** Small probes from end to end, whoever counted in between; undefined where none was sent. */
function lostOver(paths: readonly Path[], { measurements }: Conclusion): string | undefined {
  const told = (['forward', 'reverse'] as const).flatMap((direction) => {
    const ways = paths
      .filter((path) => path.direction === direction)
      .map(({ id }) => measurements.filter(({ path, purpose }) => path === id && purpose === 'loss'));
    const sent = ways.reduce((sum, way) => sum + (way[0]?.entered ?? 0), 0);
    const arrived = ways.reduce((sum, way) => sum + Math.min(way.at(-1)?.left ?? 0, way[0]?.entered ?? 0), 0);
    const which = direction === 'forward' ? 'forward' : 'in reverse';
    return sent === 0 ? [] : `${sent - arrived} of ${sent} probes ${which}`;
  });
  return told.length === 0 ? undefined : told.join(' and ');
}

/** The highest loss of a section in the direction that no finding accuses. */
function oppositeLoss({ findings, measurements }: Conclusion): number | undefined {
  const [accused, ...others] = new Set(findings.map(({ direction }) => direction));
  if (accused === undefined || accused === 'both' || others.length > 0) return undefined;
  const losses = measurements
    .filter(({ direction, purpose, entered }) => direction !== accused && purpose === 'loss' && entered > 0)
    .map(({ lossPercent }) => lossPercent);
  return losses.length === 0 ? undefined : Math.max(...losses);
}
