import type { Draw } from './drawing.ts';
import { nodesOf, policySids } from './path-links.ts';

export const sidMissing: Draw = ({ topology, route, ...draw }) => {
  const { node, sid } = draw.pick(policySids(route));
  const object = topology.nodes.find(({ name }) => name === node)?.sids[sid] ?? '';
  const where = sid === 'end' ? 'both' : node === route.tail ? 'forward' : 'reverse';
  return draw.drawn({ ...draw.in(node), sid }, { node, object }, where);
};

/** Not the head: somebody has to be asked. */
export const nodeCrash: Draw = ({ links, route, ...draw }) => {
  const node = draw.pick(nodesOf(links).filter((name) => name !== route.head));
  return draw.drawn(draw.in(node), { node }, 'both');
};
