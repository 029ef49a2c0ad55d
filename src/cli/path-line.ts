/**
 * A path as a line of routers (even places) and links (odd places), with what was measured and concluded at each: the
 * material of every picture of a report. A path and the one that returns over the same routers share a line.
 *
 *   place      0        1        2        3        4
 *            [PE-1] ─────────  [P-2] ──────────  [PE-3]
 *   above    readings of the path from head to tail, each over one place or several
 *   below    readings of the path back
 */
import type { Element, Finding, FindingKind, Path, Report, SectionMeasurement } from '../core/records.ts';

export interface PathLine {
  forward: Path | undefined;
  reverse: Path | undefined;
  places: Place[];
  above: Reading[];
  below: Reading[];
}

export interface Place {
  isLink: boolean;
  /** Name of the router; of a link the interface at its left end, "?" when nobody told. */
  left: string;
  /** The interface at the right end of a link; empty for a router. */
  right: string;
  /** ✖ for what a finding accuses, ? for what is only suspected. */
  mark: '' | '✖' | '?';
  /** What the mark stands at. */
  marked: 'node' | 'link' | 'left' | 'right';
  /** The direction that suffers, seen from the intent. */
  markDirection: Finding['direction'];
}

export interface Reading {
  /** Of the places that it covers, both included. */
  first: number;
  last: number;
  section: SectionMeasurement;
  /** What large probes met in the same places. */
  size: { section: SectionMeasurement; bytes: number | undefined } | undefined;
  /** Only large probes are lost. */
  isLarge: boolean;
  /** More is lost than the background explains. */
  isBad: boolean;
}

/** In the order of the forward paths; then those that only return. */
export function linesOf(report: Report): PathLine[] {
  const unpaired = report.paths.filter(({ direction }) => direction === 'reverse');
  const lines: PathLine[] = [];
  for (const forward of report.paths.filter(({ direction }) => direction === 'forward')) {
    const way = forward.nodes.toReversed().join(' ');
    const index = unpaired.findIndex(({ nodes }) => nodes.join(' ') === way);
    const [reverse] = index < 0 ? [] : unpaired.splice(index, 1);
    lines.push(lineOf(report, forward, reverse));
  }
  for (const reverse of unpaired) lines.push(lineOf(report, undefined, reverse));
  return lines;
}

/** Nothing entered a place behind a total loss. */
export function lossText({ entered, lossPercent }: SectionMeasurement): string {
  return entered === 0 ? '-' : `${lossPercent} %`;
}

/** From here on a loss is more than the background explains; the same that makes a finding CONFIRMED. */
const lossProbabilityMin = 0.95;

function lineOf(report: Report, forward: Path | undefined, reverse: Path | undefined): PathLine {
  const nodes = forward?.nodes ?? reverse?.nodes.toReversed() ?? [];
  const places = placesOf(nodes, forward, reverse);
  for (const suspect of report.suspects) mark(places, nodes, suspect, '?', 'link', 'both');
  for (const { kind, element, direction } of report.findings)
    mark(places, nodes, element, '✖', linkKinds.includes(kind) ? 'link' : 'end', direction);
  return {
    forward,
    reverse,
    places,
    above: readingsOf(report, forward, nodes),
    below: readingsOf(report, reverse, nodes),
  };
}

function placesOf(nodes: readonly string[], forward: Path | undefined, reverse: Path | undefined): Place[] {
  const back = reverse?.hops.toReversed() ?? [];
  return nodes.flatMap((node, index): Place[] => {
    const router = place(node, '', false);
    const [there, here] = [forward?.hops[index], back[index]];
    if (there === undefined && here === undefined) return [router];
    const near = there?.egress || here?.ingress || '?';
    const far = there?.ingress || here?.egress || '?';
    return [router, place(near, far, true)];
  });
}

function place(left: string, right: string, isLink: boolean): Place {
  return { isLink, left, right, mark: '', marked: isLink ? 'link' : 'node', markDirection: 'both' };
}

/** Kinds that accuse a link as a whole, not one end of it. */
const linkKinds: readonly FindingKind[] = [
  'unidirectional-link',
  'silent-loss',
  'srh-filtered',
  'corruption',
  'duplex-mismatch',
  'link-flap',
  'microburst',
  'rate-bottleneck',
  'gray-ecmp-member',
  'lag-member',
  'gray-prefix',
  'link-down',
  'srv6-encap-mtu',
];

