/**
 * Words of phrases that stay unknown: prepositions of neighbours, which the tagger explains by ours ("nach" by "to"), and
 * words that routers are called by.
 */
export const leftWords: ReadonlySet<string> = new Set(
  'von nach zu und zwischen de desde hasta vers entre par por da di du et au mad god bob north cell rr ix sizebytes la le auf del neu sur dan alle magic shadow var'.split(
    ' ',
  ),
);
