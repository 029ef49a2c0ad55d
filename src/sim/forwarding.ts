/**
 * How a modelled router treats one packet, hop by hop until it is delivered or dropped.
 *
 *   in-count -> ingress ACL -> local SID or address? -> route -> hop limit -> MTU -> egress ACL -> out-count -> wire
 *
 * Each drop raises the counter that a real router raises, and no other. What the wire loses raises none.
 */
import { createHash } from 'node:crypto';
import { type BundleMember, memberOf } from './bundle.ts';
import { countAtPort, countDelivery } from './counting.ts';
import type { Journey } from './journeys.ts';
import { encapsulate, ethernetHeaderBytes, icmpTypes, type Packet } from './packet.ts';
import {
  type BoundAccessList,
  type CompiledRoute,
  isOperational,
  lookUp,
  ownsAddress,
  type Port,
  type Router,
} from './router.ts';

/** The end of a packet's journey. */
export type Fate =
  | { kind: 'delivered'; router: Router; packet: Packet; delayMs: number }
  | { kind: 'dropped'; delayMs: number }
  | { kind: 'too-big'; router: Router; mtuBytes: number; delayMs: number }
  | { kind: 'hop-limit-exceeded'; router: Router; delayMs: number };

export interface ForwardingWorld {
  backgroundLossPercent: number;
  /** Uniform in [0, 1). */
  fraction(): number;
  /** Wall time, milliseconds since the epoch. */
  now(): number;
}

/** One way, one link: what a few kilometres of fibre and a router's pipeline take. */
const linkDelayMs = 0.15;
/** A packet that crosses more routers than this is in a loop that hop limits should have ended. */
const stepsMax = 1_024;

/**
 * Sends a packet from a router; it moves at once, its travel time is in the fate. The packet given is not changed. Its
 * journey is written down where one is given, and worth something where the packet is delivered.
 */
export function sendPacket(
  world: ForwardingWorld,
  origin: Router,
  original: Packet,
  journey?: Journey,
): Fate {
  let packet = { ...original };
  let router = origin;
  let ingress: Port | undefined;
  let delayMs = 0;
  for (let step = 0; step < stepsMax; step++) {
    const local = treatLocally(world, router, packet, ingress, journey);
    if (local === 'dropped') return { kind: 'dropped', delayMs };
    if (local !== 'not-local') {
      packet = local.packet;
      if (local.delivered) return { kind: 'delivered', router, packet, delayMs };
      if (local.egress === undefined) continue;
    }
    let egress = local === 'not-local' ? undefined : local.egress;
    if (egress === undefined) {
      const route = lookUp(router, packet.destination);
      if (route?.segments !== undefined && packet.segments === undefined) {
        packet = encapsulate(packet, route.segments);
        continue;
      }
      egress = routed(router, route, packet, ingress);
    }
    if (egress === undefined) return { kind: 'dropped', delayMs };
    if (ingress !== undefined && --packet.hopLimit <= 0) {
      router.inHeaderErrors++;
      return { kind: 'hop-limit-exceeded', router, delayMs };
    }
    if (packet.sizeBytes > egress.mtuBytes) {
      if (ingress !== undefined) router.inTooBigErrors++;
      return { kind: 'too-big', router, mtuBytes: egress.mtuBytes, delayMs };
    }
    const arrival = cross(world, egress, packet, delayMs);
    if (arrival === undefined) return { kind: 'dropped', delayMs };
    journey?.crossed(egress, arrival, packet);
    delayMs += linkDelayMs;
    ingress = arrival;
    router = arrival.router;
  }
  return { kind: 'dropped', delayMs };
}

/** Where the route leads the packet; undefined = it does not, which is counted unless it is a blackhole. */
function routed(
  router: Router,
  route: CompiledRoute | undefined,
  packet: Packet,
  ingress: Port | undefined,
): Port | undefined {
  if (route?.special === 'blackhole') return undefined;
  if (route === undefined || route.special !== undefined) {
    countNoRoute(router, ingress);
    return undefined;
  }
  return chooseNextHop(router, route, packet);
}

