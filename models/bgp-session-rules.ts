/** Sentences about a BGP session between two routers, or with a neighbour of the router that is asked. */

export interface BgpSessionFound {
  kind: 'bgp-session';
  head?: string;
  neighbor: string;
}

const name = String.raw`([A-Za-z0-9](?:[\w.:/-]*\w)?)`;
const fill = String.raw`(?:(?:the|a|router|node|device|bgp|its|neighbou?r|peer|session|sessions|adjacency)\s+)*`;
const topic = /(?<![\w.-])(?:[ei]?bgp)(?![\w-]|\.\w)/i;
const sessionWords =
  /(?<![\w.-])(?:sessions?|neighbou?rs?|peers?|peering|adjacenc(?:y|ies)|bgp)(?![\w-]|\.\w)/i;
/** Loss is measured on a path, whatever runs over it. */
const lossWords = /(?<![\w.-])(?:packet[-_ ]?loss|loss(?:es)?|lossy|losing|blackhol\w*)(?![\w-]|\.\w)/i;
/** What stands where a name could, and is none. */
const others = new Set(
  (
    'why is are not up down the a an to from on at of with and bgp session sessions neighbor neighbour peer between check ' +
    'verify show state status flapping broken established dropped idle active connect it us me please now still since all'
  ).split(' '),
);

/** Both names, or the neighbour alone. In each pattern the first group is named after whom it names. */
const patterns: readonly [RegExp, readonly ['head' | 'neighbor', ...('head' | 'neighbor')[]]][] = [
  [
    new RegExp(String.raw`\bhead\s*[=:]\s*${name}.*?\bneighbou?r\s*[=:]\s*${name}`, 'i'),
    ['head', 'neighbor'],
  ],
  [
    new RegExp(String.raw`\bneighbou?r\s*[=:]\s*${name}.*?\bhead\s*[=:]\s*${name}`, 'i'),
    ['neighbor', 'head'],
  ],
  [new RegExp(String.raw`\bneighbou?r\s*[=:]\s*${name}`, 'i'), ['neighbor']],
  [new RegExp(String.raw`\bbetween\s+${fill}${name}\s+and\s+${fill}${name}`, 'i'), ['head', 'neighbor']],
  [
    new RegExp(String.raw`\bfrom\s+${fill}${name}\s+(?:to|towards?|with)\s+${fill}${name}`, 'i'),
    ['head', 'neighbor'],
  ],
  [
    new RegExp(
      String.raw`\b(?:neighbou?r|peer|with|to|towards?)\s+${fill}${name}\s+(?:on|at|of|from|seen\s+from)\s+${fill}${name}`,
      'i',
    ),
    ['neighbor', 'head'],
  ],
  [
    new RegExp(String.raw`\b(?:on|at|of)\s+${fill}${name}\s+(?:to|towards?|with)\s+${fill}${name}`, 'i'),
    ['head', 'neighbor'],
  ],
  [new RegExp(String.raw`${name}\s*(?:-->|<->|->|=>|→|↔)\s*${name}`), ['head', 'neighbor']],
  [new RegExp(String.raw`${name}\s+(?:to|towards?|with)\s+${fill}${name}`, 'i'), ['head', 'neighbor']],
  [new RegExp(String.raw`\b(?:neighbou?r|peer|with|to|towards?)\s+${fill}${name}`, 'i'), ['neighbor']],
];

/** Undefined where the text is about something else, or names nobody. */
export function parseBgpSession(text: string): BgpSessionFound | undefined {
  const plain = text.replace(/["'`“”‘’]/g, '');
  if (!topic.test(plain) || !sessionWords.test(plain) || lossWords.test(plain)) return undefined;
  for (const [pattern, roles] of patterns) {
    const match = pattern.exec(plain);
    const names =
      match === null ? [] : roles.map((_, index) => (match[index + 1] ?? '').replace(/[.:]+$/, ''));
    if (names.length === 0 || names.some((one) => one === '' || others.has(one.toLowerCase()))) continue;
    const said = Object.fromEntries(roles.map((role, index) => [role, names[index]]));
    if (said.neighbor !== undefined)
      return {
        kind: 'bgp-session',
        ...(said.head !== undefined && { head: said.head }),
        neighbor: said.neighbor,
      };
  }
  return undefined;
}
