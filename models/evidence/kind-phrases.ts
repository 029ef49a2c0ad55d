/**
 * How a sentence may tell each kind of fault: clauses in words of the vocabulary, with slots. `@` stands for the place, as `at` says.
 * What is not here, no sentence says of that kind.
 */
import { droppingPhrases } from './dropping-phrases.ts';
import { forwardingPhrases } from './forwarding-phrases.ts';
import { outagePhrases } from './outage-phrases.ts';
import type { KindPhrases } from './phrases.ts';

export type { KindPhrases };

export const kindPhrases = {
  ...droppingPhrases,
  ...forwardingPhrases,
  ...outagePhrases,
} as const satisfies Record<string, KindPhrases>;

export type PhrasedKind = keyof typeof kindPhrases;
