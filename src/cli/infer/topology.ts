/**
 * A graph as a list of edges: `u v` is a link between switches and carries packets both ways; `host->switch` attaches a
 * host, whose link also has two directions.
 */
import { ConferError } from '../../core/errors.ts';
import { bounds } from './bounds.ts';
import { eachLine, type Line, unexpected, wordsOf } from './lines.ts';

const edge = 'a link, "u v", or an attached host, "host->switch"';

/** Nodes and directed links by number; the other direction of link n is n ^ 1. */
export class Graph {
  readonly #numbers = new Map<string, number>();
  readonly #names: string[] = [];
  readonly #links = new Map<number, number>();
  readonly #ends: [from: number, to: number][] = [];

  get linkCount(): number {
    return this.#ends.length;
  }

  nodeNumber(name: string): number | undefined {
    return this.#numbers.get(name);
  }

  /** The directed link between two nodes. */
  linkNumber(from: number, to: number): number | undefined {
    return this.#links.get(from * bounds.nodesMax + to);
  }

  /** Names of the two ends. */
  link(number: number): { from: string; to: string } {
    const [from, to] = this.#ends[number] as [number, number];
    return { from: this.#names[from] as string, to: this.#names[to] as string };
  }

  /** Both directions; a link that is there already stays as it is. Returns whether there was room. */
  add(one: string, other: string): boolean {
    const [from, to] = [this.#number(one), this.#number(other)];
    if (this.linkNumber(from, to) === undefined) {
      this.#direct(from, to);
      this.#direct(to, from);
    }
    return this.#names.length <= bounds.nodesMax && this.#ends.length <= bounds.linksMax;
  }

  #number(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    this.#numbers.set(name, this.#names.length);
    return this.#names.push(name) - 1;
  }

  #direct(from: number, to: number): void {
    this.#links.set(from * bounds.nodesMax + to, this.#ends.length);
    this.#ends.push([from, to]);
  }
}

/** Throws ConferError `bad-input` with the line and what was expected there. */
export async function readGraph(file: string): Promise<Graph> {
  const graph = new Graph();
  await eachLine(file, (line) => {
    const ends = endsOf(line);
    if (ends !== undefined && !graph.add(...ends))
      throw unexpected(line, `at most ${bounds.nodesMax} nodes and ${bounds.linksMax} directed links`);
  });
  if (graph.linkCount === 0)
    throw new ConferError('bad-input', `${file} has no links; each line is ${edge}.`);
  return graph;
}

/** Undefined for an empty line. */
function endsOf(line: Line): [string, string] | undefined {
  const words = wordsOf(line.text);
  if (words.length === 0) return undefined;
  const ends = words.length === 1 ? line.text.trim().split('->') : words;
  const [one = '', other = ''] = ends;
  if (ends.length !== 2 || !isName(one) || !isName(other)) throw unexpected(line, edge);
  if (one === other) throw unexpected(line, 'a link between two nodes');
  return [one, other];
}

function isName(word: string): boolean {
  return word !== '' && word.length <= bounds.nameCharactersMax && !word.includes('->');
}