function countNoRoute(router: Router, ingress: Port | undefined): void {
  if (ingress === undefined) router.outNoRoutes++;
  else router.inNoRoutes++;
}

/** From the egress port to behind the peer's ingress access lists; undefined = lost on the way. */
function cross(world: ForwardingWorld, egress: Port, packet: Packet, delayMs: number): Port | undefined {
  if (isDropped(world, egress.egress)) return undefined;
  if (!isOperational(egress) || !egress.isResolved) {
    egress.out.discards++;
    return undefined;
  }
  if (egress.dscp !== undefined) packet.dscp = egress.dscp;
  const frameBytes = packet.sizeBytes + ethernetHeaderBytes;
  if (isUntranslated(egress, packet)) {
    egress.out.discards++;
    return undefined;
  }
  if (egress.queue?.admits(frameBytes, world.now(), () => world.fraction()) === false) {
    egress.out.discards++;
    return undefined;
  }
  egress.out.packets++;
  egress.out.octets += frameBytes;
  countAtPort(egress, 'out', packet, world, delayMs);
  const member = memberAt(egress, packet);
  if (member !== undefined) member.out++;
  if (
    isLostOnWire(world, egress) ||
    isOnDeadMember(egress, packet) ||
    isFiltered(egress, packet) ||
    packet.sizeBytes > egress.peer.mtuBytes
  )
    return undefined;
  const arrival = egress.peer;
  if (isDamaged(world, egress)) {
    arrival.in.errors++;
    return undefined;
  }
  const arrivalMember = memberAt(arrival, packet);
  if (arrivalMember !== undefined) arrivalMember.in++;
  arrival.in.packets++;
  arrival.in.octets += frameBytes;
  countAtPort(arrival, 'in', packet, world, delayMs, linkDelayMs);
  return isDropped(world, arrival.ingress) || isSpoofed(arrival, packet) ? undefined : arrival;
}

/** Every packet comes this way: nothing is made where nothing is filtered. */
function isFiltered({ filters }: Port, packet: Packet): boolean {
  return filters.length > 0 && filters.some((drops) => drops(packet));
}

/** Flows that carry a label are new: what is old had its port before the pool was full. */
function isUntranslated({ translation }: Port, { flowLabel }: Packet): boolean {
  if (translation === undefined || flowLabel === 0) return false;
  translation.dropped++;
  return true;
}

function memberAt({ members }: Port, { flowLabel }: Packet): BundleMember | undefined {
  return members?.[memberOf(flowLabel, members.length)];
}

function isOnDeadMember({ members, deadMember }: Port, { flowLabel }: Packet): boolean {
  return members !== undefined && memberOf(flowLabel, members.length) === deadMember;
}

/** As the reverse-path filter sees it. */
function isSpoofed(arrival: Port, { source }: Packet): boolean {
  const filter = arrival.reversePathFilter;
  if (filter === undefined) return false;
  const back = lookUp(arrival.router, source);
  if (back?.nextHops.some(({ port }) => port === arrival) === true) return false;
  filter.dropped++;
  arrival.in.discards++;
  return true;
}

/** What the link itself loses in the direction away from this port. */
export function isLostOnWire(world: ForwardingWorld, egress: Port): boolean {
  if (happens(world, world.backgroundLossPercent)) return true;
  for (const percent of egress.lossPercents) if (happens(world, percent)) return true;
  return false;
}

/** The peer sees a frame whose checksum is wrong; where it collided, the sender has noticed too. */
function isDamaged(world: ForwardingWorld, egress: Port): boolean {
  if (egress.damage.length === 0) return false;
  const damage = egress.damage.find(({ percent }) => happens(world, percent));
  if (damage?.kind === 'collided') egress.lateCollisions++;
  return damage !== undefined;
}

