/** Names of which the text says in so many words what they are: "tail=PE-3", "PE-1 as head", "PE-1 (head)", "via P-2". */
import { promptMarks } from './prompt-writer.ts';

export interface NameLabels {
  /** Placeholders; undefined where none or several are called so. */
  head?: string;
  tail?: string;
  /** The first behind each "via" and its like. */
  hops: ReadonlySet<string>;
  /** Behind each "not via" and its like. */
  excluded: ReadonlySet<string>;
}

const wordsOf = (text: string): ReadonlySet<string> => new Set(text.split(' '));
const labels = {
  head: wordsOf('head head-end headend src source ingress a-end'),
  tail: wordsOf('tail tail-end dst dest destination egress b-end'),
} as const;
/** Plain words are hardly names. */
const isName = (token: string | undefined) => token !== undefined && /^<\|[ew]\d+\|>$/.test(token);
const ways = wordsOf('via through over across');
const hopLabels = wordsOf('via transit waypoint waypoints midpoint intermediate intermediates');
const hopPairs = new Set(['explicit path', 'segment list', 'in between']);
const listLabels = wordsOf('via through over across hops transit waypoints intermediates');
/** Between a label and its name. */
const before = new Set([
  '=',
  ':',
  'is',
  'being',
  '"',
  "'",
  '*',
  '<',
  '[',
  promptMarks.address,
  promptMarks.sign,
]);
const named = wordsOf('router node device the our there are');
const behind = wordsOf('as is being');
const gapMax = 4;

export function nameLabels(tokens: readonly string[]): NameLabels {
  const found = { head: new Set<string>(), tail: new Set<string>() };
  const hops = new Set<string>();
  const excluded = new Set<string>();
  for (const [index, token] of tokens.entries()) {
    for (const label of ['head', 'tail'] as const) {
      const name = labels[label].has(token)
        ? (nameBehind(tokens, index) ?? nameBefore(tokens, index) ?? nameBracketed(tokens, index))
        : undefined;
      if (name !== undefined) found[label].add(name);
    }
    const isNot = tokens[index - 1] === 'not';
    const isHop = hopLabels.has(token) || hopPairs.has(`${tokens[index - 1]} ${token}`);
    const hop = isHop && !isNot ? nameBehind(tokens, index) : undefined;
    if (hop !== undefined) hops.add(hop);
    if (listLabels.has(token) && !isNot) for (const one of namesBracketed(tokens, index)) hops.add(one);
    const other = isNot && ways.has(token) ? nameBehind(tokens, index) : undefined;
    if (other !== undefined) excluded.add(other);
  }
  const only = (all: ReadonlySet<string>) => (all.size === 1 ? [...all][0] : undefined);
  const [head, tail] = [only(found.head), only(found.tail)];
  if (head === tail || [...found.head, ...found.tail].some((one) => hops.has(one)))
    return {
      hops: new Set([...hops].filter((one) => !found.head.has(one) && !found.tail.has(one))),
      excluded,
    };
  return { hops, excluded, ...(head !== undefined && { head }), ...(tail !== undefined && { tail }) };
}

/** "head = PE-1" */
function nameBehind(tokens: readonly string[], index: number): string | undefined {
  for (let at = index + 1; at <= index + gapMax; at++) {
    const token = tokens[at];
    if (token === undefined) return undefined;
    // "source PE-1 as head" says it of the one behind.
    if (isName(token)) return isBefore(tokens, index) ? undefined : token;
    // "via=olive": of what may be a typing error of a word, that word stands before the name.
    if (/^[=:]$/.test(tokens[at - 1] ?? '') && tokens[at + 1] === promptMarks.or) at++;
    else if (!before.has(token) && !named.has(token)) return undefined;
  }
  return undefined;
}

/** "PE-1 as the head", "PE-1 the head" */
function nameBefore(tokens: readonly string[], index: number): string | undefined {
  const called = tokens[index - 1] === 'the' ? tokens[index - 2] : undefined;
  if (isName(called)) return called;
  if (!isBefore(tokens, index)) return undefined;
  for (let at = index - 1; at >= index - gapMax; at--) {
    const token = tokens[at] ?? '';
    if (isName(token)) return token;
    if (!behind.has(token) && token !== 'the' && token !== '"' && token !== "'" && token !== '*')
      return undefined;
  }
  return undefined;
}

/** "PE-1 (head)" */
function nameBracketed(tokens: readonly string[], index: number): string | undefined {
  const at = tokens[index - 1] === 'the' ? index - 2 : index - 1;
  const name = tokens[at - 1];
  const isBracketed = /^[([]$/.test(tokens[at] ?? '') && /^[)\]]$/.test(tokens[index + 1] ?? '');
  return isBracketed && isName(name) ? name : undefined;
}

const within = wordsOf(', ; and then / > -> " \' the router node');

/** "via: [P-2 and P-4]"; none where the ends of the path stand in there as well. */
function namesBracketed(tokens: readonly string[], index: number): string[] {
  const begin = index + (/^[=:]$/.test(tokens[index + 1] ?? '') ? 2 : 1);
  if (!/^[([]$/.test(tokens[begin] ?? '')) return [];
  const end = tokens.findIndex((token, at) => at > begin && /^[)\]]$/.test(token));
  // A word that a name may be, and the sign between the two, are part of the name.
  const inside = tokens
    .slice(begin + 1, Math.max(begin + 1, end))
    .filter((token, at, all) => token !== promptMarks.or && all[at + 1] !== promptMarks.or);
  const isList = inside.every((token) => isName(token) || within.has(token) || token === promptMarks.address);
  const listed = new Set(inside.filter(isName));
  const others = tokens.filter((token) => isName(token) && !listed.has(token));
  return isList && new Set(others).size >= 2 ? [...listed] : [];
}

function isBefore(tokens: readonly string[], index: number): boolean {
  const word = tokens[index - 1] === 'the' ? tokens[index - 2] : tokens[index - 1];
  return word !== undefined && behind.has(word);
}
