/**
 * A flow-level trace. Of each flow, in this order:
 *
 *     FID src dst srcSwitch dstSwitch bytes start      its two hosts and their switches
 *     FPT switch ...                                   the switches that it passed
 *     SS time sent lost 0                              packets
 *
 * so that it met the links of src, FPT, dst. `FP` lines tell possible paths, `Failing_link` lines the truth for whoever
 * scores the result: both are passed over unread.
 */
import { ConferError } from '../../core/errors.ts';
import type { Observation } from '../../inference/observation.ts';
import { bounds } from './bounds.ts';
import { eachLine, type Line, unexpected, wordsOf } from './lines.ts';
import type { Graph } from './topology.ts';

export interface Trace {
  observations: Observation[];
  /** Flows without an FPT line: nobody knows what they met, and they are in no observation. */
  withoutPath: number;
}

const passedOver = ['FP', 'Failing_link'];

/** Throws ConferError `bad-input` with the line and what was expected there. */
export async function readTrace(file: string, graph: Graph): Promise<Trace> {
  const reader = new TraceReader(graph);
  await eachLine(file, (line) => reader.take(line));
  return reader.end(file);
}

/** The flow whose lines are being read. */
interface OpenFlow {
  words: string[];
  line: number;
  links: number[] | undefined;
}

class TraceReader {
  readonly #graph: Graph;
  readonly #trace: Trace = { observations: [], withoutPath: 0 };
  #flow: OpenFlow | undefined;

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  take(line: Line): void {
    const keyword = /^\s*(\S*)/.exec(line.text)?.[1] ?? '';
    if (keyword === '' || passedOver.includes(keyword)) return;
    const words = wordsOf(line.text);
    if (keyword === 'FID') this.#begin(line, words);
    else if (keyword === 'FPT') this.#route(line, words);
    else if (keyword === 'SS') this.#count(line, words);
    else throw unexpected(line, 'a line that begins with FID, FPT, SS or FP');
  }

  end(file: string): Trace {
    if (this.#flow !== undefined)
      throw new ConferError(
        'bad-input',
        `${file} ends within the flow of line ${this.#flow.line}: expected its SS line.`,
      );
    if (this.#trace.observations.length === 0)
      throw new ConferError(
        'bad-input',
        `${file} has no flow of known path; each flow is three lines: FID, FPT and SS.`,
      );
    return this.#trace;
  }

  #begin(line: Line, words: string[]): void {
    if (this.#flow !== undefined)
      throw unexpected(line, `the SS line of the flow of line ${this.#flow.line}`);
    if (words.length !== 7) throw unexpected(line, '"FID src dst srcSwitch dstSwitch bytes start"');
    this.#flow = { words, line: line.number, links: undefined };
  }

  #route(line: Line, words: string[]): void {
    const flow = this.#flow;
    if (flow === undefined || flow.links !== undefined) throw unexpected(line, 'the FID line of a flow');
    const [, source = '', target = '', first, last] = flow.words;
    if (words.length < 2 || words[1] !== first || words.at(-1) !== last)
      throw unexpected(line, `"FPT" and switches from ${first} to ${last}, as in line ${flow.line}`);
    if (words.length > bounds.pathLinksMax)
      throw unexpected(line, `at most ${bounds.pathLinksMax - 1} switches`);
    words[0] = source;
    words.push(target);
    flow.links = this.#linksOf(line, words);
  }

  #linksOf(line: Line, nodes: readonly string[]): number[] {
    const links: number[] = [];
    let before: number | undefined;
    nodes.forEach((name, at) => {
      const node = this.#graph.nodeNumber(name);
      if (at > 0) {
        const link =
          before === undefined || node === undefined ? undefined : this.#graph.linkNumber(before, node);
        if (link === undefined)
          throw unexpected(line, `links of the topology, which has none from ${nodes[at - 1]} to ${name}`);
        if (links.includes(link))
          throw unexpected(line, `each link once, and ${nodes[at - 1]} to ${name} is there twice`);
        links.push(link);
      }
      before = node;
    });
    return links;
  }

  #count(line: Line, words: string[]): void {
    const flow = this.#flow;
    if (flow === undefined) throw unexpected(line, 'the FID line of a flow');
    const [, , sent = '', lost = ''] = words;
    if (words.length !== 5 || !isCount(sent) || !isCount(lost) || Number(lost) > Number(sent))
      throw unexpected(line, '"SS time packetsSent packetsLost 0", with no more packets lost than sent');
    if (flow.links === undefined) this.#trace.withoutPath++;
    else this.#trace.observations.push({ links: flow.links, sent: Number(sent), lost: Number(lost) });
    if (this.#trace.observations.length > bounds.flowsMax)
      throw unexpected(line, `at most ${bounds.flowsMax} flows`);
    this.#flow = undefined;
  }
}

const count = new RegExp(`^\\d{1,${bounds.countDigitsMax}}$`);

function isCount(word: string): boolean {
  return count.test(word);
}