export function isDropped(world: ForwardingWorld, lists: readonly BoundAccessList[]): boolean {
  for (const list of lists) {
    if (!happens(world, list.lossPercent)) continue;
    list.hits++;
    return true;
  }
  return false;
}

function happens(world: ForwardingWorld, percent: number): boolean {
  return percent > 0 && (percent >= 100 || world.fraction() * 100 < percent);
}

/** SIDs (RFC 8986 sections 4.1, 4.2, 4.6) and own addresses. A configured SID that is not installed has no route. */
function treatLocally(
  world: ForwardingWorld,
  router: Router,
  packet: Packet,
  ingress: Port | undefined,
  journey: Journey | undefined,
): 'not-local' | 'dropped' | { packet: Packet; delivered: boolean; egress?: Port } {
  const sid = router.sids.get(packet.destination);
  if (sid === undefined) {
    if (!ownsAddress(router, packet.destination)) return 'not-local';
    if (isPoliced(world, router, packet, journey)) return 'dropped';
    const flows = countDelivery(router, packet);
    journey?.deliveredTo(flows);
    return { packet, delivered: true };
  }
  if (!sid.installed) {
    countNoRoute(router, ingress);
    return 'dropped';
  }
  sid.packets++;
  journey?.handledBy(sid);
  // Our probes carry no HMAC.
  if (ingress !== undefined && (!ingress.segmentRouting.enabled || ingress.segmentRouting.hmacRequired)) {
    sid.errors++;
    return 'dropped';
  }
  if (sid.behavior !== 'End.DT6') {
    const left = (packet.segmentsLeft ?? 0) - 1;
    const next = packet.segments?.[(packet.segments?.length ?? 0) - 1 - left];
    if (left >= 0 && next !== undefined) {
      return {
        packet: { ...packet, segmentsLeft: left, destination: next },
        delivered: false,
        ...(sid.port !== undefined && { egress: sid.port }),
      };
    }
  } else if (
    packet.inner !== undefined &&
    (packet.segmentsLeft ?? 0) === 0 &&
    ownsAddress(router, packet.inner.destination)
  ) {
    if (sid.inWrongTable === true) {
      countNoRoute(router, ingress);
      return 'dropped';
    }
    if (isPoliced(world, router, packet, journey)) return 'dropped';
    const flows = countDelivery(router, packet);
    journey?.deliveredTo(flows);
    return { packet: packet.inner, delivered: true };
  }
  sid.errors++;
  return 'dropped';
}

/** Requests alone: what the router has asked for itself comes through. */
function isPoliced(
  world: ForwardingWorld,
  router: Router,
  { icmp }: Packet,
  journey: Journey | undefined,
): boolean {
  const policer = router.controlPlane;
  if (policer === undefined || icmp.type !== icmpTypes.echoRequest) return false;
  if (journey !== undefined) journey.isPlain = false;
  if (!happens(world, policer.lossPercent)) return false;
  policer.dropped++;
  return true;
}

/** One of the equal-cost next hops by addresses and flow label (RFC 6438), seeded by the router so that paths spread. */
function chooseNextHop(router: Router, route: CompiledRoute, packet: Packet): Port {
  const { nextHops } = route;
  const index =
    nextHops.length === 1
      ? 0
      : flowHash(`${router.node.name}|${packet.source}|${packet.destination}|${packet.flowLabel}`) %
        nextHops.length;
  const chosen = nextHops[index];
  if (chosen === undefined)
    throw new Error(`the route ${route.prefix} of ${router.node.name} has no next hop`);
  return chosen.port;
}

const hashes = new Map<string, number>();
const hashesMax = 65_536;

function flowHash(text: string): number {
  const known = hashes.get(text);
  if (known !== undefined) return known;
  const hash = createHash('sha256').update(text).digest().readUInt32BE(0);
  if (hashes.size >= hashesMax) hashes.clear();
  hashes.set(text, hash);
  return hash;
}
