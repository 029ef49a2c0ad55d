/**
 * Step 3, behind a fault that lets nothing through: the next router sends for itself, or the first fault of a path would
 * hide the second.
 */
import { limits } from '../core/limits.ts';
import type { Direction, Finding, Path, Untrusted } from '../core/records.ts';
import { decided } from './belief.ts';
import type { Stop } from './causes/stops.ts';
import type { Survey } from './paths.ts';
import { hostBytesMin } from './plan.ts';
import { isSameLink, type Section } from './sections.ts';

export interface Known {
  paths: readonly Path[];
  sections: readonly Section[];
  untrusted: readonly Untrusted[];
  /** Whether a node may be asked to send probes. */
  sends(node: string): Promise<boolean>;
  /** What routers' own states show. */
  stops: readonly Stop[];
}

/**
 * Paths over what lies behind all that lets nothing through, where no probe came; `waypoints`: the named nodes from head to
 * tail. Never more than there are whole paths, so that no more packets a second are sent than was asked for.
 */
export async function pathsBehind(
  waypoints: readonly string[],
  known: Known,
  pathsFrom: Survey['pathsFrom'],
): Promise<Path[]> {
  const { paths, sections } = known;
  const whole = paths.filter((path) => isWhole(path, waypoints)).length;
  const freshMax = Math.min(whole, 2 * limits.pathsMax - paths.length);
  const fresh: Path[] = [];
  for (const { nodes, direction } of await restsBehind(waypoints, known)) {
    const alike = [...paths, ...fresh].filter((path) => path.direction === direction);
    const found = await pathsFrom(nodes, direction, alike.length + 1);
    // All of them or none: parallel links would be probed one without the other.
    const isRoom = fresh.length + found.length <= freshMax;
    if (isRoom && found.some((path) => isUncharted(path, sections))) fresh.push(...found);
  }
  return fresh;
}

/** Whether a path begins where its direction does. */
export function isWhole({ nodes, direction }: Path, waypoints: readonly string[]): boolean {
  return nodes[0] === waypoints.at(direction === 'forward' ? 0 : -1);
}

/** From where packets of a direction are to be sent on, and the named nodes that they have yet to pass. */
interface Rest {
  direction: Direction;
  nodes: readonly string[];
}

/** The rest of each path on which all probes end, or whose head sends none: from the first router behind that can send. */
async function restsBehind(waypoints: readonly string[], known: Known): Promise<Rest[]> {
  const { paths, sections } = known;
  const rests: Rest[] = [];
  for (const path of paths) {
    const own = sections.filter((section) => section.path === path.id && section.purpose === 'loss');
    const dead = own.find(letsNothingThrough);
    // A path that began behind such a place, and of which nothing came, leads no further.
    if (dead === undefined && (own.length > 0 || !isWhole(path, waypoints))) continue;
    const first = dead ? firstBehind(dead, path, known) : 1;
    const position = await firstSending(path, first, known);
    const behind = position === undefined ? undefined : path.nodes[position];
    const isHead = ({ nodes, direction }: Path) => direction === path.direction && nodes[0] === behind;
    if (position === undefined || behind === undefined || paths.some(isHead)) continue;
    rests.push({ direction: path.direction, nodes: [behind, ...leftFrom(position, path, waypoints)] });
  }
  return [...new Map(rests.map((rest) => [JSON.stringify(rest), rest])).values()];
}

/** Position of the first node from there on that answers and sends probes, the tail left out. */
async function firstSending(
  { nodes }: Path,
  from: number,
  { untrusted, sends }: Known,
): Promise<number | undefined> {
  for (const [index, node] of nodes.slice(0, -1).entries())
    if (index >= from && !untrusted.some((mark) => mark.node === node) && (await sends(node))) return index;
  return undefined;
}

/** Whether a path leads over a link that no probe is known to have come to. */
function isUncharted({ hops }: Path, sections: readonly Section[]): boolean {
  const reached = sections.filter(({ purpose, entered }) => purpose === 'loss' && entered > 0);
  return hops.some((hop) => !reached.some((section) => section.hops.some((one) => isSameLink(one, hop))));
}

/** The named nodes that a path has yet to pass behind this position. */
export function leftFrom(
  position: number,
  { nodes, direction }: Pick<Path, 'nodes' | 'direction'>,
  waypoints: readonly string[],
): readonly string[] {
  const ordered = direction === 'forward' ? waypoints : waypoints.toReversed();
  // From the end, as the path itself may begin behind some of them.
  let first = ordered.length;
  for (const one of nodes.slice(position + 1).reverse()) if (one === ordered[first - 1]) first -= 1;
  return ordered.slice(first);
}

/** Probes of a size that somebody asked for may be too large for every link: it is that which has to be asked about. */
function letsNothingThrough({ entered, left, probability, sizeBytes }: Section): boolean {
  return sizeBytes <= hostBytesMin && entered > 0 && left === 0 && probability >= decided;
}

/** A router's own packets follow its routes as well. */
const routeKinds: readonly Finding['kind'][] = [
  'static-blackhole',
  'rib-fib-mismatch',
  'locator-unreachable',
  'forwarding-loop',
];

/** Position of the first node of which nothing was seen; a router that loses what comes to it may still send its own. */
function firstBehind({ fromPoint, toPoint }: Section, path: Path, { stops }: Known): number {
  const { index } = toPoint;
  const node = path.nodes[index];
  const losesOwn =
    fromPoint.place === 'sent' ||
    stops.some(
      ({ path: { id }, stopsAt, kind }) =>
        id === path.id &&
        ('hop' in stopsAt ? stopsAt.hop.from === node : stopsAt.node === node && routeKinds.includes(kind)),
    );
  return losesOwn && fromPoint.index === index ? index + 1 : index;
}
