/**
 * Draws a fault of a kind somewhere on the path of an intent, and says what a right diagnosis of it is. Only whoever
 * runs a lab knows this; no agent ever sees it.
 */
import type { Random } from '../core/ports.ts';
import type { Direction, Element, PathLossIntent } from '../core/records.ts';
import { type Fault, type FaultKind, routesOf, type Topology } from '../core/topology.ts';

export interface DrawnFault {
  fault: Fault;
  /** Undefined for a healthy network. */
  expected?: { kind: string; element: Element; direction: Direction | 'both' };
}

interface Hop {
  from: string;
  egress: string;
  to: string;
  ingress: string;
}

/** Loss of the faults that have a rate: log-uniform in percent. */
const lossPercentMin = 1;
/** A link that loses everything is another kind. */
const silentLossPercentMax = 99;
const smallMtuBytes = { min: 1_280, max: 1_450 };

export function drawFault(
  kind: FaultKind,
  topology: Topology,
  intent: PathLossIntent,
  random: Random,
): DrawnFault {
  const nodes = [intent.head, ...intent.via, intent.tail];
  const forward = hopsOf(topology, nodes);
  const reverse = hopsOf(topology, nodes.toReversed());
  const direction: Direction = random.fraction() < 0.5 ? 'forward' : 'reverse';
  const hop = pick(direction === 'forward' ? forward : reverse, random);
  const object = String(2_000 + Math.floor(random.fraction() * 1_000));
  const base = { id: kind, kind, active: true };
  const sending = { node: hop.from, interface: hop.egress };
  const receiving = { node: hop.to, interface: hop.ingress };
  const lossPercent = drawLossPercent(kind === 'silent-loss' ? silentLossPercentMax : 100, random);
  switch (kind) {
    case 'healthy':
      return { fault: { ...base, node: intent.head } };
    case 'egress-acl':
      return {
        fault: { ...base, ...sending, object, lossPercent },
        expected: { kind, element: { ...sending, peer: hop.to, object }, direction },
      };
    case 'ingress-acl':
      return {
        fault: { ...base, ...receiving, object, lossPercent },
        expected: { kind, element: { ...receiving, peer: hop.from, object }, direction },
      };
    case 'one-way-acl': {
      const hits = random.fraction() < 0.5 ? 'egress' : 'ingress';
      const place = hits === 'egress' ? sending : receiving;
      const peer = hits === 'egress' ? hop.to : hop.from;
      return {
        fault: { ...base, ...place, object, lossPercent, hits },
        expected: { kind, element: { ...place, peer, object }, direction },
      };
    }
    case 'unidirectional-link':
      return {
        fault: { ...base, ...sending },
        expected: { kind, element: { ...sending, peer: hop.to }, direction },
      };
    case 'silent-loss':
      return {
        fault: { ...base, ...sending, lossPercent },
        expected: { kind, element: { ...sending, peer: hop.to }, direction },
      };
    case 'mtu-mismatch': {
      const range = smallMtuBytes.max - smallMtuBytes.min;
      const mtuBytes = smallMtuBytes.min + Math.floor(random.fraction() * range);
      return {
        fault: { ...base, ...sending, mtuBytes },
        expected: { kind, element: { ...sending, peer: hop.to }, direction: 'both' },
      };
    }
    case 'sid-missing':
      return drawMissingSid(topology, intent, random);
    case 'link-down': {
      const seen = forward.find((one) => joins(one, hop)) ?? hop;
      const element = { node: seen.from, interface: seen.egress, peer: seen.to };
      return { fault: { ...base, ...sending }, expected: { kind, element, direction: 'both' } };
    }
    case 'node-crash': {
      const node = pick([...new Set(forward.map(({ to }) => to))], random);
      return { fault: { ...base, node }, expected: { kind, element: { node }, direction: 'both' } };
    }
  }
}

/** Only SIDs that the path certainly uses: those of the named nodes. */
function drawMissingSid(topology: Topology, intent: PathLossIntent, random: Random): DrawnFault {
  const node = pick([intent.head, ...intent.via, intent.tail], random);
  const sid = intent.via.includes(node) ? 'end' : 'decapsulate';
  const direction = sid === 'end' ? 'both' : node === intent.tail ? 'forward' : 'reverse';
  const object = topology.nodes.find(({ name }) => name === node)?.sids[sid] ?? '';
  return {
    fault: { id: 'sid-missing', kind: 'sid-missing', active: true, node, sid },
    expected: { kind: 'sid-missing', element: { node, object }, direction },
  };
}

/** Every directed link over which the topology's routes lead from the first node through the others. */
export function hopsOf(topology: Topology, nodes: readonly string[]): Hop[] {
  const hops = new Map<string, Hop>();
  for (const [index, target] of nodes.slice(1).entries()) {
    const locator = topology.nodes.find(({ name }) => name === target)?.locator ?? '';
    const waiting = [nodes[index] ?? ''];
    for (let node = waiting.shift(); node !== undefined; node = waiting.shift()) {
      if (node === target) continue;
      const route = routesOf(topology, node).find(({ prefix }) => prefix === locator);
      for (const { interface: egress } of route?.nextHops ?? []) {
        const hop = across(topology, node, egress);
        if (hop === undefined || hops.has(`${node} ${egress}`)) continue;
        hops.set(`${node} ${egress}`, hop);
        waiting.push(hop.to);
      }
    }
  }
  return [...hops.values()];
}

function across(topology: Topology, node: string, egress: string): Hop | undefined {
  for (const { a, b } of topology.links) {
    if (a.node === node && a.interface === egress)
      return { from: node, egress, to: b.node, ingress: b.interface };
    if (b.node === node && b.interface === egress)
      return { from: node, egress, to: a.node, ingress: a.interface };
  }
  return undefined;
}

function joins(one: Hop, other: Hop): boolean {
  const same = one.from === other.from && one.egress === other.egress;
  return same || (one.to === other.from && one.ingress === other.egress);
}

function drawLossPercent(max: number, random: Random): number {
  const drawn = lossPercentMin * (max / lossPercentMin) ** random.fraction();
  return Math.round(drawn * 1_000) / 1_000;
}

function pick<T>(items: readonly T[], random: Random): T {
  const item = items[Math.floor(random.fraction() * items.length)];
  if (item === undefined) throw new RangeError('There is nothing to draw from: the intent has no path.');
  return item;
}
