/**
 * Faults that a router's own state shows and that stop everything: a link that is down, a router that is gone, a SID
 * that is not installed. They count only where no probe got past.
 */
import type { Element, Hop, Path, Untrusted } from '../core/records.ts';
import { sameAddress } from './addresses.ts';
import { type Explanation, hears } from './explain.ts';
import { interfaceOf } from './plan.ts';
import type { Readings } from './readings.ts';
import { linkElement, type Section } from './sections.ts';

export interface StateFault extends Explanation {
  path: Path;
  /** Where on the path, so that the loss behind it is not explained a second time. */
  stopsAt: { node: string } | { hop: Hop };
}

/** A place that may be down, when the state does not tell a dead link from a dead router. */
export interface Ambiguity {
  elements: Element[];
  path: Path;
  hop: Hop;
}

export function stateFaults(
  paths: readonly Path[],
  sections: readonly Section[],
  readings: Readings,
  untrusted: readonly Untrusted[],
): { faults: StateFault[]; ambiguities: Ambiguity[] } {
  const faults: StateFault[] = [];
  const ambiguities: Ambiguity[] = [];
  for (const path of paths) {
    for (const [index, node] of path.nodes.entries())
      if (!sentOn(path, index, sections)) faults.push(...missingSid(node, path, readings));
    for (const [index, hop] of path.hops.entries()) {
      if (arrived(path, index + 1, sections)) continue;
      const found = deadHop(hop, path, paths, readings, untrusted);
      if (found !== undefined && 'kind' in found) faults.push(found);
      else if (found !== undefined) ambiguities.push(found);
    }
  }
  return { faults, ambiguities };
}

function deadHop(
  hop: Hop,
  path: Path,
  paths: readonly Path[],
  readings: Readings,
  untrusted: readonly Untrusted[],
): StateFault | Ambiguity | undefined {
  const ends = [
    { node: hop.from, name: hop.egress, state: interfaceOf(readings, hop.from, hop.egress) },
    { node: hop.to, name: hop.ingress, state: interfaceOf(readings, hop.to, hop.ingress) },
  ];
  const silent = [hop.from, hop.to].find((node) => isSilent(node, untrusted));
  const dead = silent === undefined ? undefined : crashed(silent, hop, path, paths, readings, untrusted);
  if (dead !== undefined) return dead;
  // A silent router that another neighbour still sees lives: what is down is the link.
  const supportedBy = ends.flatMap(({ node }) => readings.get(node)?.interfaces.at(-1)?.id ?? []);
  const shut = ends.find(({ state }) => state?.['admin-status'] === 'down');
  if (shut !== undefined) {
    const element = {
      node: shut.node,
      interface: shut.name,
      peer: shut.node === hop.from ? hop.to : hop.from,
    };
    return { kind: 'admin-shutdown', element, direction: 'both', supportedBy, path, stopsAt: { hop } };
  }
  if (ends.every(({ state }) => state?.['oper-status'] !== 'down')) return undefined;
  const element = linkElement(inForwardOrder(hop, paths));
  return { kind: 'link-down', element, direction: 'both', supportedBy, path, stopsAt: { hop } };
}

/**
 * Silence alone accuses nobody. A router has crashed when whoever neighbours it on the paths has lost it as well; and
 * where its management shares the tested links, two neighbours must have lost it, for one dead link looks the same.
 */
function crashed(
  node: string,
  hop: Hop,
  path: Path,
  paths: readonly Path[],
  readings: Readings,
  untrusted: readonly Untrusted[],
): StateFault | Ambiguity | undefined {
  const witnesses = new Map<string, { lost: boolean; ids: string[] }>();
  for (const one of paths.flatMap(({ hops }) => hops)) {
    const [neighbour, name] =
      one.to === node ? [one.from, one.egress] : one.from === node ? [one.to, one.ingress] : [];
    if (neighbour === undefined || name === undefined) continue;
    const reading = readings.get(neighbour)?.interfaces.at(-1);
    const heard = hears(readings, neighbour, node);
    if (reading === undefined) continue;
    const down = interfaceOf(readings, neighbour, name)?.['oper-status'] === 'down';
    witnesses.set(neighbour, {
      lost: down || heard?.fresh === false,
      ids: [reading.id, ...(heard === undefined ? [] : [heard.id])],
    });
  }
  const all = [...witnesses.values()];
  if (all.length === 0 || all.some(({ lost }) => !lost)) return undefined;
  const inBand = untrusted.some((mark) => mark.node === node && mark.management === 'in-band');
  if (inBand && all.length < 2)
    return { elements: [linkElement(inForwardOrder(hop, paths)), { node }], path, hop };
  const supportedBy = all.flatMap(({ ids }) => ids);
  return { kind: 'node-crash', element: { node }, direction: 'both', supportedBy, path, stopsAt: { node } };
}

function isSilent(node: string, untrusted: readonly Untrusted[]): boolean {
  return untrusted.some((mark) => mark.node === node && ['timeout', 'unreachable'].includes(mark.reason));
}

/** A SID of the path that its node is configured with and has not installed (RFC 8986 section 4). */
function missingSid(node: string, path: Path, readings: Readings): StateFault[] {
  const state = readings.get(node);
  const device = state?.device;
  const forwarding = state?.forwarding.at(-1);
  if (device === undefined || forwarding === undefined) return [];
  const mine = path.segments.filter((sid) =>
    Object.values(device.value.sids).some((own) => sameAddress(own, sid)),
  );
  const missing = mine.find((sid) => !forwarding.value['local-sid'].some((one) => sameAddress(one.sid, sid)));
  if (missing === undefined) return [];
  const supportedBy = [device.id, forwarding.id];
  const element = { node, object: missing };
  return [{ kind: 'sid-missing', element, direction: path.direction, supportedBy, path, stopsAt: { node } }];
}

/** Whether any small probe of this path was counted at this position or behind it. */
function arrived(path: Path, index: number, sections: readonly Section[]): boolean {
  return seen(path, sections).some(({ toPoint }) => toPoint.index >= index);
}

/** Whether the node at this position let any small probe of this path through. */
function sentOn(path: Path, index: number, sections: readonly Section[]): boolean {
  return seen(path, sections).some(
    ({ toPoint }) => toPoint.index > index || (toPoint.index === index && toPoint.place !== 'in'),
  );
}

function seen(path: Path, sections: readonly Section[]): Section[] {
  return sections.filter((one) => one.path === path.id && one.purpose === 'loss' && one.toPoint.packets > 0);
}

/** A fault of both directions is named from the end that the intent's head sees first. */
function inForwardOrder(hop: Hop, paths: readonly Path[]): Hop {
  const forward = paths.filter(({ direction }) => direction === 'forward').flatMap(({ hops }) => hops);
  const joins = (one: Hop, a: string, b: string) => one.from === a && one.to === b;
  return forward.find((one) => joins(one, hop.from, hop.to) || joins(one, hop.to, hop.from)) ?? hop;
}
