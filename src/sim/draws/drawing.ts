/** What every kind of fault is drawn from: a place on the intent's path, a direction, a rate. */
import type { Direction, Element, FindingKind } from '../../core/records.ts';
import type { Fault, LinkEnd, Topology } from '../../core/topology.ts';
import { type PathLink, pathLinks, type Route, routeOf } from './path-links.ts';

/** What a finding has to be; several elements are right where two names mean the same link. */
export interface Truth {
  kind: FindingKind;
  elements: readonly Element[];
  direction: Direction | 'both';
}

export interface DrawnFault {
  fault: Fault;
  truth: Truth;
}

/** The network has no place for a fault of the kind, such as for a loop where nobody has two ways. */
export class NoPlaceError extends Error {}

/** One kind of fault at the place that was drawn; throws NoPlaceError. */
export type Draw = (drawing: Drawing) => DrawnFault;

/** Packets of the drawn direction cross the drawn link from `near` to `far`. */
export interface Drawing {
  topology: Topology;
  route: Route;
  /** Of the intent's path, in the intent's direction. */
  links: readonly PathLink[];
  near: LinkEnd;
  far: LinkEnd;
  direction: Direction;
  /** Log-uniform from 1 to 100, in hundredths. */
  lossPercent: number;
  /** Name for an access list. */
  object: string;
  /** The near end towards the far end, and the far end towards the near one. */
  outward: Element;
  inward: Element;
  /** Uniform in [0, 1). */
  fraction(): number;
  pick<T>(items: readonly T[]): T;
  /** A fault of the kind at this node, at this end of a link. */
  at(end: LinkEnd): Fault;
  in(node: string): Fault;
  drawn(fault: Fault, element: Element | readonly Element[], where: Truth['direction']): DrawnFault;
}

export function drawingOf(topology: Topology, kind: FindingKind, fraction: () => number): Drawing {
  const route = routeOf(topology);
  const links = pathLinks(topology, route);
  const pick = <T>(items: readonly T[]): T => {
    const item = items[Math.floor(fraction() * items.length)];
    if (item === undefined) throw new NoPlaceError(`${topology.name} has no place for ${kind}`);
    return item;
  };
  const link = pick(links);
  const forward = fraction() < 0.5;
  const [near, far] = forward ? [link.from, link.to] : [link.to, link.from];
  const inNode = (node: string): Fault => ({ id: kind, kind, node, active: false });
  return {
    topology,
    route,
    links,
    near,
    far,
    direction: forward ? 'forward' : 'reverse',
    lossPercent: Math.round(100 ** (1 + fraction())) / 100,
    object: String(2000 + Math.floor(fraction() * 1000)),
    outward: { node: near.node, interface: near.interface, peer: far.node },
    inward: { node: far.node, interface: far.interface, peer: near.node },
    fraction,
    pick,
    in: inNode,
    at: (end) => ({ ...inNode(end.node), interface: end.interface }),
    drawn: (fault, element, where) => ({
      fault,
      truth: { kind, elements: [element].flat(), direction: where },
    }),
  };
}
