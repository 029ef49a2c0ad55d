/** node-crash: a router that answers nobody, forwards nothing, and that its neighbours have lost. */
import type { Hop, Path, Untrusted } from '../../core/records.ts';
import { interfaceOf } from '../plan.ts';
import { linkElement } from '../sections.ts';
import { inForwardOrder } from './dead-link.ts';
import { type Evidence, uncertainProbabilityMax } from './evidence.ts';
import { hears } from './hearing.ts';
import type { Ambiguity, Stop } from './stops.ts';

export function nodeCrash(hop: Hop, path: Path, evidence: Evidence): Stop | Ambiguity | undefined {
  const silent = evidence.untrusted.filter(isSilent).map(({ node }) => node);
  const node = [hop.from, hop.to].find((end) => silent.includes(end));
  return node === undefined ? undefined : crashed(node, hop, path, evidence);
}

function isSilent({ reason }: Untrusted): boolean {
  return reason === 'timeout' || reason === 'unreachable';
}

/**
 * Silence alone accuses nobody: an agent may be gone whose router forwards. A router has crashed when probes went its way
 * and none came to it or past it, and whoever neighbours it on the paths has lost it as well; where its management
 * shares the tested links, two neighbours must have lost it, for one dead link looks the same.
 */
function crashed(node: string, hop: Hop, path: Path, evidence: Evidence): Stop | Ambiguity | undefined {
  const { paths, readings, untrusted } = evidence;
  if (!swallows(node, evidence)) return undefined;
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
  // Who should come behind it is then only guessed, and packets may get lost anywhere until there.
  if (!isNamedBehind(node, paths) && !all.some(({ isDown }) => isDown)) return undefined;
  const isInBand = untrusted.some((mark) => mark.node === node && mark.management === 'in-band');
  if (isInBand && all.length < 2) {
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
    stopsAt: { hop },
    // A dead agent is silent and unheard as well: only the carrier that several neighbours lost tells them apart, for
    // a router with one link looks the same when that is down.
    ...((all.length < 2 || !all.every(({ isDown }) => isDown)) && {
      probabilityMax: uncertainProbabilityMax,
    }),
  };
}

/** Whether a path ends at the node, or goes on over a link that one of its ends names. */
function isNamedBehind(node: string, paths: readonly Path[]): boolean {
  return paths.some(
    ({ nodes, hops }) =>
      nodes.at(-1) === node ||
      hops.some(({ from, egress, ingress }) => from === node && (egress !== '' || ingress !== '')),
  );
}

/**
 * Whether probes came as far as the router before it, past no other silent one, and nothing was counted at it or behind it,
 * nor sent by it.
 */
function swallows(node: string, { paths, sections, untrusted }: Evidence): boolean {
  const silent = untrusted.filter(isSilent).map((mark) => mark.node);
  const loss = sections.filter(({ purpose, entered }) => purpose === 'loss' && entered > 0);
  const reaching = loss.flatMap((section) => {
    const nodes = paths.find(({ id }) => id === section.path)?.nodes ?? [];
    const index = nodes.indexOf(node);
    return index < 0 ? [] : [{ section, index, nodes }];
  });
  const cameNear = reaching.some(({ section: { fromPoint, toPoint }, index, nodes }) => {
    const isToIt = toPoint.index >= index || (toPoint.index === index - 1 && toPoint.place === 'out');
    const between = nodes.slice(fromPoint.index + 1, index);
    return fromPoint.index < index && isToIt && !between.some((one) => silent.includes(one));
  });
  return (
    cameNear &&
    reaching.every(
      ({ section, index }) =>
        section.fromPoint.node !== node && (section.toPoint.index < index || section.left === 0),
    )
  );
}
