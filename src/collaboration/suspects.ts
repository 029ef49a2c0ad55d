/**
 * Where a fault may hide that nothing explains: the smallest set of nodes and links that holds it, and whatever nobody
 * measured.
 */
import type { Element, Finding, Hop, Path } from '../core/records.ts';
import { clean, decided } from './belief.ts';
import { elementsOf } from './elements.ts';
import { isSameLink, parallelLinks, type Section } from './sections.ts';

/** Something wrong that no finding explains; `section` when it is lost packets that tell. */
export interface Unexplained {
  elements: readonly Element[];
  section?: Section;
}

export interface Weighed {
  sections: readonly Section[];
  findings: Finding[];
  unexplained: readonly Unexplained[];
  /** Of the findings those that are why packets are lost. */
  losses: readonly Finding[];
}

/**
 * Beside a finding only what loses for sure, or a second fault would be hidden by the first; without any, also what may
 * lose, and else where nobody looked.
 */
export function suspectsOf(
  paths: readonly Path[],
  { sections, findings, losses, unexplained }: Weighed,
): Element[] {
  const clear = clearLinks(sections);
  const isBesides = ({ section }: Unexplained) =>
    section !== undefined &&
    section.probability >= decided &&
    !losses.some((finding) => mayBeLossOf(finding, section));
  const open = findings.length > 0 ? unexplained.filter(isBesides) : unexplained;
  // Where nothing was lost and too few probes were sent to be sure, it could hide in any of these.
  if (findings.length === 0 && open.length > 0 && open.every(isLossless)) return everyPlace(open);
  const places = open.map(({ section, elements }) =>
    section === undefined ? elements : without(clear, elements),
  );
  if (places.length > 0 || findings.length > 0) return common(places);
  // Where nobody told of probes, a fault could hide in any node and link.
  return elementsOf(unseen(paths, sections));
}

/** Something was asked there, and nothing went missing. */
function isLossless({ section }: Unexplained): boolean {
  return section !== undefined && section.entered > 0 && section.left >= section.entered;
}

function everyPlace(open: readonly Unexplained[]): Element[] {
  const places = new Map(
    open.flatMap(({ elements }) => elements).map((element) => [placeOf(element), element]),
  );
  return [...places.values()];
}

/** Whether what was found loses the packets of this section too, seen from further away. */
function mayBeLossOf({ element, direction }: Finding, section: Section): boolean {
  // Replies are lost on their way back, by whatever loses there.
  if (section.toPoint.place === 'answered' && direction !== section.direction) return true;
  const isThere = section.elements.some((one) => placeOf(one) === placeOf(element));
  return isThere && (direction === 'both' || direction === section.direction);
}

/** Where one fault could hide that all of these show: what they have in common, or else the smallest of them. */
function common(sets: readonly (readonly Element[])[]): Element[] {
  const [smallest = [], ...others] = sets.filter((set) => set.length > 0).sort((a, b) => a.length - b.length);
  return others.reduce<Element[]>(
    (shared, set) => {
      const places = new Set(set.map(placeOf));
      const both = shared.filter((element) => places.has(placeOf(element)));
      return both.length > 0 ? both : shared;
    },
    [...smallest],
  );
}

/** Links that carry probes without loss, as JSON. */
function clearLinks(sections: readonly Section[]): ReadonlySet<string> {
  return new Set(
    sections
      .filter(
        ({ purpose, entered, probability }) => purpose === 'loss' && entered > 0 && probability <= clean,
      )
      .flatMap((section) => section.elements.filter(({ peer }) => peer !== undefined))
      .map((link) => JSON.stringify(link)),
  );
}

/** A link that carries probes of another path without loss is not where these are lost. */
function without(clear: ReadonlySet<string>, elements: readonly Element[]): Element[] {
  const left = elements.filter((element) => !clear.has(JSON.stringify(element)));
  return left.length > 0 ? left : [...elements];
}

/** A link is one place, from whichever end it is named. */
function placeOf({ node, peer }: Element): string {
  return peer === undefined ? node : [node, peer].sort().join(' - ');
}

function isMeasured(path: Path, sections: readonly Section[]): boolean {
  return sections.some(
    (section) => section.path === path.id && section.purpose === 'loss' && section.entered > 0,
  );
}

/** Paths that nobody measured, and parallel links that no probe took. */
function unseen(paths: readonly Path[], sections: readonly Section[]): Pick<Path, 'nodes' | 'hops'>[] {
  return [
    ...paths.filter((path) => !isMeasured(path, sections)),
    ...unseenLinks(paths, sections).map((hop) => ({ nodes: [], hops: [hop] })),
  ];
}

/** Of parallel links those that no small probe, or no large one, is known to have taken. */
export function unseenLinks(paths: readonly Path[], sections: readonly Section[]): Hop[] {
  const linksOf = parallelLinks(paths);
  const parallel = paths.flatMap(({ hops }) => hops).filter((hop) => linksOf(hop).length > 1);
  const taken = (wanted: Section['purpose']) =>
    sections
      .flatMap(({ purpose, strands }) => (purpose === wanted ? strands : []))
      .filter(({ entered }) => entered > 0)
      .flatMap(({ route }) => route.flatMap((links) => (links.length === 1 ? links : [])));
  const [small, large] = [taken('loss'), taken('size')];
  return parallel.filter((hop) => [small, large].some((links) => !links.some((one) => isSameLink(one, hop))));
}
