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
/** Of links that share a loss, where none is declared: less is not worth a line. */
const suspectedFrom = 0.05;
const suspectedShown = 10;

/** Returns the exit code. Throws ConferError `bad-input`. */
export async function runInfer({ topology, flows, json }: InferOptions): Promise<number> {
  const began = performance.now();
  const graph = await readGraph(topology);
  const { observations, withoutPath } = await readTrace(flows, graph);
  const read = performance.now();
  const beliefs = inferLinks(graph.linkCount, observations);
  const links = badLinks(graph, beliefs);
  const inferred = performance.now();
  if (withoutPath > 0)
    console.error(
      `confer: ${counted(withoutPath, 'flow')} of ${visibleLine(flows)} without an FPT line left out.`,
    );
  if (json) console.log(JSON.stringify({ links }));
  else {
    const suspected = links.length > 0 ? [] : badLinks(graph, beliefs, suspectedFrom);
    const shown = [...links, ...suspected.slice(0, suspectedShown)];
    for (const line of table(shown)) console.log(line);
    if (suspected.length > suspectedShown) console.log(`and ${suspected.length - suspectedShown} more\n`);
    const bad =
      links.length > 0
        ? counted(links.length, 'bad link')
        : suspected.length > 0
          ? 'No link is bad with 50 % or more'
          : 'No bad link';
    console.log(`${bad} among ${graph.linkCount} directed ones: ${sumsOf(observations)}.`);
    const [readSeconds, inferSeconds] = [read - began, inferred - read].map((ms) => (ms / 1000).toFixed(2));
    console.log(`Read in ${readSeconds} s, inferred in ${inferSeconds} s.`);
  }
  return exitCodes.done;
}

/** The most probable first, among equals the worst. */
function badLinks(graph: Graph, beliefs: readonly LinkBelief[], from = declaredFrom): BadLink[] {
  return beliefs
    .flatMap(({ probability, lossIfBad }, link) =>
      probability < from
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

function* table(links: readonly BadLink[]): Generator<string> {
  if (links.length === 0) return;
  const rows = [
    ['LINK', 'PROBABILITY', 'LOSS'],
    ...links.map(({ from, to, probability, lossPercent }) => [
      `${visibleLine(from)} -> ${visibleLine(to)}`,
      `${(probability * 100).toFixed(1)} %`,
      `${lossPercent} %`,
    ]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of rows)
    yield row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('   ')
      .trimEnd();
  yield '';
}

function sumsOf(observations: readonly Observation[]): string {
  const sum = (of: (one: Observation) => number) => observations.reduce((total, one) => total + of(one), 0);
  const packets = counted(
    sum(({ sent }) => sent),
    'packet',
  );
  return `${counted(observations.length, 'flow')}, ${packets}, ${sum(({ lost }) => lost)} lost`;
}
