/** The words that the model knows, and those which it does not need to know to be sure that they are hardly names. */

const wordsOf = (text: string) => new Set(text.split(/\s+/).filter(Boolean));

/** In lower case, without apostrophes. */
export const knownWords: ReadonlySet<string> = wordsOf(`
a about all an and any are at be been between bgp by can cannot cant check could cpu customer device do does down
dscp drop dropped dropping drops find for from get has have hops how i if in interface is it its jitter latency least
link lose losing loss max me measure memory mtu my need no not of on one or our out over packet packets path
per percent ping please probe probes reach reachable router rtt see session show size some status test than that the
there this through to towards traffic up us verify via want was we what where whether which why with you head tail
core edge spine leaf hub gateway bytes ms seconds units nth
`);

/** Known words that are common names of routers as well. */
export const ambiguousWords: ReadonlySet<string> = wordsOf(`core edge spine leaf hub gateway border access`);

/** Even in a domain that has a router called so. */
export const neverNames: ReadonlySet<string> = wordsOf(
  'a an and are at by for from in is it of on or the through to via with',
);

/** English words beyond the known ones. */
export const plainWords: ReadonlySet<string> = wordsOf(`
kindly tonight again yesterday investigate
`);
