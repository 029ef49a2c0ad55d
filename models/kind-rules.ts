/**
 * Sentences about a path that ask for something else than its losses: which kind of intent they are, and what of them is no
 * part of the path. The path itself is read as rules.ts reads any other.
 */

export type PathKind = 'reachability' | 'path-mtu' | 'path-latency';

export interface Wishes {
  wanted: Record<string, unknown>;
  /** The sentence without the wishes, with the ends of the path as "from A to B". */
  rest: string;
}

const word = (words: string) => new RegExp(String.raw`(?<![\w.-])(?:${words})(?![\w-]|\.\w)`, 'i');

/** Words that only this kind is asked with. */
const topics: readonly (readonly [PathKind, RegExp])[] = [
  [
    'path-mtu',
    word('p?mtu|pmtud|(?:packet|maximum|max) sizes?|(?:largest|biggest) packets?|how (?:large|big)'),
  ],
  [
    'path-mtu',
    /\b(?:packets?|frames?|probes?)\s+(?:of|with)\s+\d{3,5}\s*(?:octets|bytes|b)?\s+(?:\w+\s+)?(?:fit|pass|get through)\b/i,
  ],
  ['path-latency', word('latency|latencies|delays?|rtt|round[- ]trip(?: time)?|how (?:long|slow|fast)')],
  ['reachability', word('reachable|unreachable|reachability|reach|reaches|connectivity|pings?')],
];

/** Undefined where none of these kinds is asked for. */
export function kindOfSentence(text: string): PathKind | undefined {
  return topics.find(([, topic]) => topic.test(text))?.[0];
}

const name = String.raw`(?<![\w.:/-])([A-Za-z0-9](?:[\w.:/-]*\w)?)`;
const besides = String.raw`(?:(?:is|are|still|not|currently|really|now|the|router|node|device)\s+)*`;
/** Where the end of the path is named before its beginning, or "to" is left out. */
const reachOrders: readonly (readonly [RegExp, head: number, tail: number])[] = [
  [new RegExp(String.raw`${name}\s+${besides}(?:un)?reachable\s+from\s+${besides}${name}`, 'i'), 2, 1],
  [new RegExp(String.raw`\b(?:reach|ping)\s+${besides}${name}\s+from\s+${besides}${name}`, 'i'), 2, 1],
  [
    new RegExp(
      String.raw`\b(?:can|does|could|will|whether|if|that)\s+${besides}${name}\s+${besides}(?:reach|reaches|ping)\s+${besides}${name}`,
      'i',
    ),
    1,
    2,
  ],
];

export function readWishesOf(kind: PathKind, text: string): Wishes {
  switch (kind) {
    case 'reachability':
      return { wanted: {}, rest: inOrder(text) };
    case 'path-mtu':
      return sized(text);
    case 'path-latency':
      return countedIn(text);
  }
}

/** "for packets of 1400 octets", "size=1400", "1400 bytes": three digits at least, for names may be numbers. */
export const sizes: readonly RegExp[] = [
  /\bsize(?:bytes)?\s*(?:of\s+|[=:]\s*)?(\d{3,5})(?:\s*(?:octets|bytes|b))?\b/i,
  /\b(?:for\s+)?(?:packets?|frames?|probes?)\s+(?:of|with)\s+(\d{3,5})(?:\s*(?:octets|bytes|b))?\b/i,
  /(?<![\w.:/-])(\d{3,5})[-\s]*(?:octets?|bytes?)(?:\s+(?:packets?|frames?|probes?))?\b/i,
];

/** "with 50 probes", "count=50" */
const counts: readonly RegExp[] = [
  /\b(?:with\s+)?(?:a\s+)?count\s*(?:of\s+|[=:]\s*)?(\d{1,6})\b/i,
  /(?:\b(?:with|of|from|over)|[,;])\s+(\d{1,6})\s+(?:probes|packets|pings|samples)\b/i,
];

function countedIn(text: string): Wishes {
  for (const count of counts) {
    const found = count.exec(text);
    if (found === null) continue;
    const rest = `${text.slice(0, found.index)} ${text.slice(found.index + found[0].length)}`;
    return { wanted: { count: Number(found[1]) }, rest };
  }
  return { wanted: {}, rest: text };
}

function sized(text: string): Wishes {
  for (const size of sizes) {
    const found = size.exec(text);
    if (found === null) continue;
    const rest = `${text.slice(0, found.index)} ${text.slice(found.index + found[0].length)}`;
    return { wanted: { sizeBytes: Number(found[1]) }, rest };
  }
  return { wanted: {}, rest: text };
}

function inOrder(text: string): string {
  for (const [pattern, head, tail] of reachOrders) {
    const found = pattern.exec(text);
    if (found !== null) {
      const behind = text.slice(found.index + found[0].length);
      return `${text.slice(0, found.index)} from ${found[head]} to ${found[tail]} ${behind}`;
    }
  }
  return text;
}
