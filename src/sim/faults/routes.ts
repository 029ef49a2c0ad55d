import { ConferError } from '../../core/errors.ts';
import type { CompiledRoute } from '../router.ts';
import {
  destinationOf,
  type Injection,
  misforwarded,
  needed,
  type Place,
  portOf,
  rerouted,
} from './place.ts';

export const locatorUnreachable: Injection = (place) =>
  rerouted(place.router, (routes) => routes.filter(({ prefix }) => prefix !== locatorOf(place)));

/** A more specific route for one SID, or one in place of the locator's. */
export const staticBlackhole: Injection = (place) => {
  const { fault, router } = place;
  const { locator, sids } = destinationOf(place);
  const discarding = (prefix: string): CompiledRoute => ({ prefix, nextHops: [], special: 'blackhole' });
  const prefix = fault.sid === undefined ? locator : `${sids[fault.sid]}/128`;
  return rerouted(router, (routes) => [
    ...routes.filter((route) => route.prefix !== prefix),
    discarding(prefix),
  ]);
};

/** Forwarding sends out of the fault's interface, or nowhere; the route stays as it is. */
export const ribFibMismatch: Injection = (place) => {
  const elsewhere: Partial<CompiledRoute> =
    place.fault.interface === undefined ? { nextHops: [], special: 'unreachable' } : over(place);
  return misforwarded(place.router, (routes) => replaced(routes, locatorOf(place), elsewhere));
};

/** Strict, while a route to the sender's own address leads elsewhere, or nowhere. */
export const urpfDrop: Injection = (place) => {
  const port = portOf(place);
  const [other] = [...place.router.ports.values()].filter((one) => one !== port);
  const prefix = `${destinationOf(place).address}/128`;
  const route: CompiledRoute =
    other === undefined
      ? { prefix, nextHops: [], special: 'unreachable' }
      : { prefix, nextHops: [{ port: other, address: other.peer.address }] };
  const undo = rerouted(place.router, (routes) => [...routes, route]);
  port.reversePathFilter = { dropped: 0 };
  return () => {
    delete port.reversePathFilter;
    undo();
  };
};

/** Towards the address of the destination: over the nodes that the fault names, each by its End SID. */
export const wrongSegmentOrder: Injection = (place) => {
  const { address, sids } = destinationOf(place);
  const segments = [
    ...needed(place.fault, 'segments').map((name) => endSidOf(place, name)),
    sids.decapsulate,
  ];
  const nextHops = [...place.router.ports.values()].slice(0, 1).map((port) => ({ port }));
  const route: CompiledRoute = { prefix: `${address}/128`, nextHops, segments };
  return rerouted(place.router, (routes) => [...routes, route]);
};

function endSidOf({ fault, topology }: Place, name: string): string {
  const node = topology.nodes.find((one) => one.name === name);
  if (node === undefined)
    throw new ConferError(
      'bad-input',
      `${topology.name} has no node ${name}, which the fault ${fault.id} names.`,
    );
  return node.sids.end;
}

/** The other end of the fault's interface has its own route over this router. */
export const forwardingLoop: Injection = (place) =>
  rerouted(place.router, (routes) => replaced(routes, locatorOf(place), over(place)));

function over(place: Place): Pick<CompiledRoute, 'nextHops'> {
  const port = portOf(place);
  return { nextHops: [{ port, address: port.peer.address }] };
}

function replaced(
  routes: readonly CompiledRoute[],
  prefix: string,
  change: Partial<CompiledRoute>,
): CompiledRoute[] {
  return routes.map((route) => (route.prefix === prefix ? { ...route, ...change } : route));
}

function locatorOf(place: Place): string {
  return destinationOf(place).locator;
}
