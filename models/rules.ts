/**
 * The rule-based LanguageModel: no network, no weights, the same answer every time. It understands the sentence of the
 * troubleshooting draft and the ways in which engineers shorten it.
 */
import { parseBgpSession } from './bgp-session-rules.ts';
import { parseDeviceStatus } from './device-status-rules.ts';
import { withArrowsForward } from './intent/arrows.ts';
import { kindOfSentence, readWishesOf } from './kind-rules.ts';
import type { LanguageModel, SummaryFacts } from './language-model.ts';
import { excludedIn, refusalOf } from './refusals.ts';
import { readTelegram } from './telegram.ts';
import { withWholeNames } from './whole-names.ts';
import { readWishes } from './wishes.ts';

/** How reports name this model. */
export const rulesName = 'rules';

export function createRules(): LanguageModel {
  return {
    name: rulesName,
    async complete(text, { signal }) {
      signal.throwIfAborted();
      return JSON.stringify(parseIntent(text));
    },
  };
}

const name = String.raw`[A-Za-z0-9][\w.:/#-]*[\w]|[A-Za-z0-9]`;
const isName = new RegExp(`^(?:${name})$`);
const separator = /\s*(?:,|;|\band\b|\bthen\b|->|→|=>|>)\s*|\s+/gi;
/** Words that end a list of names. */
const stop = new Set(
  (
    'and then please now with for on the is are count size dscp thanks in at because since today from to via through ' +
    'over across using by path router link sr srv6 mpls ip ipv6 of probes packets pings not but without avoiding ' +
    'bypassing excluding'
  ).split(' '),
);
/** Behind a number. */
const units =
  /^\s*(?:%|(?:probe|packet|ping|percent|byte|octet|sample|time|second|minute|hour|day|user)s?\b)/i;
/** What may stand between "loss" and "to", and is nobody's name: "packet loss due to congestion". */
const besideLoss = new Set(
  (
    'again all any appears caused close connection continues due down event events everywhere figure figures going ' +
    'happening happens here increased increases issue issues leads level levels leading measured next not of only ' +
    'occurring occurs or packet packets path paths percent percentage probability problem problems rate rates ratio ' +
    'related relative remains report reported seems seen share similar somewhere started starts statistics stats still ' +
    'tends test tests that there they traffic up was way we what where which while who yesterday'
  ).split(' '),
);
/** Anything that would change a device is for a person to approve, never for a sentence. */
const changing =
  /(?<![\w.-])(delete|remove|shut(?:\s*down)?|disable|enable|configure|set|reboot|reload|reset|clear|erase|add)(?![\w-]|\.\w)/i;
/** Words of the sentence, not parts of names: "loss-1" and "bgp.lab" are routers. */
const wordOf = (words: string) => new RegExp(String.raw`(?<![\w.-])(?:${words})(?![\w-]|\.\w)`, 'i');
/** To check, verify or test is not to ask about loss: whatever is measured can be checked. */
const lossWords = wordOf(
  'packet[-_]?loss|loss|losses|lossy|los[est]|losing|drops?|dropped|dropping|discards?|discarded|discarding|die|dies|dying|' +
    'missing|vanish|vanishes|vanishing|disappear|disappears|disappearing|black-?hol(?:e|es|ed|ing)',
);
const otherTopics = wordOf(
  'bgp|ospf|rip|ldp|rsvp|bfd|stp|lacp|vrrp|ntp|mss|jitter|cpu|memory|' +
    'temperature|power|fans?|optics?|bandwidth|throughput|utili[sz]ation|capacity|speed|adjacenc(?:y|ies)|' +
    'sessions?|certificates?|licen[cs]es?|versions?|uptime',
);

/** An intent, or `{kind: 'unsupported', reason}`; the same for the same text, always. */
export function parseIntent(text: string): Record<string, unknown> {
  const telegram = readTelegram(text);
  const read = telegram === undefined ? withWholeNames(text, readIntent) : { ...telegram };
  const refusal = refusalOf(text, read);
  return refusal === undefined ? read : unsupported(refusal);
}

