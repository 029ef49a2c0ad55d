/**
 * How a model is asked which cause of a loss is likeliest: what was measured, place by place, and one candidate at a time
 * behind it. Nodes are placeholders; every word here is the program's own, so that nothing of the network is in it.
 */
export interface MeasuredPlace {
  /** Placeholders: one for a router, two for a link in the direction of travel. */
  nodes: readonly string[];
  direction: string;
  lossPercent: number;
}

export interface RankedCause {
  /** "egress-acl", "healthy" ... */
  kind: string;
  nodes: readonly string[];
  direction: string;
}

const task =
  'A path of routers was measured, place by place. Say which single cause explains the measurements best: ' +
  'its kind, its place and its direction.\n';

/** The first piece is the same for every report. */
export function rankingPrompt(places: readonly MeasuredPlace[]): string[] {
  const lines = places.map(
    ({ nodes, direction, lossPercent }) => `${placeOf(nodes)} ${direction}: ${lossPercent} percent lost\n`,
  );
  return [task, `${lines.join('')}Cause: `];
}

export function causeText({ kind, nodes, direction }: RankedCause): string {
  return nodes.length === 0 ? kind : `${kind} ${placeOf(nodes)} ${direction}`;
}

function placeOf(nodes: readonly string[]): string {
  return nodes.length < 2 ? `inside ${nodes[0] ?? 'nobody'}` : `between ${nodes.join(' and ')}`;
}
