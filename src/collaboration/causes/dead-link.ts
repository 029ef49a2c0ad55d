/** admin-shutdown and link-down: what the ends of a link say of their own interfaces. */
import type { Hop, Path } from '../../core/records.ts';
import { interfaceOf } from '../plan.ts';
import { isSameLink, linkElement, turned } from '../sections.ts';
import { changesMin, growthOf } from './counters.ts';
import { type Evidence, uncertainProbabilityMax } from './evidence.ts';
import type { Stop } from './stops.ts';

export function adminShutdown(hop: Hop, path: Path, evidence: Evidence): Stop | undefined {
  const shut = endsOf(hop, evidence).find(({ state }) => state?.['admin-status'] === 'down');
  if (shut === undefined) return undefined;
  const element = { node: shut.node, interface: shut.name, peer: shut.peer };
  const supportedBy = readAt(hop, evidence);
  return { kind: 'admin-shutdown', element, direction: 'both', supportedBy, path, stopsAt: { hop } };
}

/** Down at one moment only, or down and up meanwhile: then it may well be that it flaps. */
export function linkDown(hop: Hop, path: Path, evidence: Evidence): Stop | undefined {
  const ends = endsOf(hop, evidence);
  if (ends.every(({ state }) => state?.['oper-status'] !== 'down')) return undefined;
  const element = linkElement(inForwardOrder(hop, evidence.paths));
  const growths = ends.flatMap(({ node, name }) => growthOf(evidence.readings, node, name) ?? []);
  const flaps = growths.some(({ carrierChanges }) => carrierChanges >= changesMin);
  // Without probes, the two readings may be of one moment.
  const isProbed = evidence.sections.some((one) => one.path === path.id && one.entered > 0);
  const isLasting =
    isProbed && growths.length > 0 && growths.every(({ carrierChanges }) => carrierChanges === 0);
  return {
    kind: flaps ? 'link-flap' : 'link-down',
    element,
    direction: 'both',
    supportedBy: [...readAt(hop, evidence), ...growths.flatMap((growth) => growth.supportedBy)],
    path,
    stopsAt: { hop },
    // An end that does not tell may have been shut.
    ...((!isLasting || ends.some(({ state }) => state === undefined)) && {
      probabilityMax: uncertainProbabilityMax,
    }),
  };
}

function endsOf({ from, egress, to, ingress }: Hop, { readings }: Evidence) {
  return [
    { node: from, name: egress, peer: to, state: interfaceOf(readings, from, egress) },
    { node: to, name: ingress, peer: from, state: interfaceOf(readings, to, ingress) },
  ];
}

function readAt({ from, to }: Hop, { readings }: Evidence): string[] {
  return [from, to].flatMap((node) => readings.get(node)?.interfaces.at(-1)?.id ?? []);
}

/** A fault of both directions is named from the end that the intent's head sees first. */
export function inForwardOrder(hop: Hop, paths: readonly Path[]): Hop {
  const forward = paths.filter(({ direction }) => direction === 'forward').flatMap(({ hops }) => hops);
  return forward.find((one) => isSameLink(one, hop) || isSameLink(one, turned(hop))) ?? hop;
}
