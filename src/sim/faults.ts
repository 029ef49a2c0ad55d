/** Puts faults in force on modelled routers and links, and takes them out of force. */
import { ConferError } from '../core/errors.ts';
import { type Fault, misplacements, type Topology } from '../core/topology.ts';
import { type Port, type Router, routerOf } from './router.ts';

/** Throws ConferError `bad-input` when the place does not exist or the fault does not say enough. */
export function injectFault(topology: Topology, routers: ReadonlyMap<string, Router>, fault: Fault): void {
  const router = routerAt(topology, routers, fault);
  switch (fault.kind) {
    case 'healthy':
      return;
    case 'egress-acl':
      bind(portOf(router, fault), 'egress', fault, needed(fault, fault.lossPercent, 'lossPercent'));
      return;
    case 'ingress-acl':
      bind(portOf(router, fault), 'ingress', fault, needed(fault, fault.lossPercent, 'lossPercent'));
      return;
    case 'one-way-acl': {
      const hits = needed(fault, fault.hits, 'hits');
      const lossPercent = needed(fault, fault.lossPercent, 'lossPercent');
      for (const direction of ['ingress', 'egress'] as const) {
        bind(portOf(router, fault), direction, fault, direction === hits ? lossPercent : 0);
      }
      return;
    }
    case 'unidirectional-link':
      portOf(router, fault).carriesNothing = true;
      return;
    case 'silent-loss':
      portOf(router, fault).lossPercents.push(needed(fault, fault.lossPercent, 'lossPercent'));
      return;
    case 'mtu-mismatch':
      portOf(router, fault).mtuBytes = needed(fault, fault.mtuBytes, 'mtuBytes');
      return;
    case 'sid-missing': {
      const sid = router.sids.get(router.node.sids[needed(fault, fault.sid, 'sid')]);
      if (sid !== undefined) sid.installed = false;
      return;
    }
    case 'link-down':
      portOf(router, fault).link.down = true;
      return;
    case 'node-crash':
      router.crashed = true;
      return;
    default:
      fault.kind satisfies never;
  }
}

/** Takes every fault out of force, but the dead stay dead. */
export function restoreAll(topology: Topology, routers: ReadonlyMap<string, Router>): void {
  for (const end of topology.links.flatMap(({ a, b }) => [a, b])) {
    const port = routerOf(routers, end.node).ports.get(end.interface);
    if (port === undefined) continue;
    Object.assign(port, { ingress: [], egress: [], lossPercents: [], carriesNothing: false });
    port.mtuBytes = end.mtuBytes;
    port.link.down = false;
  }
  for (const router of routers.values()) for (const sid of router.sids.values()) sid.installed = true;
}

/** Throws ConferError `bad-input` when the place does not exist or the fault does not say enough. */
function routerAt(topology: Topology, routers: ReadonlyMap<string, Router>, fault: Fault): Router {
  if (!routers.has(fault.node)) {
    throw new ConferError(
      'bad-input',
      `The fault ${fault.id} is at ${fault.node}, which is no node of ${topology.name}.`,
    );
  }
  const wrong = misplacements(fault, topology.links);
  if (wrong.length > 0)
    throw new ConferError('bad-input', `The fault ${fault.id} at ${fault.node}: ${wrong.join('; ')}.`);
  return routerOf(routers, fault.node);
}

function portOf(router: Router, fault: Fault): Port {
  const port = router.ports.get(needed(fault, fault.interface, 'interface'));
  if (port === undefined)
    throw new ConferError('bad-input', `${fault.node} has no interface ${fault.interface}.`);
  return port;
}

function bind(port: Port, direction: 'ingress' | 'egress', fault: Fault, lossPercent: number): void {
  port[direction].push({ name: needed(fault, fault.object, 'object'), lossPercent, hits: 0 });
}

function needed<T>(fault: Fault, value: T | undefined, field: keyof Fault): T {
  if (value === undefined)
    throw new ConferError('bad-input', `The fault ${fault.id} (${fault.kind}) needs ${field}.`);
  return value;
}
