/**
 * A report as one HTML page for people: no script, nothing that is fetched, nothing of the network's unescaped. It is a
 * picture of the report and not the report: it is not signed, and says so.
 */

import { createHash } from 'node:crypto';
import { kindOf } from '../../collaboration/intents/index.ts';
import type { Verification } from '../../collaboration/verify.ts';
import type { Report } from '../../core/records.ts';
import { linesOf, type PathLine } from '../path-line.ts';
import { visibleLine } from '../visible-text.ts';
import { certificateTable, envelopeTable, packetTable } from './evidence-sections.ts';
import {
  findingCards,
  measurementTable,
  rankingTable,
  suspectCard,
  untrustedTable,
} from './finding-sections.ts';
import { findLossPlotter, type LossPlotter, vegaMissing } from './loss-plot.ts';
import { type Content, Markup, markup } from './markup.ts';
import { overviewPicture } from './overview-picture.ts';
import { pathPicture } from './path-picture.ts';
import { style } from './style.ts';

export interface PageOptions {
  /** Of the very bytes that the page shows; undefined when nobody verified them. */
  verification: Verification | undefined;
  /** Undefined when Vega is not installed: the page then says how to get it. */
  plotter: LossPlotter | undefined;
}

export { findLossPlotter, vegaMissing };

/** More paths than this are folded, unless something is wrong on them. */
const pathsUnfoldedMax = 2;

export async function reportPage(report: Report, { verification, plotter }: PageOptions): Promise<string> {
  const lines = linesOf(report);
  const plots = await plotter?.(lines);
  const policy = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'`;
  const body = markup`
<main>
<div class="brand"><span>Confer report ${report['session-id']}</span><nav><a href="#path">Path</a><a href="#findings">Findings</a><a href="#measurements">Measurements</a><a href="#answers">Signed answers</a><a href="#certificates">Certificates</a><a href="#verify">How to verify</a></nav></div>
${head(report)}
${seal(verification)}
${pathSection(lines, plots)}
${answerSection(report)}
${findingSection(report)}
<section id="measurements"><h2>Measurements</h2>${measurementTable(report)}</section>
<section id="answers"><h2>Signed answers</h2>${envelopeTable(report)}</section>
<section id="certificates"><h2>Certificates</h2>${certificateTable(report)}</section>
<section id="packets"><h2>Packet files</h2>${packetTable(report)}</section>
${howToVerify(report)}
</main>`;
  const title = visibleLine(`${report.verdict}: ${report.hypothesis}`);
  const page = markup`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${new Markup(style)}</style>
</head>
<body>${body}
</body>
</html>
`;
  return page.text;
}

/** What the policy allows to be applied; a style attribute would need more, so there is none. */
const styleHash = createHash('sha256').update(style).digest('base64');

function head(report: Report): Markup {
  const { intent, envelopes, evidence } = report;
  const sent = report.measurements
    .filter(({ purpose, from }) => purpose === 'loss' && from.endsWith(' sent'))
    .reduce((sum, { entered }) => sum + entered, 0);
  const facts: [name: string, value: string | number, isWide?: boolean][] = [
    ['Asked', report.intentText, true],
    ['Understood as', kindOf(intent).wording(intent)],
    ['Asked at, and signed by', report.creator],
    ['Made, by its clock', report.created],
    ['Small probes counted', sent],
    ['Signed answers', envelopes.length],
    ['Packet files', evidence.length],
    ['Parsed and worded by', report.reasoner],
    ...notWorded(report),
    ['Resource', report.uri, true],
  ];
  return markup`<header class="${toneOf(report)}"><span class="pill">${report.verdict.replace('_', ' ')}</span>
<h1>${report.hypothesis}</h1>
<p class="lead">${report.summary}</p>
<p class="advice"><strong>What to do:</strong> ${report.recommendation}</p>
<dl class="facts">${facts.map(
    ([name, value, isWide]) =>
      markup`<div${isWide && new Markup(' class="wide"')}><dt>${name}</dt><dd>${value}</dd></div>`,
  )}</dl></header>`;
}

function notWorded({ wording }: Report): [name: string, value: string][] {
  return wording?.why === undefined ? [] : [[`Not worded by ${wording.model}`, wording.why]];
}

function toneOf({ verdict }: Report): string {
  return verdict === 'NO_FAULT' ? 'good' : verdict === 'INCONCLUSIVE' ? 'doubt' : 'bad';
}

const notSigned =
  'The page itself is not signed: whoever passed it on could have changed it. What counts is report.json and your own trust anchor.';

