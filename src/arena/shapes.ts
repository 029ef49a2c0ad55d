/** The networks of the arena: chains, rings of rings, fat trees, random wide-area networks, each with an intent. */
import { parseTopology, type Topology } from '../core/topology.ts';
import type { Dice } from './streams.ts';

export const shapeNames = ['chain', 'rings', 'fat-tree', 'wan'] as const;
export type ShapeName = (typeof shapeNames)[number];

/** Hops of the chains: as many below 12 as above. */
const chainHops = { min: 2, max: 64 };

interface Plan {
  nodes: readonly string[];
  links: readonly { a: string; b: string; metric?: number }[];
  head: string;
  tail: string;
  via: readonly string[];
}

/** Without faults and without background loss. */
export function drawShape(name: ShapeName, dice: Dice): Topology {
  return topologyOf(name, plans[name](dice));
}

/** k hops in a row; the intent goes from end to end. */
export function chainOf(hops: number, via: readonly number[] = []): Topology {
  return topologyOf('chain', chainPlan(hops, via));
}

const plans: Record<ShapeName, (dice: Dice) => Plan> = {
  chain(dice) {
    const hops = Math.min(chainHops.max, Math.floor(dice.decade(chainHops.min, chainHops.max + 1)));
    return chainPlan(hops, dice.happens(0.75) ? [dice.whole(1, hops - 1)] : []);
  },

  /** A ring of routers, each of which is on a smaller ring of its own; from one small ring to another. */
  rings(dice) {
    const [outer, inner] = [dice.whole(3, 6), dice.whole(3, 5)];
    const name = (ring: number, at: number) => (at === 0 ? `B${ring}` : `A${ring}-${at}`);
    const rings = range(outer);
    const nodes = rings.flatMap((ring) => range(inner).map((at) => name(ring, at)));
    const links = rings.flatMap((ring) => [
      { a: name(ring, 0), b: name((ring + 1) % outer, 0) },
      ...range(inner).map((at) => ({ a: name(ring, at), b: name(ring, (at + 1) % inner) })),
    ]);
    const [from, apart] = [dice.whole(0, outer - 1), dice.whole(1, outer - 1)];
    const to = (from + apart) % outer;
    const head = name(from, dice.whole(1, inner - 1));
    const tail = name(to, dice.whole(1, inner - 1));
    return { nodes, links, head, tail, via: dice.happens(0.5) ? [name(to, 0)] : [] };
  },

  /** Four ports a switch (Al-Fares and others, SIGCOMM 2008): from a pod to another, by all cores or by a named one. */
  'fat-tree'(dice) {
    const pods = range(4);
    const edge = (pod: number, at: number) => `E${pod}-${at}`;
    const aggregation = (pod: number, at: number) => `G${pod}-${at}`;
    const core = (at: number) => `C${at}`;
    const nodes = [
      ...range(4).map(core),
      ...pods.flatMap((pod) => [0, 1].flatMap((at) => [aggregation(pod, at), edge(pod, at)])),
    ];
    const links = pods.flatMap((pod) =>
      [0, 1].flatMap((at) => [
        ...[0, 1].map((below) => ({ a: aggregation(pod, at), b: edge(pod, below) })),
        ...[0, 1].map((above) => ({ a: aggregation(pod, at), b: core(2 * at + above) })),
      ]),
    );
    const [from, apart] = [dice.whole(0, 3), dice.whole(1, 3)];
    const head = edge(from, dice.whole(0, 1));
    const tail = edge((from + apart) % 4, dice.whole(0, 1));
    return { nodes, links, head, tail, via: dice.happens(0.5) ? [core(dice.whole(0, 3))] : [] };
  },

  /**
   * A random tree with some more links and metrics of all sizes: seldom two ways that cost the same. Never a link from
   * the first to the last, between which the intent is.
   */
  wan(dice) {
    const size = dice.whole(8, 24);
    const name = (at: number) => `R${at}`;
    const pairs = new Set<string>();
    const link = (a: number, b: number) => {
      if (a !== b && Math.abs(a - b) < size - 1) pairs.add(`${Math.min(a, b)} ${Math.max(a, b)}`);
    };
    for (let at = 1; at < size; at++) link(at, dice.whole(Math.max(0, at - 3), at - 1));
    for (let more = 0; more < size / 2; more++) link(dice.whole(0, size - 1), dice.whole(0, size - 1));
    const links = [...pairs].map((pair) => {
      const [a = 0, b = 0] = pair.split(' ').map(Number);
      return { a: name(a), b: name(b), metric: dice.whole(1, 200) };
    });
    return { nodes: range(size).map(name), links, head: name(0), tail: name(size - 1), via: [] };
  },
};

function chainPlan(hops: number, via: readonly number[]): Plan {
  const name = (at: number) => `N${at}`;
  const nodes = range(hops + 1).map(name);
  const links = range(hops).map((at) => ({ a: name(at), b: name(at + 1) }));
  return { nodes, links, head: name(0), tail: name(hops), via: via.map(name) };
}

/** The parser gives addresses and SIDs: nodes that come out are as if they came from a file. */
function topologyOf(name: string, { nodes, links, head, tail, via }: Plan): Topology {
  const ports = new Map<string, number>();
  const port = (node: string) => {
    const next = (ports.get(node) ?? 0) + 1;
    ports.set(node, next);
    return `${node}:eth${next}`;
  };
  const over = via.length === 0 ? '' : ` via ${via.join(' and ')}`;
  const lines = [
    `name: ${name}`,
    'topology:',
    '  defaults:',
    '    labels:',
    `      confer.intent: Verify packet loss from ${head} to ${tail}${over}`,
    '  nodes:',
    ...nodes.map((node) => `    ${node}: {kind: linux}`),
    '  links:',
    ...links.map(({ a, b, metric = 1 }) => {
      const endpoints = `endpoints: ["${port(a)}", "${port(b)}"]`;
      return `    - {${endpoints}, labels: {confer.metric: ${metric}}}`;
    }),
  ];
  return parseTopology(lines.join('\n'), `${name}.yaml`);
}

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}
