/**
 * Writes a small fat tree and a trace of flows over it, in the formats that `confer infer` reads. Switches are numbered
 * core first, then those that aggregate, then those at the edge; hosts begin at 10000.
 */
import type { Random } from '../../src/core/ports.ts';
import type { Observation } from '../../src/inference/observation.ts';
import { drawLosses, silentDrops } from './drawn-losses.ts';

const firstHost = 10_000;

export interface DrawnTrace {
  topology: string;
  flows: string;
  /** Directed links that the trace makes bad, "from to", and the loss of each. */
  truth: Map<string, number>;
}

interface Flow {
  nodes: number[];
  sent: number;
}

/** `arity` is even: so many pods, each with arity / 2 switches at the edge, and arity / 2 hosts at each of these. */
export function drawFatTreeTrace(
  { arity, flowCount, badCount }: { arity: number; flowCount: number; badCount: number },
  random: Random,
): DrawnTrace {
  const half = arity / 2;
  const core = (group: number, member: number) => group * half + member;
  const aggregation = (pod: number, group: number) => half * half + pod * half + group;
  const edge = (pod: number, place: number) => half * half + arity * half + pod * half + place;
  const below = (count: number) => Math.floor(random.fraction() * count);
  const hostCount = arity * half * half;
  const edgeOf = (host: number) => edge(Math.floor(host / (half * half)), Math.floor(host / half) % half);

  const lines: string[] = [];
  for (let pod = 0; pod < arity; pod++)
    for (let group = 0; group < half; group++) {
      for (let member = 0; member < half; member++)
        lines.push(`${core(group, member)} ${aggregation(pod, group)}`);
      for (let place = 0; place < half; place++) lines.push(`${aggregation(pod, group)} ${edge(pod, place)}`);
    }
  for (let host = 0; host < hostCount; host++) lines.push(`${firstHost + host}->${edgeOf(host)}`);

  const drawFlow = (): Flow => {
    const source = below(hostCount);
    let target = below(hostCount - 1);
    if (target >= source) target++;
    const [from, to] = [source, target].map((host) => Math.floor(host / (half * half))) as [number, number];
    const [group, member] = [below(half), below(half)];
    const up = [firstHost + source, edgeOf(source)];
    const down = [edgeOf(target), firstHost + target];
    const sent = Math.ceil(-60 * Math.log(1 - random.fraction()));
    if (edgeOf(source) === edgeOf(target)) return { nodes: [...up, firstHost + target], sent };
    if (from === to) return { nodes: [...up, aggregation(from, group), ...down], sent };
    return {
      nodes: [...up, aggregation(from, group), core(group, member), aggregation(to, group), ...down],
      sent,
    };
  };
  const flows = Array.from({ length: flowCount }, drawFlow);
  return { topology: `${lines.join('\n')}\n`, ...withLosses(flows, badCount, random) };
}

function withLosses(flows: readonly Flow[], badCount: number, random: Random): Omit<DrawnTrace, 'topology'> {
  const numbers = new Map<string, number>();
  const numberOf = (link: string) => {
    if (!numbers.has(link)) numbers.set(link, numbers.size);
    return numbers.get(link) as number;
  };
  const traffic: Observation[] = flows.map(({ nodes, sent }) => ({
    links: nodes.slice(1).map((node, at) => numberOf(`${nodes[at]} ${node}`)),
    sent,
    lost: 0,
  }));
  const drawn = drawLosses(numbers.size, traffic, { badCount, ranges: silentDrops, random });
  const names = [...numbers.keys()];
  const truth = new Map([...drawn.bad].map(([link, loss]) => [names[link] as string, loss]));
  const lines = [...truth].map(([link, loss]) => `Failing_link ${link} ${loss}`);
  flows.forEach(({ nodes, sent }, at) => {
    const switches = nodes.slice(1, -1);
    lines.push(`FP ${switches.join(' ')}`);
    lines.push(
      `FID  ${nodes[0]} ${nodes.at(-1)} ${switches[0]} ${switches.at(-1)} ${sent * 1500} 0.0`,
      `FPT ${switches.join(' ')}`,
      `SS  ${(random.fraction() * 1000).toFixed(6)} ${sent} ${drawn.observations[at]?.lost} 0`,
    );
  });
  return { flows: `${lines.join('\n')}\n`, truth };
}
