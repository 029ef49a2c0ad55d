import type { Draw } from './drawing.ts';
import { nodesOf, policySids } from './path-links.ts';
import { egressesOf } from './routes.ts';

export const sidMissing: Draw = ({ topology, route, ...draw }) => {
  const { node, sid } = draw.pick(policySids(route));
  const object = topology.nodes.find(({ name }) => name === node)?.sids[sid] ?? '';
  const where = sid === 'end' ? 'both' : node === route.tail ? 'forward' : 'reverse';
  return draw.drawn({ ...draw.in(node), sid }, { node, object }, where);
};

/** Where packets arrive at a node whose SID the policy names. */
export const segmentRoutingDisabled: Draw = ({ links, route: { head, via, tail }, direction, ...draw }) => {
  const arrivals = links
    .map(({ from, to }) => (direction === 'forward' ? { near: from, far: to } : { near: to, far: from }))
    .filter(({ far }) => [...via, direction === 'forward' ? tail : head].includes(far.node));
  const { near, far } = draw.pick(arrivals);
  const element = { node: far.node, interface: far.interface, peer: near.node };
  return draw.drawn(draw.at(far), element, direction);
};

/** The End SID decapsulates too early, or sends out of one interface, which is wrong in a direction that uses another. */
export const sidWrongBehaviour: Draw = ({ topology, route, ...draw }) => {
  const { node, sid } = draw.pick(policySids(route));
  const object = topology.nodes.find(({ name }) => name === node)?.sids[sid] ?? '';
  if (sid === 'decapsulate')
    return draw.drawn(
      { ...draw.in(node), sid },
      { node, object },
      node === route.tail ? 'forward' : 'reverse',
    );
  if (draw.fraction() < 0.5) return draw.drawn({ ...draw.in(node), sid }, { node, object }, 'both');
  const egresses = egressesOf(topology, route, node);
  const ends = topology.links.flatMap(({ a, b }) => [a, b]).filter((end) => end.node === node);
  const { interface: out } = draw.pick(ends);
  const wrong = (['forward', 'reverse'] as const).filter((way) => egresses[way] !== out);
  const where = wrong.length === 2 ? 'both' : (wrong[0] ?? 'both');
  return draw.drawn({ ...draw.in(node), sid, interface: out }, { node, object }, where);
};

export const dscpRemark: Draw = ({ near, outward, direction, ...draw }) => {
  const dscp = 1 + Math.floor(draw.fraction() * 63);
  return draw.drawn({ ...draw.at(near), dscp }, outward, direction);
};

export const controlPlaneOverload: Draw = ({ links, ...draw }) => {
  const node = draw.pick(nodesOf(links));
  return draw.drawn(draw.in(node), { node }, 'both');
};

/** Not the head: somebody has to be asked. */
export const deadNode: Draw = ({ links, route, ...draw }) => {
  const node = draw.pick(nodesOf(links).filter((name) => name !== route.head));
  return draw.drawn(draw.in(node), { node }, 'both');
};
