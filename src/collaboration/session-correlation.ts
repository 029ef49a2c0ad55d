/** From the readings of a bgp-session intent to findings and a verdict. A pure function, as correlation.ts is for losses. */
import type { SummaryFacts } from '../../models/language-model.ts';
import type { BgpSessionIntent, Conclusion, Element, Finding, Verdict } from '../core/records.ts';
import {
  endOf,
  isEstablished,
  type RoutingExplanation,
  type SessionEvidence,
} from './causes/routing/evidence.ts';
import { otherRoutingCauses, sessionCauses } from './causes/routing/index.ts';
import { hasNeighbour } from './causes/routing/isis-interfaces.ts';
import { pingsOf } from './causes/routing/pings.ts';
import { confirmedFrom } from './correlation.ts';
import { distinctElements, elementsOf, nodesOf } from './elements.ts';
import { inOrder } from './envelope-ids.ts';
import { findingFacts, hypothesisOf, nameOf, recommendationFor } from './hypothesis.ts';
import type { Measured } from './intents/kind.ts';
import { linkElement } from './sections.ts';
import { lossIntervalPercent, lossPercent } from './statistics.ts';

/** What was read at both sides, and not counted. */
const stateProbability = 0.99;

type MeasuredSession = Omit<Measured<BgpSessionIntent>, 'flows'>;

export function evidenceOf({ intent, paths, readings, untrusted }: MeasuredSession): SessionEvidence {
  const { head = '', neighbor } = intent;
  const ends = [
    endOf(head, neighbor, 'forward', readings),
    endOf(neighbor, head, 'reverse', readings),
  ] as const;
  return { ends, paths, readings, untrusted };
}

export function concludeSession(measured: MeasuredSession): Conclusion {
  const evidence = evidenceOf(measured);
  const explanations = explain(evidence);
  const findings = explanations.map((why) => findingOf(why, evidence));
  const suspects = findings.length > 0 ? [] : suspectsOf(evidence);
  const verdict = verdictOf(findings, suspects);
  const undecorated = { verdict, findings, suspects, measurements: [] };
  return {
    ...undecorated,
    hypothesis: hypothesisOf(undecorated),
    recommendation: adviceOf(undecorated, evidence),
  };
}

function explain(evidence: SessionEvidence): RoutingExplanation[] {
  let why: RoutingExplanation[] = [];
  for (const cause of sessionCauses) {
    why = cause(evidence);
    if (why.length > 0) break;
  }
  const all = [...why, ...otherRoutingCauses.flatMap((cause) => cause(evidence))];
  const byPlace = new Map<string, RoutingExplanation>();
  for (const one of all) {
    const { node, interface: name, peer, object } = one.element;
    const key = JSON.stringify([one.kind, node, name, peer, object]);
    const earlier = byPlace.get(key);
    const isSame = earlier === undefined || earlier.direction === one.direction;
    byPlace.set(key, { ...one, direction: isSame ? one.direction : 'both' });
  }
  return [...byPlace.values()];
}

/** Its loss is that of the plain packets between the two addresses: routing may be broken where none are lost. */
function findingOf(why: RoutingExplanation, evidence: SessionEvidence): Finding {
  const pings = pingsOf(evidence);
  const [sent, received] = [
    pings.reduce((sum, { value }) => sum + value.sent, 0),
    pings.reduce((sum, { value }) => sum + value.received, 0),
  ];
  return {
    kind: why.kind,
    element: why.element,
    direction: why.direction,
    probability: Math.min(stateProbability, why.probabilityMax ?? 1),
    lossPercent: sent === 0 ? 0 : lossPercent(sent, received),
    lossPercentInterval: sent === 0 ? [0, 100] : lossIntervalPercent(sent, received),
    supportedBy: inOrder([...why.supportedBy, ...pings.map(({ id }) => id)]),
  };
}