function readIntent(text: string): Record<string, unknown> {
  if (changing.test(text))
    return unsupported(
      'this would change a device; Confer only measures. Ask to verify packet loss on a path.',
    );
  const session = parseBgpSession(text);
  if (session !== undefined) return { ...session };
  const status = lossWords.test(text) ? undefined : parseDeviceStatus(text);
  if (status !== undefined) return { ...status };
  const [otherTopic] = lossWords.test(text) ? [] : (otherTopics.exec(text) ?? []);
  if (otherTopic !== undefined)
    return unsupported(
      `only packet loss, reachability, MTU and latency of a path, BGP sessions, and cpu, memory and interfaces of a device are looked at so far, not "${otherTopic}" as it is asked for here.`,
    );
  const said = withArrowsForward(text.replace(/["'`“”‘’]/g, ''));
  const kind = lossWords.test(text) ? undefined : kindOfSentence(said);
  const { wanted, rest } = kind === undefined ? readWishes(said) : readWishesOf(kind, said);
  const found = byLabels(rest);
  if (found === undefined)
    return unsupported(
      'no path was found in it; write for example "Verify packet loss on the SRv6 path from PE-1 to PE-3 via P-2".',
    );
  const leftOut = new Set(excludedIn(said));
  return {
    kind: kind ?? 'path-loss',
    ...found,
    via: found.via.filter((hop) => !leftOut.has(hop)),
    ...wanted,
  };
}

function unsupported(reason: string) {
  return { kind: 'unsupported', reason };
}

interface Found {
  head: string;
  tail: string;
  via: string[];
}

const labelled = (labels: string) =>
  new RegExp(String.raw`(?<![\w.:/-])(${name})\s*[([]\s*(?:the\s+)?(?:${labels})\s*[)\]]`, 'i');
const headLabel = labelled('head|head-?end|src|source|ingress');
const tailLabel = labelled('tail|tail-?end|dst|dest|destination|egress');

/** "between PE-1 (tail) and PE-3 (head)": what is said of an end goes before the order in which they stand. */
function byLabels(text: string): Found | undefined {
  const [head, tail] = [headLabel.exec(text)?.[1], tailLabel.exec(text)?.[1]];
  const rest = [headLabel, tailLabel].reduce((left, label) => left.replace(label, '$1 '), text);
  const said = byKeys(rest) ?? byPrepositions(rest);
  const found = said ?? byArrows(rest);
  if (found === undefined) {
    const isMore = /\d/.test(rest.replace(head ?? '', '').replace(tail ?? '', ''));
    return head === undefined || tail === undefined || isMore ? undefined : { head, tail, via: [] };
  }
  const turned = {
    head: found.tail,
    tail: found.head,
    via: said === undefined ? found.via.toReversed() : found.via,
  };
  return [found, turned].find((one) => (head ?? one.head) === one.head && (tail ?? one.tail) === one.tail);
}

/** "head=PE-1 tail=PE-3 via=P-2,P-4" */
function byKeys(text: string): Found | undefined {
  const value = (keys: string) =>
    new RegExp(String.raw`\b(?:${keys})\s*[=:]\s*([\w.:/,-]+)`, 'i').exec(text)?.[1]?.replace(/[,.:]+$/, '');
  const head = value('head|from|src|source');
  const tail = value('tail|to|dst|destination');
  if (head === undefined || tail === undefined) return undefined;
  return { head, tail, via: value('via|through')?.split(',').filter(Boolean) ?? [] };
}

/** "from PE-1 to PE-3 via P-2 and P-4", in any order of the three. */
function byPrepositions(text: string): Found | undefined {
  const between = new RegExp(String.raw`\bbetween\s+(${name})\s+and\s+(${name})`, 'i').exec(text);
  const from = after('from|src|source', text);
  // "we need to know whether packets from A to B": the end of the path follows its beginning, if anything does.
  const ends = 'to|towards?|dst|destination';
  const to = after(ends, text.slice(from?.end ?? 0)) ?? after(ends, text);
  const head = trimmed(between?.[1]) ?? from?.name ?? before(text) ?? afterLoss(text);
  const tail = trimmed(between?.[2]) ?? to?.name;
  if (head === undefined || tail === undefined) return undefined;
  const via: string[] = [];
  let end = 0;
  for (const { 0: preposition, index } of text.matchAll(/\b(?:via|through|over|across|by\s+way\s+of)\s+/gi)) {
    if (index < end) continue; // it was read as part of a name: "via P-2.via P-4"
    const names = leadingNames(text, index + preposition.length);
    via.push(...names.names);
    end = names.end;
  }
  return { head, tail, via: [...new Set(via)] };
}

/** Before a name, and none where another name follows: "from the head PE-1", "src is PE-1", but "from host to gateway". */
const noun =
  '(?:(?:the|a|our|router|node|device|head|tail|source|destination|host|box|machine|called|named|is|(?:pe|edge|core)(?:\\s+router)?(?=\\s+\\S*\\d))\\s+(?!(?:to|towards?|via|from|and|over|through)\\b))*';

/** The name that follows one of the words, and where it ends. */
function after(words: string, text: string): { name: string; end: number } | undefined {
  const match = new RegExp(String.raw`\b(?:${words})\s+${noun}(${name})`, 'i').exec(text);
  const found = trimmed(match?.[1]);
  return match === null || found === undefined
    ? undefined
    : { name: found, end: match.index + match[0].length };
}

/** "packet loss PE-3 to PE-1": without "from", what stands before "to" must look like the name of a router. */
function before(text: string): string | undefined {
  const found = new RegExp(String.raw`(?<![\w.:/-])(${name})\s+(?:to|towards?)\s`, 'i').exec(text)?.[1];
  const isLikely =
    found !== undefined && (/\d/.test(found) || /^[A-Z]+$/.test(found)) && !stop.has(found.toLowerCase());
  return isLikely ? found : undefined;
}

/** "packet loss lon to mil": whatever stands between these words is a name, unless it usually stands there itself. */
function afterLoss(text: string): string | undefined {
  const found = new RegExp(
    String.raw`(?<![\w.-])(?:packet[-_]?)?loss(?:es)?\s+(${name})\s+(?:to|towards?)\s`,
    'i',
  ).exec(text)?.[1];
  const word = found?.toLowerCase() ?? '';
  return stop.has(word) || besideLoss.has(word) ? undefined : found;
}

/** "loss PE-1 -> P-2 -> PE-3" */
function byArrows(text: string): Found | undefined {
  // Begins only where a name does: from every character of a long word, it would be looked through anew.
  const chain = new RegExp(String.raw`(?<![\w.:/-])(?:${name})(?:\s*(?:-->|->|=>|→|>)\s*(?:${name}))+`).exec(
    text,
  )?.[0];
  const nodes = chain?.split(/\s*(?:-->|->|=>|→|>)\s*/) ?? [];
  const [head, tail] = [nodes[0], trimmed(nodes.at(-1))];
  return head === undefined || tail === undefined || nodes.length < 2
    ? undefined
    : { head, tail, via: nodes.slice(1, -1) };
}

/** The names that stand at `start`, and where the first word begins that is none: what follows is not looked at. */
function leadingNames(text: string, start: number): { names: string[]; end: number } {
  const names: string[] = [];
  let end = start;
  for (const [part, begins] of partsFrom(text, start)) {
    end = begins;
    const candidate = trimmed(part);
    if (candidate === undefined) continue;
    if (stop.has(candidate.toLowerCase()) || !isName.test(candidate)) break;
    if (isAmount(candidate, text.slice(begins + part.length))) break;
    names.push(candidate);
    end = begins + part.length;
    if (/[.?!]$/.test(part)) break;
  }
  return { names, end };
}

/** "3 probes", "5 %": no router, whatever routers are called. */
function isAmount(candidate: string, behind: string): boolean {
  return /^\d+$/.test(candidate) && units.test(behind);
}

/** What stands between separators, and where, one after the other. */
function* partsFrom(text: string, start: number): Generator<[part: string, begins: number]> {
  const next = new RegExp(separator);
  next.lastIndex = start;
  let begins = start;
  for (let match = next.exec(text); match !== null; match = next.exec(text)) {
    yield [text.slice(begins, match.index), begins];
    begins = next.lastIndex;
  }
  yield [text.slice(begins), begins];
}

function trimmed(text: string | undefined): string | undefined {
  const rest = text?.replace(/[.,;:?!]+$/, '');
  return rest === '' ? undefined : rest;
}

function suspected({ suspects, verdict }: SummaryFacts): string {
  if (verdict === 'NO_FAULT') return '';
  return suspects.length > 0
    ? `the answers do not tell why; suspected: ${suspects.join(', ')}`
    : 'the answers do not tell why';
}

/**
 * The sentence of a report. `parts` are what somebody else worded of it, without full stops, in place of what was found: what is
 * said besides (the other direction, what is tolerated, who did not answer) is always code's.
 */
export function wordSummary(facts: SummaryFacts, parts?: readonly string[]): string {
  const away = facts.untrusted.length > 0 ? ` No usable answer from ${facts.untrusted.join(', ')}.` : '';
  if (facts.answer !== undefined) {
    const places = parts ?? [...new Set(facts.findings.map(({ place }) => place))];
    const why = places.length > 0 ? places.join('; ') : suspected(facts);
    return `${facts.answer}${why === '' ? '' : `: ${why}`}.${away}`;
  }
  const path = `${facts.head} to ${facts.tail}`;
  const tolerated = facts.tolerated === undefined ? '' : `; ${facts.tolerated}`;
  if (facts.findings.length > 0) {
    const opposite = facts.oppositeLoss === undefined ? '' : `; ${facts.oppositeLoss} in the other direction`;
    const besides =
      facts.suspects.length === 0 ? '' : `; more is lost, suspected: ${facts.suspects.join(', ')}`;
    const found = parts ?? facts.findings.map(wordFinding);
    return `${found.join('; ')}${opposite}${besides}${tolerated}.${away}`;
  }
  if (parts !== undefined) return `${parts.join('; ')}${tolerated}.${away}`;
  if (facts.verdict === 'NO_FAULT')
    return `No loss above the background on the path from ${path} in either direction, ${facts.probes} probes counted${tolerated}.${away}`;
  const among = facts.suspects.length > 0 ? `; suspected: ${facts.suspects.join(', ')}` : '';
  const lost = facts.lost === undefined ? '' : `: ${facts.lost} were lost`;
  return `The measurements from ${path} do not decide${lost}${among}${tolerated}.${away}`;
}

function wordFinding(finding: SummaryFacts['findings'][number]): string {
  const { loss, interval, octets, direction, from, to, place } = finding;
  const size = octets === undefined ? '' : ` of packets of ${octets} octets`;
  const way = direction === 'both' ? 'in both directions' : direction;
  const where = from === to ? `at ${from}` : `between ${from} and ${to}`;
  return `${loss} loss${size} (${interval}) ${way} ${where}: ${place}`;
}
