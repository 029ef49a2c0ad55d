/** What is said of a kind of fault. */
import type { Slot } from './slots.ts';
import type { SignName } from './words.ts';

export interface KindPhrases {
  /** How its place is named; a place that lacks the peer or the interface is named by what it has. */
  at: 'link' | 'interface' | 'node' | 'pair';
  /** What else of it must be told. */
  object?: Slot;
  /** Words that no other kind is told by: one of them is in each of `told`. */
  own: readonly string[];
  told: readonly string[];
  /** What to look at next. */
  check: readonly string[];
  /** It may lie beside a loss without making it: nothing is lost "because" of it. */
  isBeside?: boolean;
  /** What may be said to show it, where it was seen at the same place. */
  shows?: readonly SignName[];
}
