/**
 * "loss PE-1 P-2 PE-3", "lat A1->B2->C3", "PE-1 | P-2 | PE-3 mtu?": what is asked for and a list of routers, and not a word
 * besides. The list is the path, in its order.
 */

interface Telegram {
  kind: 'path-loss' | 'path-latency' | 'path-mtu' | 'reachability';
  head: string;
  tail: string;
  via: string[];
}

const topics: readonly (readonly [Telegram['kind'], string])[] = [
  ['path-loss', '(?:packet[-_ ]?)?loss(?:es)?|drops'],
  ['path-latency', 'lat|latency|delay|rtt'],
  ['path-mtu', '(?:path[- ]?)?p?mtu'],
  ['reachability', 'ping|reach|reachab(?:le|ility)'],
];
const pleas = '(?:(?:please|pls|check|verify|test|measure|show|path)[\\s:,]+)*';
/** One of them stands between all routers of a list. */
const separators = [
  String.raw`\s*(?:-->|->|=>|→|>)\s*`,
  String.raw`\s*,\s*`,
  String.raw`\s+[-–—]\s+`,
  String.raw`\s*\/\s*`,
  String.raw`\s*\|\s*`,
  String.raw`\s+`,
];
/** Names with a digit are hardly words, and with a letter or as an address no numbers. */
const name = String.raw`(?=[\w.:#-]*\d)(?=[\w.:#-]*[A-Za-z.:])[A-Za-z0-9](?:[\w.:#-]*\w)?`;
const textMax = 1_000;

const forms = topics.flatMap(([kind, topic]) =>
  separators.map((separator) => {
    const list = `(?<list>${name}(?:${separator}${name})+)`;
    const between = String.raw`(?:\s*[:,|]\s*|\s+)`;
    return {
      kind,
      separator: new RegExp(separator),
      whole: [`(?:${topic})${between}${list}`, `${list}${between}(?:${topic})`].map(
        (form) => new RegExp(String.raw`^\s*${pleas}${form}[\s.?!]*$`, 'i'),
      ),
    };
  }),
);

/** Undefined for anything else; no router stands in it twice. */
export function readTelegram(text: string): Telegram | undefined {
  if (text.length > textMax) return undefined;
  for (const { kind, separator, whole } of forms)
    for (const form of whole) {
      const list = form.exec(text)?.groups?.list;
      if (list === undefined) continue;
      const [head = '', ...others] = list.split(separator);
      const tail = others.pop() ?? '';
      const isOnce =
        new Set([head, ...others, tail].map((one) => one.toLowerCase())).size === others.length + 2;
      return isOnce ? { kind, head, tail, via: others } : undefined;
    }
  return undefined;
}