function mark(
  places: readonly Place[],
  nodes: readonly string[],
  element: Element,
  sign: '✖' | '?',
  where: 'link' | 'end',
  direction: Finding['direction'],
): void {
  const index = placeOf(nodes, element);
  const found = index === undefined ? undefined : places[index];
  if (index === undefined || found === undefined) return;
  const end = nodes[(index - 1) / 2] === element.node ? found.left : found.right;
  // Of parallel links another one than this line shows.
  if (found.isLink && ![end, undefined].includes(element.interface) && end !== '?') return;
  found.mark = sign;
  found.markDirection = direction;
  if (found.isLink && where === 'end')
    found.marked = nodes[(index - 1) / 2] === element.node ? 'left' : 'right';
}

/** The place of an element in the line of routers, whichever direction it was written in. */
function placeOf(nodes: readonly string[], { node, peer }: Element): number | undefined {
  // A way may lead back through a node.
  for (const [at, one] of nodes.entries()) {
    if (one !== node) continue;
    if (peer === undefined) return 2 * at;
    if (nodes[at + 1] === peer) return 2 * at + 1;
    if (nodes[at - 1] === peer) return 2 * at - 1;
  }
  return undefined;
}

/**
 * What was measured at the places of this line. The flows of a path take whichever of parallel links a hash picks, so
 * that those of another path may be the ones that took the link of this line.
 */
function readingsOf(report: Report, path: Path | undefined, nodes: readonly string[]): Reading[] {
  if (path === undefined) return [];
  // What paths from behind a fault met there, no probe of this one did.
  const alike = new Set(
    report.paths.flatMap(({ id, nodes: [first] }) => (first === path.nodes[0] ? id : [])),
  );
  const here = report.measurements.filter(
    (one) =>
      one.elements.length > 0 &&
      one.direction === path.direction &&
      alike.has(one.path) &&
      liesOn(one.elements, path),
  );
  const bytes = report.flows.find((flow) => flow.path === path.id && flow.purpose === 'size')?.sizeBytes;
  const last = 2 * nodes.length - 2;
  const spanOf = ({ elements }: SectionMeasurement) => {
    const places = elements.flatMap((element) => placeOf(nodes, element) ?? []);
    return { first: Math.min(...places), last: Math.min(last, Math.max(...places)) };
  };
  const bySpan = Map.groupBy(here, (section) => JSON.stringify(spanOf(section)));
  return [...bySpan.values()].flatMap((same): Reading[] => {
    const section = tellingOf(same, path, 'loss');
    if (section === undefined) return [];
    const size = tellingOf(same, path, 'size');
    const isLarge = size !== undefined && isLost(size) && !isLost(section);
    return [
      {
        ...spanOf(section),
        section,
        size: size && { section: size, bytes },
        isLarge,
        isBad: isLost(section) || isLarge,
      },
    ];
  });
}

/**
 * Of several flows over one place, one that lost; else one of this path. At the router where a path begins, what was lost of
 * others that came there says nothing of what it sent.
 */
function tellingOf(
  same: readonly SectionMeasurement[],
  path: Path,
  purpose: SectionMeasurement['purpose'],
): SectionMeasurement | undefined {
  const flows = same.filter((one) => one.purpose === purpose);
  const own = flows.find((one) => one.path === path.id);
  if (own?.from === `${path.nodes[0]} sent`) return own;
  return flows.find(isLost) ?? own ?? flows[0];
}

/** True when every router and link is on the path; of links of which any may have been taken, one. */
function liesOn(elements: readonly Element[], path: Path): boolean {
  const isHere = ({ node, interface: name, peer }: Element) =>
    peer === undefined
      ? path.nodes.includes(node)
      : path.hops.some(
          (hop) => hop.from === node && hop.to === peer && (name === undefined || hop.egress === name),
        );
  return elements.every(
    (element) =>
      isHere(element) ||
      elements.some((one) => one.node === element.node && one.peer === element.peer && isHere(one)),
  );
}

function isLost({ entered, lossPercent, probability }: SectionMeasurement): boolean {
  return entered > 0 && lossPercent > 0 && probability >= lossProbabilityMin;
}
