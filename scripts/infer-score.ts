/**
 * node scripts/infer-score.ts DIR [--redraw N] [--bad-max N] [--seed S] [--bad-probability P] [--good-loss-max L]
 *                             [--bad-loss-min L] [--json]
 *
 * Scores the inference on every trace of a directory (*.txt or *.txt.gz beside topology.edgelist or topology.edgelist.gz)
 * against the truth lines, which only this script reads. With --redraw N it keeps the traffic of the traces and draws the
 * losses anew, N times from a printed seed, with 0 to --bad-max bad links.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { eachLine, wordsOf } from '../src/cli/infer/lines.ts';
import { type Graph, readGraph } from '../src/cli/infer/topology.ts';
import { readTrace } from '../src/cli/infer/trace.ts';
import { inferLinks } from '../src/inference/infer-links.ts';
import { type LossPrior, type Observation, usualPrior } from '../src/inference/observation.ts';
import { createSeededRandom } from '../src/sim/seeded-random.ts';
import { drawLosses, silentDrops } from './infer/drawn-losses.ts';
import { median, Score } from './infer/score.ts';

/** Each trace is inferred so often, and the median time counts. */
const timedRuns = 5;

interface Options {
  redraw: number;
  badMax: number;
  seed: number;
  badProbability: number;
  goodLossMax: number;
  badLossMin: number;
  json?: boolean;
}

const command = new Command('infer-score')
  .argument('<dir>')
  .option('--redraw <n>', 'traces with losses drawn anew', Number, 0)
  .option('--bad-max <n>', 'bad links of such a trace', Number, 10)
  .option('--seed <n>', 'of the first such trace; each next adds one', Number, 1)
  .option('--bad-probability <p>', 'prior', Number, usualPrior.badProbability)
  .option('--good-loss-max <l>', 'prior', Number, usualPrior.goodLossMax)
  .option('--bad-loss-min <l>', 'prior', Number, usualPrior.badLossMin)
  .option('--json', 'the totals as one JSON object')
  .parse();
const { redraw, badMax, seed, json, ...options } = command.opts<Options>();
const prior: LossPrior = options;
const directory = command.args[0] as string;
const say = json ? () => {} : console.log;

const names = readdirSync(directory).sort();
const topology = names.find((name) => name.startsWith('topology.edgelist'));
const traces = names.filter((name) => /\.txt(\.gz)?$/.test(name));
if (topology === undefined || traces.length === 0) {
  console.error(`${directory} needs topology.edgelist(.gz) and traces named *.txt or *.txt.gz.`);
  process.exit(2);
}
const graph = await readGraph(join(directory, topology));
const score = new Score();
const [readMs, inferMs]: [number[], number[]] = [[], []];
const traffic: Observation[][] = [];
for (const name of traces) {
  const began = performance.now();
  const { observations } = await readTrace(join(directory, name), graph);
  readMs.push(performance.now() - began);
  if (redraw > 0) {
    traffic.push(observations);
    continue;
  }
  scoreOne(name, observations, await readTruth(join(directory, name), graph));
}
for (let drawn = 0; drawn < redraw; drawn++) {
  const random = createSeededRandom(seed + drawn);
  const { observations, bad } = drawLosses(graph.linkCount, traffic[drawn % traffic.length] ?? [], {
    badCount: drawn % (badMax + 1),
    ranges: silentDrops,
    random,
  });
  scoreOne(`seed ${seed + drawn}, traffic of ${traces[drawn % traces.length]}`, observations, bad);
}

const total = { ...score.total(), medianInferMs: median(inferMs), medianReadMs: median(readMs) };
if (json) console.log(JSON.stringify(total));
else {
  const { traces: count, bad, right, wrong, missed, precision, recall, f1, calibrationError } = total;
  say(`\n${count} traces, ${bad} bad links: ${right} named, ${missed} missed, ${wrong} named wrongly`);
  say(`precision ${precision.toFixed(4)}, recall ${recall.toFixed(4)}, F1 ${f1.toFixed(4)}`);
  say(`calibration error ${calibrationError.toFixed(4)}, over all links with probability from 0.01:`);
  for (const { from, to, links, believed, isTrue } of score.reliability())
    say(
      `  ${from.toFixed(2)} to ${to.toFixed(2)}: ${links} links, believed ${believed.toFixed(3)}, true ${isTrue.toFixed(3)}`,
    );
  say(
    `median inference ${total.medianInferMs.toFixed(1)} ms with the trace in memory; median reading ${total.medianReadMs.toFixed(0)} ms`,
  );
}

function scoreOne(name: string, observations: readonly Observation[], truth: Map<number, number>): void {
  const times: number[] = [];
  let beliefs = inferLinks(graph.linkCount, []);
  for (let run = 0; run < (redraw > 0 ? 1 : timedRuns); run++) {
    const began = performance.now();
    beliefs = inferLinks(graph.linkCount, observations, prior);
    times.push(performance.now() - began);
  }
  inferMs.push(median(times));
  const { missed, wrong } = score.add(beliefs, new Set(truth.keys()));
  const told = (link: number) => {
    const { from, to } = graph.link(link);
    const { probability, lossIfBad } = beliefs[link] ?? { probability: 0, lossIfBad: 0 };
    const loss = truth.get(link);
    const really = loss === undefined ? '' : `, really ${(loss * 100).toFixed(2)} %`;
    return `${from} -> ${to} (believed ${probability.toFixed(3)}, ${(lossIfBad * 100).toFixed(2)} %${really})`;
  };
  say(
    [
      `${name}: ${truth.size} bad, ${median(times).toFixed(0)} ms`,
      ...missed.map((link) => `missed ${told(link)}`),
      ...wrong.map((link) => `wrongly named ${told(link)}`),
    ].join('; '),
  );
}

async function readTruth(file: string, graph: Graph): Promise<Map<number, number>> {
  const truth = new Map<number, number>();
  await eachLine(file, ({ text }) => {
    if (!text.startsWith('Failing_link')) return;
    const [, from = '', to = '', loss] = wordsOf(text);
    const link = graph.linkNumber(graph.nodeNumber(from) ?? -1, graph.nodeNumber(to) ?? -1);
    if (link === undefined) throw new Error(`${file} has a failing link that is none: ${text}`);
    truth.set(link, Number(loss));
  });
  return truth;
}
