/** Faults of routing protocols: at the session of the intent, whose ends are head and tail here, and on its way. */
import type { Direction } from '../../core/records.ts';
import type { Topology } from '../../core/topology.ts';
import { protocolsOf } from '../../core/topology-routing.ts';
import type { Draw, Drawing } from './drawing.ts';
import { nodesOf, type PathLink } from './path-links.ts';

export const bgpAccessList: Draw = ({ near, far, outward, inward, object, direction, ...draw }) => {
  const isEgress = draw.fraction() < 0.5;
  const fault = isEgress
    ? { ...draw.at(near), object, hits: 'egress' as const }
    : { ...draw.at(far), object, hits: 'ingress' as const };
  return draw.drawn(fault, { ...(isEgress ? outward : inward), object }, direction);
};

export const bgpAsMismatch: Draw = (draw) => {
  const { own, peer } = end(draw);
  return draw.drawn({ ...draw.in(own), destination: peer }, { node: own, object: peer }, 'both');
};

export const bgpMaxPrefix: Draw = (draw) => {
  const { own, peer } = end(draw);
  return draw.drawn({ ...draw.in(own), destination: peer }, { node: own, object: peer }, from(peer, draw));
};

export const missingAdvertisement: Draw = (draw) => {
  const { own } = end(draw);
  const prefix = draw.pick(prefixesOf(draw.topology, own));
  return draw.drawn({ ...draw.in(own), prefix }, { node: own, object: prefix }, from(own, draw));
};

export const routeLeak: Draw = (draw) => {
  const { own } = end(draw);
  const others = draw.topology.nodes.filter(({ name }) => name !== own).map(({ name }) => name);
  const prefix = draw.pick(others.flatMap((name) => prefixesOf(draw.topology, name)));
  return draw.drawn({ ...draw.in(own), prefix }, { node: own, object: prefix }, from(own, draw));
};

export const policyDrop: Draw = (draw) => {
  const { own, peer } = end(draw);
  const policy = draw.fraction() < 0.5 ? ('import' as const) : ('export' as const);
  const sender = policy === 'import' ? peer : own;
  const prefix = draw.pick(prefixesOf(draw.topology, sender));
  const fault = { ...draw.in(own), destination: peer, prefix, policy };
  return draw.drawn(fault, { node: own, peer, object: prefix }, from(sender, draw));
};

export const singleSidedBfd: Draw = (draw) => oneWay(draw, ({ bfd }) => bfd === true);

export const igpHelloBlocked: Draw = (draw) => oneWay(draw, ({ isisLevel }) => isisLevel !== undefined);

export const isisMismatch: Draw = (draw) => {
  const { near, elements } = drawnLink(draw, ({ isisLevel }) => isisLevel !== undefined);
  const differs = draw.fraction() < 0.5 ? ('level' as const) : ('authentication' as const);
  return draw.drawn({ ...draw.at(near), differs }, elements, 'both');
};

export const staleLsp: Draw = (draw) => {
  const speakers = nodesOf(draw.links).filter((node) => protocolsOf(draw.topology, node).includes('isis'));
  const node = draw.pick(speakers);
  const destination = draw.pick(speakers.filter((one) => one !== node));
  return draw.drawn({ ...draw.in(node), destination }, { node, object: `${destination}.00-00` }, 'both');
};

export const routingDaemonDead: Draw = (draw) => {
  const node = draw.pick(nodesOf(draw.links).filter((one) => protocolsOf(draw.topology, one).length > 0));
  return draw.drawn(draw.in(node), { node }, 'both');
};

/** Either end of the session. */
function end({ route, fraction }: Drawing): { own: string; peer: string } {
  const isHead = fraction() < 0.5;
  return isHead ? { own: route.head, peer: route.tail } : { own: route.tail, peer: route.head };
}

/** The direction in which the routes of an end travel. */
function from(node: string, { route }: Drawing): Direction {
  return node === route.head ? 'forward' : 'reverse';
}

function prefixesOf({ nodes }: Topology, node: string): string[] {
  return nodes.find(({ name }) => name === node)?.bgp?.prefixes ?? [];
}

function oneWay(draw: Drawing, isRight: (link: Topology['links'][number]) => boolean) {
  const { near, elements, direction } = drawnLink(draw, isRight);
  const [outward] = elements;
  if (outward === undefined) throw new Error('a link has two ends');
  return draw.drawn(draw.at(near), outward, direction);
}

/** A link of the path of which that is right, with the end from which the drawn direction leaves. */
function drawnLink(draw: Drawing, isRight: (link: Topology['links'][number]) => boolean) {
  const fits = ({ from: end }: PathLink) =>
    draw.topology.links.some(
      (link) =>
        isRight(link) &&
        [link.a, link.b].some((one) => one.node === end.node && one.interface === end.interface),
    );
  const link = draw.pick(draw.links.filter(fits));
  const direction: Direction = draw.fraction() < 0.5 ? 'forward' : 'reverse';
  const [near, far] = direction === 'forward' ? [link.from, link.to] : [link.to, link.from];
  return {
    near,
    direction,
    elements: [
      { node: near.node, interface: near.interface, peer: far.node },
      { node: far.node, interface: far.interface, peer: near.node },
    ],
  };
}
