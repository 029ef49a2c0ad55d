/** Where a fault sits in the modelled network, and what every kind asks of its description. */
import { ConferError } from '../../core/errors.ts';
import type { Clock } from '../../core/ports.ts';
import type { Fault, Topology, TopologyNode } from '../../core/topology.ts';
import { applyRouteChanges, type Port, type RouteChange, type Router } from '../router.ts';

export interface Place {
  fault: Fault;
  router: Router;
  clock: Clock;
  topology: Topology;
}

/** Puts one kind of fault in force; what it returns takes it out of force again. */
export type Injection = (place: Place) => () => void;

/** Throws ConferError `bad-input` when the router has no such interface. */
export function portOf({ fault, router }: Place): Port {
  const port = router.ports.get(needed(fault, 'interface'));
  if (port === undefined)
    throw new ConferError('bad-input', `${fault.node} has no interface ${fault.interface}.`);
  return port;
}

/** Throws ConferError `bad-input` when there is no such node. */
export function destinationOf({ fault, topology }: Place): TopologyNode {
  const name = needed(fault, 'destination');
  const node = topology.nodes.find((one) => one.name === name);
  if (node === undefined) throw new ConferError('bad-input', `${topology.name} has no node ${name}.`);
  return node;
}

/** Throws ConferError `bad-input` when the fault does not say it. */
export function needed<Field extends keyof Fault>(fault: Fault, field: Field): NonNullable<Fault[Field]> {
  const value = fault[field];
  if (value === undefined)
    throw new ConferError('bad-input', `The fault ${fault.id} (${fault.kind}) needs ${field}.`);
  return value as NonNullable<Fault[Field]>;
}

/** Adds to a list of the model's state; undone, that very entry goes. */
export function added<T>(list: T[], entry: T): () => void {
  list.push(entry);
  return () => {
    const index = list.indexOf(entry);
    if (index >= 0) list.splice(index, 1);
  };
}

/** Changes the router's routes. */
export function rerouted(router: Router, change: RouteChange): () => void {
  return changed(router, router.routeChanges, change);
}

/** Changes what forwarding has of the router's routes, and not what the control plane says. */
export function misforwarded(router: Router, change: RouteChange): () => void {
  return changed(router, router.forwardingChanges, change);
}

function changed(router: Router, changes: RouteChange[], change: RouteChange): () => void {
  const undo = added(changes, change);
  applyRouteChanges(router);
  return () => {
    undo();
    applyRouteChanges(router);
  };
}
