/** `confer infer`: the links that drop packets, from a trace of flows alone. docs/infer.md documents it. */
import { counted } from '../core/counted.ts';
import { inferLinks } from '../inference/infer-links.ts';
import type { LinkBelief, Observation } from '../inference/observation.ts';
import { exitCodes } from './exit-codes.ts';
import { type Graph, readGraph } from './infer/topology.ts';
import { readTrace } from './infer/trace.ts';
import { visibleLine } from './visible-text.ts';

interface InferOptions {
  topology: string;
  flows: string;
  json?: boolean;
}

/** A link that is declared bad. */
export interface BadLink {
  from: string;
  to: string;
  /** At least 0.5, with six decimals. */
  probability: number;
  /** With four digits. */
  lossPercent: number;
}

const declaredFrom = 0.5;

/** Returns the exit code. Throws ConferError `bad-input`. */
export async function runInfer({ topology, flows, json }: InferOptions): Promise<number> {
  const began = performance.now();
  const graph = await readGraph(topology);
  const { observations, withoutPath } = await readTrace(flows, graph);
  const read = performance.now();
  const links = badLinks(graph, inferLinks(graph.linkCount, observations));
  const inferred = performance.now();
  if (withoutPath > 0)
    console.error(
      `confer: ${counted(withoutPath, 'flow')} of ${visibleLine(flows)} without an FPT line left out.`,
    );
  if (json) console.log(JSON.stringify({ links }));
  else
    for (const line of described(links, graph, observations, [read - began, inferred - read]))
      console.log(line);
  return exitCodes.done;
}

/** The most probable first, among equals the worst. */
function badLinks(graph: Graph, beliefs: readonly LinkBelief[]): BadLink[] {
  return beliefs
    .flatMap(({ probability, lossIfBad }, link) =>
      probability < declaredFrom
        ? []
        : {
            ...graph.link(link),
            probability: Number(probability.toFixed(6)),
            lossPercent: Number((lossIfBad * 100).toPrecision(4)),
          },
    )
    .sort(
      (a, b) =>
        b.probability - a.probability ||
        b.lossPercent - a.lossPercent ||
        compared(a.from, b.from) ||
        compared(a.to, b.to),
    );
}

function compared(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function* described(
  links: readonly BadLink[],
  graph: Graph,
  observations: readonly Observation[],
  [readMs, inferMs]: [number, number],
): Generator<string> {
  const rows = links.map(({ from, to, probability, lossPercent }) => [
    `${visibleLine(from)} -> ${visibleLine(to)}`,
    `${(probability * 100).toFixed(1)} %`,
    `${lossPercent} %`,
  ]);
  if (rows.length > 0) {
    const table = [['LINK', 'PROBABILITY', 'LOSS'], ...rows];
    const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
    for (const row of table)
      yield row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('   ')
        .trimEnd();
    yield '';
  }
  const sum = (of: (one: Observation) => number) => observations.reduce((total, one) => total + of(one), 0);
  yield `${links.length === 0 ? 'No bad link' : counted(links.length, 'bad link')} among ${graph.linkCount} directed ones: ${counted(observations.length, 'flow')}, ${counted(
    sum(({ sent }) => sent),
    'packet',
  )}, ${sum(({ lost }) => lost)} lost.`;
  yield `Read in ${(readMs / 1000).toFixed(2)} s, inferred in ${(inferMs / 1000).toFixed(2)} s.`;
}
