/** What each router on the paths tells of itself: SIDs, routes, its policer; and which tells nothing. */
import type { Element, Path } from '../../core/records.ts';
import { contains, sameAddress } from '../addresses.ts';
import { policed } from '../causes/counters.ts';
import { wrongSegmentOrder } from '../causes/wrong-segment-order.ts';
import { nodesOf } from '../elements.ts';
import { controlOver } from '../follow-ups.ts';
import type { Readings } from '../readings.ts';
import { type Aim, aimAt, controlMatch, forwardingMatch, leadsOn, neighbourAt } from '../route-tables.ts';
import { shareLost } from './amounts.ts';
import type { Seen, Sign } from './signs.ts';

export function routerSigns(seen: Seen): Sign[] {
  const nodes = nodesOf(seen.paths);
  return [
    ...nodes.flatMap((node) => [
      ...silenceOf(node, seen),
      ...policerSigns(node, seen),
      ...expiredAt(node, seen),
    ]),
    ...seen.paths.flatMap((path) => [
      ...path.nodes.flatMap((node, index) => [
        ...segmentSigns(node, path, seen.readings),
        ...routeSigns(index, path, seen),
      ]),
      ...markedOn(path, seen),
      ...orderSigns(path, seen),
    ]),
  ];
}

/** Who gave no usable answer, and whether packets were counted behind it all the same. */
function silenceOf(node: string, { untrusted, readings, sections, paths }: Seen): Sign[] {
  const elements: [Element] = [{ node }];
  const mark = untrusted.find((one) => one.node === node);
  if (mark === undefined) {
    const isCounting = (readings.get(node)?.counting.length ?? 0) > 0;
    return isCounting ? [] : [{ sign: 'uncounted', elements }];
  }
  const isPassed = sections.some(({ path: id, purpose, toPoint }) => {
    const index = paths.find((path) => path.id === id)?.nodes.indexOf(node) ?? -1;
    const isBehind = toPoint.index > index || (toPoint.index === index && toPoint.place === 'answered');
    return index >= 0 && purpose === 'loss' && toPoint.packets > 0 && isBehind;
  });
  return [
    { sign: mark.reason === 'authentication' ? 'not-accepted' : 'silent', elements },
    ...(isPassed ? [{ sign: 'passes', elements } as const] : []),
  ];
}

function policerSigns(node: string, { readings, paths }: Seen): Sign[] {
  if (policed(node, readings) === undefined) return [];
  const elements: [Element] = [{ node }];
  const probes = controlOver(node, { readings, paths });
  const lost =
    probes === undefined || probes.value.sent === 0
      ? undefined
      : shareLost(probes.value.sent, Math.min(probes.value.sent, probes.value.received));
  return [
    { sign: 'policed', elements },
    ...(lost === undefined || lost === 'none'
      ? []
      : [{ sign: 'policed-probes', elements, amount: lost } as const]),
  ];
}

/** Packets whose hop limit was spent there since the first reading (RFC 4293's ipIfStatsInHdrErrors). */
function expiredAt(node: string, { readings }: Seen): Sign[] {
  const told = readings.get(node)?.forwarding ?? [];
  const grown =
    Number(told.at(-1)?.value.ipv6['in-header-errors'] ?? 0) -
    Number(told[0]?.value.ipv6['in-header-errors'] ?? 0);
  return grown > 0 ? [{ sign: 'expired', elements: [{ node }], amount: grown < 10 ? 'few' : 'many' }] : [];
}

/** The SIDs of the path that are the node's own, as it has installed them. */
function segmentSigns(node: string, path: Path, readings: Readings): Sign[] {
  const state = readings.get(node);
  const forwarding = state?.forwarding ?? [];
  const [first, last] = [forwarding[0], forwarding.at(-1)];
  if (state?.device === undefined || first === undefined || last === undefined) return [];
  const { direction } = path;
  const signs: Sign[] = [];
  for (const role of ['end', 'decapsulate'] as const) {
    const own = state.device.value.sids[role];
    const used = path.segments.find((segment) => sameAddress(segment, own));
    if (used === undefined) continue;
    const installed = last.value['local-sid'].find(({ sid }) => sameAddress(sid, own));
    if (installed === undefined) {
      signs.push({ sign: 'sid-absent', elements: [{ node, object: used }], direction });
      continue;
    }
    const right = role === 'end' ? ['End'] : ['End.DT6', 'End.DT46'];
    const isOther = installed.behavior !== 'unknown' && !right.includes(installed.behavior);
    const isDeaf = role === 'decapsulate' && installed['delivers-locally'] === false;
    const elements: [Element] = [{ node, object: installed.sid }];
    if (isOther || isDeaf) signs.push({ sign: 'sid-wrong', elements, direction });
  }
  const arrival = path.hops.find(({ to }) => to === node);
  const setting = last.value['segment-routing']?.find((one) => one.interface === arrival?.ingress);
  if (arrival !== undefined && setting !== undefined && (!setting.enabled || setting['hmac-required'])) {
    const errors = ({ value }: typeof last) =>
      value['local-sid']
        .filter(({ sid }) => path.segments.some((segment) => sameAddress(segment, sid)))
        .reduce((sum, one) => sum + Number(one.errors), 0);
    const elements: [Element] = [{ node, interface: arrival.ingress, peer: arrival.from }];
    if (errors(last) > errors(first)) signs.push({ sign: 'sid-refused', elements, direction });
  }
  return signs;
}

