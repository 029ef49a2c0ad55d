/**
 * agent-only: a router forwards as ever, and its agent is gone or shows a certificate that is not accepted. Silence alone
 * accuses nobody, for one call may get lost: its neighbours must have lost its announcements as well.
 */
import type { Path, Untrusted } from '../../core/records.ts';
import type { Section } from '../sections.ts';
import { type Evidence, type Explanation, uncertainProbabilityMax } from './evidence.ts';
import { hears } from './hearing.ts';

export function agentOnly(path: Path, evidence: Evidence): Explanation[] {
  return forwardingBehindSilence(path, evidence).flatMap(({ mark, supportedBy }) => {
    const why = mark.reason === 'authentication' ? notAccepted(mark, evidence) : notHeard(mark, evidence);
    return why === undefined
      ? []
      : [
          {
            kind: 'agent-only',
            element: { node: mark.node },
            direction: 'both',
            supportedBy: [...supportedBy, ...why.supportedBy],
            ...(!why.isCertain && { probabilityMax: uncertainProbabilityMax }),
          } as const,
        ];
  });
}

/** Whether an agent fell silent that its neighbours still remember: they will have forgotten it soon, if it is gone. */
export function isAgentMissed(evidence: Evidence): boolean {
  return evidence.paths.some((path) =>
    forwardingBehindSilence(path, evidence).some(
      ({ mark }) => mark.reason !== 'authentication' && notHeard(mark, evidence) === undefined,
    ),
  );
}

/** The nodes of a path that gave no usable answer, and past which its probes were counted. */
function forwardingBehindSilence(
  path: Path,
  { sections, untrusted }: Evidence,
): { mark: Untrusted; supportedBy: string[] }[] {
  const silent = ['timeout', 'unreachable', 'authentication'];
  return untrusted.flatMap((mark) => {
    const index = path.nodes.indexOf(mark.node);
    if (index < 1 || !silent.includes(mark.reason)) return [];
    const behind = sections.find((one) => isBehind(one, index, path));
    return behind === undefined ? [] : [{ mark, supportedBy: behind.toPoint.supportedBy }];
  });
}

/** The tail is behind itself: it has answered probes. */
function isBehind({ path: id, purpose, toPoint }: Section, index: number, path: Path): boolean {
  const isPast = toPoint.index > index || (toPoint.index === index && toPoint.place === 'answered');
  return id === path.id && purpose === 'loss' && toPoint.packets > 0 && isPast;
}

/** Two neighbours that lost it cannot both be deaf. */
function notHeard({ node }: Untrusted, { paths, readings }: Evidence) {
  const neighbours = new Map(
    paths
      .flatMap(({ hops }) => hops)
      .flatMap((hop): [string, string][] =>
        hop.to === node ? [[hop.from, hop.egress]] : hop.from === node ? [[hop.to, hop.ingress]] : [],
      ),
  );
  const witnesses = [...neighbours].flatMap(([name, port]) => hears(readings, name, port, node) ?? []);
  if (witnesses.length === 0 || witnesses.some(({ fresh }) => fresh)) return undefined;
  return { supportedBy: witnesses.map(({ id }) => id), isCertain: witnesses.length > 1 };
}

/** Where others took ours, it is its certificate, or its judgement of ours: which of the two is not told. */
function notAccepted({ node }: Untrusted, { paths, readings }: Evidence) {
  const others = new Set(paths.flatMap(({ nodes }) => nodes.slice(1)).filter((one) => one !== node));
  const answered = [...others].flatMap((one) => readings.get(one)?.device?.id ?? []);
  return answered.length === 0 ? undefined : { supportedBy: answered, isCertain: false };
}