/** Where something is wrong that no cause explains, or somebody did not tell. */
function suspectsOf(evidence: SessionEvidence): Element[] {
  const { ends, paths, readings } = evidence;
  const silent = ends.filter(({ bgp, session }) => bgp === undefined || session === undefined);
  if (silent.length > 0) return silent.map(({ node }) => ({ node }));
  const pings = pingsOf(evidence);
  const isCut = pings.length > 0 && pings.every(({ value }) => value.received === 0);
  if (isCut) return elementsOf(paths.map(({ nodes, hops }) => ({ nodes: nodes.slice(1, -1), hops })));
  if (!isEstablished(evidence)) return ends.map(({ node }) => ({ node }));
  const unread = nodesOf(paths).filter((node) => {
    const told = readings.get(node);
    return (
      told === undefined ||
      (told.device?.value.protocols ?? []).some((protocol) => told[protocol].length === 0)
    );
  });
  return [...unread.map((node) => ({ node })), ...unsettled(evidence)];
}

/** Neighbourships on the way that are not up, for no reason that shows. */
function unsettled({ paths, readings }: SessionEvidence): Element[] {
  const hops = paths.filter(({ direction }) => direction === 'forward').flatMap((path) => path.hops);
  return distinctElements(
    hops
      .filter(({ from, egress, to, ingress }) =>
        [
          { node: from, name: egress },
          { node: to, name: ingress },
        ].some(({ node, name }) => {
          const told = readings.get(node);
          const bfd = told?.bfd.at(-1)?.value.session?.find((one) => one.interface === name);
          const isis = told?.isis.at(-1)?.value.interface?.find((one) => one.name === name);
          return (
            (bfd !== undefined && bfd['local-state'] !== 'up') || (isis !== undefined && !hasNeighbour(isis))
          );
        }),
      )
      .map(linkElement),
  );
}

function verdictOf(findings: readonly Finding[], suspects: readonly Element[]): Verdict {
  if (findings.some(({ probability }) => probability >= confirmedFrom)) return 'CONFIRMED';
  if (findings.length > 0) return 'LIKELY';
  return suspects.length > 0 ? 'INCONCLUSIVE' : 'NO_FAULT';
}

function adviceOf(undecorated: Parameters<typeof recommendationFor>[0], evidence: SessionEvidence): string {
  const { ends, untrusted } = evidence;
  if (undecorated.findings.length > 0 || undecorated.verdict === 'NO_FAULT')
    return recommendationFor(undecorated, untrusted);
  if (untrusted.length === 0 && ends.every(({ bgp }) => bgp === undefined))
    return `Ask where BGP runs: the agents of ${ends[0].node} and ${ends[1].node} read none.`;
  const unconfigured = ends.filter(({ bgp, session }) => bgp !== undefined && session === undefined);
  if (unconfigured.length > 0)
    return unconfigured
      .map(({ node, peer }) => `Configure the BGP session with ${peer} on ${node}.`)
      .join(' ');
  const pings = pingsOf(evidence);
  if (pings.length > 0 && pings.every(({ value }) => value.received === 0))
    return `No packets pass between ${ends[0].node} and ${ends[1].node}: verify packet loss on that path.`;
  const look = undecorated.suspects.map(nameOf).join(', ');
  const away = untrusted.map(({ node }) => node);
  return `Inspect ${look}.${away.length > 0 ? ` Ask again once ${away.join(', ')} answers.` : ''}`;
}

export function sessionFacts(conclusion: Conclusion, measured: MeasuredSession): SummaryFacts {
  const evidence = evidenceOf(measured);
  const { head = '', neighbor } = measured.intent;
  const states = evidence.ends.map(({ node, bgp, session }) => {
    if (bgp === undefined) return `${node} does not tell`;
    return session === undefined ? `${node} has none configured` : `${node} says ${session['session-state']}`;
  });
  const isTold = evidence.ends.some(({ bgp }) => bgp !== undefined);
  const state = isEstablished(evidence)
    ? 'is established'
    : `${isTold ? 'is not established' : 'is in a state that nobody tells'} (${states.join(', ')})`;
  return {
    verdict: conclusion.verdict,
    head,
    tail: neighbor,
    answer: `The BGP session between ${head} and ${neighbor} ${state}`,
    findings: findingFacts(conclusion),
    suspects: conclusion.suspects.map(nameOf),
    untrusted: measured.untrusted.map(({ node, reason }) => `${node} (${reason})`),
    probes: 0,
  };
}
