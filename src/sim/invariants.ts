/**
 * What must hold after every run, whatever failed in it. Each has a name, which a failing run prints:
 *
 *   intent-ends               every intent ends, by a report or a ConferError, within its limit
 *   report-ships              an intent at an agent that lives ends with a report: no peer makes it fail
 *   report-verifies           every report that shipped verifies offline
 *   report-kept               what was acknowledged is on the shelf after a crash that takes all that was not durable
 *   answer-genuine            every accepted answer was given by that node to that question
 *   answer-once               no answer is accepted twice
 *   nonce-unique              no signer uses a nonce twice, over crashes too
 *   no-false-accusation       a healthy domain is not accused; where something is broken, nothing else is
 *   audit-complete            whatever a node answered others is in its audit trail, which holds after a crash
 *   nothing-left              no counters on a router once leases have ended, no timer after the agent has closed
 *   untrusted-left-alone      who failed in a session is asked no more in it while the mark holds
 *   advertisement-genuine, advertisement-fresh   nobody believes forged or older advertisements of an authenticated peer
 *   no-unhandled-failure      no promise is rejected without anybody noticing
 */
import { digestOf, type JsonObject } from '../../crypto/canonical.ts';
import { detachCapture } from '../collaboration/capture.ts';
import { confirmedFrom } from '../collaboration/correlation.ts';
import { reportBytes } from '../collaboration/report.ts';
import { verifyReport } from '../collaboration/verify.ts';
import { ConferError, type ErrorCode, messageOf } from '../core/errors.ts';
import type { Element, Envelope, Finding, Report } from '../core/records.ts';
import { type DrawnFault, isRight } from './drawn-faults.ts';
import type { FaultPlan } from './fault-plan.ts';
import { trustAnchorPem } from './identities.ts';
import type { Observations } from './observations.ts';

/** These say what was wrong with the intent, or that there is no room for it: no peer's doing. */
const honestEnds: readonly ErrorCode[] = ['unknown-node', 'overloaded'];

/** isCreatorValid: as in Judged; an agent whose own certificate is not valid refuses, for nobody could verify its report. */
export function judgeFailure(
  error: unknown,
  node: string,
  { observations, isCreatorValid }: Omit<Judged, 'plan'>,
): void {
  if (error instanceof ConferError && honestEnds.includes(error.code)) return;
  if (error instanceof ConferError && error.code === 'device-failure' && !isCreatorValid) return;
  const code = error instanceof ConferError ? error.code : 'no ConferError';
  observations.violated('report-ships', `the intent at ${node} failed (${code}): ${messageOf(error)}`);
}

export interface Judged {
  plan: FaultPlan;
  observations: Observations;
  /** Whether the creator's own certificate was valid by its own clock while the report was made. */
  isCreatorValid: boolean;
}

export function judgeReport(report: Report, { plan, observations, isCreatorValid }: Judged): void {
  const verification = verifyReport(reportBytes(report), trustAnchorPem);
  const broken = verification.checks.find(({ ok }) => !ok);
  // Whose own certificate is not valid by its own clock can prove nothing; the report says so by not verifying.
  const isExcused = !isCreatorValid && broken?.name === 'certificates';
  if (broken !== undefined && !isExcused)
    observations.violated('report-verifies', `${broken.name}: ${broken.detail}`);
  for (const envelope of report.envelopes) judgeAnswer(envelope, report, observations);
  judgeOnce(report, observations);
  judgeVerdict(report, plan, observations);
}

/** The agent's answers to itself pass no wire; everybody else's were seen when they were made. */
function judgeAnswer(
  { id, node, signed, arguments: args }: Envelope,
  report: Report,
  observations: Observations,
): void {
  const { statement } = signed;
  if (node === report.creator) {
    observations.spent(node, statement);
    return;
  }
  const produced = observations.producedAs(statement);
  const fits =
    produced !== undefined &&
    produced.to === node &&
    produced.from === report.creator &&
    produced.session === report['session-id'] &&
    produced.relay === statement.relay &&
    produced.argumentsHash === digestOf(args) &&
    digestOf(detachCapture(produced.signed.answer.data as JsonObject).data) === digestOf(signed.answer.data);
  if (!fits)
    observations.violated(
      'answer-genuine',
      `${report.creator} accepted ${id} (${operationOf(signed)}), which ${node} never answered to that question`,
    );
}