/** The route of the node at this position towards the next SID of the path, and what forwarding makes of it. */
function routeSigns(index: number, path: Path, { readings, paths }: Seen): Sign[] {
  const node = path.nodes[index] ?? '';
  const aim = aimAt(index, path, readings);
  const control = aim && controlMatch(node, aim.sid, readings);
  if (aim === undefined || control === undefined) return [];
  const { direction } = path;
  const object = control.prefix ?? locatorOf(aim, readings);
  const elements: [Element] = [{ node, object }];
  const forwarding = forwardingMatch(node, aim.sid, readings);
  if (control.nextHops.length === 0) return [{ sign: 'route-absent', elements, direction }];
  const signs: Sign[] = [];
  if (
    control.nextHops.some(
      ({ 'special-next-hop': special }) => special === 'blackhole' || special === 'unreachable',
    )
  )
    signs.push({ sign: 'route-discards', elements, direction });
  const routes = control.nextHops.filter(leadsOn);
  const isUsed = forwarding?.nextHops.some(
    (one) =>
      leadsOn(one) &&
      routes.some((route) => {
        const [here, there] = [one['next-hop-address'], route['next-hop-address']];
        const isSameAddress = here === undefined || there === undefined || sameAddress(here, there);
        return one['outgoing-interface'] === route['outgoing-interface'] && isSameAddress;
      }),
  );
  if (routes.length > 0 && isUsed === false) signs.push({ sign: 'route-differs', elements, direction });
  for (const route of routes) {
    const peer = neighbourAt(node, route, paths, readings);
    const isOnWay = peer === undefined || peer === path.nodes[index + 1];
    if (isOnWay || !returns(node, peer, aim.sid, { readings, paths })) continue;
    const back: Element = { node, interface: route['outgoing-interface'] ?? '', peer, object };
    signs.push({ sign: 'route-leaves', elements: [back], direction });
  }
  return signs;
}

/** Whether some way by routes from `at` comes back to the node, within a few routers. */
function returns(
  node: string,
  at: string,
  address: string,
  { readings, paths }: Pick<Seen, 'readings' | 'paths'>,
): boolean {
  const reached = new Set([at]);
  for (const one of reached) {
    if (reached.size > 8) return false;
    for (const route of controlMatch(one, address, readings)?.nextHops.filter(leadsOn) ?? []) {
      const next = neighbourAt(one, route, paths, readings);
      if (next === node) return true;
      if (next !== undefined) reached.add(next);
    }
  }
  return false;
}

/** Of a node's own word; else as others have it in their routes. */
function locatorOf({ sid, node }: Aim, readings: Readings): string {
  const own = readings.get(node)?.device?.value.locator;
  if (own !== undefined) return own;
  for (const other of readings.keys()) {
    const match = controlMatch(other, sid, readings);
    if (match?.prefix !== undefined && contains(match.prefix, sid) && match.nextHops.some(leadsOn))
      return match.prefix;
  }
  return sid;
}

/** Probes come without a DSCP (RFC 2474), and leave with one. */
function markedOn(path: Path, { readings, intent }: Seen): Sign[] {
  if ((intent.dscp ?? 0) > 0) return [];
  return path.hops.flatMap((hop): Sign[] => {
    const marks = readings.get(hop.from)?.counting.at(-1)?.value.marked ?? [];
    const leaving = Number(marks.find(({ name }) => name === hop.egress)?.out ?? 0);
    const arriving = marks.reduce((sum, one) => sum + Number(one.in), 0);
    const elements: [Element] = [{ node: hop.from, interface: hop.egress, peer: hop.to }];
    return leaving > 0 && arriving === 0 ? [{ sign: 'marked', elements, direction: path.direction }] : [];
  });
}

function orderSigns(path: Path, seen: Seen): Sign[] {
  return wrongSegmentOrder(path, seen).map(({ element, direction }) => ({
    sign: 'order-wrong',
    elements: [element],
    ...(direction !== 'both' && { direction }),
  }));
}
