/** Nodes and links of paths, as reports name them. */
import type { Element, Path } from '../core/records.ts';
import { linkElement } from './sections.ts';

/** Each once, in the order in which they are first met. */
export function nodesOf(paths: readonly Pick<Path, 'nodes'>[]): string[] {
  return [...new Set(paths.flatMap(({ nodes }) => nodes))];
}

/** Nodes and links, each once: of each path first its nodes. */
export function elementsOf(paths: readonly Pick<Path, 'nodes' | 'hops'>[]): Element[] {
  return distinctElements(
    paths.flatMap(({ nodes, hops }) => [
      ...nodes.map((node): Element => ({ node })),
      ...hops.map(linkElement),
    ]),
  );
}

/** Each once, in the order in which they are first named. */
export function distinctElements(elements: readonly Element[]): Element[] {
  return [...new Map(elements.map((one) => [JSON.stringify(one), one])).values()];
}
