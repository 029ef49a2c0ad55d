import { bundleOf, memberOf } from '../bundle.ts';
import { burstyQueue, type OutputQueue, rateLimitedQueue } from '../output-queue.ts';
import { type CompiledRoute, isWithin, type Port } from '../router.ts';
import { added, destinationOf, type Injection, needed, portOf, rerouted } from './place.ts';

export const unidirectionalLink: Injection = (place) => added(portOf(place).lossPercents, 100);

export const silentLoss: Injection = (place) =>
  added(portOf(place).lossPercents, needed(place.fault, 'lossPercent'));

/** A middlebox of the link: neither end counts a drop. */
export const srhFiltered: Injection = (place) =>
  added(portOf(place).filters, ({ segments }) => segments !== undefined);

/** Of all that the link carries, packets to one node's locator alone die on it. */
export const grayPrefix: Injection = (place) => {
  const { locator } = destinationOf(place);
  return added(portOf(place).filters, ({ destination }) => isWithin(destination, locator));
};

/** By flow label alone: the label of one packet in so many belongs to the dead member. */
export const grayEcmpMember: Injection = (place) => {
  const members = needed(place.fault, 'members');
  return added(portOf(place).filters, ({ flowLabel }) => memberOf(flowLabel, members) === 0);
};

/** A bundle whose two ends tell of its members; one of them carries nothing in this direction. */
export const lagMember: Injection = (place) => {
  const port = portOf(place);
  const members = needed(place.fault, 'members');
  const ends = [port, port.peer];
  for (const end of ends) end.members = bundleOf(members);
  port.deadMember = 0;
  return () => {
    for (const end of ends) delete end.members;
    delete port.deadMember;
  };
};

const portsOfPool = 64_512;

export const natExhaustion: Injection = (place) => {
  const port = portOf(place);
  port.translation = { ports: portsOfPool, dropped: 0 };
  return () => {
    delete port.translation;
  };
};

/** Neighbour solicitations of this end are lost (RFC 4861), so that it cannot address its packets. */
export const neighbourDiscoveryFailure: Injection = (place) => {
  const port = portOf(place);
  port.isResolved = false;
  return () => {
    port.isResolved = true;
  };
};

export const corruption: Injection = (place) =>
  added(portOf(place).damage, { kind: 'corrupted', percent: needed(place.fault, 'lossPercent') });

/** The half-duplex end sends while the other one does, and takes it for a collision. */
export const duplexMismatch: Injection = (place) => {
  const port = portOf(place);
  port.duplex = 'half';
  const undo = added(port.damage, { kind: 'collided', percent: needed(place.fault, 'lossPercent') });
  return () => {
    port.duplex = 'full';
    undo();
  };
};

/** Room for some dozens of small packets, as a policer or a shallow switch has. */
const queueOctets = 6_000;

export const rateBottleneck: Injection = (place) =>
  queued(portOf(place), rateLimitedQueue(needed(place.fault, 'rateKbps'), queueOctets));

/** Bursts from several other inputs at once fill the queue, and are gone again. */
export const microburst: Injection = (place) =>
  queued(portOf(place), burstyQueue(needed(place.fault, 'lossPercent'), queueOctets));

function queued(port: Port, queue: OutputQueue): () => void {
  port.queue = queue;
  return () => {
    if (port.queue === queue) delete port.queue;
  };
}

export const linkDown: Injection = (place) => {
  const { link } = portOf(place);
  link.changes += 1;
  const undo = added(link.cuts, () => true);
  return () => {
    undo();
    link.changes += 1;
  };
};

/** Down for the first part of each period. */
export const linkFlap: Injection = (place) => {
  const { link } = portOf(place);
  const [periodMs, downMs] = [needed(place.fault, 'periodMs'), needed(place.fault, 'downMs')];
  const beganAt = place.clock.elapsed();
  const sinceMs = () => place.clock.elapsed() - beganAt;
  const isCut = () => sinceMs() % periodMs < downMs;
  const changes = () => 2 * Math.floor(sinceMs() / periodMs) + (isCut() ? 1 : 2);
  const undos = [added(link.cuts, isCut), added(link.changing, changes)];
  return () => {
    link.changes += changes() + (isCut() ? 1 : 0);
    for (const undo of undos) undo();
  };
};

/** The routes over an interface go when it is shut. */
export const adminShutdown: Injection = (place) => {
  const port = portOf(place);
  port.shut = true;
  const undo = rerouted(place.router, (routes) => routes.flatMap((route) => without(port, route)));
  return () => {
    port.shut = false;
    undo();
  };
};

export const mtuMismatch: Injection = (place) => resized(portOf(place), needed(place.fault, 'mtuBytes'));

function resized(port: Port, mtuBytes: number): () => void {
  const before = port.mtuBytes;
  port.mtuBytes = mtuBytes;
  return () => {
    port.mtuBytes = before;
  };
}

/** A smaller MTU than the other end's, and a filter of ICMPv6 errors in front of whoever should learn of it. */
export const pmtudBlackhole: Injection = (place) => {
  const undo = mtuMismatch(place);
  place.router.tooBigFiltered = true;
  return () => {
    undo();
    place.router.tooBigFiltered = false;
  };
};

/** Both ends agree, on too little. */
export const srv6EncapMtu: Injection = (place) => {
  const { peer } = portOf(place);
  const undos = [mtuMismatch(place), resized(peer, needed(place.fault, 'mtuBytes'))];
  return () => {
    for (const undo of undos) undo();
  };
};

function without(port: Port, route: CompiledRoute): CompiledRoute[] {
  const nextHops = route.nextHops.filter((nextHop) => nextHop.port !== port);
  return nextHops.length > 0 || route.special !== undefined ? [{ ...route, nextHops }] : [];
}