function judgeOnce(report: Report, observations: Observations): void {
  const seen = new Map<string, string>();
  for (const { id, node, signed } of report.envelopes) {
    const name = `${node} ${signed.statement.nonce}`;
    const earlier = seen.get(name);
    if (earlier !== undefined)
      observations.violated(
        'answer-once',
        `${report.creator} accepted one answer of ${node} as ${earlier} and ${id}`,
      );
    seen.set(name, id);
  }
}

function judgeVerdict(report: Report, plan: FaultPlan, observations: Observations): void {
  const { drawn, liar } = plan;
  // Honest routers before and behind it counted every probe, and contradict it.
  const isLiarExposed =
    drawn === undefined && report.paths.every(({ nodes }) => nodes[0] !== liar && nodes.at(-1) !== liar);
  // Where something is broken, a finding that is only likely names what may turn out to be its neighbour; where nothing
  // is, it must not be said.
  const accused = report.findings.filter(
    ({ probability }) => drawn === undefined || probability >= confirmedFrom,
  );
  for (const finding of accused) {
    if (drawn !== undefined && isFair(finding, drawn)) continue;
    if (finding.kind === 'agent-only' && wasAway(finding.element.node, report.creator, plan)) continue;
    if (liar !== undefined && !isWronglySure(finding, liar, isLiarExposed)) continue;
    const truth = drawn === undefined ? 'nothing is broken' : JSON.stringify(drawn.truth);
    observations.violated(
      'no-false-accusation',
      `${report.verdict} ${finding.kind} ${finding.direction} at ${elementText(finding.element)}, while ${truth}`,
    );
  }
  if (
    drawn === undefined &&
    liar === undefined &&
    report.verdict !== 'NO_FAULT' &&
    report.verdict !== 'INCONCLUSIVE'
  )
    if (accused.length === 0)
      observations.violated(
        'no-false-accusation',
        `${report.verdict} without a finding, while nothing is broken`,
      );
}

/** Beyond this, percent, no packet of some hundred may get through: to all who measure, the link is dead that way. */
const deadFromPercent = 99.5;

/**
 * Right, or right and less exact: a link by its nodes alone, the links of a router that is dead, and a link that loses
 * nearly everything in one direction.
 */
function isFair(finding: Finding, { fault, truth }: DrawnFault): boolean {
  if (isRight(finding, truth)) return true;
  const isDead =
    'lossPercent' in fault && fault.kind === 'silent-loss' && fault.lossPercent >= deadFromPercent;
  if (isDead && finding.kind === 'unidirectional-link')
    return isRight({ ...finding, kind: 'silent-loss' }, truth);
  const { kind, direction, element } = finding;
  if (truth.kind === 'node-crash' && kind === 'link-down')
    return truth.elements.some(({ node }) => node === element.node || node === element.peer);
  const isNamed = ({ node, peer }: Element) => node === element.node && peer === element.peer;
  return (
    kind === truth.kind &&
    direction === truth.direction &&
    element.interface === undefined &&
    truth.elements.some(isNamed)
  );
}

/** The faults of the run kill agents too, and set clocks so that a certificate is not valid any more. */
function wasAway(node: string, creator: string, { crashes, skews }: FaultPlan): boolean {
  return crashes.some((crash) => crash.node === node) || skews.has(node) || skews.has(creator);
}

/**
 * A liar may bring suspicion upon itself and its links, and no certainty upon anybody else; where it is exposed, no
 * certainty at all: of a link of which one end lies, it would blame the honest end too.
 */
function isWronglySure({ element, probability }: Finding, liar: string, isLiarExposed: boolean): boolean {
  const isLiars = element.node === liar || element.peer === liar;
  return probability >= confirmedFrom && (isLiarExposed || !isLiars);
}

function elementText({ node, interface: name, peer, object }: Element): string {
  return [node, name, peer && `to ${peer}`, object].filter(Boolean).join(' ');
}

function operationOf({ statement }: Envelope['signed']): string {
  return 'tool' in statement.operation ? statement.operation.tool : statement.operation.uri;
}
