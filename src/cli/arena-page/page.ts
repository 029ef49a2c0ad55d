/** The scores of the arena as one HTML page: plots before figures; no script, nothing that is fetched. */
import { createHash } from 'node:crypto';
import type { Spec } from 'vega';
import {
  type ArenaScore,
  type ArenaWorld,
  aheadOfConfer,
  type CaseOutcome,
  type MethodScore,
} from '../../arena/index.ts';
import { ConferError } from '../../core/errors.ts';
import { Markup, markup } from '../report-page/markup.ts';
import { style } from '../report-page/style.ts';
import { floorPlot } from './floor-plot.ts';
import { kindPlot } from './kind-plot.ts';
import { reliabilityPlot } from './reliability-plot.ts';
import { scorePlot } from './score-plot.ts';

export interface ArenaPage {
  world: ArenaWorld;
  score: ArenaScore;
  outcomes: readonly CaseOutcome[];
  /** What made it. */
  command: string;
}

const worlds: Record<ArenaWorld, string> = {
  modelled: 'Modelled routers, virtual time.',
  kernel: 'Kernel labs: real packets between Linux routers, wall time.',
};

export async function arenaPage({ world, score, outcomes, command }: ArenaPage, draw: Draw): Promise<string> {
  const names = Object.keys(score.methods);
  const { confer } = score.methods;
  const policy = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'`;
  const { double, single } = score.faults;
  const cells = { ...score.tiers, 'standard, one fault': single, 'standard, two': double };
  const page = markup`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Confer arena: ${score.cases} cases</title>
<style>${new Markup(style)}</style>
</head>
<body><main>
<header class="plain"><h1>Arena: ${score.cases} cases, ${names.length} methods</h1>
<p class="lead">Every method on the same networks with the same faults. ${worlds[world]}</p>
<p>Made by <code>${command}</code></p></header>
<section><h2>Where is it?</h2>${await draw(scorePlot(cells, 'where'))}
<p class="note">F1 of the place and its direction, with 95 % intervals (bootstrap over cases).</p></section>
<section><h2>What is it, and where?</h2>${await draw(scorePlot(cells, 'full'))}
<p class="note">Kind, element and direction all right. Methods that only measure name no kind.</p></section>
<section><h2>How many probes?</h2>${await draw(floorPlot(outcomes, names))}
<p class="note">Single faults that lose a share, on a single path, standard tier. The floor is that of what the method can see: counted probes for Confer, segment probes for the others. Below the dashed line no method can be right 99 times in 100.</p></section>
${
  confer !== undefined &&
  confer.reliability.length > 0 &&
  markup`<section><h2>Is it as sure as it says?</h2>${await draw(reliabilityPlot(confer))}
<p class="note">Findings of Confer by their probability; the figure is their number. Expected calibration error ${confer.calibrationError?.toFixed(3) ?? '-'}.</p></section>`
}
<section><h2>By kind</h2>${await draw(kindPlot(score))}
<p class="note">F1 of the place, single faults of the standard tier.</p></section>
<section><h2>Figures of the standard tier</h2>${figures(score.methods)}</section>
<section><h2>Ahead of Confer</h2>${ahead(score)}</section>
</main></body>
</html>
`;
  return page.text;
}

const styleHash = createHash('sha256').update(style).digest('base64');

type Draw = (spec: Spec) => Promise<Markup>;

/** Draws without a browser. Throws ConferError `bad-input` where Vega, an optional dependency, is not installed. */
export async function findDrawing(): Promise<Draw> {
  const vega = await import('vega').catch((cause: unknown) => {
    throw new ConferError(
      'bad-input',
      '--html needs Vega, an optional dependency that is not installed here: run "npm install vega" where confer is installed.',
      { cause },
    );
  });
  return async (spec) => {
    const view = new vega.View(vega.parse(spec), { renderer: 'none', logLevel: vega.Error });
    try {
      const svg = await view.toSVG();
      const inlined = svg.replace(
        ' xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"',
        '',
      );
      return markup`<div class="scroll">${new Markup(inlined)}</div>`;
    } finally {
      view.finalize();
    }
  };
}

function figures(methods: Record<string, MethodScore>): Markup {
  const heads = [
    'precision',
    'recall',
    'F1',
    'full F1',
    'false accusations',
    'undecided (right)',
    'probes',
    'over floor',
  ];
  return markup`<div class="scroll"><table><tr><th>method</th>${heads.map((head) => markup`<th class="num">${head}</th>`)}</tr>
${Object.entries(methods).map(([name, one]) => {
  const cells = [
    one.where.precision.toFixed(3),
    one.where.recall.toFixed(3),
    one.where.f1.toFixed(3),
    one.full.f1.toFixed(3),
    `${one.falseAccusations} of ${one.healthy}`,
    `${one.inconclusive} (${one.inconclusiveRight})`,
    one.probes.median?.toFixed(0) ?? '-',
    one.probesOverFloor.median === null ? '-' : `${one.probesOverFloor.median.toFixed(1)}x`,
  ];
  return markup`<tr><td>${name}</td>${cells.map((cell) => markup`<td class="num">${cell}</td>`)}</tr>`;
})}</table></div>`;
}

function ahead(score: ArenaScore): Markup {
  const all = aheadOfConfer(score);
  if (all.length === 0) return markup`<p>No other method, in any cell above.</p>`;
  return markup`<ul>${all.map(
    ({ method, cell, measure, theirs, confers }) =>
      markup`<li>${method} in ${measure}, ${cell}: ${theirs.toFixed(3)} against ${confers.toFixed(3)}</li>`,
  )}</ul>`;
}
