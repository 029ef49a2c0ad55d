import type { Element } from '../../core/records.ts';

/** Each once, in the order in which they are first named. */
export function distinctElements(elements: readonly Element[]): Element[] {
  return [...new Map(elements.map((one) => [JSON.stringify(one), one])).values()];
}
