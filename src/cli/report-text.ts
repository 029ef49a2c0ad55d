/** A report for people: verdict, picture, findings, what to do. */
import { placeOf } from '../collaboration/fault-words.ts';
import { nameOf } from '../collaboration/hypothesis.ts';
import { kindOf } from '../collaboration/intents/index.ts';
import { counted } from '../core/counted.ts';
import type { Finding, Report, Untrusted } from '../core/records.ts';
import { paintFor } from './paint.ts';
import { drawPaths } from './picture.ts';
import { isLikely, rankingLines } from './ranking-text.ts';
import { withVisibleText } from './visible-text.ts';

/** The picture is at most this wide, also on a wider terminal. */
const columnsMax = 100;
const columnsMin = 40;

/** Causes; what neither holds likely is in the report itself. */
const rankedLinesMax = 4;
const pictureTitle = '  Loss on each link and inside each router, forward above, reverse below:';

/** For the terminal or file that `stream` is. */
export function describeReport(given: Report, stream: NodeJS.WriteStream = process.stdout): string {
  // Names and sentences come from the network, and a terminal obeys what it is sent.
  const report = withVisibleText(given);
  const paint = paintFor(stream);
  const columns = Math.max(columnsMin, Math.min(columnsMax, stream.columns ?? columnsMax));
  const role = report.verdict === 'NO_FAULT' ? 'good' : report.verdict === 'INCONCLUSIVE' ? 'doubt' : 'bad';
  const lines = [
    `${paint(role, report.verdict)}: ${report.summary}`,
    '',
    ...(report.flows.length === 0 || report.latency !== undefined
      ? []
      : [pictureTitle, '', drawPaths(report, { columns, paint }), '']),
    ...kindOf(report.intent)
      .answer(report)
      .map((line) => `  ${line}`),
    ...report.findings.map((finding) => `  ${paint('bad', '✖')} ${describeFinding(finding)}`),
    ...(report.suspects.length > 0
      ? [`  ${paint('doubt', '?')} suspects: ${report.suspects.map(nameOf).join(', ')}`]
      : []),
    ...report.untrusted.map(describeMark),
    `  What to do: ${report.recommendation}`,
    ...secondOpinion(report.ranking).map((line) => `  ${line}`),
    `  ${counted(report.envelopes.length, 'signed answer')}, ${counted(report.evidence.length, 'packet file')}, ${reasonersOf(report)}; ${report.uri}`,
  ];
  return lines.join('\n');
}

/** "confer-1 (sha256:0123456789ab), sentence by rules" names two. Where a model worded nothing, why. */
function reasonersOf({ reasoner, wording }: Report): string {
  const [parser, worder] = reasoner.split(', sentence by ');
  const by =
    worder === undefined ? `parsed and worded by ${parser}` : `parsed by ${parser}, worded by ${worder}`;
  return wording?.why === undefined ? by : `${by} (${wording.model} words nothing: ${wording.why})`;
}

/** Both opinions about what either holds likely. */
function secondOpinion(ranking: Report['ranking']): string[] {
  if (ranking === undefined) return [];
  return rankingLines({ ...ranking, causes: ranking.causes.filter(isLikely) }, rankedLinesMax);
}

function describeMark({ node, reason, detail, reachedThrough }: Untrusted): string {
  return reachedThrough === undefined
    ? `  untrusted: ${node} (${reason}): ${detail}`
    : `  not reached: ${node} (${reason}): ${detail} It answered through ${reachedThrough}.`;
}

function describeFinding(finding: Finding): string {
  const [low, high] = finding.lossPercentInterval;
  return `${finding.kind}: ${placeOf(finding)}, ${finding.direction}, ${finding.lossPercent} % (${low} to ${high} %), probability ${finding.probability}, from ${finding.supportedBy.join(' ')}`;
}
