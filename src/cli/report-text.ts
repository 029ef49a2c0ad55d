/** A report for people: verdict, picture, findings, what to do. */
import { nameOf, placeOf } from '../collaboration/hypothesis.ts';
import type { Finding, Report } from '../core/records.ts';
import { drawPaths } from './picture.ts';

export function describeReport(report: Report): string {
  const lines = [
    `${report.verdict}: ${report.summary}`,
    '',
    drawPaths(report),
    '',
    ...report.findings.map((finding) => `  ${describeFinding(finding)}`),
    ...(report.suspects.length > 0 ? [`  suspects: ${report.suspects.map(nameOf).join(', ')}`] : []),
    ...report.untrusted.map(({ node, reason, detail }) => `  untrusted: ${node} (${reason}): ${detail}`),
    `  What to do: ${report.recommendation}`,
    `  ${report.envelopes.length} signed answers, ${report.evidence.length} packet files, parsed and worded by ${report.reasoner}; ${report.uri}`,
  ];
  return lines.join('\n');
}

function describeFinding(finding: Finding): string {
  const [low, high] = finding.lossPercentInterval;
  return `${finding.kind}: ${placeOf(finding)}, ${finding.direction}, ${finding.lossPercent} % (${low} to ${high} %), probability ${finding.probability}, from ${finding.supportedBy.join(' ')}`;
}
