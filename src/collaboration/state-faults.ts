/**
 * Faults that a router's own state shows and that stop everything: a link that is down, a router that is gone, a SID
 * that is not installed. They count only where no probe got past.
 */
import type { Element, Hop, Path, Untrusted } from '../core/records.ts';
import { sameAddress } from './addresses.ts';
import { type Explanation, hears, uncertainProbabilityMax } from './explain.ts';
import { interfaceOf } from './plan.ts';
import type { Readings } from './readings.ts';
import { isSameLink, linkElement, type Section } from './sections.ts';

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
  const marked = (isMeant: (mark: Untrusted) => boolean) =>
    new Set(untrusted.filter(isMeant).map(({ node }) => node));
  const silent = marked(({ reason }) => reason === 'timeout' || reason === 'unreachable');
  const inBand = marked(({ management }) => management === 'in-band');
  const evidence = { paths, sections, readings, silent, inBand };
  for (const path of paths) {
    for (const [index, node] of path.nodes.entries())
      if (!sentOn(path, index, sections)) faults.push(...missingSid(node, path, readings));
    for (const hop of path.hops) {
      if (passed(hop, sections)) continue;
      const found = deadHop(hop, path, evidence);
      if (found !== undefined && 'kind' in found) faults.push(found);
      else if (found !== undefined) ambiguities.push(found);
    }
  }
  return { faults, ambiguities };
}

interface Evidence {
  paths: readonly Path[];
  sections: readonly Section[];
  readings: Readings;
  /** Nodes that gave no answer, and nodes that are managed over the tested links. */
  silent: ReadonlySet<string>;
  inBand: ReadonlySet<string>;
}

function deadHop(hop: Hop, path: Path, evidence: Evidence): StateFault | Ambiguity | undefined {
  const { paths, readings } = evidence;
  const ends = [
    { node: hop.from, name: hop.egress, state: interfaceOf(readings, hop.from, hop.egress) },
    { node: hop.to, name: hop.ingress, state: interfaceOf(readings, hop.to, hop.ingress) },
  ];
  const silent = [hop.from, hop.to].find((node) => evidence.silent.has(node));
  const dead = silent === undefined ? undefined : crashed(silent, hop, path, evidence);
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
 * Silence alone accuses nobody: an agent may be gone whose router forwards. A router has crashed when probes went its way
 * and none came to it or past it, and whoever neighbours it on the paths has lost it as well; where its management
 * shares the tested links, two neighbours must have lost it, for one dead link looks the same.
 */
function crashed(
  node: string,
  hop: Hop,
  path: Path,
  { paths, sections, readings, inBand }: Evidence,
): StateFault | Ambiguity | undefined {
  if (!swallows(node, paths, sections)) return undefined;
  // Whoever told that its end is down lived when that was so: what is down is the link.
  const own = hop.from === node ? hop.egress : hop.ingress;
  if (interfaceOf(readings, node, own)?.['oper-status'] === 'down') return undefined;
  const witnesses = new Map<string, { isDown: boolean; lost: boolean; ids: string[] }>();
  for (const one of paths.flatMap(({ hops }) => hops)) {
    const [neighbour, name] =
      one.to === node ? [one.from, one.egress] : one.from === node ? [one.to, one.ingress] : [];
    if (neighbour === undefined || name === undefined) continue;
    const reading = readings.get(neighbour)?.interfaces.at(-1);
    if (reading === undefined) continue;
    const heard = hears(readings, neighbour, name, node);
    const isDown = interfaceOf(readings, neighbour, name)?.['oper-status'] === 'down';
    const lost = isDown || heard?.fresh === false;
    const earlier = witnesses.get(neighbour);
    witnesses.set(neighbour, {
      isDown: isDown && earlier?.isDown !== false,
      lost: lost && earlier?.lost !== false,
      ids: [reading.id, ...(heard === undefined ? [] : [heard.id])],
    });
  }
  const all = [...witnesses.values()];
  if (all.length === 0 || all.some(({ lost }) => !lost)) return undefined;
  if (inBand.has(node) && all.length < 2) {
    // Only the link to the one witness is in question; what lies behind the silent router, nobody saw.
    const isWitnessed = witnesses.has(hop.from) || witnesses.has(hop.to);
    const elements = [linkElement(inForwardOrder(hop, paths)), { node }];
    return isWitnessed ? { elements, path, hop } : undefined;
  }
  return {
    kind: 'node-crash',
    element: { node },
    direction: 'both',
    supportedBy: all.flatMap(({ ids }) => ids),
    path,
    stopsAt: { node },
    // A dead agent is silent and unheard as well: only the carrier that several neighbours lost tells them apart, for
    // a router with one link looks the same when that is down.
    ...((all.length < 2 || !all.every(({ isDown }) => isDown)) && {
      probabilityMax: uncertainProbabilityMax,
    }),
  };
}

/** Whether probes were sent towards the node, and nothing was counted at it or behind it, nor sent by it. */
function swallows(node: string, paths: readonly Path[], sections: readonly Section[]): boolean {
  const loss = sections.filter(({ purpose, entered }) => purpose === 'loss' && entered > 0);
  const reaching = loss.flatMap((section) => {
    const index = paths.find(({ id }) => id === section.path)?.nodes.indexOf(node) ?? -1;
    return index < 0 ? [] : [{ section, index }];
  });
  return (
    reaching.some(({ index }) => index > 0) &&
    reaching.every(
      ({ section, index }) =>
        section.fromPoint.node !== node && (section.toPoint.index < index || section.left === 0),
    )
  );
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

/** Whether any small probe that took the link was counted behind it. */
function passed(hop: Hop, sections: readonly Section[]): boolean {
  return sections.some(
    ({ purpose, toPoint, route }) =>
      purpose === 'loss' &&
      toPoint.packets > 0 &&
      route
        .slice(0, toPoint.index)
        .some((links) => links.length === 1 && links.some((link) => isSameLink(link, hop))),
  );
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
  const back = { from: hop.to, egress: hop.ingress, to: hop.from, ingress: hop.egress };
  return forward.find((one) => isSameLink(one, hop) || isSameLink(one, back)) ?? hop;
}
