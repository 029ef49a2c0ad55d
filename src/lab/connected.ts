/** Whether a topology is one network: a lab waits until every agent has heard every other. */
import { ConferError } from '../core/errors.ts';
import type { Topology } from '../core/topology.ts';

/** Throws ConferError `bad-input` that names the nodes to which no link leads. */
export function requireConnected({ nodes, links }: Topology, fileName: string): void {
  const reached = new Set(nodes.slice(0, 1).map(({ name }) => name));
  for (const node of reached)
    for (const { a, b } of links) {
      if (a.node === node) reached.add(b.node);
      if (b.node === node) reached.add(a.node);
    }
  const apart = nodes.map(({ name }) => name).filter((name) => !reached.has(name));
  if (apart.length === 0) return;
  throw new ConferError(
    'bad-input',
    `${fileName}: no links lead from ${nodes[0]?.name} to ${apart.join(', ')}: a lab needs one network, or these agents would never hear each other.`,
  );
}
