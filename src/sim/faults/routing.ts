/** Faults of routing protocols: packets still arrive. */
import { ConferError } from '../../core/errors.ts';
import type { BgpNeighbor, BgpState, RoutingState, SentPackets } from '../routing/state.ts';
import { added, type Injection, needed, type Place, portOf } from './place.ts';

/** Both ends try to connect so often. */
const connectRetryMs = 1_000;
const bgpPort = 179;

/** Its entries match TCP to and from the port of BGP alone. */
export const bgpAccessList: Injection = (place) => {
  const beganAt = place.clock.elapsed();
  const list = {
    name: needed(place.fault, 'object'),
    lossPercent: 0,
    tcpPort: bgpPort,
    get hits() {
      return 1 + Math.floor((place.clock.elapsed() - beganAt) / connectRetryMs);
    },
    set hits(_) {
      throw new Error('probes are no segments of BGP');
    },
  };
  return added(portOf(place)[needed(place.fault, 'hits')], list);
};

export const bgpAsMismatch: Injection = (place) => {
  const neighbor = neighborOf(place);
  neighbor.peerAs += 1;
  return () => {
    neighbor.peerAs -= 1;
  };
};

/** One less than the neighbour originates. */
export const bgpMaxPrefix: Injection = (place) => {
  const neighbor = neighborOf(place);
  const before = neighbor.prefixesMax;
  const sent = place.topology.nodes.find(({ name }) => name === neighbor.node)?.bgp?.prefixes.length ?? 0;
  neighbor.prefixesMax = sent - 1;
  return () => {
    if (before === undefined) delete neighbor.prefixesMax;
    else neighbor.prefixesMax = before;
  };
};

export const missingAdvertisement: Injection = (place) =>
  added(bgpOf(place).withoutRoute, needed(place.fault, 'prefix'));

export const routeLeak: Injection = (place) =>
  added(bgpOf(place).redistributed, needed(place.fault, 'prefix'));

export const policyDrop: Injection = (place) => {
  const { fault } = place;
  return added(neighborOf(place).dropped, {
    policy: needed(fault, 'policy'),
    prefix: needed(fault, 'prefix'),
  });
};

export const singleSidedBfd: Injection = (place) =>
  lost(place, routingOf(place).bfd.get(place.fault.interface ?? ''));

export const igpHelloBlocked: Injection = (place) =>
  lost(place, routingOf(place).isis.get(place.fault.interface ?? '')?.hellos);

export const isisMismatch: Injection = (place) => {
  const settings = routingOf(place).isis.get(place.fault.interface ?? '');
  if (settings === undefined) throw absent(place);
  const before = { ...settings };
  if (needed(place.fault, 'differs') === 'level') settings.level = settings.level === 1 ? 2 : 1;
  else settings.authentication = settings.authentication === 'none' ? 'md5' : 'none';
  return () => {
    settings.level = before.level;
    settings.authentication = before.authentication;
  };
};

export const staleLsp: Injection = (place) => {
  const { stale } = routingOf(place);
  const of = needed(place.fault, 'destination');
  stale.set(of, place.clock.elapsed());
  return () => {
    stale.delete(of);
  };
};

export const routingDaemonDead: Injection = (place) => {
  const routing = routingOf(place);
  routing.running = false;
  return () => {
    routing.running = true;
  };
};

function lost({ clock, ...place }: Place, sent: SentPackets | undefined): () => void {
  if (sent === undefined) throw absent({ clock, ...place });
  const sinceMs = clock.elapsed();
  sent.lostSinceMs = sinceMs;
  return () => {
    delete sent.lostSinceMs;
    sent.lostMs += clock.elapsed() - sinceMs;
  };
}

function routingOf(place: Place): RoutingState {
  const { routing } = place.router;
  if (routing === undefined) throw absent(place);
  return routing;
}

function bgpOf(place: Place): BgpState {
  const { bgp } = routingOf(place);
  if (bgp === undefined) throw absent(place);
  return bgp;
}

function neighborOf(place: Place): BgpNeighbor {
  const neighbor = bgpOf(place).neighbors.find(({ node }) => node === place.fault.destination);
  if (neighbor === undefined) throw absent(place);
  return neighbor;
}

function absent({ fault }: Place): ConferError {
  return new ConferError(
    'bad-input',
    `The fault ${fault.id} (${fault.kind}): ${fault.node} has no such routing.`,
  );
}
