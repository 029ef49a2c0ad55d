/** The words that the model knows, and those which it does not need to know to be sure that they are hardly names. */
import { knownWordList } from './known-words.ts';
import { plainWordList } from './plain-words.ts';

const wordsOf = (text: string) => new Set(text.split(/\s+/).filter(Boolean));

/** In lower case, without apostrophes. */
export const knownWords: ReadonlySet<string> = wordsOf(knownWordList);

/** Known words that are common names of routers as well. */
export const ambiguousWords: ReadonlySet<string> = wordsOf(
  'core edge spine leaf hub gateway border access branch transit mid north south east west alpha bravo echo',
);

/** Known words that a router may be called by as well; they are taken for a name only where names stand. */
export const nameableWords: ReadonlySet<string> = wordsOf(
  'admin root system override shutdown delete ignore reset clear drop kill reboot prompt secret test backup default primary ' +
    'user assistant developer master policy report restart disable block trust model switch firewall server office bridge',
);

/** Even in a domain that has a router called so. */
export const neverNames: ReadonlySet<string> = wordsOf(
  'a an and are at by for from in is it of on or the through to via with',
);

/** English words beyond the known ones. */
export const plainWords: ReadonlySet<string> = wordsOf(plainWordList);