function seal(verification: Verification | undefined): Markup {
  if (verification === undefined)
    return markup`<section class="seal doubt"><h2>Not verified</h2>
<p>Nothing below was checked. Run <code>confer report verify report.json --trust ca.pem</code> on the file that this page was made from.</p></section>`;
  const { ok, checks } = verification;
  const broken = checks.find((check) => !check.ok);
  return markup`<section class="seal ${ok ? 'good' : 'bad'}"><h2>${ok ? 'Verified: the report holds' : `Does NOT verify: ${broken?.name ?? 'unknown'}`}</h2>
<p>${ok ? 'Checked with the trust anchor that was given when this page was made.' : 'Do not rely on anything below. The check stopped at the first thing that does not hold.'} ${notSigned}</p>
<ul class="checks">${checks.map((check) => markup`<li class="${check.ok ? 'good' : 'bad'}"><b>${check.name}</b>: ${check.detail}</li>`)}</ul></section>`;
}

function pathSection(lines: readonly PathLine[], plots: readonly (Markup | undefined)[] | undefined): Markup {
  const overview = overviewPicture(lines);
  const isFolded = lines.length > pathsUnfoldedMax;
  const legend = markup`<p class="legend"><span>→ above: towards the tail; ← below: back</span><span><b>red</b>: more loss than the background explains</span><span>✖ what a finding accuses</span><span>? suspected</span><span>– or dotted: no probe came there</span></p>`;
  const plotLegend =
    plots !== undefined &&
    markup`<p class="note">Dots are measured loss, bars their 95 % Wilson score intervals; diamonds are large probes where only those are lost. All plots of this page have one scale.</p>`;
  const missing = plots === undefined && lines.length > 0 && markup`<p class="note">${vegaMissing}</p>`;
  const blocks = lines.map((line, index) => {
    const block = [pathPicture(line), plotOf(plots?.[index])];
    if (overview === undefined) return block;
    const isOpen = !isFolded || hasTrouble(line);
    return markup`<details class="path"${isOpen && new Markup(' open')}><summary>${wayOf(line)}</summary>${block}</details>`;
  });
  const none = lines.length === 0 && markup`<p>No path is known.</p>`;
  return markup`<section id="path"><h2>${lines.some(hasTrouble) ? 'Where packets die' : 'Loss along the path'}</h2>${none}${overview}${overview && legend}${blocks}${overview === undefined && legend}${plotLegend}${missing}</section>`;
}

function plotOf(plot: Markup | undefined): Content {
  return plot && markup`<h3>Loss per hop</h3><div class="scroll plot">${plot}</div>`;
}

function hasTrouble({ places, above, below }: PathLine): boolean {
  return places.some(({ mark }) => mark !== '') || [...above, ...below].some(({ isBad }) => isBad);
}

function wayOf({ forward, reverse, places }: PathLine): string {
  const ids = [forward && `${forward.id} →`, reverse && `${reverse.id} ←`].filter((id) => id !== undefined);
  const names = places.filter(({ isLink }) => !isLink).map(({ left }) => left);
  return `${ids.join('  ')}  ${names.join(', ')}`;
}

/** What was asked besides losses, a line each. */
function answerSection(report: Report): Content {
  const lines = kindOf(report.intent).answer(report);
  return (
    lines.length > 0 &&
    markup`<section id="answer"><h2>Answer</h2><ul>${lines.map((line) => markup`<li>${line}</li>`)}</ul></section>`
  );
}

function findingSection(report: Report): Markup {
  const { findings, suspects, untrusted, verdict } = report;
  const nothing =
    findings.length === 0 &&
    suspects.length === 0 &&
    markup`<p>${verdict === 'NO_FAULT' ? 'None: no place loses more than the background.' : 'None: the measurements name no place.'}</p>`;
  return markup`<section id="findings"><h2>Findings</h2>${nothing}${findingCards(findings)}${suspects.length > 0 && suspectCard(suspects)}</section>
${report.ranking !== undefined && markup`<section id="ranking"><h2>Second opinion</h2>${rankingTable(report.ranking)}</section>`}
${untrusted.length > 0 && markup`<section id="untrusted"><h2>Untrusted nodes</h2>${untrustedTable(untrusted)}</section>`}`;
}

function howToVerify({ creator }: Report): Markup {
  return markup`<section id="verify"><h2>How to verify</h2>
<p>With <code>report.json</code> as it was written and the certificate of the authority that you trust, anywhere and offline:</p>
<pre>confer report verify report.json --trust ca.pem</pre>
<p>That checks the form, every certificate, packet file and signed answer, that no answer was removed or added, computes verdict, findings and measurements again from the signed answers, and last checks the signature of ${creator} over everything.</p>
<p class="note">It does not prove that a router told the truth about its own counters, nor the time, nor that a certificate was not revoked since. ${notSigned}</p></section>`;
}
